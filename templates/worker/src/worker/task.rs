//! What a task is: a payload, a blocking function, and what to do when it fails.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use crate::error::with_causes;

/// A task: a file in [`tasks`](super::tasks) and a line in the list there.
///
/// **A task may run more than once.** It runs again after an error and after a panic; also where its
/// worker was killed or cut off in the middle, or finished it and was lost before saying so. Write
/// [`run`](Self::run) so that a second run does no harm:
///
/// - set what is to be rather than changing what is: `SET` and not `INCR`, an upsert and not an insert;
/// - look first whether the work is done, under a key that the payload determines;
/// - hand the id of the task ([`Context::id`], the same in every attempt) to systems that refuse to do
///   the same thing twice, as payment services do under the name of idempotency key.
///
/// A task with `MAX_RETRIES = 0` is begun once, and so it may not happen at all; only where Redis loses
/// the record of that, by dying or by eviction when it is full, can it be begun twice.
pub trait Task: 'static {
    /// What the function works on. Payloads wait in Redis, also across a deploy: a new field needs
    /// `#[serde(default)]`, or those of before fail.
    type Payload: Serialize + DeserializeOwned;
    /// What it gives, kept for `TASK_RESULT_TTL`. Keep it small: what is large belongs in a store of
    /// its own, and its place in here.
    type Output: Serialize;

    /// What the task is called in Redis: letters, digits, `-` and `_`. Waiting tasks are lost to a new
    /// name, so it stays.
    const NAME: &'static str;
    /// How often a run is tried again; being cut off counts as well. A task that has not ended seven
    /// days after it was due is dropped, so all waits together have to be shorter.
    const MAX_RETRIES: u32 = 3;
    /// How long to wait before trying again.
    const BACKOFF: Backoff = Backoff::DEFAULT;

    /// When the task runs by itself, and on which payload.
    fn schedule() -> Option<Schedule<Self::Payload>> {
        None
    }

    /// Does the work, on a thread that may block. Nothing cuts a run off, and it takes one of
    /// `WORKER_CONCURRENCY` places until it ends: give every call that waits a time-out of its own.
    ///
    /// # Errors
    ///
    /// Any error passed on with `?` is tried again; [`TaskError::permanent`] is final. Its message goes
    /// to the log, and with its causes to whoever asks for the task: it holds no secrets.
    fn run(payload: Self::Payload, context: &Context) -> Result<Self::Output, TaskError>;
}

/// A time table.
#[derive(Clone, Debug)]
pub struct Schedule<P> {
    /// Second, minute, hour, day of the month, month and day of the week, in UTC, in the notation of
    /// [cron](https://docs.rs/cron): `0 */5 * * * *` is every five minutes.
    pub cron: &'static str,
    /// What each run works on.
    pub payload: P,
}

/// How long to wait before another attempt: twice as long each time, and up to half of it more by
/// chance, so that tasks that failed together do not come back together.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The wait after the first attempt.
    pub first: Duration,
    /// The longest wait, chance not included.
    pub longest: Duration,
}

impl Backoff {
    /// 5 s, 10 s, 20 s and so on, up to ten minutes.
    pub const DEFAULT: Self = Self {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(600),
    };

    /// The wait after attempt number `attempt`, where `chance` is from 0 to 1. The engine counts whole
    /// seconds, so it is rounded to them, and is one at least.
    pub(super) fn wait(&self, attempt: u32, chance: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let wait = self.first.saturating_mul(doubled).min(self.longest);
        let seconds = wait.as_secs_f64() * (1.0 + chance / 2.0);
        Duration::from_secs_f64(seconds.round().max(1.0))
    }
}

/// Why an attempt failed, and whether another one makes sense.
#[derive(Debug)]
pub struct TaskError {
    cause: Box<dyn StdError + Send + Sync>,
    permanent: bool,
}

impl TaskError {
    /// An error that trying again does not mend.
    pub fn permanent(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            cause: cause.into(),
            permanent: true,
        }
    }

    /// An error that may not happen again.
    pub fn temporary(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            cause: cause.into(),
            permanent: false,
        }
    }

    pub(super) fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// The error and its causes in one line.
    pub(super) fn chain(&self) -> String {
        with_causes(&*self.cause)
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(formatter)
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for TaskError {
    fn from(cause: E) -> Self {
        Self::temporary(cause)
    }
}

#[cfg(test)]
mod tests {
    use std::num::ParseIntError;

    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(2),
        longest: Duration::from_secs(60),
    };

    #[test]
    fn the_wait_doubles_up_to_the_longest() {
        let waits =
            [1, 2, 3, 5, 6, 100, u32::MAX].map(|attempt| BACKOFF.wait(attempt, 0.0).as_secs());
        assert_eq!(waits, [2, 4, 8, 32, 60, 60, 60]);
    }

    #[test]
    fn chance_makes_the_wait_longer_by_half_at_most() {
        assert_eq!(BACKOFF.wait(2, 0.5).as_secs(), 5);
        assert_eq!(BACKOFF.wait(2, 1.0).as_secs(), 6);
    }

    #[test]
    fn a_wait_is_rounded_to_seconds_and_is_one_at_least() {
        let first = |milliseconds| Backoff {
            first: Duration::from_millis(milliseconds),
            ..BACKOFF
        };
        assert_eq!(first(1000).wait(1, 0.9).as_secs(), 1);
        assert_eq!(first(1600).wait(1, 0.0).as_secs(), 2);
        assert_eq!(first(0).wait(1, 1.0).as_secs(), 1);
    }

    #[derive(Debug, thiserror::Error)]
    enum NoSize {
        #[error("the report has no size")]
        Silent(#[source] ParseIntError),
        #[error("the report has no size: {0}")]
        Telling(#[source] ParseIntError),
    }

    #[test]
    fn an_error_is_told_with_its_causes_once() {
        let number = "twelve".parse::<u32>().expect_err("no number");
        for error in [NoSize::Silent(number.clone()), NoSize::Telling(number)] {
            assert_eq!(
                TaskError::from(error).chain(),
                "the report has no size: invalid digit found in string"
            );
        }
    }

    #[test]
    fn an_error_may_be_permanent() {
        let permanent = TaskError::permanent("no such user");
        assert!(permanent.is_permanent());
        assert_eq!(permanent.to_string(), "no such user");
    }
}
