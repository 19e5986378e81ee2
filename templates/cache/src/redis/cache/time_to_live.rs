//! How long values are kept.

use std::time::Duration;

/// Values that were stored at the same time must not all expire at the same time: each gets up to
/// this share of its time less.
const JITTER: f64 = 0.1;

/// How long a value is kept, and how long the knowledge that there is none.
///
/// A [`Duration`] is a time to live for both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeToLive {
    value: Duration,
    none: Duration,
}

impl From<Duration> for TimeToLive {
    fn from(time: Duration) -> Self {
        Self {
            value: time,
            none: time,
        }
    }
}

impl TimeToLive {
    /// Keeps an [`Option`] that is `None` for another, usually shorter, time.
    #[must_use]
    pub fn none_for(self, none: Duration) -> Self {
        Self { none, ..self }
    }

    /// The time for a value in its stored form: up to a tenth less than said, never more.
    pub(super) fn of(self, stored: &[u8]) -> Duration {
        let is_none = stored == b"null";
        let time = if is_none { self.none } else { self.value };
        let random = f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX);
        let jittered = time.mul_f64(1.0 - JITTER * random);
        // A time of one millisecond stays one.
        jittered.max(time.min(Duration::from_millis(1)))
    }
}
