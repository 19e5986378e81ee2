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

mod browser;
#[allow(dead_code, reason = "the other test crate uses the rest")]
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

use browser::Browser;
use support::Combination;

/// Names of different shapes and lengths: lines must not depend on how long a name is, nor paths on
/// whether a module has the same one.
const NAMES: [&str; 4] = [
    "worker",
    "a-name-of-fifty-characters-which-is-the-most-we-do",
    "x",
    "my_project",
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
    let (service, address) = boot(&project, &target_directory().join("debug").join(name))?;
    ask_as_the_readme_does(&project, &address)?;
    if browser::is_installed() {
        look_at_the_docs(&address)?;
    } else {
        eprintln!("warning: no chromium and chromedriver here: nobody looked at /docs");
    }
    drop(service);
    Ok(())
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
        // The tests of the worker have a small set for every run, and this one.
        .env("TEST_LOAD", "full")
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

/// Starts the service in its directory, as `cargo run` does but on a free port, and gives its
/// address.
fn boot(project: &Path, binary: &Path) -> Result<(Service, String), Failed> {
    let mut service = Service(
        Command::new(binary)
            .current_dir(project)
            .env("APP_PORT", "0")
            .stdout(Stdio::piped())
            .spawn()?,
    );
    let log = BufReader::new(service.0.stdout.take().ok_or("no log")?);
    let mut address = String::new();
    let mut lines = log.lines();
    for line in lines.by_ref() {
        let line = line?;
        if let Some((_, found)) = line.split_once("listening on http://") {
            found.trim().clone_into(&mut address);
        }
        if line.ends_with(" ready") {
            break;
        }
    }
    // The service goes on writing its log, and must find somebody who reads it.
    std::thread::spawn(move || lines.for_each(drop));
    Ok((service, address))
}

fn ask_as_the_readme_does(project: &Path, address: &str) -> Result<(), Failed> {
    let readme = fs::read_to_string(project.join("README.md"))?;
    let mut answers = vec![];
    for command in readme.lines().filter(|line| line.starts_with("curl ")) {
        let command = command.replace("localhost:8000", address);
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

/// Opens the page of the API in a browser and tries a route out, as a person would.
fn look_at_the_docs(address: &str) -> Result<(), Failed> {
    let (operation, expected) = if has_cached_data(address)? {
        (
            "#operations-cache-cached_data",
            "\"data\": \"data for report\"",
        )
    } else {
        ("#operations-health-ready", "\"status\": \"ready\"")
    };
    let browser = Browser::start()?;
    browser.open(&format!("http://{address}/docs"))?;
    browser.click(&format!("{operation} .opblock-summary-control"))?;
    browser.click(&format!("{operation} .try-out__btn"))?;
    browser.click(&format!("{operation} .execute"))?;
    let answer = browser.text(&format!(
        "{operation} .live-responses-table .highlight-code code"
    ))?;
    if !answer.contains(expected) {
        return Err(format!("trying out {operation} gives {answer}").into());
    }
    let console = browser.console()?;
    if console.is_empty() {
        Ok(())
    } else {
        Err(format!("the console of the browser says {console:#?}").into())
    }
}

fn has_cached_data(address: &str) -> Result<bool, Failed> {
    let url = format!("http://{address}/openapi.json");
    let output = Command::new("curl").args(["--silent", &url]).output()?;
    Ok(String::from_utf8(output.stdout)?.contains("/cached-data"))
}

/// A running service, killed at the end of the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
