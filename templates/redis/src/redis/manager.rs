//! The manager: who owns the connections, when they open and when they close.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{Client, ConnectionAddr, ToSingleRedisArg};
use tokio::sync::Semaphore;

use super::breaker::Breaker;
use super::connection::{self, SharedConnection};
use super::keys::KeyPrefix;
use super::{Error, RedisSettings, runtime};

/// The connections of the service to Redis; all clones share them.
///
/// Async code uses the methods that end in `_async`: the calls of all tasks share one multiplexed
/// connection that reconnects by itself. Blocking code, on threads of its own, uses those that end in
/// `_sync`: the same calls, on another such connection. All connect on first use, and fail within the
/// socket time-out.
///
/// Once Redis has answered nobody for the socket time-out, calls fail with [`Error::BreakerOpen`] at
/// once, until it answers again.
///
/// Every key and every pattern stands behind `REDIS_KEY_PREFIX`; [`key`](Self::key) does the same for
/// commands that are sent on a connection directly.
///
/// Reads are tried a second time where the connection turns out to be broken, so that a restart of
/// Redis is not seen by readers. Writes are not, because the first try may have gone through.
#[derive(Clone)]
pub struct RedisManager {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    client: Client,
    pub(super) socket_timeout: Duration,
    pub(super) fallback_timeout: Duration,
    pub(super) default_ttl: Duration,
    pub(super) key_prefix: KeyPrefix,
    pub(super) breaker: Arc<Breaker>,
    /// For the manager's own calls in async code, each of which bounds itself as a whole.
    in_async_code: SharedConnection,
    /// For those in blocking code.
    in_blocking_code: SharedConnection,
    /// For whoever asks for a connection: each command on it has the socket time-out.
    pub(super) lent: SharedConnection,
    /// For the connections that blocking code has to itself.
    pub(super) places: Arc<Semaphore>,
    pub(super) pool_size: usize,
}

impl RedisManager {
    /// Checks the settings and opens nothing.
    ///
    /// # Errors
    ///
    /// If the connection URL, or what TLS needs, cannot be used.
    pub fn new(settings: &RedisSettings) -> Result<Self, Error> {
        let client = settings.client().map_err(Error::Url)?;
        if let ConnectionAddr::TcpTls { .. } = client.get_connection_info().addr() {
            // Installing fails where a provider is there already, and then that one serves.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let own = connection::config(settings.socket_timeout);
        // Whoever has it does not bound the calls as a whole.
        let lent = own
            .clone()
            .set_response_timeout(Some(settings.socket_timeout));
        let connection = |config| SharedConnection::new(client.clone(), config);
        Ok(Self {
            shared: Arc::new(Shared {
                socket_timeout: settings.socket_timeout,
                fallback_timeout: settings.fallback_timeout.min(settings.socket_timeout),
                default_ttl: settings.default_ttl,
                key_prefix: settings.key_prefix.clone(),
                breaker: Arc::default(),
                in_async_code: connection(own.clone()),
                in_blocking_code: connection(own),
                lent: connection(lent),
                places: Arc::new(Semaphore::new(settings.pool_size)),
                pool_size: settings.pool_size,
                client,
            }),
        })
    }

    /// Connects, unless that is done already.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached now; later calls try again by themselves.
    pub async fn initialize_async(&self) -> Result<(), Error> {
        self.async_test_connection().await
    }

    /// An async connection for every command that has no method here. All who ask share it; the
    /// manager's own calls have another one. Each command has the socket time-out.
    ///
    /// Import [`redis::AsyncTypedCommands`] or [`redis::AsyncCommands`] for the commands. Two things
    /// must not be sent on it: commands that wait (BLPOP, WAIT), which would hold up those of
    /// everybody else on it, and WATCH. For those, open a connection with [`client`](Self::client).
    /// Ask for it each time: once Redis has refused the password, one that was kept fails for
    /// good. The first command after a restart of Redis fails.
    ///
    /// # Errors
    ///
    /// After [`close`](Self::close).
    pub async fn get_async_client(&self) -> Result<ConnectionManager, Error> {
        self.shared.lent.get()
    }

    /// The client behind all connections, to open one of one's own: for commands that wait, for
    /// transactions with WATCH, and for subscriptions.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// The key as Redis knows it, behind the prefix of the application.
    ///
    /// The methods of the manager do this by themselves; commands on a connection do not.
    pub fn key(&self, key: impl ToSingleRedisArg) -> Vec<u8> {
        self.shared.key_prefix.key(key)
    }

    /// Lets go of all connections; calls that are under way finish, later ones fail with
    /// [`Error::Closed`].
    pub async fn close(&self) {
        self.shared.in_async_code.close();
        self.shared.in_blocking_code.close();
        self.shared.lent.close();
        self.shared.places.close();
        // A runtime that nobody waits in closes nothing.
        let turn = || runtime::block_on(tokio::task::yield_now());
        let _ = tokio::task::spawn_blocking(turn).await;
    }

    /// The connection of the manager's own calls.
    pub(super) fn own(&self) -> &SharedConnection {
        if runtime::is_blocking() {
            &self.shared.in_blocking_code
        } else {
            &self.shared.in_async_code
        }
    }

    /// Gives the manager for as long as somebody else has it.
    pub(super) fn downgrade(&self) -> impl Fn() -> Option<Self> + Send + use<> {
        let shared = Arc::downgrade(&self.shared);
        move || shared.upgrade().map(|shared| Self { shared })
    }
}

impl fmt::Debug for RedisManager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client leaves the password out.
        formatter
            .debug_struct("RedisManager")
            .field("client", &self.shared.client)
            .finish_non_exhaustive()
    }
}
