//! A connection to one server, or to all that have data.

use std::sync::Arc;

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, Pipeline, RedisFuture, RedisResult, Value};

use super::router::Router;
use super::topology::Topology;

/// A connection that all who ask for it share; cheap to clone.
///
/// With several servers, each command goes to the one that has its keys, and follows them where they
/// move. The keys of one command must be in one slot of a cluster, those of one script or transaction
/// too; a pipeline may have any. PING asks all nodes, SCAN goes from one to the next, and any other
/// command without a key goes where the one before went.
#[derive(Clone)]
pub struct AsyncClient(Route);

#[derive(Clone)]
enum Route {
    Server(ConnectionManager),
    Nodes(Router),
}

impl AsyncClient {
    /// A connection to a single server. It opens with its first command.
    pub(crate) fn new_lazy_with_config(
        client: Client,
        config: ConnectionManagerConfig,
    ) -> RedisResult<Self> {
        let connection = ConnectionManager::new_lazy_with_config(client, config)?;
        Ok(Self(Route::Server(connection)))
    }

    /// Connections to the servers of `topology`, each like that of `client`.
    pub(crate) fn to_nodes(
        topology: &Arc<Topology>,
        client: &Client,
        config: &ConnectionManagerConfig,
    ) -> Self {
        Self(Route::Nodes(Router::new(topology, client, config)))
    }
}

impl ConnectionLike for AsyncClient {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.0 {
            Route::Server(connection) => connection.req_packed_command(command),
            Route::Nodes(nodes) => Box::pin(nodes.command(command)),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.0 {
            Route::Server(connection) => connection.req_packed_commands(pipeline, offset, count),
            Route::Nodes(nodes) => Box::pin(nodes.pipeline(pipeline, offset, count)),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Route::Server(connection) => connection.get_db(),
            Route::Nodes(nodes) => nodes.database(),
        }
    }
}
