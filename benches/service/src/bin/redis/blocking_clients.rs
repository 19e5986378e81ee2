//! The contestants of blocking code.

use my_project::redis::RedisManager;
use redis::Connection;

use super::values::{get, set};

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
