//! Workers under a steady load for long: what is enqueued ends, and nothing grows.

use std::time::Duration;

use service_benches::{RedisServer, process};
use tokio::time::{Instant, sleep_until};

use crate::consumer::{Consumers, Kind};
use crate::{report, service, statistics};

const WORKERS: usize = 3;
/// One task in so many fails at first, and one in so many is delayed by a second.
const SPECIAL: u32 = 100;

/// Enqueues so many tasks over so many minutes, and prints a line a minute.
pub(crate) async fn report(redis: &RedisServer, tasks: u32, minutes: u32) {
    let (url, seconds) = (redis.url(), minutes * 60);
    let producer = service::Producer::new(&url);
    let mut consumers = Consumers::start(Kind::Service, WORKERS, &url);
    let start = Instant::now();
    let mut enqueued = 0;
    println!(
        "minute     enqueued         run  wait ms   Redis MB  its CPU s   workers' MB   CPU s"
    );
    for second in 1..=seconds {
        let due = (u64::from(tasks) * u64::from(second) / u64::from(seconds)) as u32;
        let now = report::now();
        let (failing, delayed) = ((due - enqueued) / SPECIAL, (due - enqueued) / SPECIAL);
        for _ in 0..failing {
            producer.enqueue_failing(now).await;
        }
        for _ in 0..delayed {
            producer
                .enqueue_in(now + 1_000_000_000, Duration::from_secs(1))
                .await;
        }
        let rest = due - enqueued - failing - delayed;
        producer.enqueue_all(&vec![now; rest as usize]).await;
        enqueued = due;
        sleep_until(start + Duration::from_secs(u64::from(second))).await;
        let seen = consumers.seen();
        if second % 60 == 0 {
            println!(
                "{:>6}{enqueued:>13}{:>12}{:>9.1}{:>11.1}{:>11.1}{:>14.1}{:>8.1}",
                second / 60,
                seen.jobs,
                seen.latency.as_secs_f64() * 1000.0,
                statistics::memory(&url).await,
                process::processor_time(redis.pid()),
                consumers.resident_memory(),
                consumers.processor_time(),
            );
        }
    }
    let last = consumers.until(tasks).await;
    let overview = serde_json::to_string_pretty(&producer.overview().await).expect("JSON");
    println!(
        "{} of {tasks} tasks have run, {:.1} s after the start",
        last.jobs,
        start.elapsed().as_secs_f64()
    );
    tokio::time::sleep(service::RESULT_TTL + Duration::from_secs(30)).await;
    println!("{overview}");
    println!(
        "memory of Redis at the end: {:.1} MB",
        statistics::memory(&url).await
    );
}
