//! Reads that the manager answers from the memory of the process, against those over the wire.

use std::sync::Arc;

use service_benches::Contest;

use super::ROUNDS;
use super::async_load::{Load, Operation};
use super::table::{self, MANAGER};
use super::values;

const WIRE: &str = "RedisManager over the wire";

/// Prints the table of hits with more and more tasks.
pub async fn measure(url: &str) {
    let wire = service_benches::manager(url, &[]);
    let cached = service_benches::manager(url, &[("REDIS_CLIENT_CACHE", "true")]);
    table::head("REDIS_CLIENT_CACHE, hits per second", &[WIRE]);
    let values = Arc::new(values::small());
    for tasks in [1, 16, 64, 256] {
        let load = Load {
            operation: Operation::Get,
            tasks,
            values: values.clone(),
        };
        let mut contest = Contest::new("", "operations per second");
        // The first round fills the cache, and does not count.
        for round in 0..=ROUNDS {
            let (hits, reads) = (load.run(&cached).await, load.run(&wire).await);
            if round > 0 {
                contest.add(MANAGER, hits);
                contest.add(WIRE, reads);
            }
        }
        let title = format!("GET of {}, {tasks} tasks", values.size);
        table::row(&title, &contest, &[WIRE]);
    }
}
