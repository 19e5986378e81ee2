//! What a task is: a payload, a function, and what happens when it fails.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::Instrument;

use super::Context;
use crate::error::with_causes;

/// A task: a file in [`tasks`](super::tasks) and a line in the list there. If its work blocks, it is a
/// [`BlockingTask`].
///
/// **A task may run more than once**: after an error or a panic, and where its worker was killed, cut
/// off, or lost before it could report success. Write [`run`](Self::run) so that a second run does no
/// harm (idempotent):
///
/// - set the new state instead of changing the old one: `SET` and not `INCR`, an upsert and not an insert;
/// - check first whether the work is done, under a key that the payload determines;
/// - pass the id of the task ([`Context::id`], the same in every attempt) as idempotency key to systems
///   that take one, as payment services do.
///
/// A task with `MAX_RETRIES = 0` runs at most once, unless Redis loses its record by dying or by
/// evicting it.
pub trait Task: 'static {
    /// The input. Payloads wait in Redis across deploys: give a new field `#[serde(default)]`, or tasks
    /// that were enqueued before fail.
    type Payload: Serialize + DeserializeOwned + Send + Sync;
    /// The result, kept for `TASK_RESULT_TTL`. Keep it small: store what is large elsewhere, and return
    /// where it is.
    type Output: Serialize + Send;

    /// The name in Redis: letters, digits, `-` and `_`. Do not change it: no worker would know tasks that
    /// wait under the old one.
    const NAME: &'static str;
    /// How often a failed run is retried; being cut off counts as well.
    const MAX_RETRIES: u32 = 3;
    /// How long to wait before each retry.
    const BACKOFF: Backoff = Backoff::DEFAULT;
    /// How long a run may take; `None` is `TASK_TIMEOUT`. At its end the attempt has failed. The run is
    /// dropped where it awaits; code that computes for long does not notice, and belongs into a
    /// [`BlockingTask`].
    const TIMEOUT: Option<Duration> = None;
    /// The queue: letters, digits, `-` and `_`. Tasks of one queue do not wait for those of another.
    const QUEUE: &'static str = "default";
    /// How many runs may begin within a time, in all workers together. The others wait for their turn.
    const RATE: Option<Rate> = None;
    /// Whether a task is not enqueued while its like, with the same payload, waits or runs. Enqueueing
    /// gives the id of that one then. The output of a map in a payload has to be ordered.
    const IS_UNIQUE: bool = false;

    /// When the task runs by itself, and with which payload.
    fn schedule() -> Option<Schedule<Self::Payload>> {
        None
    }

    /// Does the work.
    ///
    /// # Errors
    ///
    /// Any error passed on with `?` is retried; [`TaskError::permanent`] is not. The error and its causes
    /// go to the log and to the list of dead tasks, so keep secrets out of them. Clients learn only what
    /// [`TaskError::with_public_message`] says.
    fn run(
        payload: Self::Payload,
        context: &Context,
    ) -> impl Future<Output = Result<Self::Output, TaskError>> + Send;

    /// The run of a task without its types.
    #[doc(hidden)]
    fn start(payload: Self::Payload, context: Context) -> Work {
        Work::Async(Box::pin(async move {
            encode(Self::run(payload, &context).await?)
        }))
    }
}

/// A task whose work blocks: it computes for long, or calls what cannot be awaited. It runs on a thread
/// that may block, so it uses the methods that end in `_sync`. All else is as for a [`Task`], which it
/// is as well.
pub trait BlockingTask: 'static {
    /// As [`Task::Payload`].
    type Payload: Serialize + DeserializeOwned + Send + Sync;
    /// As [`Task::Output`].
    type Output: Serialize + Send;

    /// As [`Task::NAME`].
    const NAME: &'static str;
    /// As [`Task::MAX_RETRIES`].
    const MAX_RETRIES: u32 = 3;
    /// As [`Task::BACKOFF`].
    const BACKOFF: Backoff = Backoff::DEFAULT;
    /// As [`Task::TIMEOUT`]. At its end the attempt has failed, but nothing stops a thread: look at
    /// [`Context::is_cancelled`], and return. Until then, the run keeps its permit, and may overlap with
    /// the next attempt. If it succeeds after all, that counts.
    const TIMEOUT: Option<Duration> = None;
    /// As [`Task::QUEUE`].
    const QUEUE: &'static str = "default";
    /// As [`Task::RATE`].
    const RATE: Option<Rate> = None;
    /// As [`Task::IS_UNIQUE`].
    const IS_UNIQUE: bool = false;

    /// As [`Task::schedule`].
    fn schedule() -> Option<Schedule<Self::Payload>> {
        None
    }

    /// Does the work.
    ///
    /// # Errors
    ///
    /// As [`Task::run`].
    fn run(payload: Self::Payload, context: &Context) -> Result<Self::Output, TaskError>;
}

impl<T: BlockingTask> Task for T {
    type Payload = T::Payload;
    type Output = T::Output;

