//! What the system knows of a process.

use std::fs;

/// The seconds of a clock tick in `/proc`.
const TICK: f64 = 0.01;

/// The processor time that a process has used, in seconds
/// ([proc_pid_stat](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)).
///
/// # Panics
///
/// Where the process has ended.
#[must_use]
pub fn processor_time(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: f64 = ticks.map(|text| text.parse::<f64>().expect("ticks")).sum();
    ticks * TICK
}

/// The memory that a process has in use, in megabytes.
///
/// # Panics
///
/// Where the process has ended.
#[must_use]
pub fn resident_memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: f64 = kilobytes.expect("a size").parse().expect("a number");
    kilobytes / 1000.0
}
