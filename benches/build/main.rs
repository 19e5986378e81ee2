//! What building and running a generated project costs, against the starter of another generator.
//!
//! `cargo bench --bench build` builds every project from nothing, in turn, in the development and in
//! the release profile, then again after a change of one route, and starts it. It takes a while: no
//! build finds anything that another has left. Crates are downloaded before the clock starts.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark runs programs and prints"
)]

#[path = "../../tests/matrix/postgres.rs"]
mod postgres;
mod projects;
mod service;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use projects::Project;

/// How often a route is changed and the project built again.
const CHANGES: usize = 3;

/// What was measured of one project.
struct Figures {
    crates: usize,
    development: Build,
    release: Build,
    rebuild_seconds: f64,
    binary_bytes: u64,
    idle_kilobytes: u64,
}

/// The time of one build.
struct Build {
    wall_seconds: f64,
    /// Of all processes together, which depends less on what else the machine does.
    cpu_seconds: f64,
}

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut projects = projects::all(directory.path());
    // Cargo itself passes `--bench`.
    if let Some(filter) = std::env::args().skip(1).find(|word| word != "--bench") {
        projects.retain(|project| project.name.contains(&filter));
    }
    println!(
        "{:<34} {:>6} {:>14} {:>14} {:>8} {:>9} {:>9}",
        "", "crates", "build", "release", "rebuild", "binary", "idle"
    );
    println!(
        "{:<34} {:>6} {:>14} {:>14} {:>8} {:>9} {:>9}",
        "", "", "wall, cpu s", "wall, cpu s", "s", "MB", "MB"
    );
    for project in &projects {
        let figures = measure(project);
        println!(
            "{:<34} {:>6} {:>6.0} {:>7.0} {:>6.0} {:>7.0} {:>8.1} {:>9.1} {:>9.1}",
            project.name,
            figures.crates,
            figures.development.wall_seconds,
            figures.development.cpu_seconds,
            figures.release.wall_seconds,
            figures.release.cpu_seconds,
            figures.rebuild_seconds,
            megabytes(figures.binary_bytes),
            megabytes(figures.idle_kilobytes * 1024),
        );
    }
}

fn measure(project: &Project) -> Figures {
    let directory = project.directory.as_path();
    run(cargo(directory, &["fetch"]));
    let development = build(directory, &["build"]);
    let mut rebuilds: Vec<f64> = (0..CHANGES)
        .map(|_| {
            let route = directory.join(project.route);
            let mut route = OpenOptions::new()
                .append(true)
                .open(route)
                .expect("a route");
            writeln!(route, "// One line more.").expect("a writable directory");
            build(directory, &["build"]).wall_seconds
        })
        .collect();
    rebuilds.sort_by(f64::total_cmp);
    let release = build(directory, &["build", "--release"]);
    let binary = directory.join("target/release").join(project.binary);
    let figures = Figures {
        crates: crates(directory),
        development,
        release,
        rebuild_seconds: rebuilds[CHANGES / 2],
        binary_bytes: fs::metadata(&binary).expect("the binary").len(),
        idle_kilobytes: service::idle_kilobytes(project, &binary),
    };
    // Builds take gigabytes.
    fs::remove_dir_all(directory.join("target")).expect("a directory that can go");
    figures
}

/// The crates that a build compiles, besides the project itself.
fn crates(directory: &Path) -> usize {
    let arguments = ["tree", "--edges", "normal,build", "--prefix", "none"];
    let tree = run(cargo(directory, &arguments));
    let crates: BTreeSet<_> = tree
        .lines()
        .map(|line| line.split(" (").next().unwrap_or(line))
        .filter(|line| !line.is_empty())
        .collect();
    crates.len() - 1
}

/// Builds a project, and measures it with the shell's `times`.
fn build(directory: &Path, arguments: &[&str]) -> Build {
    let mut command = Command::new("sh");
    command.args(["-c", "\"$@\" && times", "sh", "cargo"]);
    command.args(arguments).arg("--offline").arg("--quiet");
    command.current_dir(directory);
    let start = Instant::now();
    let times = run(isolated(command));
    let wall_seconds = start.elapsed().as_secs_f64();
    let children = times.lines().nth(1).expect("the line of the children");
    let cpu_seconds = children.split(' ').map(seconds).sum();
    Build {
        wall_seconds,
        cpu_seconds,
    }
}

/// Reads a time as the shell prints it, like `1m2.5s`.
fn seconds(time: &str) -> f64 {
    let (minutes, seconds) = time.split_once('m').expect("minutes");
    let seconds = seconds.trim_end_matches('s');
    minutes.parse::<f64>().expect("a number") * 60.0 + seconds.parse::<f64>().expect("a number")
}

fn cargo(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(directory);
    isolated(command)
}

/// Takes away what the cargo above this process has set for it.
fn isolated(mut command: Command) -> Command {
    command.env_remove("CARGO_TARGET_DIR");
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

/// Runs a command and returns what it prints.
fn run(mut command: Command) -> String {
    let output = command.output().expect("the program starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {message}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
