//! The time of Redis, which all hosts share, whatever their own clocks say.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// How far the clock of this host is behind the one of Redis, once that is known; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    behind: watch::Sender<Option<TimeDelta>>,
}

impl Clock {
    /// Takes note of the time of Redis, in milliseconds since 1970.
    pub(super) fn set(&self, time: i64) {
        let behind = TimeDelta::milliseconds(time - Utc::now().timestamp_millis());
        self.behind.send_replace(Some(behind));
    }

    /// Waits until Redis has told the time.
    pub(super) async fn known(&self) {
        let mut behind = self.behind.subscribe();
        let known = behind.wait_for(Option::is_some).await;
        known.expect("the sender is here");
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.behind.borrow().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clock_that_was_set_goes_on_from_there() {
        let clock = Clock::default();
        let theirs = Utc::now() - TimeDelta::minutes(1);
        clock.clone().set(theirs.timestamp_millis());
        clock.known().await;
        let passed = clock.now() - theirs;
        assert!(passed < TimeDelta::seconds(30), "{passed}");
    }
}
