//! A connection: when it opens, when another one takes its place, and when it closes.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};

use super::Error;

/// A multiplexed connection that all who ask for it share. It opens with its first command, and again
/// with the first one after it broke.
pub(crate) struct SharedConnection {
    client: Client,
    config: ConnectionManagerConfig,
    state: RwLock<State>,
}

enum State {
    Unused,
    Open(ConnectionManager),
    Closed,
}

/// How a connection behaves whose calls are bounded as a whole.
pub(super) fn config(connection_timeout: Duration) -> ConnectionManagerConfig {
    // No retries with growing delays: while Redis is away, each call makes one attempt and fails at
    // once, and all calls that wait share that attempt.
    ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(connection_timeout))
        // One timer for a call is enough, and a second one costs as much as sending a small command.
        .set_response_timeout(None)
}

impl SharedConnection {
    pub(super) fn new(client: Client, config: ConnectionManagerConfig) -> Self {
        Self {
            client,
            config,
            state: RwLock::new(State::Unused),
        }
    }

    pub(super) fn get(&self) -> Result<ConnectionManager, Error> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(connection) => return Ok(connection.clone()),
            State::Closed => return Err(Error::Closed),
            State::Unused => {}
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let State::Unused = *state {
            *state = State::Open(self.connect_lazily().map_err(Error::Redis)?);
        }
        match &*state {
            State::Open(connection) => Ok(connection.clone()),
            _ => Err(Error::Closed),
        }
    }

    /// Lets the next call set the connection up anew. After errors of the network it does so by itself,
    /// but once its set-up was refused, it gives that error to every call.
    pub(super) fn replace(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let State::Open(_) = *state {
            *state = State::Unused;
        }
    }

    /// Lets go of the connection, which closes when the last call under way is done with it.
    pub(super) fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }

    fn connect_lazily(&self) -> RedisResult<ConnectionManager> {
        ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone())
    }
}
