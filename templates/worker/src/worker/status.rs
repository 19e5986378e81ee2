//! How far a task has come.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::TaskId;

/// The state of one task.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaskState {
    /// Its id.
    pub id: TaskId,
    /// How many attempts were started.
    pub attempts: u32,
    /// Where it is between waiting and its end.
    #[serde(flatten)]
    pub status: Status,
    /// How far its attempt has come that runs, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

impl TaskState {
    /// The state of a task that was just enqueued.
    pub fn pending(id: TaskId) -> Self {
        Self {
            id,
            attempts: 0,
            status: Status::Pending,
            progress: None,
        }
    }
}

/// How far an attempt has come.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Progress {
    /// Which part of the work is done, from 0 to 1.
    pub fraction: f64,
    /// What it does now.
    pub message: String,
}

/// How far a task has come.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum Status {
    /// It waits for its time, or for a worker.
    Pending,
    /// A worker runs it, or was lost while it did.
    Started,
    /// An attempt failed and will be retried.
    Retry {
        /// What went wrong, as far as it is public.
        error: String,
        /// When the next attempt is due.
        #[schema(value_type = String, format = DateTime)]
        retry_at: DateTime<Utc>,
    },
    /// It is done.
    Success {
        /// What the task returned.
        result: Value,
    },
    /// It failed for good. Only the success of a worker that was presumed lost replaces that.
    Failure {
        /// What went wrong last, as far as it is public.
        error: String,
    },
    /// It was cancelled before a worker began it.
    Cancelled,
}

impl Status {
    /// Whether the task has ended.
    pub fn is_end(&self) -> bool {
        !matches!(self, Self::Pending | Self::Started | Self::Retry { .. })
    }
}
