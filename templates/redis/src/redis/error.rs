//! What can go wrong between the service and Redis.

use std::time::Duration;

use redis::ErrorKind;

/// The error of every Redis operation. No variant shows a password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection URL cannot be used.
    #[error("REDIS_CONNECTION_URL cannot be used: {0}")]
    Url(#[source] redis::RedisError),
    /// Redis did not answer in time: it is frozen, overloaded or out of reach.
    #[error("no answer from Redis within {0:?}")]
    TimedOut(Duration),
    /// All blocking connections stayed in use for as long as a call may take.
    #[error("all {size} blocking connections to Redis were in use for {waited:?}")]
    PoolExhausted {
        /// `REDIS_POOL_SIZE`.
        size: usize,
        /// `REDIS_SOCKET_TIMEOUT`.
        waited: Duration,
    },
    /// A time to live was shorter than a millisecond, or longer than Redis can count.
    #[error("a time to live of {0:?} is not possible: Redis counts whole milliseconds from 1 on")]
    TimeToLive(Duration),
    /// The manager was closed; no call goes through any more.
    #[error("the connection to Redis was closed")]
    Closed,
    /// Redis refused, the connection broke, or the value is not of the type asked for.
    #[error(transparent)]
    Redis(redis::RedisError),
}

impl Error {
    /// Whether Redis answers and does not let this service in: the password is wrong or missing, so
    /// that waiting would not help.
    pub fn is_wrong_password(&self) -> bool {
        let Self::Redis(error) = self else {
            return false;
        };
        error.kind() == ErrorKind::AuthenticationFailed || error.code() == Some("NOAUTH")
    }
}