    const NAME: &'static str = T::NAME;
    const MAX_RETRIES: u32 = T::MAX_RETRIES;
    const BACKOFF: Backoff = T::BACKOFF;
    const TIMEOUT: Option<Duration> = T::TIMEOUT;
    const QUEUE: &'static str = T::QUEUE;
    const RATE: Option<Rate> = T::RATE;
    const IS_UNIQUE: bool = T::IS_UNIQUE;

    fn schedule() -> Option<Schedule<Self::Payload>> {
        T::schedule()
    }

    async fn run(payload: Self::Payload, context: &Context) -> Result<Self::Output, TaskError> {
        T::run(payload, context)
    }

    fn start(payload: Self::Payload, context: Context) -> Work {
        Work::Blocking(Box::new(move || encode(T::run(payload, &context)?)))
    }
}

/// A run of a task, not begun.
#[doc(hidden)]
pub enum Work {
    /// It is awaited.
    Async(Pin<Box<dyn Future<Output = Ran> + Send>>),
    /// It needs a thread that may block.
    Blocking(Box<dyn FnOnce() -> Ran + Send>),
}

/// What a run comes to.
pub type Ran = Result<Value, TaskError>;

impl Work {
    /// Begins, within the current span of the log.
    pub(super) fn spawn(self) -> JoinHandle<Ran> {
        let span = tracing::Span::current();
        match self {
            Self::Async(work) => tokio::spawn(work.instrument(span)),
            Self::Blocking(work) => spawn_blocking(move || span.in_scope(work)),
        }
    }
}

fn encode(output: impl Serialize) -> Ran {
    serde_json::to_value(output).map_err(|error| TaskError::permanent(Unencodable(error)))
}

#[derive(Debug, thiserror::Error)]
#[error("the output cannot be encoded")]
struct Unencodable(#[source] serde_json::Error);

/// How many runs of a task may begin within a time.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// How many.
    pub runs: u32,
    /// The length of every span of time in which no more than that begin.
    pub per: Duration,
}

/// When a task runs by itself.
#[derive(Clone, Debug)]
pub struct Schedule<P> {
    /// Second, minute, hour, day of the month, month and day of the week, in UTC, in the notation of
    /// [cron](https://docs.rs/cron): `0 */5 * * * *` is every five minutes.
    pub cron: &'static str,
    /// The payload of each run.
    pub payload: P,
}

/// Exponential backoff: the wait doubles with each attempt, plus up to half of it at random, so that
/// tasks that failed together are not retried together.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The wait after the first attempt.
    pub initial: Duration,
    /// The longest wait, jitter not included.
    pub max: Duration,
}

impl Backoff {
    /// 5 s, 10 s, 20 s and so on, up to ten minutes.
    pub const DEFAULT: Self = Self {
        initial: Duration::from_secs(5),
        max: Duration::from_secs(600),
    };

    /// The wait after attempt number `attempt`, with a `jitter` from 0 to 1.
    pub(super) fn wait(&self, attempt: u32, jitter: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let wait = self.initial.saturating_mul(doubled).min(self.max);
        wait.mul_f64(1.0 + jitter / 2.0)
    }
}

/// Why an attempt failed, whether to retry it, and what clients are told.
#[derive(Debug)]
pub struct TaskError {
    cause: Box<dyn StdError + Send + Sync>,
    public_message: Option<String>,
    is_permanent: bool,
}

impl TaskError {
    /// An error that a retry cannot fix.
    pub fn permanent(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            is_permanent: true,
            ..Self::temporary(cause)
        }
    }

    /// An error that a retry may fix.
    pub fn temporary(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            cause: cause.into(),
            public_message: None,
            is_permanent: false,
        }
    }

    /// Tells whoever asks for the task what went wrong, instead of only that it failed.
    #[must_use]
    pub fn with_public_message(mut self, message: impl Into<String>) -> Self {
        self.public_message = Some(message.into());
        self
    }

    pub(super) fn is_permanent(&self) -> bool {
        self.is_permanent
    }

    /// What clients are told.
    pub(super) fn public_message(&self) -> String {
        let message = self.public_message.as_deref();
        message.unwrap_or("internal error").to_owned()
    }

    /// The error and its causes in one line, for the log and for operators.
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
        initial: Duration::from_secs(2),
        max: Duration::from_secs(60),
    };

    #[test]
    fn the_wait_doubles_up_to_the_maximum() {
        let waits =
            [1, 2, 3, 5, 6, 100, u32::MAX].map(|attempt| BACKOFF.wait(attempt, 0.0).as_secs());
        assert_eq!(waits, [2, 4, 8, 32, 60, 60, 60]);
    }

    #[test]
    fn jitter_adds_half_of_the_wait_at_most() {
        assert_eq!(BACKOFF.wait(2, 0.5).as_secs(), 5);
        assert_eq!(BACKOFF.wait(2, 1.0).as_secs(), 6);
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
    fn an_error_may_be_permanent_and_stays_private_unless_said() {
        let permanent = TaskError::permanent("no such user");
        assert!(permanent.is_permanent());
        assert_eq!(permanent.to_string(), "no such user");
        assert_eq!(permanent.public_message(), "internal error");
        let told = permanent.with_public_message("the account is closed");
        assert_eq!(told.public_message(), "the account is closed");
    }
}
