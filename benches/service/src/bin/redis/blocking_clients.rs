//! The contestants of blocking code.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use my_project::redis::RedisManager;
use redis::{Client, Connection};

use super::values::{get, set};

/// The time-out of a call, which is the project's default.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A way to read and write on one thread.
pub trait BlockingClient {
    /// Whether it takes keys without the prefix.
    const PREFIXES: bool = false;

    /// Reads the value at `key`.
    fn get(&mut self, key: &str) -> Vec<u8>;

    /// Writes the value at `key`.
    fn set(&mut self, key: &str, value: &[u8]);
}

impl BlockingClient for RedisManager {
    const PREFIXES: bool = true;

    fn get(&mut self, key: &str) -> Vec<u8> {
        let value = self.get_sync(key).expect("an answer");
        value.expect("a value")
    }

    fn set(&mut self, key: &str, value: &[u8]) {
        self.set_sync(key, value, None).expect("an answer");
    }
}

impl BlockingClient for Connection {
    fn get(&mut self, key: &str) -> Vec<u8> {
        get(key).query(self).expect("an answer")
    }

    fn set(&mut self, key: &str, value: &[u8]) {
        set(key, value).exec(self).expect("an answer");
    }
}

impl BlockingClient for r2d2::Pool<redis::Client> {
    fn get(&mut self, key: &str) -> Vec<u8> {
        let mut connection = r2d2::Pool::get(self).expect("a connection");
        get(key).query(&mut connection).expect("an answer")
    }

    fn set(&mut self, key: &str, value: &[u8]) {
        let mut connection = r2d2::Pool::get(self).expect("a connection");
        set(key, value).exec(&mut connection).expect("an answer");
    }
}

/// A pool of blocking connections with nothing else: the one used last serves first, and calls wait
/// while all are in use.
pub struct Pool {
    client: Client,
    size: usize,
    connections: Mutex<Connections>,
    came_back: Condvar,
}

#[derive(Default)]
struct Connections {
    idle: Vec<Connection>,
    open: usize,
}

impl Pool {
    pub fn new(client: Client, size: usize) -> Self {
        Self {
            client,
            size,
            connections: Mutex::default(),
            came_back: Condvar::new(),
        }
    }

    fn with<T>(&self, call: impl FnOnce(&mut Connection) -> T) -> T {
        let mut connections = self.connections.lock().expect("no panic");
        let mut connection = loop {
            if let Some(idle) = connections.idle.pop() {
                break idle;
            }
            if connections.open < self.size {
                connections.open += 1;
                break self.client.get_connection().expect("a connection");
            }
            connections = self.came_back.wait(connections).expect("no panic");
        };
        drop(connections);
        // As a service would: a server that freezes must not keep the thread.
        let limit = Some(TIMEOUT);
        connection.set_read_timeout(limit).expect("set");
        connection.set_write_timeout(limit).expect("set");
        let answer = call(&mut connection);
        let mut connections = self.connections.lock().expect("no panic");
        connections.idle.push(connection);
        drop(connections);
        self.came_back.notify_one();
        answer
    }
}

impl BlockingClient for &Pool {
    fn get(&mut self, key: &str) -> Vec<u8> {
        self.with(|connection| get(key).query(connection).expect("an answer"))
    }

    fn set(&mut self, key: &str, value: &[u8]) {
        self.with(|connection| set(key, value).exec(connection).expect("an answer"));
    }
}
