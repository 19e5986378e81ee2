//! What is measured of background tasks, and how they appear in traces.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use opentelemetry::metrics::{AsyncInstrument, Histogram, Meter};
use opentelemetry::{ContextGuard, KeyValue};
use tokio::time::timeout;

use super::{metrics, traces};
use crate::worker::{Overview, Tasks};

/// How long a look at the queue may take: whoever asks for metrics has a time-out.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The upper bounds of the buckets for runs and for waiting, in seconds: both may take minutes.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0,
];

static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    metrics::meter()
        .f64_histogram("task.duration")
        .with_unit("s")
        .with_description("Time that a run of a task takes")
        .with_boundaries(SECONDS.to_vec())
        .build()
});

static WAIT: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    metrics::meter()
        .f64_histogram("task.wait.duration")
        .with_unit("s")
        .with_description("Time between being due and the begin of a run")
        .with_boundaries(SECONDS.to_vec())
        .build()
});

/// The queue that is told of.
static WATCHED: Mutex<Option<Tasks>> = Mutex::new(None);

/// What there was to do at the last look.
static OVERVIEW: Mutex<Option<Overview>> = Mutex::new(None);

pub(super) fn register(meter: &Meter) {
    meter
        .u64_observable_gauge("task.queue.depth")
        .with_unit("{task}")
        .with_description("Tasks that wait for a worker, and that are with one")
        .with_callback(|observer| {
            for queue in overview().iter().flat_map(|overview| &overview.queues) {
                for (state, count) in [("waiting", queue.waiting), ("running", queue.running)] {
                    let attributes = [
                        KeyValue::new("task.queue", queue.name.clone()),
                        KeyValue::new("task.state", state),
                    ];
                    observer.observe(count, &attributes);
                }
            }
        })
        .build();
    meter
        .f64_observable_gauge("task.queue.age")
        .with_unit("s")
        .with_description("For how long the first task of a queue has waited")
        .with_callback(|observer| {
            for queue in overview().iter().flat_map(|overview| &overview.queues) {
                let age = queue.oldest_waiting_ms.unwrap_or_default() as f64 / 1000.0;
                observer.observe(age, &[KeyValue::new("task.queue", queue.name.clone())]);
            }
        })
        .build();
    meter
        .u64_observable_gauge("task.delayed")
        .with_unit("{task}")
        .with_description("Tasks that wait for their time, retries included")
        .with_callback(|observer| observe(observer, |overview| overview.delayed))
        .build();
    meter
        .u64_observable_gauge("task.dead")
        .with_unit("{task}")
        .with_description("Tasks that failed for good, and that nobody has looked after")
        .with_callback(|observer| observe(observer, |overview| overview.dead))
        .build();
    meter
        .u64_observable_gauge("task.workers")
        .with_unit("{worker}")
        .with_description("Workers that have not been silent for long")
        .with_callback(|observer| observe(observer, |overview| overview.workers.len() as u64))
        .build();
}

fn observe(observer: &dyn AsyncInstrument<u64>, count: impl FnOnce(&Overview) -> u64) {
    if let Some(overview) = &*overview() {
        observer.observe(count(overview), &[]);
    }
}

fn overview() -> MutexGuard<'static, Option<Overview>> {
    OVERVIEW.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells from now on what there is to do here.
pub(crate) fn watch(tasks: &Tasks) {
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    *watched = Some(tasks.clone());
}

/// Looks at the queue. While Redis is away, nothing is told of it.
pub(super) async fn refresh() {
    let watched = WATCHED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    if let Some(tasks) = watched {
        let found = timeout(MAX_WAIT, tasks.overview()).await;
        *overview() = found.ok().and_then(Result::ok);
    }
}

/// Lets the span of a run, which begins while the guard is kept, belong to the trace that the task was
/// enqueued in. A retry is a trace of its own with a link to that one, which would otherwise last for as
/// long as there are retries.
pub(crate) fn follow(trace: Option<&str>, attempts: u32) -> Option<ContextGuard> {
    match attempts {
        0 => traces::continue_from(trace?),
        _ => traces::link_to(trace?),
    }
}

/// A run of a task.
pub(crate) struct Run(Instant);

impl Run {
    /// Begins with an entry of this queue, at this time by the clock of Redis.
    pub(crate) fn begin(queue: &'static str, entry: &str, now: DateTime<Utc>) -> Self {
        if metrics::is_on()
            && let Some(due) = due(entry)
        {
            let waited = (now.timestamp_millis() - due).max(0) as f64 / 1000.0;
            WAIT.record(waited, &[KeyValue::new("task.queue", queue)]);
        }
        Self(Instant::now())
    }

    /// Ends with this outcome of an attempt.
    pub(crate) fn end(self, task: &str, outcome: &'static str) {
        if metrics::is_on() {
            let attributes = [
                KeyValue::new("task.name", task.to_owned()),
                KeyValue::new("task.outcome", outcome),
            ];
            DURATION.record(self.0.elapsed().as_secs_f64(), &attributes);
        }
    }
}

/// When a task was due, in milliseconds since 1970: Redis numbers entries by the time at which they are
/// added (<https://redis.io/docs/latest/commands/xadd/>).
fn due(entry: &str) -> Option<i64> {
    let (time, _) = entry.split_once('-')?;
    time.parse().ok()
}
