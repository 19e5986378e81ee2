//! How fast the generated project's `RedisManager` is, against redis-rs and other ways to use it.
//!
//! All contestants use the same Redis and send the same commands in turn, round after round. Each
//! row of the tables divides the manager's figure by that of another contestant of the same round.

mod async_clients;
mod async_load;
mod blocking_clients;
mod blocking_load;
mod latency;
mod near_cache;
mod table;
mod values;

use std::time::Duration;

/// How often each contestant runs in each row of a table.
const ROUNDS: usize = 7;
/// How long it runs each time.
const TURN: Duration = Duration::from_millis(150);

fn main() {
    let server = service_benches::RedisServer::start(&[]);
    values::store(&server.url());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let clients = async_clients::connect(&server.url()).await;
        async_load::measure(&clients).await;
        latency::measure(&clients).await;
        near_cache::measure(&server.url()).await;
    });
    blocking_load::measure(&server.url());
}
