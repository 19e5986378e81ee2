//! Blocking connections, each used by one call at a time.
//!
//! The pools on crates.io keep trying in the background while Redis refuses, so that each call
//! waits for its whole time-out. This one connects on the thread that calls, and so fails at once.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{Client, Connection, ConnectionLike, RedisError, RedisResult};

use super::Error;

/// To a socket, a time-out of zero means none at all.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

/// At most `size` connections, opened when they are needed.
pub(super) struct SyncPool {
    client: Client,
    size: usize,
    timeout: Duration,
    slots: Mutex<Slots>,
    slot_freed: Condvar,
}

#[derive(Default)]
struct Slots {
    /// Connections that are open and not in use, the one used last at the end.
    idle: Vec<Connection>,
    in_use: usize,
    closed: bool,
}

impl SyncPool {
    pub(super) fn new(client: Client, size: usize, timeout: Duration) -> Self {
        Self {
            client,
            size,
            timeout,
            slots: Mutex::default(),
            slot_freed: Condvar::new(),
        }
    }

    /// When a call that begins now must have its answer.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Gives a connection to somebody else, for any number of commands.
    pub(super) fn lend(&self) -> Result<SyncClient<'_>, Error> {
        let client = self.get(self.deadline())?;
        client.limit(self.timeout)?;
        Ok(client)
    }

    /// Gives a connection for one call until `deadline`, which also bounds waiting for it and
    /// connecting.
    pub(super) fn get(&self, deadline: Instant) -> Result<SyncClient<'_>, Error> {
        let mut slots = self.lock();
        let idle = loop {
            if slots.closed {
                return Err(Error::Closed);
            }
            if slots.in_use < self.size {
                break slots.idle.pop();
            }
            let left = time_until(deadline);
            if left.is_zero() {
                return Err(Error::PoolExhausted {
                    size: self.size,
                    waited: self.timeout,
                });
            }
            slots = self
                .slot_freed
                .wait_timeout(slots, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        };
        slots.in_use += 1;
        drop(slots);

        // From here on, dropping the client gives the slot back, also after an error.
        let mut client = SyncClient {
            pool: self,
            connection: None,
        };
        client.connection = Some(match idle {
            Some(connection) => connection,
            None => self
                .client
                .get_connection_with_timeout(time_until(deadline).max(SHORTEST_TIMEOUT))
                .map_err(|error| self.error(error))?,
        });
        client.limit(time_until(deadline))?;
        Ok(client)
    }

    /// Closes the idle connections now, and those in use when they come back.
    pub(super) fn close(&self) {
        let mut slots = self.lock();
        slots.closed = true;
        slots.idle.clear();
        self.slot_freed.notify_all();
    }

    fn error(&self, error: RedisError) -> Error {
        if error.is_timeout() {
            Error::TimedOut(self.timeout)
        } else {
            Error::Redis(error)
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A blocking connection on loan from the pool.
pub struct SyncClient<'pool> {
    pool: &'pool SyncPool,
    connection: Option<Connection>,
}

impl SyncClient<'_> {
    /// Bounds every wait of the connection for Redis.
    fn limit(&self, timeout: Duration) -> Result<(), Error> {
        let timeout = Some(timeout.max(SHORTEST_TIMEOUT));
        self.set_read_timeout(timeout)
            .and_then(|()| self.set_write_timeout(timeout))
            .map_err(Error::Redis)
    }

    /// Uses the connection once. After a broken connection or a late answer it is thrown away, and
    /// with a broken one all idle ones, which are as old.
    pub(super) fn call<T>(
        mut self,
        call: impl FnOnce(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, Error> {
        call(&mut self).map_err(|error| {
            if error.is_timeout() || error.is_connection_dropped() {
                self.connection = None;
            }
            if error.is_connection_dropped() {
                self.pool.lock().idle.clear();
            }
            self.pool.error(error)
        })
    }
}

fn time_until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

const LENT: &str = "whoever holds the client holds its connection";

impl Deref for SyncClient<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect(LENT)
    }
}

impl DerefMut for SyncClient<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect(LENT)
    }
}

impl Drop for SyncClient<'_> {
    fn drop(&mut self) {
        let reusable = self.connection.take().filter(ConnectionLike::is_open);
        let mut slots = self.pool.lock();
        slots.in_use -= 1;
        if !slots.closed {
            slots.idle.extend(reusable);
        }
        drop(slots);
        self.pool.slot_freed.notify_one();
    }
}
