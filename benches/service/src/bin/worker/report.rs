//! What a consumer tells of itself: a line with the number of jobs that it has run, and with how long
//! the last one of them waited.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often the figures are looked at while they change, and while they do not, where looking would be
/// most of what an idle worker costs.
const INTERVAL: Duration = Duration::from_millis(1);
const MAX_INTERVAL: Duration = Duration::from_millis(64);

static JOBS: AtomicU32 = AtomicU32::new(0);
static LATENCY: AtomicU64 = AtomicU64::new(0);

/// The payload of a job: when it was enqueued, in nanoseconds since 1970, by the clock that all
/// processes share.
pub(crate) fn now() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(time.expect("a clock after 1970").as_nanos()).expect("a clock before 2554")
}

/// What every handler does.
pub(crate) fn run_job(enqueued: u64) {
    LATENCY.store(now().saturating_sub(enqueued), Ordering::Relaxed);
    JOBS.fetch_add(1, Ordering::Release);
}

/// Writes a line to standard error after each change.
pub(crate) fn start() {
    std::thread::spawn(|| {
        let (mut reported, mut interval) = (0, INTERVAL);
        loop {
            let jobs = JOBS.load(Ordering::Acquire);
            if jobs == reported {
                interval = (interval * 2).min(MAX_INTERVAL);
            } else {
                eprintln!("{jobs} {}", LATENCY.load(Ordering::Relaxed));
                (reported, interval) = (jobs, INTERVAL);
            }
            std::thread::sleep(interval);
        }
    });
}

/// Takes a line apart.
pub(crate) fn parse(line: &str) -> Option<(u32, Duration)> {
    let (jobs, latency) = line.split_once(' ')?;
    let latency = Duration::from_nanos(latency.parse().ok()?);
    Some((jobs.parse().ok()?, latency))
}
