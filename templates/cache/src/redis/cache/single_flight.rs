//! Single flight: of all calls in this process that miss the same key at once, one computes.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

/// What is being computed, by key; all clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct SingleFlight(Arc<Mutex<HashMap<String, Weak<Slot>>>>);

/// Where the outcome of a flight appears. Whoever holds the lock computes; the others wait for it. If
/// a panic, or the end of a request, cuts a computation off, the next one in the queue finds no
/// outcome and computes.
type Slot = tokio::sync::Mutex<Option<Outcome>>;

/// How a computation ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// With a value, in its stored form.
    Value(Vec<u8>),
    /// With an error, of the type that the call has.
    Error(Box<dyn Any + Send + Sync>),
}

/// A call that takes part in a flight. The flight is over when the last one leaves.
#[derive(Debug)]
pub(super) struct Flight {
    flights: SingleFlight,
    key: String,
    slot: Option<Arc<Slot>>,
}

impl SingleFlight {
    /// Joins the flight for `key`, or begins it.
    pub(super) fn join(&self, key: &str) -> Flight {
        let mut flights = self.lock();
        let slot = flights.get(key).and_then(Weak::upgrade).unwrap_or_else(|| {
            let slot = Arc::default();
            flights.insert(key.to_owned(), Arc::downgrade(&slot));
            slot
        });
        drop(flights);
        Flight {
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

impl Flight {
    /// Waits for the outcome, or for the turn to bring it about.
    pub(super) async fn outcome(&self) -> OwnedMutexGuard<Option<Outcome>> {
        let slot = self.slot.clone().expect("only dropping takes it");
        slot.lock_owned().await
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

impl Drop for Flight {
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
