//! The connections to the nodes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};

use super::map::{Address, Node};
use super::topology::Topology;
use crate::redis::resp3;

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
        // With RESP3 it opens anew as soon as it breaks, and not only after a call on it has failed.
        let client = resp3::client(&node.address.client(&self.client)?)?;
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
