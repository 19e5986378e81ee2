//! The id of a task.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The id of one accepted task.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct TaskId(pub(super) String);

impl TaskId {
    /// An id that no other task has.
    pub(super) fn generate() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The id of a scheduled run at `tick`, the same in every worker.
    pub(super) fn of_tick(name: &str, tick: DateTime<Utc>) -> Self {
        Self(format!("{name}-{}", tick.timestamp()))
    }

    /// The id of the task of this name and key.
    pub(super) fn of_key(name: &str, key: &[u8]) -> Self {
        let both = [name.as_bytes(), b" ", key].concat();
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, &both).to_string())
    }

    /// Parses the id of an enqueued task, which nobody can guess. Those of scheduled runs can be guessed,
    /// and are refused.
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
