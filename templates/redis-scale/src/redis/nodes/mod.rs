//! Several servers instead of one: a cluster, or a master that sentinels watch.
//!
//! - [`AsyncClient`]: sends each command to the node that has its keys, and follows them
//! - [`OwnConnection`]: the same for blocking code that has one to itself
//! - [`Topology`]: which node has what, as the cluster or the sentinels say
//! - [`Url`]: `redis-cluster://` and `redis-sentinel://`, each also for TLS
//!
//! All connections of a manager share one topology. Whoever notices that it is out of date asks anew:
//! where a node names another one, refuses, or cannot be reached. A write is sent a second time only where
//! the first was surely not done. A node that is away is watched by a task until it is back or others
//! have its part; calls to other nodes do not notice.

mod advice;
mod client;
mod clients;
mod connections;
mod map;
mod own;
mod pipeline;
mod router;
mod scan;
mod slot;
mod topology;
mod url;
mod watch;

pub use client::AsyncClient;
pub use own::OwnConnection;
pub(super) use topology::Topology;
pub(super) use url::Url;
pub(super) use watch::optional;
