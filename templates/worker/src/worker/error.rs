//! What can go wrong between handlers and the queue.

use std::time::Duration;

use oxana::OxanaError;

use crate::redis;

/// The error of enqueueing a task, asking for its state, and looking after the dead ones.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The task is not on the list in `src/worker/tasks/mod.rs`, so that no worker would run it.
    #[error("the task `{0}` is not registered")]
    Unregistered(&'static str),
    /// The payload has no form in JSON.
    #[error("the payload of the task cannot be encoded: {0}")]
    Payload(serde_json::Error),
    /// Redis did not answer in time.
    #[error("the queue did not answer within {0:?}")]
    TimedOut(Duration),
    /// The queue cannot be reached, or holds something that is not ours.
    #[error("the queue cannot be used: {0}")]
    Queue(#[from] OxanaError),
    /// Redis cannot be asked for results.
    #[error(transparent)]
    Redis(#[from] redis::Error),
}
