//! What to do after an update.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::commands::replay;
use crate::input::answers::Answers;
use crate::input::options::NextStep;
use crate::layers::Layers;
use crate::merge::{BESIDE, Change, Outcome};
use crate::plan::{Plan, lockfile};
use crate::project;

/// How to resolve the conflicts that there are: files that git knows about, marked lines in others, and
/// new versions beside files. Nothing where there are none.
#[must_use]
pub fn resolve(root: &Path, changes: &[Change], known_to_git: &[String]) -> Vec<NextStep> {
    let conflicts = changes
        .iter()
        .filter(|change| change.outcome == Outcome::Conflict);
    let (marked, beside): (Vec<&Change>, Vec<&Change>) =
        conflicts.partition(|change| change.writes());
    let marked: Vec<PathBuf> = marked
        .iter()
        .filter(|change| !known_to_git.contains(&change.path))
        .map(|change| here(root, &change.path))
        .collect();
    let beside: Vec<PathBuf> = beside
        .iter()
        .map(|change| here(root, format!("{}{BESIDE}", change.path)))
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

/// The tests, which tell whether the project works.
#[must_use]
pub fn test() -> NextStep {
    step("cargo test", "run the project's own tests")
}

/// A look at what has changed.
#[must_use]
pub fn review() -> NextStep {
    step("git diff", "see what has changed")
}

/// How to put back the files that a backup has.
#[must_use]
pub fn restore(root: &Path, backup: &Path) -> NextStep {
    let files = replay::path(&here(root, backup).join("."));
    let run = format!("cp -R {files} {}", replay::path(root));
    step(&run, "to have your files back as they were before")
}

/// How to take an update back where all was committed before it.
#[must_use]
pub fn undo(root: &Path) -> NextStep {
    let root = replay::path(root);
    let run =
        format!("git restore --source=HEAD --staged --worktree {root} && git clean -fd {root}");
    step(&run, "to undo all of this, before you commit it")
}

/// A path in a project as it is reached from the current directory.
fn here(root: &Path, path: impl AsRef<Path>) -> PathBuf {
    project::shown(&root.join(path)).to_owned()
}

/// What shows that the project works, and what the layers suggest that it did not have before.
#[must_use]
pub fn run(
    changes: &[Change],
    layers: &Layers,
    plan: &Plan<'_>,
    answers: &Answers,
) -> Vec<NextStep> {
    let mut steps = Vec::new();
    if changes
        .iter()
        .any(|change| change.path == lockfile::PATH && change.outcome == Outcome::Kept)
    {
        steps.push(step("cargo build", "bring Cargo.lock up to date"));
    }
    steps.push(test());
    let added = changes
        .iter()
        .filter(|change| change.outcome == Outcome::Added)
        .filter_map(|change| plan.files.get(&change.path));
    let added: BTreeSet<&str> = added.map(|file| file.layer).collect();
    let new = layers.on(answers).filter(|layer| {
        let is_chosen = layer.manifest.when.is_some();
        is_chosen && added.contains(layer.name.as_str())
    });
    steps.extend(new.flat_map(|layer| layer.manifest.next_steps.clone()));
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
