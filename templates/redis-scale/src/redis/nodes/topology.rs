//! Asks where the data is, and remembers it.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, RedisResult, ServerErrorKind, Value};
use redis::{ErrorKind, FromRedisValue, RedisConnectionInfo};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::advice;
use super::map::{self, Address, Map, Node, Owners};
use super::slot::Slot;
use super::url::{Kind, Url};
use super::watch::{self, OPTIONAL};
use crate::redis::{Error, RedisSettings};

/// How long one server may take to say where the data is.
const ASK_TIMEOUT: Duration = Duration::from_millis(500);

/// An answer is good for everybody who asks within this time.
const ASK_PAUSE: Duration = Duration::from_millis(50);

/// The servers that have the data, which all connections of a manager share.
pub(crate) struct Topology {
    kind: Kind,
    /// The servers of the URL, to ask them.
    named: Vec<Client>,
    /// A client like that of each server with data.
    client: Client,
    pub(super) socket_timeout: Duration,
    /// A key that the application may read.
    pub(super) probe: Vec<u8>,
    map: RwLock<Arc<Map>>,
    /// Held by the one who asks.
    asked: Mutex<Option<Asked>>,
    on_change: RwLock<Vec<OnChange>>,
}

type OnChange = Box<dyn Fn() + Send + Sync>;

struct Asked {
    at: Instant,
    result: RedisResult<()>,
}

impl Topology {
    /// None for a URL that names a single server.
    pub(crate) fn new(settings: &RedisSettings) -> RedisResult<Option<Arc<Self>>> {
        let Some(url) = Url::of(settings) else {
            return Ok(None);
        };
        let named = url.servers.iter().map(|server| {
            let client = settings.at(server).client()?;
            match url.kind {
                Kind::Cluster => Ok(client),
                Kind::Sentinels { .. } => sentinel(&client, &settings.sentinel_password),
            }
        });
        Ok(Some(Arc::new(Self {
            named: named.collect::<RedisResult<_>>()?,
            client: settings.client()?,
            kind: url.kind,
            socket_timeout: settings.socket_timeout,
            probe: settings.key_prefix.key("probe"),
            map: RwLock::default(),
            asked: Mutex::default(),
            on_change: RwLock::default(),
        })))
    }

    /// Whether a part of the data can be reached although a call ended so.
    pub(crate) fn serves_despite(&self, error: &Error) -> bool {
        let is_down = matches!(
            error,
            Error::Redis(error) if error.kind() == ErrorKind::Server(ServerErrorKind::ClusterDown)
        );
        !is_down && self.known().nodes.iter().any(|node| !node.is_away())
    }

    /// Has this called whenever data may have moved from one server to another.
    pub(crate) fn on_change(&self, call: impl Fn() + Send + Sync + 'static) {
        let calls = self.on_change.write();
        let mut calls = calls.unwrap_or_else(PoisonError::into_inner);
        calls.push(Box::new(call));
    }

