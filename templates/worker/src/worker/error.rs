//! What can go wrong with the queue.

use axum::http::StatusCode;

use crate::redis;

/// The error of enqueueing tasks, asking for their state, and managing dead ones.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The task is not on the list in `src/worker/tasks/mod.rs`, so that no worker would run it.
    #[error("the task `{0}` is not registered")]
    Unregistered(&'static str),
    /// No task and no worker names the queue.
    #[error("there is no queue `{0}`, but {known}", known = .1.join(", "))]
    UnknownQueue(String, Vec<String>),
    /// The payload cannot be encoded as JSON.
    #[error("the payload of the task cannot be encoded: {0}")]
    Payload(serde_json::Error),
    /// Redis cannot be asked.
    #[error(transparent)]
    Redis(#[from] redis::Error),
}

/// Handlers answer 503 while Redis is away, and 500 if a retry would not help.
impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Redis(error) => error.into(),
            error => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "").caused_by(error),
        }
    }
}
