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
    const LONGEST: usize = 128;

    /// An id that no other task has.
    pub(super) fn generate() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The id of the run of a scheduled task at `tick`, the same in every worker.
    pub(super) fn of_tick(name: &str, tick: DateTime<Utc>) -> Self {
        Self(format!("{name}-{}", tick.timestamp()))
    }

    /// Takes text that can be an id: it becomes part of a key.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        ((1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(plain))
            .then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
