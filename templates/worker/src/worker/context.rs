use std::sync::Arc;

use super::TaskId;
use crate::redis::RedisManager;
use crate::settings::Settings;

/// What a task gets besides its payload.
#[derive(Clone, Debug)]
pub struct Context {
    /// The connections to Redis. Tasks run on threads that may block, so use the methods that end in
    /// `_sync`.
    pub redis: RedisManager,
    /// The settings of the service.
    pub settings: Arc<Settings>,
    /// The id of the task, the same in every attempt.
    pub id: TaskId,
    /// The number of the attempt: 1 for the first.
    pub attempt: u32,
}
