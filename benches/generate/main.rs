//! How long `forge new` takes, against copying the finished tree and against other generators.
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

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use generators::Generator;

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
    for round in 0..=ROUNDS {
        for (index, generator) in generators.iter().enumerate() {
            let slow = times[index].first().is_some_and(|time| *time > SLOW);
            if slow && times[index].len() >= ROUNDS_OF_SLOW {
                continue;
            }
            let (time, written) = run(generator, directory.path());
            files[index] = written;
            // The first round warms the file system's cache.
            if round > 0 || time > SLOW {
                times[index].push(time);
            }
        }
    }

    println!(
        "{:<34} {:>5} {:>9} {:>9} {:>10}",
        "whole process", "files", "median", "fastest", "/ forge"
    );
    for (index, generator) in generators.iter().enumerate() {
        println!(
            "{:<34} {:>5} {:>6.1} ms {:>6.1} ms {:>9.2}x",
            generator.name,
            files[index],
            milliseconds(median(times[index].iter().copied())),
            milliseconds(*times[index].iter().min().expect("a round")),
            ratio(&times[index], &times[0]),
        );
    }
    for name in missing {
        println!("{name:<34} not installed: run benches/generate/install");
    }
    let binary = env!("CARGO_BIN_EXE_forge");
    let bytes = std::fs::metadata(binary).expect("the binary").len();
    println!("\nthe binary has {bytes} bytes");
}

/// Runs a generator once, in an empty directory, and counts the files that it made.
fn run(generator: &Generator, directory: &Path) -> (Duration, usize) {
    let place = tempfile::tempdir_in(directory).expect("a directory");
    let mut command = (generator.command)(&place.path().join(NAME));
    command
        .current_dir(place.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("the generator starts");
    let time = start.elapsed();
    assert!(status.success(), "{} failed: {command:?}", generator.name);
    let entries = walkdir::WalkDir::new(place.path()).into_iter();
    let files = entries
        .filter(|entry| {
            entry
                .as_ref()
                .is_ok_and(|entry| entry.file_type().is_file())
        })
        .count();
    (time, files)
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
    time.as_secs_f64() * 1000.0
}
