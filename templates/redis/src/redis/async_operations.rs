//! The operations for async code.

use std::time::Duration;

use redis::{Cmd, FromRedisValue, RedisResult, ToRedisArgs, ToSingleRedisArg};

use super::commands::{self, ScanPage};
use super::{Error, RedisManager};

impl RedisManager {
    /// Gives the value at `key`, if there is one.
    ///
    /// # Errors
    ///
    /// Where Redis cannot be asked, or the value is not a `T`.
    pub async fn get_async<T: FromRedisValue>(
        &self,
        key: impl ToSingleRedisArg,
    ) -> Result<Option<T>, Error> {
        self.read_async(commands::get(key)).await
    }

    /// Stores `value` at `key` for the time `ex`, or for `REDIS_DEFAULT_TTL`.
    ///
    /// # Errors
    ///
    /// Where Redis cannot be asked, or the time is shorter than a millisecond.
    pub async fn set_async(
        &self,
        key: impl ToSingleRedisArg,
        value: impl ToSingleRedisArg,
        ex: Option<Duration>,
    ) -> Result<(), Error> {
        let command = commands::set(key, value, ex.unwrap_or(self.default_ttl()))?;
        self.write_async(command).await
    }

    /// Removes one key, or many, and gives the number of those that were there.
    ///
    /// # Errors
    ///
    /// Where Redis cannot be asked.
    pub async fn delete_async(&self, keys: impl ToRedisArgs) -> Result<u64, Error> {
        match commands::unlink(keys) {
            Some(command) => self.write_async(command).await,
            None => Ok(0),
        }
    }

    /// Removes all keys that match `pattern` and gives their number.
    ///
    /// The keys go page by page, so that other clients are not held up; the socket time-out bounds
    /// each page and not the whole. Parts of the pattern that come from data must be
    /// [escaped](super::keys::escape).
    ///
    /// # Errors
    ///
    /// Where Redis cannot be asked; the pages before stay removed.
    pub async fn delete_pattern_async(&self, pattern: &str) -> Result<u64, Error> {
        let (mut cursor, mut deleted) = (0, 0);
        loop {
            let (next, keys): ScanPage = self.read_async(commands::scan(cursor, pattern)).await?;
            deleted += self.delete_async(keys).await?;
            if next == 0 {
                return Ok(deleted);
            }
            cursor = next;
        }
    }

    /// Succeeds where Redis answers.
    ///
    /// # Errors
    ///
    /// Where it does not, with the cause.
    pub async fn async_test_connection(&self) -> Result<(), Error> {
        self.read_async(commands::ping()).await
    }

    /// Sends a command that may safely run twice: once more if the connection was broken.
    async fn read_async<T: FromRedisValue>(&self, command: Cmd) -> Result<T, Error> {
        let mut connection = self.multiplexed()?;
        self.bounded(async {
            match command.query_async(&mut connection).await {
                Err(error) if error.is_connection_dropped() => {
                    command.query_async(&mut connection).await
                }
                answer => answer,
            }
        })
        .await
    }

    async fn write_async<T: FromRedisValue>(&self, command: Cmd) -> Result<T, Error> {
        let mut connection = self.multiplexed()?;
        self.bounded(command.query_async(&mut connection)).await
    }

    /// Bounds the whole of a call: the connection's own time-outs bound its parts.
    async fn bounded<T>(&self, call: impl Future<Output = RedisResult<T>>) -> Result<T, Error> {
        let limit = self.socket_timeout();
        match tokio::time::timeout(limit, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_timeout() => Err(Error::TimedOut(limit)),
            Ok(Err(error)) => Err(Error::Redis(error)),
            Err(_) => Err(Error::TimedOut(limit)),
        }
    }
}
