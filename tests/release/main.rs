//! What is released: the package for `cargo install`, the archives, and the workflows that make them.

#![expect(
    clippy::disallowed_methods,
    reason = "tests arrange directories and run programs themselves"
)]

#[allow(dead_code, reason = "other test crates use the rest")]
#[path = "../support/mod.rs"]
mod support;

mod package;
mod workflows;

#[cfg(unix)]
mod archive;

use std::path::Path;
use std::process::Command;

/// Runs a program, which has to succeed, and returns what it prints.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program that runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {message}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A command in the root of the repository.
fn at_root(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The manifest of Forge.
fn manifest() -> toml::Table {
    read("Cargo.toml").parse().expect("a manifest")
}
