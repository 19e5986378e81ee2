//! What to do after an update.

use std::collections::BTreeMap;
use std::path::Path;

use crate::commands::replay;
use crate::input::answers::Answers;
use crate::input::options::{NextStep, Options};
use crate::input::value::Value;
use crate::merge::{BESIDE, Change, Outcome};
use crate::plan::lockfile;

/// How to resolve the conflicts that there are: files that git knows about, marked lines in others, and
/// new versions beside files. Nothing where there are none.
#[must_use]
pub fn resolve(changes: &[Change], known_to_git: &[String]) -> Vec<NextStep> {
    let conflicts = changes
        .iter()
        .filter(|change| change.outcome == Outcome::Conflict);
    let (marked, beside): (Vec<&Change>, Vec<&Change>) =
        conflicts.partition(|change| change.writes());
    let marked: Vec<&str> = marked
        .iter()
        .filter(|change| !known_to_git.contains(&change.path))
        .map(|change| change.path.as_str())
        .collect();
    let beside: Vec<String> = beside
        .iter()
        .map(|change| format!("{}{BESIDE}", change.path))
        .collect();
    let mut steps = Vec::new();
    if !known_to_git.is_empty() {
        steps.push(step(
            "git mergetool",
            "or edit the files with conflicts, then `git add` them",
        ));
    }
    if !marked.is_empty() {
        steps.push(step(
            &command("$EDITOR", &marked),
            "choose between the marked lines",
        ));
    }
    if !beside.is_empty() {
        steps.push(step(
            &command("rm", &beside),
            "once you have taken what you need",
        ));
    }
    steps
}

/// A look at what has changed.
#[must_use]
pub fn review() -> NextStep {
    step("git diff", "see what has changed")
}

/// What shows that the project works, with the options that were off before.
#[must_use]
pub fn run(
    changes: &[Change],
    options: &Options,
    before: Option<&BTreeMap<String, Value>>,
    answers: &Answers,
) -> Vec<NextStep> {
    let mut steps = Vec::new();
    if changes
        .iter()
        .any(|change| change.path == lockfile::PATH && change.outcome == Outcome::Kept)
    {
        steps.push(step("cargo build", "bring Cargo.lock up to date"));
    }
    steps.push(step("cargo test", "run the project's own tests"));
    let was_on =
        |option: &str| before.is_some_and(|before| before.get(option).is_some_and(Value::is_on));
    let new = options
        .list
        .iter()
        .filter(|option| answers.is_on(&option.name) && !was_on(&option.name));
    steps.extend(new.flat_map(|option| option.next_steps.clone()));
    steps
}

fn command(name: &str, paths: &[impl AsRef<Path>]) -> String {
    let paths = paths.iter().map(|path| replay::path(path.as_ref()));
    let words: Vec<String> = std::iter::once(name.to_owned()).chain(paths).collect();
    words.join(" ")
}

fn step(run: &str, why: &str) -> NextStep {
    NextStep {
        run: run.to_owned(),
        why: why.to_owned(),
    }
}
