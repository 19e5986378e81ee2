//! Watches a node that is away until it answers again, or others have its slots.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use redis::{AsyncConnectionConfig, ErrorKind, RedisError, RedisResult, ServerErrorKind};
use tokio::time::{sleep, timeout};

use super::map::Node;
use super::topology::Topology;
use crate::redis::runtime::background;

/// How often a node is probed, and the others are asked who has its slots.
const INTERVAL: Duration = Duration::from_millis(500);

/// Whoever gives up after this time has met a node that does not answer.
const SLOW: Duration = Duration::from_millis(200);

tokio::task_local! {
    /// There while a call is made that its caller can do without.
    pub(super) static OPTIONAL: ();
}

/// Makes a call that its caller can do without: a node that is away is not asked.
pub(crate) fn optional<T>(call: impl Future<Output = T>) -> impl Future<Output = T> {
    OPTIONAL.scope((), call)
}

/// Takes a node for one that is away.
pub(super) fn doubt(topology: &Arc<Topology>, node: &Arc<Node>, error: &RedisError) {
    if node.away.swap(true, Ordering::Relaxed) {
        return;
    }
    let address = &node.address;
    let advice = topology.advice(node, error);
    tracing::warn!(node = %address, %error, "a node of Redis is away: {advice}");
    background(watch(Arc::downgrade(topology), node.clone()));
}

async fn watch(topology: Weak<Topology>, node: Arc<Node>) {
    let node = Guard(node);
    let address = &node.0.address;
    loop {
        let Some(topology) = topology.upgrade() else {
            return;
        };
        let mut probe = std::pin::pin!(probe(&topology, &node.0));
        let answer = loop {
            // Nobody else may be calling who would find out.
            let _ = topology.ask(None).await;
            if topology.known().node(address).is_none() {
                tracing::info!(node = %address, "others have the part of a node that was away");
                return;
            }
            if let Ok(answer) = timeout(INTERVAL, &mut probe).await {
                break answer;
            }
        };
        match answer {
            Ok(()) => {
                tracing::info!(node = %address, "a node of Redis is back");
                return;
            }
            Err(error) => {
                let is_frozen = error.is_timeout();
                node.0.frozen.store(is_frozen, Ordering::Relaxed);
            }
        }
        sleep(INTERVAL).await;
    }
}

/// Whether a node serves: not one that still loads its data, runs a script for too long or, which PING would
/// not tell, looks for the rest of its cluster.
async fn probe(topology: &Topology, node: &Node) -> RedisResult<()> {
    let limit = Some(topology.socket_timeout);
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(limit)
        .set_response_timeout(limit);
    let client = topology.client_at(&node.address)?;
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    let mut command = redis::cmd("GET");
    command.arg(&topology.probe);
    match command.exec_async(&mut connection.await?).await {
        // Another node has the key.
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::Moved) => Ok(()),
        answer => answer,
    }
}

/// Trusts a node again, also where the runtime of its watch ends.
struct Guard(Arc<Node>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.frozen.store(false, Ordering::Relaxed);
        self.0.away.store(false, Ordering::Relaxed);
    }
}

/// A call on its way. If it is given up, as calls are that take too long, its node is doubted.
pub(super) struct Call {
    topology: Arc<Topology>,
    node: Arc<Node>,
    since: Option<Instant>,
}

impl Call {
    /// One that is `bounded` otherwise is not watched: it may have to wait.
    pub(super) fn new(topology: &Arc<Topology>, node: &Arc<Node>, bounded: bool) -> Self {
        Self {
            topology: topology.clone(),
            node: node.clone(),
            since: (!bounded).then(Instant::now),
        }
    }

    pub(super) fn ended(mut self) {
        self.since = None;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.since.is_some_and(|since| since.elapsed() >= SLOW) {
            let silent = std::io::Error::from(std::io::ErrorKind::TimedOut);
            doubt(&self.topology, &self.node, &silent.into());
        }
    }
}
