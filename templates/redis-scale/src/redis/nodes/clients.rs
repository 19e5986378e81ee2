//! Connections of one's own, to the node that has a key.

use std::sync::Arc;

use redis::{Client, ToSingleRedisArg};

use super::Topology;
use super::slot;
use crate::redis::connection::SharedConnection;
use crate::redis::{Error, RedisManager};

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

    /// Has this called whenever keys may have moved from one server to another: changes on the way are told
    /// to nobody who keeps copies of values.
    pub fn on_move(&self, call: impl Fn() + Send + Sync + 'static) {
        if let Some(topology) = self.topology() {
            topology.on_change(call);
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
