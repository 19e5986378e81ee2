//! How long `forge new` takes, against copying the finished tree and against other generators.
//!
//! Also the peak memory of each program, the size of the binary, and how the time grows with the
//! number of files.
//!
//! `cargo bench --bench generate` runs all programs in turn, round after round, so that a machine
//! that is slow for a while is slow for all of them, and compares them round by round. Other
//! generators take part where `benches/generate/install` has installed them.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark runs programs and prints"
)]

mod generators;
mod growth;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use generators::Generator;
use wait4::Wait4 as _;

/// The rounds of the quick programs; those that take longer than [`SLOW`] have fewer.
const ROUNDS: usize = 60;
const ROUNDS_OF_SLOW: usize = 5;
const SLOW: Duration = Duration::from_millis(500);

/// Everyone makes a project of this name.
const NAME: &str = "my_project";

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    let (generators, missing) = generators::all(directory.path());
    let mut times: Vec<Vec<Duration>> = vec![vec![]; generators.len()];
    let mut files = vec![0; generators.len()];
    let mut peaks = vec![0; generators.len()];
    for round in 0..=ROUNDS {
        for (index, generator) in generators.iter().enumerate() {
            let slow = times[index].first().is_some_and(|time| *time > SLOW);
            if slow && times[index].len() >= ROUNDS_OF_SLOW {
                continue;
            }
            let run = run(generator, directory.path());
            files[index] = run.files;
            peaks[index] = peaks[index].max(run.peak);
            // The first round warms the file system's cache.
            if round > 0 {
                times[index].push(run.time);
            }
        }
    }

    println!(
        "{:<34} {:>5} {:>9} {:>9} {:>10} {:>9}",
        "whole process", "files", "median", "fastest", "/ forge", "memory"
    );
    for (index, generator) in generators.iter().enumerate() {
        println!(
            "{:<34} {:>5} {:>6.1} ms {:>6.1} ms {:>9.2}x {:>6.1} MB",
            generator.name,
            files[index],
            milliseconds(median(times[index].iter().copied())),
            milliseconds(*times[index].iter().min().expect("a round")),
            ratio(&times[index], &times[0]),
            megabytes(peaks[index]),
        );
    }
    for name in missing {
        println!("{name:<34} not installed: run benches/generate/install");
    }
    let binary = env!("CARGO_BIN_EXE_forge");
    let bytes = std::fs::metadata(binary).expect("the binary").len();
    println!("\nthe binary has {:.1} MB", megabytes(bytes));

    // Last, because a program's memory counts from what this process has when it starts it.
    growth::measure(directory.path());
}

/// What a run of a program took.
struct Run {
    time: Duration,
    /// How many files it made.
    files: usize,
    /// The most memory that it, or a process that it waited for, held at once, in bytes.
    peak: u64,
}

/// Runs a program once, in an empty directory.
fn run(generator: &Generator, directory: &Path) -> Run {
    let place = new_directory(directory);
    let mut command = (generator.command)(&place.join(NAME));
    command
        .current_dir(&place)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().expect("the generator starts");
    let end = child.wait4().expect("the generator ends");
    let time = start.elapsed();
    assert!(
        end.status.success(),
        "{} failed: {command:?}",
        generator.name
    );
    let entries = walkdir::WalkDir::new(&place).into_iter();
    let files = entries
        .filter(|entry| {
            entry
                .as_ref()
                .is_ok_and(|entry| entry.file_type().is_file())
        })
        .count();
    Run {
        time,
        files,
        peak: end.rusage.maxrss,
    }
}

/// An empty directory that stays until the end: some file systems are slow to make files just after
/// others were removed.
fn new_directory(directory: &Path) -> PathBuf {
    let place = tempfile::tempdir_in(directory).expect("a directory");
    place.keep()
}

/// The median of the ratios of both times in the same round.
fn ratio(times: &[Duration], base: &[Duration]) -> f64 {
    let mut ratios: Vec<f64> = std::iter::zip(times, base)
        .map(|(time, base)| time.as_secs_f64() / base.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    microseconds(time) / 1e3
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
