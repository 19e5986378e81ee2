//! Reads that the near cache answers from the memory of the process, against those over the wire.

use std::sync::Arc;

use my_project::redis::NearCache;
use my_project::redis::near_cache::NearCacheSettings;
use my_project::settings::Reader;
use service_benches::Contest;

use super::ROUNDS;
use super::async_load::{Load, Operation};
use super::table;
use super::values;

const NEAR: &str = "NearCache";
const WIRE: &str = "RedisManager";

/// Prints the table of hits with more and more tasks.
pub async fn measure(url: &str) {
    let wire = service_benches::manager(url, &[]);
    let settings = NearCacheSettings::read(&mut Reader::default());
    let near = NearCache::new(&service_benches::manager(url, &[]), &settings);
    table::head("hits per second", NEAR, &[WIRE]);
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
            let (hits, reads) = (load.run(&near).await, load.run(&wire).await);
            if round > 0 {
                contest.add(NEAR, hits);
                contest.add(WIRE, reads);
            }
        }
        let title = format!("GET of {}, {tasks} tasks", values.size);
        table::row(&title, &contest, NEAR, &[WIRE]);
    }
}
