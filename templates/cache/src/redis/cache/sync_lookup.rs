//! The cache for blocking code: the same steps as for async code.

use std::thread::sleep;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entry::{Entry, LONGEST_WAIT, Lease, POLL};
use super::flights::Outcome;
use super::{Cache, Cached, TimeToLive, cache_key, decode, encode, unless_failed};
use crate::redis::commands;

impl Cache {
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
    {
        let key = cache_key(key);
        let stored = if self.silence.lets_ask(Instant::now()) {
            self.answered(self.redis.get_sync::<Vec<u8>>(&key))
        } else {
            None
        };
        let reachable = match stored {
            Some(stored) => match Entry::new(stored) {
                Entry::Value(bytes) => match decode(&bytes) {
                    Some(value) => return Ok(Cached::found(value)),
                    None => self.answered(self.redis.delete_sync(&key)).is_some(),
                },
                Entry::Nothing | Entry::Lease(_) => true,
            },
            None => false,
        };

        let seat = self.flights.join(&key);
        let mut slot = seat.slot().blocking_lock();
        if let Some(outcome) = &*slot {
            if let Some(value) = outcome.value() {
                return Ok(Cached::found(value));
            }
            drop(slot);
            return compute().map(Cached::computed);
        }

        let mut lease = None;
        if reachable {
            match claim(self, &key) {
                Claimed::Value(bytes) => {
                    if let Some(value) = decode(&bytes) {
                        seat.close();
                        *slot = Some(Outcome::new(Some(bytes)));
                        return Ok(Cached::found(value));
                    }
                }
                Claimed::Lease(held) => lease = Some(held),
                Claimed::Unreachable => {}
            }
        }
        let computed = compute();
        seat.close();
        let stored = computed.as_ref().ok().and_then(encode);
        *slot = Some(Outcome::new(stored.clone()));
        // The others need not wait for Redis as well.
        drop(slot);
        if let (Some(lease), Some(bytes)) = (lease, stored) {
            lease.store(&bytes, time_to_live.into());
        }
        computed.map(Cached::computed)
    }
}

/// Who computes.
enum Claimed {
    Value(Vec<u8>),
    Lease(HeldLease),
    Unreachable,
}

/// Takes the lease, or waits for the value of the process that has it. After the longest wait the
/// lease of the other serves as well: whoever is first stores.
fn claim(cache: &Cache, key: &str) -> Claimed {
    let key = cache.redis.key(key);
    let lease = Lease::new();
    let deadline = Instant::now() + LONGEST_WAIT;
    let (lease, give_back) = loop {
        let answer = cache.redis.write_sync(&lease.claim(&key));
        match cache.answered(answer).map(Entry::new) {
            None => return Claimed::Unreachable,
            Some(Entry::Value(bytes)) => return Claimed::Value(bytes),
            Some(Entry::Nothing) => break (lease, true),
            Some(Entry::Lease(_)) if Instant::now() < deadline => sleep(POLL),
            Some(Entry::Lease(other)) => break (other, false),
        }
    };
    Claimed::Lease(HeldLease {
        cache: cache.clone(),
        key,
        lease,
        give_back,
    })
}

/// A lease that is given back if nothing is stored: computing failed or panicked.
struct HeldLease {
    cache: Cache,
    key: Vec<u8>,
    lease: Lease,
    give_back: bool,
}

impl HeldLease {
    fn store(mut self, value: &[u8], time_to_live: TimeToLive) {
        let Some(milliseconds) = unless_failed(commands::milliseconds(time_to_live.of(value)))
        else {
            return;
        };
        self.give_back = false;
        let script = self.lease.store(&self.key, value, milliseconds);
        let stored = self.cache.redis.run_sync::<u64>(&script);
        self.cache.answered(stored);
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        if self.give_back {
            let script = self.lease.release(&self.key);
            let released = self.cache.redis.run_sync::<u64>(&script);
            self.cache.answered(released);
        }
    }
}
