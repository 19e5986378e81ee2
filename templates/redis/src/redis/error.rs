//! What can go wrong between the service and Redis.

use std::time::Duration;

use axum::http::StatusCode;
use redis::{ErrorKind, ServerErrorKind};

/// The error of every Redis operation. No variant shows a password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection URL cannot be used.
    #[error("REDIS_CONNECTION_URL cannot be used: {0}")]
    Url(#[source] redis::RedisError),
    /// Redis did not answer in time: it is frozen, overloaded or out of reach.
    #[error("no answer from Redis within {0:?}")]
    TimedOut(Duration),
    /// Redis is away, so that the call was not made.
    #[error("Redis is away: it is not asked until it answers again")]
    BreakerOpen,
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
    /// A pattern is empty or has nothing but `*` and `?`, so that it would match keys of any name.
    #[error(
        "the pattern `{0}` would match any key: begin it with what the keys begin with, like `user:*`"
    )]
    Pattern(String),
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
        error.kind() == ErrorKind::AuthenticationFailed
            || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"))
    }

    /// Whether Redis as a whole cannot be used: it is away, does not answer, is still starting, or
    /// does not let this service in. The opposite is the refusal of one command, which says nothing
    /// about the others: a Redis that is full or a replica refuses to write, and still reads.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::TimedOut(_) | Self::BreakerOpen => true,
            Self::Redis(error) => {
                self.is_wrong_password()
                    || error.code() == Some("BUSY")
                    || matches!(
                        error.kind(),
                        ErrorKind::Io
                            | ErrorKind::InvalidClientConfig
                            | ErrorKind::Server(
                                ServerErrorKind::BusyLoading
                                    | ServerErrorKind::ClusterDown
                                    | ServerErrorKind::MasterDown
                            )
                    )
            }
            _ => false,
        }
    }

    /// Whether a connection could not be set up for a reason other than the network, like a refused
    /// password or database.
    pub(super) fn is_of_set_up(&self) -> bool {
        let Self::Redis(error) = self else {
            return false;
        };
        match error.kind() {
            ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => true,
            // An answer to a command is an error of the server, one to the set-up is the client's own.
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                error.clone().into_server_errors().is_none()
            }
            _ => self.is_wrong_password(),
        }
    }
}

/// Handlers that cannot do without Redis answer 503 while it is away, and 500 if it refuses what they
/// ask for. The cause of an outage is in the log once, and not with each request.
impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let unavailable = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "this needs Redis, which cannot be used now: try again later",
        );
        match error {
            Error::PoolExhausted { .. } | Error::Closed => unavailable.caused_by(error),
            error if error.is_outage() => unavailable,
            error => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "").caused_by(error),
        }
    }
}
