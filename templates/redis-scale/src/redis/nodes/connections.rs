//! The connections to the nodes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ProtocolVersion, RedisResult};

use super::map::{Address, Node};
use super::topology::Topology;

/// A connection to each node, opened when it is needed.
pub(super) struct Connections {
    pub(super) topology: Arc<Topology>,
    pub(super) client: Client,
    config: ConnectionManagerConfig,
    open: RwLock<HashMap<Address, ConnectionManager>>,
}

impl Connections {
    pub(super) fn new(
        topology: &Arc<Topology>,
        client: &Client,
        config: &ConnectionManagerConfig,
    ) -> Self {
        Self {
            topology: topology.clone(),
            client: client.clone(),
            config: config.clone(),
            open: RwLock::default(),
        }
    }

    pub(super) fn to(&self, node: &Node) -> RedisResult<ConnectionManager> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = open.get(&node.address) {
            return Ok(connection.clone());
        }
        drop(open);
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let map = self.topology.known();
        // Those of nodes that have left close with their last call.
        open.retain(|address, _| map.node(address).is_some());
        if let Some(connection) = open.get(&node.address) {
            return Ok(connection.clone());
        }
        let client = resp3(&node.address.client(&self.client)?)?;
        let connection = ConnectionManager::new_lazy_with_config(client, self.config.clone())?;
        open.insert(node.address.clone(), connection.clone());
        Ok(connection)
    }

    /// Lets the next call open another connection: after an error of the network that happens by itself.
    pub(super) fn replace(&self, node: &Node) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.remove(&node.address);
    }

    /// Whether each command has a time-out of its own.
    pub(super) fn is_bounded(&self) -> bool {
        self.config.response_timeout().is_some()
    }
}

/// With RESP3 a connection opens anew as soon as it breaks, and not only after a call on it has failed.
fn resp3(client: &Client) -> RedisResult<Client> {
    let connection = client.get_connection_info().clone();
    let settings = connection.redis_settings().clone();
    let settings = settings.set_protocol(ProtocolVersion::RESP3);
    Client::open(connection.set_redis_settings(settings))
}
