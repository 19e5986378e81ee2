//! The Redis keys of the worker, without the prefix that the manager adds.

use super::TaskId;

/// The namespace of the engine, which must not be empty.
pub(super) const ENGINE: &str = "worker";

/// The dead-letter list, newest first.
pub(super) const DEAD: &str = "dead-tasks";

/// The state and the result of a task.
pub(super) fn record(id: &TaskId) -> String {
    format!("task-result:{id}")
}
