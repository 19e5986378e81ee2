//! What a task costs Redis and the worker, and what an idle worker costs both.

use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::consumer::{self, Consumers, Kind};
use crate::statistics;

const TASKS: u32 = 10_000;
const IDLE: Duration = Duration::from_secs(20);
/// By then a worker that has started is at rest.
const START: Duration = Duration::from_secs(3);

const CONTESTANTS: [Kind; 2] = [Kind::Engine, Kind::Service];

pub(crate) async fn report(redis: &str) {
    println!(
        "for a task                      commands  bytes to Redis  CPU of Redis (µs)  of the worker (µs)"
    );
    for kind in CONTESTANTS {
        consumer::flush(redis).await;
        let producer = kind.producer(redis).await;
        let mut consumers = Consumers::start(kind, 1, redis);
        producer.enqueue().await;
        consumers.until(1).await;
        let (before, worker) = (statistics::read(redis).await, consumers.processor_time());
        let enqueue = stream::iter(0..TASKS).map(|_| producer.enqueue());
        enqueue.buffer_unordered(5).count().await;
        consumers.until(TASKS + 1).await;
        let worker = consumers.processor_time() - worker;
        let all = statistics::read(redis).await - before;
        let each = |figure: f64| figure / f64::from(TASKS);
        println!(
            "  {:<30}{:>8.1}{:>16.0}{:>19.1}{:>20.1}",
            kind.name(),
            each(all.commands),
            each(all.bytes),
            each(all.processor * 1e6),
            each(worker * 1e6),
        );
    }
    println!("\nan idle worker, in a second     commands  CPU of Redis (ms)  of the worker (ms)");
    for kind in CONTESTANTS {
        consumer::flush(redis).await;
        let consumers = Consumers::start(kind, 1, redis);
        tokio::time::sleep(START).await;
        let (before, worker) = (statistics::read(redis).await, consumers.processor_time());
        tokio::time::sleep(IDLE).await;
        let worker = consumers.processor_time() - worker;
        let all = statistics::read(redis).await - before;
        let each = |figure: f64| figure / IDLE.as_secs_f64();
        println!(
            "  {:<30}{:>8.1}{:>19.2}{:>20.2}",
            kind.name(),
            each(all.commands),
            each(all.processor * 1e3),
            each(worker * 1e3),
        );
    }
    println!();
}
