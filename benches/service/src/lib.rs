//! What the benchmarks of a generated service share: a Redis of their own, rounds in which all
//! contestants run in turn, and the table of their ratios.

mod contest;
mod redis_server;

pub use contest::Contest;
pub use redis_server::RedisServer;
