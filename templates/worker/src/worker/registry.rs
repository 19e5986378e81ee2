//! The list of all tasks. What is not on it can be neither enqueued nor run.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;

use super::task::Work;
use super::{Backoff, Context, Rate, Task, TaskError};

/// The tasks of the service by name. The web process and the worker use the same list.
#[derive(Clone, Debug, Default)]
pub struct Registry(BTreeMap<&'static str, Definition>);

/// A task without its types.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) max_retries: u32,
    pub(super) backoff: Backoff,
    pub(super) timeout: Option<Duration>,
    pub(super) queue: &'static str,
    pub(super) rate: Option<Rate>,
    pub(super) is_unique: bool,
    pub(super) schedule: Option<Timetable>,
    pub(super) start: fn(Value, Context) -> Result<Work, TaskError>,
}

/// When a task runs by itself, and on which payload.
#[derive(Clone, Debug)]
pub(super) struct Timetable {
    pub(super) cron: cron::Schedule,
    pub(super) payload: Value,
}

impl Registry {
    /// Adds a task.
    ///
    /// # Panics
    ///
    /// If another task has the name, if a name is empty or has other characters than letters, digits, `-`
    /// and `_`, if the rate lets none begin, and if the schedule cannot be parsed: those are mistakes in the
    /// program.
    #[must_use]
    pub fn with<T: Task>(mut self) -> Self {
        let schedule = T::schedule().map(|schedule| Timetable {
            cron: cron::Schedule::from_str(schedule.cron)
                .expect("the schedule of a task is in the notation of cron"),
            payload: serde_json::to_value(schedule.payload)
                .expect("the payload of a scheduled task is valid JSON"),
        });
        let definition = Definition {
            max_retries: T::MAX_RETRIES,
            backoff: T::BACKOFF,
            timeout: T::TIMEOUT,
            queue: T::QUEUE,
            rate: T::RATE,
            is_unique: T::IS_UNIQUE,
            schedule,
            start: start::<T>,
        };
        assert!(is_name(T::NAME), "`{}` is no name of a task", T::NAME);
        assert!(is_name(T::QUEUE), "`{}` is no name of a queue", T::QUEUE);
        assert!(
            T::RATE.is_none_or(|rate| rate.runs > 0),
            "no run of `{}` may ever begin",
            T::NAME
        );
        let other = self.0.insert(T::NAME, definition);
        assert!(other.is_none(), "two tasks are named `{}`", T::NAME);
        self
    }

    /// The names of all tasks, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// The names of the queues of all tasks.
    pub(super) fn queues(&self) -> BTreeSet<&'static str> {
        self.0.values().map(|task| task.queue).collect()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Definition> {
        self.0.get(name)
    }

    pub(super) fn scheduled(&self) -> impl Iterator<Item = (&'static str, &Timetable)> {
        let tasks = self.0.iter();
        tasks.filter_map(|(name, task)| Some((*name, task.schedule.as_ref()?)))
    }
}

/// Whether a text can be the name of a task or of a queue.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

fn start<T: Task>(payload: Value, context: Context) -> Result<Work, TaskError> {
    let payload = serde_json::from_value(payload)
        .map_err(|error| TaskError::permanent(Undecodable(without_value(&error))))?;
    Ok(T::start(payload, context))
}

#[derive(Debug, thiserror::Error)]
#[error("the payload cannot be decoded: {0}")]
struct Undecodable(String);

/// What was expected, without what was found: the log does not tell payloads.
fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        Some((_found, expected)) => format!("expected {expected}"),
        None => text,
    }
}
