//! The same operations for blocking code. Never call them on an async thread: go through
//! [`tokio::task::spawn_blocking`] there, or use the async ones.

use std::time::{Duration, Instant};

use redis::{
    Cmd, Connection, FromRedisValue, RedisResult, ScriptInvocation, ToRedisArgs, ToSingleRedisArg,
};

use super::commands::{self, ScanPage};
use super::{Error, RedisManager};

impl RedisManager {
    /// Gives the value at `key`, if there is one.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or the value is not a `T`.
    pub fn get_sync<T: FromRedisValue>(
        &self,
        key: impl ToSingleRedisArg,
    ) -> Result<Option<T>, Error> {
        self.read_sync(&commands::get(&self.key(key)))
    }

    /// Stores `value` at `key` for the time `ex`, or for `REDIS_DEFAULT_TTL`.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or the time is shorter than a millisecond.
    pub fn set_sync(
        &self,
        key: impl ToSingleRedisArg,
        value: impl ToSingleRedisArg,
        ex: Option<Duration>,
    ) -> Result<(), Error> {
        let time_to_live = ex.unwrap_or(self.default_ttl());
        self.write_sync(&commands::set(&self.key(key), value, time_to_live)?)
    }

    /// Removes one key, or many, and gives the number of those that were there.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub fn delete_sync(&self, keys: impl ToRedisArgs) -> Result<u64, Error> {
        self.unlink_sync(&self.key_prefix().keys(keys))
    }

    /// Removes all keys that match `pattern` and gives their number, as
    /// [`delete_pattern_async`](Self::delete_pattern_async) does.
    ///
    /// # Errors
    ///
    /// If the pattern is empty or has nothing but `*` and `?`, or if Redis cannot be reached; the
    /// pages before stay removed.
    pub fn delete_pattern_sync(&self, pattern: &str) -> Result<u64, Error> {
        let pattern = self.key_prefix().pattern(pattern)?;
        let (mut cursor, mut deleted) = (0, 0);
        loop {
            let (next, keys): ScanPage = self.read_sync(&commands::scan(cursor, &pattern))?;
            deleted += self.unlink_sync(&keys)?;
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
    pub fn sync_test_connection(&self) -> Result<(), Error> {
        self.read_sync(&commands::ping())
    }

    fn unlink_sync(&self, keys: &[Vec<u8>]) -> Result<u64, Error> {
        match commands::unlink(keys) {
            Some(command) => self.write_sync(&command),
            None => Ok(0),
        }
    }

    /// Sends a command that may safely run twice: once more, on a new connection, if the one from
    /// the pool was broken.
    pub(crate) fn read_sync<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        self.bounded_sync(|deadline| {
            let query = |connection: &mut Connection| command.query(connection);
            match self.send(deadline, query) {
                Err(Error::Redis(error)) if error.is_connection_dropped() => {
                    self.send(deadline, query)
                }
                answer => answer,
            }
        })
    }

    pub(super) fn write_sync<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        self.bounded_sync(|deadline| self.send(deadline, |connection| command.query(connection)))
    }

    /// Runs a [script](redis::Script) by its hash, as [`run_async`](Self::run_async) does.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, if the script fails, or if its answer is not a `T`.
    pub fn run_sync<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Error> {
        self.bounded_sync(|deadline| self.send(deadline, |connection| script.invoke(connection)))
    }

    fn bounded_sync<T>(&self, call: impl FnOnce(Instant) -> Result<T, Error>) -> Result<T, Error> {
        self.breaker().check_not_frozen()?;
        self.observe(call(self.pool().deadline()))
    }

    fn send<T>(
        &self,
        deadline: Instant,
        call: impl FnOnce(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, Error> {
        self.pool().get(deadline)?.call(call)
    }
}
