//! A task on its way to a worker.

use std::collections::HashMap;

use serde_json::Value;

use super::TaskId;

/// A task as it is enqueued.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: TaskId,
    pub(super) queue: String,
    pub(super) task: String,
    pub(super) payload: Value,
    pub(super) is_unique: bool,
}

/// A task that was handed out to this worker.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) entry: Entry,
    pub(super) id: TaskId,
    pub(super) task: String,
    pub(super) payload: Value,
    /// How many attempts have been made before.
    pub(super) attempts: u32,
}

/// Where a task that was handed out is kept until it has ended.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Entry {
    pub(super) queue: String,
    /// What the stream of the queue calls it.
    pub(super) id: String,
}

impl Delivery {
    /// Makes sense of an entry of a stream. Nothing but the scripts writes there.
    pub(super) fn from_fields(entry: Entry, mut fields: HashMap<String, String>) -> Option<Self> {
        let mut field = |name| fields.remove(name);
        let payload = field("payload")?;
        Some(Self {
            entry,
            id: TaskId(field("id")?),
            task: field("task")?,
            payload: serde_json::from_str(&payload).unwrap_or(Value::String(payload)),
            attempts: field("attempts")?.parse().ok()?,
        })
    }
}
