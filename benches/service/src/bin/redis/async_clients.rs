//! The contestants of async code.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bb8_redis::{RedisConnectionManager, bb8};
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::Expiration;
use my_project::redis::{NearCache, RedisManager};
use redis::aio::MultiplexedConnection;
use service_benches::POOL_SIZE;

use super::values::{TIME_TO_LIVE, get, set};

/// A way to read and write from async code; clones share connections.
pub trait AsyncClient: Clone + Send + 'static {
    /// Whether it takes keys without the prefix.
    const PREFIXES: bool = false;

    /// Reads the value at `key`.
    fn get(&mut self, key: &str) -> impl Future<Output = Vec<u8>> + Send;

    /// Writes the value at `key`.
    fn set(&mut self, key: &str, value: &[u8]) -> impl Future<Output = ()> + Send;
}

/// All of them.
pub struct AsyncClients {
    pub manager: RedisManager,
    pub raw: MultiplexedConnection,
    pub in_turn: InTurn,
    pub deadpool: deadpool_redis::Pool,
    pub bb8: bb8::Pool<RedisConnectionManager>,
    pub fred: fred::clients::Pool,
}

/// Opens the connections of all.
pub async fn connect(url: &str) -> AsyncClients {
    let client = redis::Client::open(url).expect("a URL");
    let deadpool = deadpool_redis::Config::from_url(url)
        .builder()
        .expect("a URL")
        .max_size(POOL_SIZE)
        .runtime(deadpool_redis::Runtime::Tokio1);
    let bb8 = RedisConnectionManager::new(url).expect("a URL");
    let fred = fred::types::config::Config::from_url(url).expect("a URL");
    let fred = fred::clients::Pool::new(fred, None, None, None, POOL_SIZE).expect("a pool");
    fred.init().await.expect("a connection");
    let mut connections = vec![];
    for _ in 0..POOL_SIZE {
        let connection = client.get_multiplexed_async_connection();
        connections.push(connection.await.expect("a connection"));
    }
    AsyncClients {
        manager: service_benches::manager(url, &[]),
        raw: client
            .get_multiplexed_async_connection()
            .await
            .expect("a connection"),
        in_turn: InTurn {
            connections: connections.into(),
            next: Arc::default(),
        },
        deadpool: deadpool.build().expect("a pool"),
        bb8: bb8::Pool::builder()
            .max_size(u32::try_from(POOL_SIZE).expect("few"))
            .build(bb8)
            .await
            .expect("a connection"),
        fred,
    }
}

impl AsyncClient for RedisManager {
    const PREFIXES: bool = true;

    async fn get(&mut self, key: &str) -> Vec<u8> {
        let value = self.get_async(key).await.expect("an answer");
        value.expect("a value")
    }

    async fn set(&mut self, key: &str, value: &[u8]) {
        self.set_async(key, value, None).await.expect("an answer");
    }
}

impl AsyncClient for NearCache {
    const PREFIXES: bool = true;

    async fn get(&mut self, key: &str) -> Vec<u8> {
        let value = self.get_async(key).await.expect("an answer");
        value.expect("a value")
    }

    async fn set(&mut self, key: &str, value: &[u8]) {
        self.set_async(key, value, None).await.expect("an answer");
    }
}

impl AsyncClient for MultiplexedConnection {
    async fn get(&mut self, key: &str) -> Vec<u8> {
        get(key).query_async(self).await.expect("an answer")
    }

    async fn set(&mut self, key: &str, value: &[u8]) {
        let command = set(key, value);
        command.exec_async(self).await.expect("an answer");
    }
}

/// As many multiplexed connections as the pools have, of which each call takes the next one.
#[derive(Clone)]
pub struct InTurn {
    connections: Arc<[MultiplexedConnection]>,
    next: Arc<AtomicUsize>,
}

impl InTurn {
    fn next(&self) -> MultiplexedConnection {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.connections[next % self.connections.len()].clone()
    }
}

impl AsyncClient for InTurn {
    async fn get(&mut self, key: &str) -> Vec<u8> {
        self.next().get(key).await
    }

    async fn set(&mut self, key: &str, value: &[u8]) {
        self.next().set(key, value).await;
    }
}

impl AsyncClient for deadpool_redis::Pool {
    async fn get(&mut self, key: &str) -> Vec<u8> {
        let mut connection = deadpool_redis::Pool::get(self).await.expect("a connection");
        let answer = get(key).query_async(&mut connection).await;
        answer.expect("an answer")
    }

    async fn set(&mut self, key: &str, value: &[u8]) {
        let mut connection = deadpool_redis::Pool::get(self).await.expect("a connection");
        let command = set(key, value);
        command
            .exec_async(&mut connection)
            .await
            .expect("an answer");
    }
}

impl AsyncClient for bb8::Pool<RedisConnectionManager> {
    async fn get(&mut self, key: &str) -> Vec<u8> {
        let mut connection = bb8::Pool::get(self).await.expect("a connection");
        let answer = get(key).query_async(&mut *connection).await;
        answer.expect("an answer")
    }

    async fn set(&mut self, key: &str, value: &[u8]) {
        let mut connection = bb8::Pool::get(self).await.expect("a connection");
        let command = set(key, value);
        command
            .exec_async(&mut *connection)
            .await
            .expect("an answer");
    }
}

impl AsyncClient for fred::clients::Pool {
    async fn get(&mut self, key: &str) -> Vec<u8> {
        KeysInterface::get(self, key).await.expect("an answer")
    }

    async fn set(&mut self, key: &str, value: &[u8]) {
        let expiration = Some(Expiration::PX(TIME_TO_LIVE));
        KeysInterface::set::<(), _, _>(self, key, value, expiration, None, false)
            .await
            .expect("an answer");
    }
}
