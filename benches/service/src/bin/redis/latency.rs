//! How long small reads take while one read in a hundred is of 1 MB.

use std::sync::Arc;
use std::time::{Duration, Instant};

use service_benches::Contest;

use super::ROUNDS;
use super::async_clients::{AsyncClient, AsyncClients};
use super::values::{self, Values};

const TASKS: usize = 16;
const TURN: Duration = Duration::from_millis(400);
const HUGE_ONE_IN: usize = 100;

/// Prints the tables of the median and of the 99th percentile.
pub async fn measure(clients: &AsyncClients) {
    let values = Arc::new((values::small(), values::huge()));
    let small_reads = format!("{TASKS} tasks, one read in {HUGE_ONE_IN} is of 1 MB");
    let mut medians = Contest::new(format!("p50 of reads of 200 bytes, {small_reads}"), "µs");
    let mut tails = Contest::new(format!("p99 of reads of 200 bytes, {small_reads}"), "µs");
    for round in 0..=ROUNDS {
        for (name, latencies) in [
            ("redis-rs", run(&clients.raw, &values).await),
            ("RedisManager", run(&clients.manager, &values).await),
            ("deadpool-redis", run(&clients.deadpool, &values).await),
            ("bb8-redis", run(&clients.bb8, &values).await),
            ("fred", run(&clients.fred, &values).await),
        ] {
            if round > 0 {
                medians.add(name, percentile(&latencies, 50));
                tails.add(name, percentile(&latencies, 99));
            }
        }
    }
    println!();
    medians.report();
    tails.report();
}

/// The times of the small reads, sorted.
async fn run<C: AsyncClient>(client: &C, values: &Arc<(Values, Values)>) -> Vec<Duration> {
    let keys = |values: &Values| {
        if C::PREFIXES {
            values.application_keys()
        } else {
            values.keys.clone()
        }
    };
    let (small, huge) = (Arc::new(keys(&values.0)), Arc::new(keys(&values.1)));
    let end = Instant::now() + TURN;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (mut client, small, huge) = (client.clone(), small.clone(), huge.clone());
            tokio::spawn(async move {
                let mut latencies = vec![];
                // Each task begins elsewhere, so that they do not read 1 MB all at once.
                let mut count = task * HUGE_ONE_IN / TASKS;
                let mut start = Instant::now();
                while start < end {
                    count += 1;
                    if count.is_multiple_of(HUGE_ONE_IN) {
                        client.get(&huge[count % huge.len()]).await;
                        start = Instant::now();
                        continue;
                    }
                    client.get(&small[count % small.len()]).await;
                    let now = Instant::now();
                    latencies.push(now - start);
                    start = now;
                }
                latencies
            })
        })
        .collect();
    let mut latencies = vec![];
    for task in tasks {
        latencies.extend(task.await.expect("no panic"));
    }
    latencies.sort();
    latencies
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    sorted[sorted.len() * percent / 100].as_secs_f64() * 1e6
}
