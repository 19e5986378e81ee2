//! Looking a value up, and computing it where there is none.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedMutexGuard;

use super::entry::Entry;
use super::lease::{Claim, Lease};
use super::single_flight::{Flight, Outcome};
use super::{Cache, Cached, TimeToLive, cache_key, decode, encode};
use crate::redis::runtime::block_on;

impl Cache {
    /// Gives the value at `key`, computing it if there is none and keeping it for
    /// `time_to_live`. Calls that wait for this one get its value or a clone of its error.
    ///
    /// # Errors
    ///
    /// If computing fails, with its error, which is not kept. Redis being away is no error: the
    /// value is computed.
    pub async fn get_or_compute_async<T, E, F>(
        &self,
        key: &str,
        time_to_live: impl Into<TimeToLive>,
        compute: impl FnOnce() -> F,
    ) -> Result<Cached<T>, E>
    where
        T: Serialize + DeserializeOwned,
        E: Clone + Send + Sync + 'static,
        F: Future<Output = Result<T, E>>,
    {
        match self.look_up(key).await {
            Lookup::Found(value) => Ok(Cached::found(value)),
            Lookup::Failed(error) => Err(error),
            Lookup::Missing(computation) => {
                let computed = compute().await;
                computation.finish(computed, time_to_live.into()).await
            }
        }
    }

    /// Gives the value at `key`, computing it if there is none and keeping it for
    /// `time_to_live`, as [`get_or_compute_async`](Self::get_or_compute_async) does.
    ///
    /// # Panics
    ///
    /// On an async thread, which it would block.
    ///
    /// # Errors
    ///
    /// If computing fails, with its error, which is not kept. Redis being away is no error: the
    /// value is computed.
    pub fn get_or_compute_sync<T, E>(
        &self,
        key: &str,
        time_to_live: impl Into<TimeToLive>,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<Cached<T>, E>
    where
        T: Serialize + DeserializeOwned,
        E: Clone + Send + Sync + 'static,
    {
        match block_on(self.look_up(key)) {
            Lookup::Found(value) => Ok(Cached::found(value)),
            Lookup::Failed(error) => Err(error),
            Lookup::Missing(computation) => {
                // Not inside of it, where it would hold up the calls of other threads.
                let computed = compute();
                block_on(computation.finish(computed, time_to_live.into()))
            }
        }
    }

    async fn look_up<T, E>(&self, key: &str) -> Lookup<T, E>
    where
        T: DeserializeOwned,
        E: Clone + 'static,
    {
        let (redis, key) = (&self.redis, &cache_key(key));
        let reachable = match redis.optional(redis.get_async(key)).await.map(Entry::new) {
            Ok(Entry::Value(bytes)) => match decode(&bytes) {
                Some(value) => return Lookup::Found(value),
                None => redis.optional(redis.delete_async(key)).await.is_ok(),
            },
            Ok(Entry::Nothing | Entry::Lease(_)) => true,
            Err(_) => false,
        };

        let flight = self.flights.join(key);
        let mut outcome = flight.outcome().await;
        match &*outcome {
            Some(Outcome::Value(bytes)) => {
                if let Some(value) = decode(bytes) {
                    return Lookup::Found(value);
                }
            }
            Some(Outcome::Error(error)) => {
                if let Some(error) = error.downcast_ref::<E>() {
                    return Lookup::Failed(error.clone());
                }
            }
            None => {}
        }

        let mut lease = None;
        if reachable {
            match Lease::claim(self, key).await {
                Claim::Leased(claimed) => lease = Some(claimed),
                Claim::Value(bytes) => {
                    if let Some(value) = decode(&bytes) {
                        flight.close();
                        *outcome = Some(Outcome::Value(bytes));
                        return Lookup::Found(value);
                    }
                }
                Claim::Failed => {}
            }
        }
        Lookup::Missing(Computation {
            outcome,
            flight,
            lease,
        })
    }
}

/// What was found of a value.
enum Lookup<T, E> {
    Found(T),
    /// The call that computed it failed.
    Failed(E),
    /// It is for the caller to compute.
    Missing(Computation),
}

/// The right to compute a value, for which others wait until this is finished or dropped.
struct Computation {
    // Dropped before the flight, which is over when nobody has this any more.
    outcome: OwnedMutexGuard<Option<Outcome>>,
    flight: Flight,
    lease: Option<Lease>,
}

impl Computation {
    async fn finish<T, E>(
        mut self,
        computed: Result<T, E>,
        time_to_live: TimeToLive,
    ) -> Result<Cached<T>, E>
    where
        T: Serialize,
        E: Clone + Send + Sync + 'static,
    {
        let stored = computed.as_ref().ok().and_then(encode);
        *self.outcome = match &computed {
            Ok(_) => stored.clone().map(Outcome::Value),
            Err(error) => Some(Outcome::Error(Box::new(error.clone()))),
        };
        self.flight.close();
        // The others need not wait for Redis as well.
        drop(self.outcome);
        if let (Some(lease), Some(bytes)) = (self.lease, stored) {
            lease.store(&bytes, time_to_live).await;
        }
        computed.map(Cached::computed)
    }
}
