use std::sync::Arc;

use tokio::runtime::Handle;

use super::{Error, Task, TaskId, Tasks};
use crate::redis::RedisManager;
use crate::settings::Settings;

/// What a task gets besides its payload.
///
/// Tasks run on threads that may block, so use the methods of `redis` and `cache` that end in `_sync`.
#[derive(Clone, Debug)]
pub struct Context {
    /// The connections to Redis.
    pub redis: RedisManager,
    /// Values that are computed once and then kept in Redis.
    pub cache: crate::redis::Cache,
    /// The way to the workers, for tasks that begin others: see [`enqueue`](Self::enqueue).
    pub tasks: Tasks,
    /// The settings of the service.
    pub settings: Arc<Settings>,
    /// The id of the task, the same in every attempt.
    pub id: TaskId,
    /// The number of the attempt: 1 for the first.
    pub attempt: u32,
}

impl Context {
    /// Enqueues another task to be run as soon as a worker is free.
    ///
    /// If this attempt fails afterwards, the next one enqueues it once more: do it last.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, and if the task is not registered.
    pub fn enqueue<T: Task>(&self, payload: &T::Payload) -> Result<TaskId, Error> {
        Handle::current().block_on(self.tasks.enqueue::<T>(payload))
    }
}
