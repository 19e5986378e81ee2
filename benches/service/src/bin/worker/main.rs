//! Jobs per second of real worker processes with a backlog, and how long an idle one takes to pick a
//! job up: the worker of the service against a job engine alone, against consumers that only pop, and
//! against rusty-sidekiq and Celery. All do nothing in a job, run eight at once, and share one Redis that
//! keeps its append-only file, as a queue needs. Then what a task costs, how late a delayed one is, and
//! a backlog. With `soak`, workers run under a steady load instead.

mod backlog;
mod brpop;
mod celery;
mod consumer;
mod cost;
mod engine;
mod lateness;
mod report;
mod service;
mod sidekiq;
mod soak;
mod statistics;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use service_benches::{Contest, RedisServer};

use crate::consumer::{Consumers, Kind};

const ROUNDS: usize = 5;
const PROCESSES: [usize; 3] = [1, 2, 4];

/// The tasks of a long backlog.
const BACKLOG: u32 = 1_000_000;

/// How many jobs an idle worker is given in a round, and the time between two of them, which is no
/// multiple of any time between two polls.
const SAMPLES: u32 = 200;
const PAUSES: std::ops::Range<u64> = 20..61;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["consume", kind, redis] => {
            report::start();
            runtime.block_on(Kind::named(kind).consume(redis));
        }
        ["soak", tasks, minutes] => runtime.block_on(soak::report(
            &redis(),
            tasks.parse().expect("the number of tasks"),
            minutes.parse().expect("the number of minutes"),
        )),
        [] => runtime.block_on(compare(ROUNDS)),
        [rounds] => runtime.block_on(compare(rounds.parse().expect("the number of rounds"))),
        _ => panic!("usage: worker [<rounds>], or worker soak <tasks> <minutes>"),
    }
}

fn redis() -> RedisServer {
    RedisServer::start(&["--appendonly", "yes"])
}

async fn compare(rounds: usize) {
    let redis = redis();
    for processes in PROCESSES {
        let title = format!("no-op jobs, processes: {processes}");
        let mut contest = Contest::new(title, "jobs/s");
        for _ in 0..rounds {
            for kind in Kind::ALL {
                contest.add(kind.name(), drain(kind, processes, &redis.url()).await);
            }
        }
        contest.report();
    }
    let mut medians = Contest::new("pick-up by an idle worker, median", "ms");
    let mut tails = Contest::new("pick-up by an idle worker, 99th percentile", "ms");
    for _ in 0..rounds {
        for kind in Kind::ALL {
            let latencies = pick_up(kind, &redis.url()).await;
            medians.add(kind.name(), latencies[latencies.len() / 2]);
            tails.add(kind.name(), latencies[latencies.len() * 99 / 100]);
        }
    }
    medians.report();
    tails.report();
    lateness::report(&redis.url()).await;
    cost::report(&redis.url()).await;
    consumer::flush(&redis.url()).await;
    backlog::report(&redis.url(), BACKLOG).await;
}

/// The jobs per second from the first one that is run to the last one of a backlog.
async fn drain(kind: Kind, processes: usize, redis: &str) -> f64 {
    consumer::flush(redis).await;
    let producer = kind.producer(redis).await;
    // As many at once as there are connections.
    let enqueue = stream::iter(0..kind.backlog()).map(|_| producer.enqueue());
    enqueue.buffer_unordered(5).count().await;
    let mut consumers = Consumers::start(kind, processes, redis);
    let first = consumers.until(1).await;
    let last = consumers.until(kind.backlog()).await;
    f64::from(last.jobs - first.jobs) / (last.time - first.time).as_secs_f64()
}

/// The milliseconds from before a job is enqueued to the start of its handler, in order.
async fn pick_up(kind: Kind, redis: &str) -> Vec<f64> {
    consumer::flush(redis).await;
    let producer = kind.producer(redis).await;
    let mut consumers = Consumers::start(kind, 1, redis);
    let mut latencies = vec![];
    for sample in 0..=SAMPLES {
        let pause = PAUSES.start + u64::from(sample) * 7 % (PAUSES.end - PAUSES.start);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        producer.enqueue().await;
        let seen = consumers.until(sample + 1).await;
        // The first one waits for the worker to start.
        if sample > 0 {
            latencies.push(seen.latency.as_secs_f64() * 1000.0);
        }
    }
    latencies.sort_by(f64::total_cmp);
    latencies
}
