//! What the benchmarks of a generated service share: a Redis of their own, the manager of it, rounds
//! in which all contestants run in turn, and the table of their ratios.

mod contest;
mod manager;
mod redis_server;

pub use contest::Contest;
pub use manager::{KEY_PREFIX, POOL_SIZE, manager};
pub use redis_server::RedisServer;
