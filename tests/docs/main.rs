//! What the documents of this repository say, held against what is true.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::disallowed_methods,
    reason = "pages are named in lower case, and tests arrange directories and run programs themselves"
)]

#[allow(dead_code, reason = "other test crates use the rest")]
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;

use forge::input::options::Kind;

mod book;
mod commands;

use support::example_layer;

use commands::{Shell, commands, forge};

const README: &str = include_str!("../../README.md");
const ARCHITECTURE: &str = include_str!("../../ARCHITECTURE.md");
const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");
const LAYERS: &str = include_str!("../../docs/layers.md");

/// The command that runs these tests, and so cannot be one of them.
const CHECK: &str = "scripts/check";

#[test]
fn every_command_of_the_readme_works_in_the_order_it_gives() {
    let mut shell = Shell::in_checkout();
    let run = shell.run(README, &[CHECK]);
    assert!(run >= 15, "only {run} commands were found");
    for project in ["first_project", "my_project", "other_project", "a_project"] {
        let manifest = shell.directory.path().join(project).join("Cargo.toml");
        assert!(manifest.is_file(), "{project}");
    }
    assert!(shell.directory.path().join("my_project/.git").exists());
}

#[test]
fn every_command_about_layers_works_beside_the_example() {
    let directory = tempfile::tempdir().expect("a directory");
    example_layer::write(directory.path());
    let commands = commands(LAYERS);
    assert!(commands.len() >= 2, "{commands:?}");
    for (index, command) in commands.iter().enumerate() {
        let arguments = command.strip_prefix("forge ");
        let arguments = arguments.unwrap_or_else(|| panic!("a test must run `{command}`"));
        let beside = directory.path().join(index.to_string());
        fs::create_dir(&beside).expect("a directory");
        let output = forge(arguments, &beside);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {message}");
        let written = beside.join("shop/src/about.rs");
        assert!(written.is_file(), "{command} has no file of the layer");
    }
}

#[test]
fn the_numbers_of_combinations_are_those_of_the_tests() {
    let combinations = support::combinations();
    let all = combinations.all.len();
    let linted = combinations.three_wise().len();
    let run = combinations.pairwise().len();
    for text in [
        format!("All {all} combinations of options are rendered"),
        format!("{linted} of them are linted"),
        format!("{run} are documented, tested"),
    ] {
        assert!(README.contains(&text), "{text}");
    }
}

#[test]
fn the_table_of_options_is_that_of_the_option_data() {
    for option in &support::answers::options().list {
        let mut gloss = option.gloss.clone();
        if let Kind::Choice(choices) = &option.kind {
            let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            gloss = format!("{gloss}: `{}`", values.join("`, `"));
        }
        let row = format!("| `{}` | {} | {gloss} |\n", option.name, option.default);
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
    let layers = support::answers::layers().list.iter();
    let templates = layers.flat_map(|layer| &layer.templates);
    let tests: String = templates
        .map(|template| String::from_utf8_lossy(&template.bytes))
        .collect();
    let (_, table) = ARCHITECTURE
        .split_once("| pitfall | guarded by |")
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
    assert!(commands(README).contains(&CHECK));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join(CHECK).is_file());
    for ci in [".ci/run", ".github/workflows/ci.yml"] {
        let text = fs::read_to_string(root.join(ci)).expect("a readable file");
        assert!(text.contains(CHECK), "{ci}");
    }
}
