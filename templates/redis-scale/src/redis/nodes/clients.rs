//! Connections of one's own, to the node that has a key.

use std::sync::Arc;

use redis::{Client, ToSingleRedisArg};

use super::Topology;
use super::slot;
use crate::redis::connection::SharedConnection;
use crate::redis::runtime::block_on;
use crate::redis::{Error, RedisManager, SyncClient};

impl RedisManager {
    /// A client of the server that has `key` now, to open a connection of one's own: for commands that
    /// wait, and for transactions with WATCH. It does not follow the key to another server.
    ///
    /// # Errors
    ///
    /// If nobody can be asked which server has it.
    pub async fn client_of(&self, key: impl ToSingleRedisArg) -> Result<Client, Error> {
        let Some(topology) = self.topology() else {
            return Ok(self.client().clone());
        };
        let owner = topology.owner(slot::of_key(&self.key(key))).await?;
        Ok(topology.client_at(&owner.address)?)
    }

    /// [`get_sync_client`](Self::get_sync_client) to the server that has `key` now, with its errors.
    pub fn get_sync_client_of(&self, key: impl ToSingleRedisArg) -> Result<SyncClient, Error> {
        self.sync_client(&block_on(self.client_of(key))?)
    }

    /// Has this called whenever keys may have moved from one server to another: changes on the way are told
    /// to nobody who keeps copies of values.
    pub fn on_move(&self, call: impl Fn() + Send + Sync + 'static) {
        if let Some(topology) = self.topology() {
            topology.on_change(call);
        }
    }

    /// A client of any server with data.
    pub(in crate::redis) async fn client_of_any(&self) -> Result<Client, Error> {
        let Some(topology) = self.topology() else {
            return Ok(self.client().clone());
        };
        let map = topology.map().await?;
        let here = map.nodes.iter().find(|node| !node.is_away());
        match here.or(map.nodes.first()) {
            Some(node) => Ok(topology.client_at(&node.address)?),
            None => Ok(self.client().clone()),
        }
    }

    /// Where the data is, if the URL names several servers.
    pub(crate) fn topology(&self) -> Option<&Arc<Topology>> {
        self.shared.topology.as_ref()
    }
}

impl SharedConnection {
    /// The same connection to the servers of a topology, if there is one.
    pub(crate) fn over(mut self, topology: Option<&Arc<Topology>>) -> Self {
        self.topology = topology.cloned();
        self
    }
}
