//! Where the time of the matrix goes: into which steps, and into which rows.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often each step was taken, and how long that took altogether.
static STEPS: Mutex<BTreeMap<String, (u32, Duration)>> = Mutex::new(BTreeMap::new());

/// Takes a step, and notes how long it takes.
pub(crate) fn time<T>(step: &str, run: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = run();
    let mut steps = STEPS.lock().expect("no panic");
    let (count, total) = steps.entry(step.to_owned()).or_default();
    *count += 1;
    *total += started.elapsed();
    result
}

/// Prints the seconds of each step.
pub(crate) fn print() {
    for (step, (count, total)) in STEPS.lock().expect("no panic").iter() {
        eprintln!("{:7.1} s  {step} ({count} times)", total.as_secs_f64());
    }
}
