//! What a task is known by from the moment it is accepted.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The id of one accepted task.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct TaskId(String);

impl TaskId {
    /// An id that no other task has.
    pub(super) fn generate() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The id of the run of a scheduled task at `tick`, the same in every worker.
    pub(super) fn of_tick(name: &str, tick: DateTime<Utc>) -> Self {
        Self(format!("{name}-{}", tick.timestamp()))
    }

    /// Takes the id of a task that was enqueued for somebody: no one else can guess it, which is not so
    /// with those of scheduled runs.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok()?;
        Some(Self(id.to_string()))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
