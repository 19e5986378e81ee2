//! What a reviewer reads when templates change: the files of each combination, and what each
//! option changes in files that are not its own.

use insta::assert_snapshot;
use similar::TextDiff;

use crate::support::{Combination, read_tree};

fn generated(combination: &Combination) -> Vec<(String, String)> {
    let directory = tempfile::tempdir().expect("a directory");
    let project = directory.path().join("my_project");
    combination.generate("my_project", &project);
    read_tree(&project)
}

#[test]
fn the_files_of_every_combination() {
    for combination in Combination::all() {
        let files = generated(&combination);
        let list: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_snapshot!(format!("files of {}", combination.label()), list.join("\n"));
    }
}

/// For each pair of combinations that differ in one option, the changes in the files of both.
#[test]
fn what_an_option_changes_in_shared_files() {
    let all = Combination::all();
    for with in &all {
        for without in &all {
            let Some(option) = only_difference(with, without) else {
                continue;
            };
            let name = format!("{option} added to {}", without.label());
            assert_snapshot!(name, changes(&generated(without), &generated(with)));
        }
    }
}

/// The option that is on in `with` and off in `without`, if that is all that differs.
fn only_difference(with: &Combination, without: &Combination) -> Option<String> {
    let mut differing = std::iter::zip(&with.answers, &without.answers).filter(|(a, b)| a != b);
    let ((name, on), _) = differing.next()?;
    (*on && differing.next().is_none()).then(|| name.clone())
}

fn changes(before: &[(String, String)], after: &[(String, String)]) -> String {
    let mut changes = String::new();
    for (path, old) in before {
        let Some((_, new)) = after.iter().find(|(other, _)| other == path) else {
            panic!("{path} goes away when an option is added");
        };
        if old == new {
            continue;
        }
        if [".forge.lock", "Cargo.lock"].contains(&path.as_str()) {
            changes.extend(["--- ", path, "\n+++ ", path, "\nother lock file\n"]);
            continue;
        }
        let diff = TextDiff::from_lines(old, new);
        changes += &diff
            .unified_diff()
            .context_radius(2)
            .header(path, path)
            .to_string();
    }
    changes
}
