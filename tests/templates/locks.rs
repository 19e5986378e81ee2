//! The lock files of generated projects are cut from one: `templates/versions/Cargo.lock`, whose
//! manifest dependency bots keep up to date.
//!
//! After a change of dependencies, run this test with `UPDATE_LOCKS=1` to cut them anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use forge::input::options::Options;

use crate::support::{self, Combination, combinations};

const NAME: &str = "name_of_the_project";

#[test]
fn the_lock_file_of_all_versions_is_up_to_date() {
    let versions = support::templates_folder().join("versions");
    let mut metadata = Command::new("cargo");
    metadata
        .args(["metadata", "--format-version", "1"])
        .current_dir(versions);
    if !update() {
        metadata.arg("--locked");
    }
    run(&mut metadata);
}

#[test]
fn every_combination_has_the_lock_file_that_cargo_makes_of_it() {
    let options = support::answers::options();
    let mut expected = vec![];
    for combination in &combinations().all {
        let file = file_name(options, combination);
        if expected.contains(&file) {
            continue;
        }
        let path = support::templates_folder().join("locks").join(&file);
        let lock = cut(combination);
        if update() {
            fs::write(&path, &lock).expect("a writable folder");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, lock, "{file} is out of date: run with UPDATE_LOCKS=1");
        expected.push(file);
    }

    let folder = fs::read_dir(support::templates_folder().join("locks")).expect("the folder");
    let mut present: Vec<_> = folder
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    present.sort();
    expected.sort();
    assert_eq!(present, expected);
}

/// The options that change dependencies, of those that are on.
fn file_name(options: &Options, combination: &Combination) -> String {
    let on: Vec<&str> = combination
        .on()
        .filter(|name| {
            options
                .list
                .iter()
                .any(|option| option.name == *name && option.dependencies)
        })
        .collect();
    let stem = if on.is_empty() {
        "base".to_owned()
    } else {
        on.join("-")
    };
    format!("{stem}.lock")
}

/// Lets cargo take out of the lock file of all versions what this combination does not need.
fn cut(combination: &Combination) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let project = directory.path().join(NAME);
    combination.generate(NAME, &project);
    let lock = project.join("Cargo.lock");
    let all = support::templates_folder().join("versions/Cargo.lock");
    fs::copy(all, &lock).expect("the lock file of all versions");
    run(Command::new("cargo")
        .args(["metadata", "--format-version", "1"])
        .current_dir(&project));
    let lock = fs::read_to_string(lock).expect("the lock file that cargo wrote");
    in_order_of_the_placeholder(&lock)
}

/// Replaces the name by the placeholder, which has no place of its own in the order of names.
fn in_order_of_the_placeholder(lock: &str) -> String {
    lock.replace(&format!("name = \"{NAME}\""), "name = \"{{ name }}\"")
}

fn update() -> bool {
    std::env::var_os("UPDATE_LOCKS").is_some()
}

fn run(command: &mut Command) {
    let output = command.output().expect("cargo runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {message}");
}

/// Where the project of another workspace would stand in the way, cargo says so; nothing here does.
#[test]
fn the_crate_of_all_versions_is_a_workspace_of_its_own() {
    let manifest = support::templates_folder().join("versions/Cargo.toml");
    let manifest = fs::read_to_string(Path::new(&manifest)).expect("the manifest");
    assert!(manifest.contains("\n[workspace]\n"));
}
