//! The keys of the worker, before the manager puts the prefix of the application before them.

use super::TaskId;

/// What the keys of the engine begin with. It takes an empty name for one that all its users share.
pub(super) const ENGINE: &str = "worker";

/// The tasks that failed for good, the last one first.
pub(super) const DEAD: &str = "dead-tasks";

/// How far a task has come, and how it ended.
pub(super) fn record(id: &TaskId) -> String {
    format!("task-result:{id}")
}
