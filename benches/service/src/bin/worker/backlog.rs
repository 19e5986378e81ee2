//! A long backlog: how fast it is enqueued and drained, from its beginning to its end, and the memory
//! of Redis.

use std::time::{Duration, Instant};

use crate::consumer::{Consumers, Kind};
use crate::{report, service, statistics};

/// What is enqueued in one call.
const CALL: usize = 10_000;
const PARTS: u32 = 10;

pub(crate) async fn report(redis: &str, tasks: u32) {
    let tasks_of_a_part = tasks / PARTS;
    let producer = service::Producer::new(redis);
    let before = statistics::memory(redis).await;
    let start = Instant::now();
    for _ in 0..tasks / u32::try_from(CALL).expect("a number") {
        producer.enqueue_all(&vec![report::now(); CALL]).await;
    }
    let rate = f64::from(tasks) / start.elapsed().as_secs_f64();
    println!("{tasks} tasks are enqueued at {rate:.0} tasks/s by {CALL} in a call");
    println!(
        "memory of Redis: {before:.1} MB before, {:.1} MB with all",
        statistics::memory(redis).await
    );
    let mut consumers = Consumers::start(Kind::Service, 1, redis);
    let mut last = consumers.until(1).await;
    for part in 1..=PARTS {
        let seen = consumers.until(part * tasks_of_a_part).await;
        let rate = f64::from(seen.jobs - last.jobs) / (seen.time - last.time).as_secs_f64();
        println!("part {part:>2}: {rate:.0} tasks/s");
        last = seen;
    }
    // Until the results have expired.
    tokio::time::sleep(service::RESULT_TTL + Duration::from_secs(30)).await;
    println!(
        "memory of Redis at the end: {:.1} MB",
        statistics::memory(redis).await
    );
}
