//! The process itself: memory, time on the processor, files, and the async runtime.

use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use tokio::runtime::Handle;

pub(super) fn register(meter: &Meter) {
    let start = Instant::now();
    meter
        .f64_observable_gauge("process.uptime")
        .with_unit("s")
        .with_description("For how long the process has measured")
        .with_callback(move |observer| observer.observe(start.elapsed().as_secs_f64(), &[]))
        .build();
    register_runtime(meter);
    #[cfg(target_os = "linux")]
    linux::register(meter);
}

fn register_runtime(meter: &Meter) {
    // Whoever asks for the metrics does so on the runtime.
    let metrics = || Handle::try_current().ok().map(|runtime| runtime.metrics());
    meter
        .u64_observable_gauge("tokio.threads")
        .with_unit("{thread}")
        .with_description("Threads that run async code")
        .with_callback(move |observer| {
            if let Some(metrics) = metrics() {
                observer.observe(metrics.num_workers() as u64, &[]);
            }
        })
        .build();
    meter
        .f64_observable_counter("tokio.busy.time")
        .with_unit("s")
        .with_description("Time in which those threads had something to do, of all together")
        .with_callback(move |observer| {
            if let Some(metrics) = metrics() {
                let threads = 0..metrics.num_workers();
                let busy = threads.map(|thread| metrics.worker_total_busy_duration(thread));
                observer.observe(busy.map(|time| time.as_secs_f64()).sum(), &[]);
            }
        })
        .build();
    meter
        .u64_observable_gauge("tokio.tasks")
        .with_unit("{task}")
        .with_description("Async tasks that have not ended")
        .with_callback(move |observer| {
            if let Some(metrics) = metrics() {
                observer.observe(metrics.num_alive_tasks() as u64, &[]);
            }
        })
        .build();
    meter
        .u64_observable_gauge("tokio.queue.depth")
        .with_unit("{task}")
        .with_description("Async tasks that wait for any of those threads")
        .with_callback(move |observer| {
            if let Some(metrics) = metrics() {
                observer.observe(metrics.global_queue_depth() as u64, &[]);
            }
        })
        .build();
}

/// What `/proc` says ([proc(5)](https://man7.org/linux/man-pages/man5/proc.5.html)).
#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use super::{KeyValue, Meter};

    /// In what the kernel counts time for `/proc`, whatever it does inside.
    const TICKS_PER_SECOND: f64 = 100.0;

    /// Where `stat` has the time in user mode, after the name of the program; the time in the kernel
    /// follows.
    const USER_TIME: usize = 11;

    pub(super) fn register(meter: &Meter) {
        meter
            .u64_observable_gauge("process.memory.usage")
            .with_unit("By")
            .with_description("Memory that the process takes (resident set size)")
            .with_callback(|observer| {
                if let Some(bytes) = resident_memory() {
                    observer.observe(bytes, &[]);
                }
            })
            .build();
        meter
            .f64_observable_counter("process.cpu.time")
            .with_unit("s")
            .with_description("Time on the processor")
            .with_callback(|observer| {
                for (mode, seconds) in cpu_times().into_iter().flatten() {
                    observer.observe(seconds, &[KeyValue::new("cpu.mode", mode)]);
                }
            })
            .build();
        meter
            .u64_observable_gauge("process.open_file_descriptor.count")
            .with_unit("{file_descriptor}")
            .with_description("Files, sockets and the like that are open")
            .with_callback(|observer| {
                if let Ok(open) = fs::read_dir("/proc/self/fd") {
                    observer.observe(open.count() as u64, &[]);
                }
            })
            .build();
        meter
            .u64_observable_gauge("process.open_file_descriptor.limit")
            .with_unit("{file_descriptor}")
            .with_description("How many may be open")
            .with_callback(|observer| {
                if let Some(limit) = file_limit() {
                    observer.observe(limit, &[]);
                }
            })
            .build();
    }

    fn resident_memory() -> Option<u64> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    }

    fn cpu_times() -> Option<[(&'static str, f64); 2]> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut ticks = fields.split(' ').skip(USER_TIME);
        let mut seconds = || Some(ticks.next()?.parse::<f64>().ok()? / TICKS_PER_SECOND);
        Some([("user", seconds()?), ("system", seconds()?)])
    }

    fn file_limit() -> Option<u64> {
        let limits = fs::read_to_string("/proc/self/limits").ok()?;
        let mut lines = limits.lines();
        let line = lines.find_map(|line| line.strip_prefix("Max open files"))?;
        line.split_whitespace().next()?.parse().ok()
    }
}
