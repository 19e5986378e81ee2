//! Blocking connections, each used by one call at a time.
//!
//! The pools on crates.io keep trying in the background while Redis refuses, so that each call
//! waits for its whole time-out. This one connects on the thread that calls, and so fails at once.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{Client, Connection, ConnectionLike, RedisError, RedisResult};

use super::Error;

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

    /// Gives a connection; waiting for it and connecting count against the time-out.
    pub(super) fn get(&self) -> Result<SyncClient<'_>, Error> {
        let deadline = Instant::now() + self.timeout;
        let mut slots = self.lock();
        let idle = loop {
            if slots.closed {
                return Err(Error::Closed);
            }
            if slots.in_use < self.size {
                break slots.idle.pop();
            }
            let left = deadline.saturating_duration_since(Instant::now());
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
            connection: idle,
        };
        // A time-out of zero means none at all to the socket.
        let left = deadline
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        let connection = match client.connection.take() {
            Some(connection) => connection,
            None => self
                .client
                .get_connection_with_timeout(left)
                .map_err(|error| self.error(error))?,
        };
        connection
            .set_read_timeout(Some(left))
            .and_then(|()| connection.set_write_timeout(Some(left)))
            .map_err(Error::Redis)?;
        client.connection = Some(connection);
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

const TAKEN: &str = "the connection is only taken when the client is dropped";

impl Deref for SyncClient<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect(TAKEN)
    }
}

impl DerefMut for SyncClient<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect(TAKEN)
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
