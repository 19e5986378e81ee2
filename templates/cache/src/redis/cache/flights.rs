//! Single flight: of all calls in this process that need the same value at once, one computes it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde::de::DeserializeOwned;

use super::decode;

/// What is being computed, by key; all clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<String, Weak<Slot>>>>);

/// Where the value of a flight appears. Whoever holds the lock computes; the others wait for it.
/// If a computation is cut off by a panic or because its caller went away, the lock opens on an
/// outcome that is still missing, and the next one in the queue computes.
pub(super) type Slot = tokio::sync::Mutex<Option<Outcome>>;

/// How a computation ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// With this value, in its stored form.
    Value(Vec<u8>),
    /// With nothing that could be shared: everybody computes, all at once, so that nobody waits for
    /// a row of failures.
    Failed,
}

/// A call that takes part in a flight. The flight is over when the last one leaves.
#[derive(Debug)]
pub(super) struct Seat {
    flights: Flights,
    key: String,
    slot: Option<Arc<Slot>>,
}

impl Outcome {
    /// The outcome of a computation that gave this value, in its stored form, or none.
    pub(super) fn new(stored: Option<Vec<u8>>) -> Self {
        stored.map_or(Self::Failed, Self::Value)
    }

    /// The value, if there is one.
    pub(super) fn value<T: DeserializeOwned>(&self) -> Option<T> {
        match self {
            Self::Value(bytes) => decode(bytes),
            Self::Failed => None,
        }
    }
}

impl Flights {
    /// Joins the flight for `key`, or begins it.
    pub(super) fn join(&self, key: &str) -> Seat {
        let mut flights = self.lock();
        let slot = flights.get(key).and_then(Weak::upgrade).unwrap_or_else(|| {
            let slot = Arc::default();
            flights.insert(key.to_owned(), Arc::downgrade(&slot));
            slot
        });
        drop(flights);
        Seat {
            flights: self.clone(),
            key: key.to_owned(),
            slot: Some(slot),
        }
    }

    /// Closes the flight for `key`: those in it stay, and nobody joins any more.
    pub(super) fn forget(&self, key: &str) {
        self.lock().remove(key);
    }

    /// Closes all flights.
    pub(super) fn forget_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Where the value appears.
    pub(super) fn slot(&self) -> &Slot {
        self.slot.as_ref().expect("the seat is left when dropped")
    }

    /// Lets nobody join any more, because the outcome is there and ages from now on.
    pub(super) fn close(&self) {
        let mut flights = self.flights.lock();
        if let (Some(known), Some(own)) = (flights.get(&self.key), &self.slot)
            && known.as_ptr() == Arc::as_ptr(own)
        {
            flights.remove(&self.key);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        self.slot = None;
        if flights
            .get(&self.key)
            .is_some_and(|slot| slot.strong_count() == 0)
        {
            flights.remove(&self.key);
        }
    }
}
