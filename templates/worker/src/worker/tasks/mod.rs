//! The tasks of the service, a file each.
//!
//! To add one, write its file beside the others and add it to [`all`]. A task may run more than once:
//! [`Task`](super::Task) says when, and how to write one that does no harm by it.

pub mod process_data;
pub mod redis_memory;

pub use process_data::ProcessData;
pub use redis_memory::RedisMemory;

use super::Registry;

/// Every task, for the web process and for the worker: one that is missing here can neither be enqueued
/// nor run.
pub fn all() -> Registry {
    Registry::default()
        .with::<ProcessData>()
        .with::<RedisMemory>()
}
