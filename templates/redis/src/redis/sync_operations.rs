//! The same operations for blocking code: the async ones, run to their end on the calling thread.
//! Whatever holds for those holds for these. They panic on an async thread, which they would block: go
//! through [`tokio::task::spawn_blocking`] there, or use the async ones.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use redis::{Cmd, Connection, FromRedisValue, ScriptInvocation, ToRedisArgs, ToSingleRedisArg};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::runtime::block_on;
use super::{Error, RedisManager};

impl RedisManager {
    /// [`initialize_async`](Self::initialize_async) for blocking code, with its errors.
    pub fn initialize_sync(&self) -> Result<(), Error> {
        block_on(self.initialize_async())
    }

    /// [`get_async`](Self::get_async) for blocking code, with its errors.
    pub fn get_sync<T: FromRedisValue>(
        &self,
        key: impl ToSingleRedisArg,
    ) -> Result<Option<T>, Error> {
        block_on(self.get_async(key))
    }

    /// [`set_async`](Self::set_async) for blocking code, with its errors.
    pub fn set_sync(
        &self,
        key: impl ToSingleRedisArg,
        value: impl ToSingleRedisArg,
        ex: Option<Duration>,
    ) -> Result<(), Error> {
        block_on(self.set_async(key, value, ex))
    }

    /// [`delete_async`](Self::delete_async) for blocking code, with its errors.
    pub fn delete_sync(&self, keys: impl ToRedisArgs) -> Result<u64, Error> {
        block_on(self.delete_async(keys))
    }

    /// [`delete_pattern_async`](Self::delete_pattern_async) for blocking code, with its errors.
    pub fn delete_pattern_sync(&self, pattern: &str) -> Result<u64, Error> {
        block_on(self.delete_pattern_async(pattern))
    }

    /// [`async_test_connection`](Self::async_test_connection) for blocking code, with its errors.
    pub fn sync_test_connection(&self) -> Result<(), Error> {
        block_on(self.async_test_connection())
    }

    /// [`read_async`](Self::read_async) for blocking code, with its errors.
    pub fn read_sync<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        block_on(self.read_async(command.clone()))
    }

    /// [`run_async`](Self::run_async) for blocking code, with its errors.
    pub fn run_sync<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Error> {
        block_on(self.run_async(script))
    }

    /// A connection of the caller's own, for every command that has no method here, WATCH and commands
    /// that wait included; it closes when it is dropped. The socket time-out bounds each wait for Redis.
    ///
    /// It is opened here: what its last user has left on a connection must not meet the next one. At
    /// most `REDIS_POOL_SIZE` are open at once.
    ///
    /// Import [`redis::TypedCommands`] or [`redis::Commands`] for the commands.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, if others keep all connections for the socket time-out, and
    /// after [`close`](Self::close).
    pub fn get_sync_client(&self) -> Result<SyncClient, Error> {
        self.shared.breaker.check_not_frozen()?;
        let limit = self.shared.socket_timeout;
        let deadline = Instant::now() + limit;
        let place =
            block_on(async { timeout(limit, self.shared.places.clone().acquire_owned()).await });
        let place = match place {
            Ok(place) => place.map_err(|_| Error::Closed)?,
            Err(_) => {
                return Err(Error::PoolExhausted {
                    size: self.shared.pool_size,
                    waited: limit,
                });
            }
        };
        let left = deadline.saturating_duration_since(Instant::now());
        // A time-out of zero is an error to the system.
        let left = left.max(Duration::from_millis(1));
        let connection = self.client().get_connection_with_timeout(left);
        let connection = connection.and_then(|connection| {
            connection.set_read_timeout(Some(limit))?;
            connection.set_write_timeout(Some(limit))?;
            Ok(connection)
        });
        let connection = self.observe(connection.map_err(|error| Error::of(error, limit)))?;
        Ok(SyncClient {
            connection,
            _place: place,
        })
    }
}

/// A blocking connection, one of at most `REDIS_POOL_SIZE`.
pub struct SyncClient {
    connection: Connection,
    _place: OwnedSemaphorePermit,
}

impl Deref for SyncClient {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for SyncClient {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
