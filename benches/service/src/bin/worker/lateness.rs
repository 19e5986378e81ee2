//! How late a delayed task of the service starts.

use std::time::Duration;

use crate::consumer::{self, Consumers, Kind};
use crate::{report, service};

const SAMPLES: u32 = 200;

pub(crate) async fn report(redis: &str) {
    consumer::flush(redis).await;
    let producer = service::Producer::new(redis);
    let mut consumers = Consumers::start(Kind::Service, 1, redis);
    let mut late = vec![];
    for sample in 0..SAMPLES {
        // No multiple of any time between two looks.
        let delay = Duration::from_millis(100 + u64::from(sample) * 37 % 300);
        let due = report::now() + u64::try_from(delay.as_nanos()).expect("a short time");
        producer.enqueue_in(due, delay).await;
        let seen = consumers.until(sample + 1).await;
        late.push(seen.latency.as_secs_f64() * 1000.0);
    }
    // The first one waits for the worker to start.
    late.remove(0);
    late.sort_by(f64::total_cmp);
    println!(
        "a delayed task starts late by (ms): median {:.1}, 99th percentile {:.1}, most {:.1}\n",
        late[late.len() / 2],
        late[late.len() * 99 / 100],
        late[late.len() - 1],
    );
}
