//! A silent Redis costs the first calls its time-out, and then one call a second.
//!
//! One that refuses fails every call at once. A frozen one would keep each for as long as the
//! time-out allows, although the cache has nothing to wait for: its callers can compute.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::redis::Error;

/// How long to go on without Redis before another call asks it.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether Redis was silent when it was asked last; all clones share it.
#[derive(Clone, Debug)]
pub(super) struct Silence(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    start: Instant,
    /// The end of the pause, in milliseconds since the start; 0 while Redis answers.
    pause_ends: AtomicU64,
}

impl Silence {
    /// Nobody has asked yet.
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            start: Instant::now(),
            pause_ends: AtomicU64::new(0),
        }))
    }

    /// Whether a call at the time `now` asks Redis: every call while it answers, and otherwise the
    /// first one after each pause.
    pub(super) fn lets_ask(&self, now: Instant) -> bool {
        let pause_ends = &self.0.pause_ends;
        let end = pause_ends.load(Ordering::Relaxed);
        if end == 0 {
            return true;
        }
        let next = self.milliseconds(now + PAUSE);
        end <= self.milliseconds(now)
            && pause_ends
                .compare_exchange(end, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Takes note of how a call ended at the time `now`.
    pub(super) fn observe<T>(&self, answer: &Result<T, Error>, now: Instant) {
        // Both have waited for as long as a call may.
        let end = match answer {
            Err(Error::TimedOut(_) | Error::PoolExhausted { .. }) => self.milliseconds(now + PAUSE),
            _ => 0,
        };
        // Looking first spares most calls the writing to memory that they share.
        if self.0.pause_ends.load(Ordering::Relaxed) != end {
            self.0.pause_ends.store(end, Ordering::Relaxed);
        }
    }

    fn milliseconds(&self, time: Instant) -> u64 {
        time.duration_since(self.0.start).as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_asks_after_each_pause_until_redis_answers() {
        let (silence, mut now) = (Silence::new(), Instant::now());
        assert!(silence.lets_ask(now) && silence.lets_ask(now));
        silence.observe::<()>(&Err(Error::TimedOut(PAUSE)), now);
        for _ in 0..3 {
            assert!(!silence.lets_ask(now));
            now += PAUSE;
            assert!(silence.lets_ask(now));
            assert!(!silence.lets_ask(now));
        }
        silence.observe(&Ok(()), now);
        assert!(silence.lets_ask(now) && silence.lets_ask(now));
    }

    #[test]
    fn a_redis_that_refuses_is_asked_each_time() {
        let (silence, now) = (Silence::new(), Instant::now());
        silence.observe::<()>(&Err(Error::Closed), now);
        assert!(silence.lets_ask(now) && silence.lets_ask(now));
    }
}