    /// What is known, which is nothing before the first answer.
    pub(super) fn known(&self) -> Arc<Map> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        map.clone()
    }

    /// What is known, or else the answer of the first server that gives one.
    pub(super) async fn map(&self) -> RedisResult<Arc<Map>> {
        let map = self.known();
        if !map.nodes.is_empty() {
            return Ok(map);
        }
        self.ask(None).await?;
        Ok(self.known())
    }

    /// The node that has a slot.
    pub(super) async fn owner(&self, slot: Slot) -> RedisResult<Arc<Node>> {
        if let Some(owner) = self.map().await?.owner(slot) {
            return Ok(owner.clone());
        }
        self.ask(None).await?;
        let map = self.known();
        let owner = map.owner(slot).cloned();
        owner.ok_or_else(|| {
            let kind = ErrorKind::Server(ServerErrorKind::ClusterDown);
            (kind, "no node has the slot", slot.to_string()).into()
        })
    }

    /// A node at an address that another one has named.
    pub(super) fn named_node(&self, address: Address) -> Arc<Node> {
        let map = self.known();
        let known = map.node(&address).cloned();
        known.unwrap_or_else(|| Arc::new(Node::new(address)))
    }

    /// A client of the server at an address.
    pub(super) fn client_at(&self, address: &Address) -> RedisResult<Client> {
        address.client(&self.client)
    }

    /// Fails where a node would keep everybody waiting.
    pub(super) fn check(node: &Node) -> RedisResult<()> {
        let is_optional = || OPTIONAL.try_with(|()| ()).is_ok();
        if node.frozen.load(Ordering::Relaxed) || (node.is_away() && is_optional()) {
            let silent = format!("{} does not answer", node.address);
            return Err(io::Error::new(io::ErrorKind::TimedOut, silent).into());
        }
        Ok(())
    }

    /// Takes note of an error that a node gave: whether it is worth asking who has its slots now.
    pub(super) fn note(self: &Arc<Self>, node: &Arc<Node>, error: &RedisError) -> bool {
        let is_of_cluster = matches!(
            error.kind(),
            ErrorKind::Server(ServerErrorKind::ClusterDown | ServerErrorKind::ReadOnly)
        );
        // A connection that broke may only have been idle for too long: the next call finds out. One that
        // never answered breaks where TLS begins, for example.
        let is_broken = error.is_connection_dropped()
            && !error.is_connection_refusal()
            && node.answered.load(Ordering::Relaxed);
        if is_of_cluster || is_broken {
            return true;
        }
        let is_away = Error::of(error.clone(), self.socket_timeout).is_outage();
        if is_away {
            watch::doubt(self, node, error);
        }
        is_away
    }

    /// What helps against an error that a node gave.
    pub(super) fn advice(&self, node: &Node, error: &RedisError) -> &'static str {
        let has_answered = node.answered.load(Ordering::Relaxed);
        let of_tls = || advice::of_tls(&self.client, error).filter(|_| !has_answered);
        let advice = advice::on(&self.kind, error).or_else(of_tls);
        advice.unwrap_or(match has_answered {
            true => "waiting until it is back or others have its part",
            false => {
                "the others name this address: if it cannot be reached from here, let the node \
                announce another one (cluster-announce-hostname or cluster-announce-ip)"
            }
        })
    }

    /// Asks where the data is, unless somebody has just done so.
    pub(super) async fn ask(&self, first: Option<&Address>) -> RedisResult<()> {
        let now = Instant::now();
        let mut asked = self.asked.lock().await;
        if let Some(last) = &*asked
            && last.at + ASK_PAUSE > now
        {
            return last.result.clone();
        }
        let result = self.ask_in_turn(first).await;
        *asked = Some(Asked {
            at: Instant::now(),
            result: result.clone(),
        });
        result
    }

    async fn ask_in_turn(&self, first: Option<&Address>) -> RedisResult<()> {
        let mut problem = None;
        for server in self.whom_to_ask(first)? {
            let address = Address::of(&server);
            match self.ask_one(&server, &address).await {
                Ok(owners) => {
                    self.adopt(&owners);
                    return Ok(());
                }
                // What a server says tells more than that another one says nothing.
                Err(error) if problem.is_none() || !error.is_io_error() => {
                    problem = Some(advice::explain(&self.kind, &server, error));
                }
                Err(_) => {}
            }
        }
        Err(problem.unwrap_or_else(|| io::Error::other("the URL names no server").into()))
    }

    /// Whoever has just shown that it knows, then those that answer, and then all others.
    fn whom_to_ask(&self, first: Option<&Address>) -> RedisResult<Vec<Client>> {
        let mut servers = vec![];
        if self.kind == Kind::Cluster {
            let map = self.known();
            let (away, here): (Vec<_>, Vec<_>) = map.nodes.iter().partition(|node| node.is_away());
            let nodes = here.into_iter().chain(away).map(|node| &node.address);
            for address in first.into_iter().chain(nodes) {
                servers.push(self.client_at(address)?);
            }
        }
        servers.extend(self.named.iter().cloned());
        Ok(servers)
    }

    async fn ask_one(&self, server: &Client, address: &Address) -> RedisResult<Owners> {
        match &self.kind {
            Kind::Cluster => {
                let slots: Value = query(server, redis::cmd("CLUSTER").arg("SLOTS")).await?;
                let owners = map::owners(slots, address)?;
                if owners.is_empty() {
                    let kind = ErrorKind::ClusterConnectionNotFound;
                    return Err((kind, "it has no slots, and knows no node that has").into());
                }
                Ok(owners)
            }
            Kind::Sentinels { master } => {
                let mut command = redis::cmd("SENTINEL");
                command.arg("GET-MASTER-ADDR-BY-NAME").arg(master);
                let found: Option<(String, u16)> = query(server, &command).await?;
                let (host, port) = found.ok_or_else(|| {
                    let kind = ErrorKind::MasterNameNotFoundBySentinel;
                    RedisError::from((kind, "it has no such master", master.clone()))
                })?;
                Ok(map::all_at(Address { host, port }))
            }
        }
    }

    fn adopt(&self, owners: &Owners) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        let Some(next) = map.next(owners) else {
            return;
        };
        let nodes: Vec<_> = next
            .nodes
            .iter()
            .map(|node| node.address.to_string())
            .collect();
        if map.version > 0 {
            tracing::info!(?nodes, "the data of Redis has moved");
        }
        *map = Arc::new(next);
        drop(map);
        let calls = self
            .on_change
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for call in calls.iter() {
            call();
        }
    }
}

/// A client of a sentinel, which has no database and a password of its own.
fn sentinel(like: &Client, password: &SecretString) -> RedisResult<Client> {
    let mut own = RedisConnectionInfo::default();
    let password = password.expose_secret();
    if !password.is_empty() {
        own = own.set_password(password);
    }
    let connection = like.get_connection_info().clone();
    Client::open(connection.set_redis_settings(own))
}

/// Sends one command on a connection of its own, because another one may be stuck.
pub(super) async fn query<T: FromRedisValue>(server: &Client, command: &Cmd) -> RedisResult<T> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ASK_TIMEOUT))
        .set_response_timeout(Some(ASK_TIMEOUT));
    let connection = server.get_multiplexed_async_connection_with_config(&config);
    command.query_async(&mut connection.await?).await
}
