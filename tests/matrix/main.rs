//! Every valid combination of options, built and run as its owner would: formatted, linted,
//! documented, tested against a real Redis, and started.
//!
//! All projects share one target directory, so that each dependency is compiled once. A single
//! combination runs with `cargo test --test matrix -- redis+docker`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests arrange directories and run programs themselves"
)]

#[allow(dead_code, reason = "the other test crate uses the rest")]
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

use support::Combination;

/// Names of different shapes and lengths: lines must not depend on how long a name is.
const NAMES: [&str; 3] = [
    "my_project",
    "x",
    "a-name-of-fifty-characters-which-is-the-most-we-do",
];

fn main() {
    let mut arguments = Arguments::from_args();
    // The projects share a target directory, on which cargo lets one work at a time.
    arguments.test_threads = Some(1);
    let trials = Combination::all()
        .into_iter()
        .enumerate()
        .map(|(index, combination)| {
            Trial::test(combination.label(), move || {
                check(&combination, NAMES[index % NAMES.len()])
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn check(combination: &Combination, name: &str) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    for name in NAMES {
        let project = directory.path().join("formatted").join(name);
        combination.generate(name, &project);
        cargo(&project, &["fmt", "--check"])?;
    }

    // Below another workspace, as many people keep their projects.
    let workspace = directory.path().join("workspace");
    fs::create_dir(&workspace)?;
    fs::write(
        workspace.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\n",
    )?;
    let project = workspace.join(name);
    // The same files as of a new project, as the tests of updates find.
    combination.grow(name, &project);
    cargo(
        &project,
        &[
            "clippy",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    )?;
    cargo(
        &project,
        &["doc", "--no-deps", "--locked", "--document-private-items"],
    )?;
    cargo(&project, &["test", "--locked"])?;
    cargo(&project, &["build", "--locked"])?;
    boot(&project, &target_directory().join("debug").join(name))
}

fn target_directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects")
}

fn cargo(project: &Path, arguments: &[&str]) -> Result<(), Failed> {
    let output = Command::new("cargo")
        .args(arguments)
        .current_dir(project)
        .env("CARGO_TARGET_DIR", target_directory())
        .env("RUSTDOCFLAGS", "-D warnings")
        // This process runs below cargo, which sets variables that are about Forge.
        .env_remove("CARGO_MANIFEST_DIR")
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "cargo {} failed\n{}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

/// Starts the service in its directory, as `cargo run` does but on a free port, and asks it what
/// its README asks.
fn boot(project: &Path, binary: &Path) -> Result<(), Failed> {
    let mut service = Service(
        Command::new(binary)
            .current_dir(project)
            .env("APP_PORT", "0")
            .stdout(Stdio::piped())
            .spawn()?,
    );
    let log = BufReader::new(service.0.stdout.take().ok_or("no log")?);
    let mut address = String::new();
    for line in log.lines() {
        let line = line?;
        if let Some((_, found)) = line.split_once("listening on http://") {
            found.trim().clone_into(&mut address);
        }
        if line.ends_with(" ready") {
            break;
        }
    }

    let readme = fs::read_to_string(project.join("README.md"))?;
    let mut answers = vec![];
    for command in readme.lines().filter(|line| line.starts_with("curl ")) {
        let command = command.replace("localhost:8000", &address);
        let output = Command::new("sh").args(["-c", &command]).output()?;
        if !output.status.success() {
            return Err(format!("{command}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        answers.push(String::from_utf8(output.stdout)?);
    }
    if answers.first().map(String::as_str) == Some(r#"{"status":"ready"}"#) {
        Ok(())
    } else {
        Err(format!("the service answers {answers:?}").into())
    }
}

/// A running service, killed at the end of the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
