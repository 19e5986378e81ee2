//! The manager: who owns the connections, when they open and when they close.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ConnectionAddr, RedisResult, ToSingleRedisArg};

use super::breaker::Breaker;
use super::keys::KeyPrefix;
use super::sync_pool::SyncPool;
use super::{Error, RedisSettings};

/// The connections of the service to Redis; all clones share them.
///
/// Async code uses the methods that end in `_async`: the calls of all tasks share one multiplexed
/// connection that reconnects by itself. Blocking code, on threads of its own, uses those that end in
/// `_sync`: each call takes a connection from a pool. Both give the same answers, connect on first
/// use, and fail within the socket time-out. For blocking calls it starts over with each address of
/// a host that has several, and with each piece of a long answer.
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
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    socket_timeout: Duration,
    fallback_timeout: Duration,
    default_ttl: Duration,
    key_prefix: KeyPrefix,
    breaker: Arc<Breaker>,
    multiplexed: RwLock<Multiplexed>,
    pool: SyncPool,
}

enum Multiplexed {
    Unused,
    Open(Connections),
    Closed,
}

/// Each opens with its first command.
struct Connections {
    /// For the manager's own calls, each of which bounds itself as a whole.
    own: ConnectionManager,
    /// For whoever asks for a connection: each command on it has the socket time-out.
    lent: ConnectionManager,
}

impl RedisManager {
    /// Checks the settings and opens nothing.
    ///
    /// # Errors
    ///
    /// If the connection URL cannot be used.
    pub fn new(settings: &RedisSettings) -> Result<Self, Error> {
        let client = settings.client().map_err(Error::Url)?;
        if let ConnectionAddr::TcpTls { .. } = client.get_connection_info().addr() {
            // Installing fails where a provider is there already, and then that one serves.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        Ok(Self {
            shared: Arc::new(Shared {
                pool: SyncPool::new(client.clone(), settings.pool_size, settings.socket_timeout),
                client,
                socket_timeout: settings.socket_timeout,
                fallback_timeout: settings.fallback_timeout.min(settings.socket_timeout),
                default_ttl: settings.default_ttl,
                key_prefix: settings.key_prefix.clone(),
                breaker: Arc::default(),
                multiplexed: RwLock::new(Multiplexed::Unused),
            }),
        })
    }

    /// Connects for async use, unless that is done already.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached now; later calls try again by themselves.
    pub async fn initialize_async(&self) -> Result<(), Error> {
        self.async_test_connection().await
    }

    /// Connects for blocking use, unless that is done already.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached now; later calls try again by themselves.
    pub fn initialize_sync(&self) -> Result<(), Error> {
        self.sync_test_connection()
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
        self.connections(|connections| connections.lent.clone())
    }

    /// A blocking connection from the pool, for every command that has no method here; it goes back
    /// when it is dropped. Each of its commands has the socket time-out. The first one on a connection
    /// from before a restart of Redis fails.
    ///
    /// Import [`redis::TypedCommands`] or [`redis::Commands`] for the commands.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, if all connections stay in use for the socket time-out, and
    /// after [`close`](Self::close).
    pub fn get_sync_client(&self) -> Result<super::SyncClient<'_>, Error> {
        self.shared.pool.lend()
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
        // A connection closes when its last user, a call under way, is done with it.
        *self
            .shared
            .multiplexed
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Multiplexed::Closed;
        self.shared.pool.close();
    }

    pub(super) fn key_prefix(&self) -> &KeyPrefix {
        &self.shared.key_prefix
    }

    pub(super) fn breaker(&self) -> &Arc<Breaker> {
        &self.shared.breaker
    }

    pub(super) fn pool(&self) -> &SyncPool {
        &self.shared.pool
    }

    pub(super) fn socket_timeout(&self) -> Duration {
        self.shared.socket_timeout
    }

    pub(super) fn fallback_timeout(&self) -> Duration {
        self.shared.fallback_timeout
    }

    pub(super) fn default_ttl(&self) -> Duration {
        self.shared.default_ttl
    }

    /// The connection of the manager's own calls.
    pub(super) fn multiplexed(&self) -> Result<ConnectionManager, Error> {
        self.connections(|connections| connections.own.clone())
    }

    /// Gives the manager for as long as somebody else has it.
    pub(super) fn downgrade(&self) -> impl Fn() -> Option<Self> + Send + use<> {
        let shared = Arc::downgrade(&self.shared);
        move || shared.upgrade().map(|shared| Self { shared })
    }

    /// Lets the next async call set up its connection. After errors of the network a connection does
    /// so by itself, but when its set-up was refused, it gives that error to every call from then on.
    pub(super) fn reconnect(&self) {
        let lock = &self.shared.multiplexed;
        let mut state = lock.write().unwrap_or_else(PoisonError::into_inner);
        if let Multiplexed::Open(_) = &*state {
            *state = Multiplexed::Unused;
        }
    }

    fn connections<T>(&self, take: impl Fn(&Connections) -> T) -> Result<T, Error> {
        let lock = &self.shared.multiplexed;
        match &*lock.read().unwrap_or_else(PoisonError::into_inner) {
            Multiplexed::Open(connections) => return Ok(take(connections)),
            Multiplexed::Closed => return Err(Error::Closed),
            Multiplexed::Unused => {}
        }
        let mut state = lock.write().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            Multiplexed::Open(connections) => Ok(take(connections)),
            Multiplexed::Closed => Err(Error::Closed),
            Multiplexed::Unused => {
                let connections = self.connect_lazily().map_err(Error::Redis)?;
                let taken = take(&connections);
                *state = Multiplexed::Open(connections);
                Ok(taken)
            }
        }
    }

    fn connect_lazily(&self) -> RedisResult<Connections> {
        let client = &self.shared.client;
        let own = self.connection_config();
        let lent = own
            .clone()
            .set_response_timeout(Some(self.shared.socket_timeout));
        Ok(Connections {
            own: ConnectionManager::new_lazy_with_config(client.clone(), own)?,
            lent: ConnectionManager::new_lazy_with_config(client.clone(), lent)?,
        })
    }

    /// How a connection behaves whose calls are bounded as a whole.
    pub(super) fn connection_config(&self) -> ConnectionManagerConfig {
        // No retries with growing delays: while Redis is away, each call makes one attempt and
        // fails at once, and all calls that wait share that attempt.
        ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(self.shared.socket_timeout))
            // One timer for a call is enough, and a second one costs as much as sending a small command.
            .set_response_timeout(None)
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
