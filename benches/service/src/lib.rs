//! What the benchmarks of a generated service share: a Redis of their own and its manager, servers and load from
//! wrk, rounds in which all contestants run in turn, and the table of their ratios.

mod contest;
mod manager;
mod port;
pub mod process;
mod redis_server;
mod server;
pub mod wrk;

pub use contest::Contest;
pub use manager::{KEY_PREFIX, POOL_SIZE, manager};
pub use port::free_port;
pub use redis_server::RedisServer;
pub use server::Server;
