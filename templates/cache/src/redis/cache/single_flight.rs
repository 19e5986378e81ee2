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

/// A value in its stored form, or an error of the type that the call has.
pub(super) type Outcome = Result<Vec<u8>, Box<dyn Any + Send + Sync>>;

/// The turn of a call: it finds the outcome, or has to bring it about.
pub(super) struct Turn {
    flights: SingleFlight,
    key: String,
    slot: OwnedMutexGuard<Option<Outcome>>,
}

impl SingleFlight {
    /// Joins the flight for `key`, or begins it, and waits for its turn.
    pub(super) async fn join(&self, key: &str) -> Turn {
        Turn {
            flights: self.clone(),
            key: key.to_owned(),
            slot: self.slot(key).lock_owned().await,
        }
    }

    /// Closes the flights for these keys: those in them stay, and nobody joins any more.
    pub(super) fn forget(&self, keys: &[String]) {
        let mut flights = self.lock();
        for key in keys {
            flights.remove(key);
        }
    }

    /// Closes all flights.
    pub(super) fn forget_all(&self) {
        self.lock().clear();
    }

    fn slot(&self, key: &str) -> Arc<Slot> {
        let mut flights = self.lock();
        if let Some(slot) = flights.get(key).and_then(Weak::upgrade) {
            return slot;
        }
        if flights.len() == flights.capacity() {
            // Those that were cut off make room, before there is more of it.
            flights.retain(|_, slot| slot.strong_count() > 0);
        }
        let slot = Arc::default();
        flights.insert(key.to_owned(), Arc::downgrade(&slot));
        slot
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    pub(super) fn outcome(&self) -> Option<&Outcome> {
        self.slot.as_ref()
    }

    /// Gives the outcome to those who wait. Nobody joins them any more, because it ages from now on.
    pub(super) fn end(mut self, outcome: Option<Outcome>) {
        *self.slot = outcome;
        let mut flights = self.flights.lock();
        let own = Arc::as_ptr(OwnedMutexGuard::mutex(&self.slot));
        if flights.get(&self.key).map(Weak::as_ptr) == Some(own) {
            flights.remove(&self.key);
        }
    }
}
