//! What the documents of this repository say, held against what is true.

#![allow(
    clippy::disallowed_methods,
    reason = "tests arrange directories and run programs themselves"
)]

#[allow(dead_code, reason = "other test crates use the rest")]
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use forge::input::options::yes_or_no;

const README: &str = include_str!("../../README.md");
const ARCHITECTURE: &str = include_str!("../../ARCHITECTURE.md");
const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");

/// How the README starts Forge: from a checkout, or installed.
const STARTS: [&str; 2] = ["cargo run --release -- ", "forge "];

/// The command that runs these tests, and so cannot be one of them.
const CHECK: &str = "scripts/check";

/// The lines of all code blocks of this language.
fn code_lines<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let blocks = document.split(&fence).skip(1);
    blocks
        .filter_map(|rest| rest.split("```").next())
        .flat_map(str::lines)
        .collect()
}

fn forge(arguments: &str, directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_forge"))
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .output()
        .expect("forge runs")
}

#[test]
fn every_command_of_the_readme_works_in_the_order_it_gives() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut current = directory.path().to_owned();
    let mut run = 0;
    for line in code_lines(README, "sh") {
        let command = line.split(" #").next().expect("the command").trim();
        if command == CHECK {
            continue;
        }
        if let Some(path) = command.strip_prefix("cd ") {
            current.push(path);
            continue;
        }
        let arguments = STARTS
            .iter()
            .find_map(|start| command.strip_prefix(start))
            .unwrap_or_else(|| panic!("a test must run `{command}`"));
        let output = forge(arguments, &current);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {message}");
        run += 1;
    }
    assert!(run >= 14, "only {run} commands were found");
    assert!(directory.path().join("my_project/Cargo.toml").is_file());
    assert!(directory.path().join("other_project/Cargo.toml").is_file());
    assert!(directory.path().join("a_project/Cargo.toml").is_file());
}

#[test]
fn the_terminal_session_of_the_readme_ends_as_a_real_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let output = forge("new my_project --redis --worker --docker", directory.path());
    let report = String::from_utf8(output.stdout).expect("UTF-8");
    // The time in the first line is that of one run.
    let (first, rest) = report.split_once(" in ").expect("a time");
    let (_, rest) = rest.split_once('\n').expect("further lines");
    assert!(README.contains(first), "{first}");
    assert!(README.contains(rest), "{rest}");

    let (_, size) = first.split_once(": ").expect("a size");
    assert!(README.contains(&format!("  files   {size}\n")), "{size}");
}

#[test]
fn the_table_of_options_is_that_of_the_option_data() {
    for option in support::options().list {
        let row = format!(
            "| `{}` | {} | {} |\n",
            option.name,
            yes_or_no(option.default),
            option.gloss
        );
        assert!(README.contains(&row), "{row}");
    }
}

#[test]
fn the_table_of_exit_codes_is_that_of_the_help() {
    let help = forge("--help", Path::new("."));
    let help = String::from_utf8(help.stdout).expect("UTF-8");
    let (_, codes) = help.split_once("Exit codes:\n").expect("a list");
    for line in codes.lines() {
        let (code, meaning) = line
            .trim()
            .split_once("  ")
            .expect("a code and its meaning");
        let row = format!("| {code} | {meaning} |\n");
        assert!(README.contains(&row), "{row}");
    }
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let tests: String = ["redis", "worker"]
        .into_iter()
        .flat_map(|layer| support::read_tree(&support::templates_folder().join(layer)))
        .map(|(_, text)| text)
        .collect();
    let (_, table) = ARCHITECTURE
        .split_once("| trap | held by |")
        .expect("a table");
    let named = table
        .split('`')
        .filter(|text| text.len() > 20 && text.contains('_'));
    let mut found = 0;
    for name in named {
        let name = name.rsplit("::").next().expect("a name");
        assert!(tests.contains(&format!("fn {name}(")), "{name}");
        found += 1;
    }
    assert!(found >= 10, "only {found} tests are named");
}

#[test]
fn every_test_target_that_contributing_names_exists() {
    for line in CONTRIBUTING.lines() {
        let Some((_, target)) = line.split_once("--test ") else {
            continue;
        };
        let name: String = target
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(&name);
        assert!(path.join("main.rs").is_file(), "{name}");
    }
}

#[test]
fn ci_runs_the_command_that_the_readme_gives() {
    assert!(code_lines(README, "sh").contains(&CHECK));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join(CHECK).is_file());
    for ci in [".ci/run", ".github/workflows/ci.yml"] {
        let text = fs::read_to_string(root.join(ci)).expect("a readable file");
        assert!(text.contains(CHECK), "{ci}");
    }
}
