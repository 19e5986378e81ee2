//! The operations for async code.

use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{Cmd, FromRedisValue, RedisResult, ScriptInvocation, ToRedisArgs, ToSingleRedisArg};

use super::commands::{self, ScanPage};
use super::{Error, RedisManager};

impl RedisManager {
    /// Gives the value at `key`, if there is one.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or the value is not a `T`.
    pub async fn get_async<T: FromRedisValue>(
        &self,
        key: impl ToSingleRedisArg,
    ) -> Result<Option<T>, Error> {
        self.read_async(commands::get(&self.key(key))).await
    }

    /// Stores `value` at `key` for the time `ex`, or for `REDIS_DEFAULT_TTL`.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or the time is shorter than a millisecond.
    pub async fn set_async(
        &self,
        key: impl ToSingleRedisArg,
        value: impl ToSingleRedisArg,
        ex: Option<Duration>,
    ) -> Result<(), Error> {
        let time_to_live = ex.unwrap_or(self.default_ttl());
        let command = commands::set(&self.key(key), value, time_to_live)?;
        self.write_async(command).await
    }

    /// Removes one key, or many, and gives the number of those that were there.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn delete_async(&self, keys: impl ToRedisArgs) -> Result<u64, Error> {
        self.unlink_async(&self.key_prefix().keys(keys)).await
    }

    /// Removes all keys that match `pattern` and gives the number of those that were removed. Keys
    /// that are created meanwhile may stay.
    ///
    /// The keys go page by page, so that other clients are not held up; the socket time-out bounds
    /// each page and not the whole. Parts of the pattern that come from data must be
    /// [escaped](super::keys::escape).
    ///
    /// # Errors
    ///
    /// If the pattern is empty or has nothing but `*` and `?`, or if Redis cannot be reached; the
    /// pages before stay removed.
    pub async fn delete_pattern_async(&self, pattern: &str) -> Result<u64, Error> {
        let pattern = self.key_prefix().pattern(pattern)?;
        let (mut cursor, mut deleted) = (0, 0);
        loop {
            let (next, keys): ScanPage = self.read_async(commands::scan(cursor, &pattern)).await?;
            deleted += self.unlink_async(&keys).await?;
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
    /// If it does not, with the cause.
    pub async fn async_test_connection(&self) -> Result<(), Error> {
        self.read_async(commands::ping()).await
    }

    async fn unlink_async(&self, keys: &[Vec<u8>]) -> Result<u64, Error> {
        match commands::unlink(keys) {
            Some(command) => self.write_async(command).await,
            None => Ok(0),
        }
    }

    /// Sends a command that may safely run twice: once more if the connection was broken.
    pub(crate) async fn read_async<T: FromRedisValue>(&self, command: Cmd) -> Result<T, Error> {
        let (command, connection) = (&command, &self.multiplexed()?);
        let answer = self.read_async_on(connection, |mut connection| async move {
            command.query_async(&mut connection).await
        });
        self.reconnect_after(answer.await)
    }

    /// Makes a call on `connection` that may safely be made twice: once more if that was broken.
    pub(super) async fn read_async_on<T, F: Future<Output = RedisResult<T>>>(
        &self,
        connection: &ConnectionManager,
        call: impl Fn(ConnectionManager) -> F,
    ) -> Result<T, Error> {
        self.bounded(async {
            match call(connection.clone()).await {
                Err(error) if error.is_connection_dropped() => call(connection.clone()).await,
                answer => answer,
            }
        })
        .await
    }

    pub(crate) async fn write_async<T: FromRedisValue>(&self, command: Cmd) -> Result<T, Error> {
        let mut connection = self.multiplexed()?;
        let answer = self.bounded(command.query_async(&mut connection)).await;
        self.reconnect_after(answer)
    }

    /// Runs a [script](redis::Script) by its hash; Redis gets its text only where it does not know it
    /// yet ([EVALSHA](https://redis.io/docs/latest/commands/evalsha/)). The keys that it is given must
    /// have passed through [`key`](Self::key).
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, if the script fails, or if its answer is not a `T`.
    pub async fn run_async<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Error> {
        let mut connection = self.multiplexed()?;
        let answer = self.bounded(script.invoke_async(&mut connection)).await;
        self.reconnect_after(answer)
    }

    /// Asks Redis whether it serves data, past the breaker. PING would not tell: a Redis that has lost
    /// its master or a part of its cluster answers that.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        let command = commands::get(&self.key("probe"));
        let mut connection = self.multiplexed()?;
        let answer = self.within_timeout(command.exec_async(&mut connection));
        self.reconnect_after(answer.await)
    }

    async fn bounded<T>(&self, call: impl Future<Output = RedisResult<T>>) -> Result<T, Error> {
        self.breaker().check_not_frozen()?;
        let answer = self.within_timeout(call).await;
        self.observe(answer)
    }

    /// Bounds the whole of a call: waiting for the connection, the answer, and a second attempt.
    async fn within_timeout<T>(
        &self,
        call: impl Future<Output = RedisResult<T>>,
    ) -> Result<T, Error> {
        let limit = self.socket_timeout();
        match tokio::time::timeout(limit, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_timeout() => Err(Error::TimedOut(limit)),
            Ok(Err(error)) => Err(Error::Redis(error)),
            Err(_) => Err(Error::TimedOut(limit)),
        }
    }

    fn reconnect_after<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if answer.as_ref().is_err_and(Error::is_of_set_up) {
            self.reconnect();
        }
        answer
    }
}
