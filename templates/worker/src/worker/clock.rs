//! The time of Redis, which all hosts share, whatever their own clocks say.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// How far the clock of this host is behind the one of Redis; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    milliseconds: Arc<AtomicI64>,
}

impl Clock {
    /// Takes note of the time of Redis, in milliseconds since 1970.
    pub(super) fn set(&self, time: i64) {
        let behind = time - Utc::now().timestamp_millis();
        self.milliseconds.store(behind, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.milliseconds.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_goes_on_from_there() {
        let clock = Clock::default();
        let theirs = Utc::now() - TimeDelta::minutes(1);
        clock.clone().set(theirs.timestamp_millis());
        let passed = clock.now() - theirs;
        assert!(passed < TimeDelta::seconds(30), "{passed}");
    }
}
