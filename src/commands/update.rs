//! `forge add`, `forge remove` and `forge update`: one merge of what has changed since the last
//! render into what the user has.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::FORGE_VERSION;
use crate::disk::{apply, tree};
use crate::error::{Exit, Refusal};
use crate::git::{self, State, Unmerged};
use crate::input::answers_file::{self, AnswersFile};
use crate::input::cli;
use crate::input::name::ProjectName;
use crate::input::options::{NextStep, Options};
use crate::input::wish::{Granted, Wish};
use crate::merge::lines::Labels;
use crate::merge::{self, BESIDE, Change, Outcome};
use crate::plan::Plan;
use crate::project::{self, Kept};
use crate::record::Record;
use crate::report::Report;
use crate::report::changes::Update;

/// Updates a project, or says what it would do.
pub fn run(given: &cli::Update, options: &Options, report: Report) -> Result<Exit> {
    let started = Instant::now();
    let root = project::find()?;
    let only_looks = given.dry_run || given.check;
    let _lock = if only_looks {
        None
    } else {
        let lock = apply::lock(&root)?;
        if apply::recover(&root)? {
            report.note("finished an update that had been interrupted");
        }
        Some(lock)
    };
    if apply::is_unfinished(&root) {
        return Err(Refusal::failure(
            "an update of this project was interrupted",
            "run `forge update` to finish it",
        )
        .into());
    }

    let Granted { answers, notes } = answers(given, options, &root)?;
    for note in &notes {
        report.note(note);
    }
    let plan = Plan::of(options, &answers)?;
    let record = record(&root, report)?;
    let changes = changes(&root, &given.wish, record.as_ref(), &plan)?;

    let mut update = Update {
        name: answers.name.to_string(),
        root: &root,
        from: record.as_ref(),
        answers: &answers.options,
        changes: &changes,
        notes: &notes,
        next_steps: Vec::new(),
        backup: None,
        elapsed: Duration::ZERO,
    };
    let writes = changes.iter().any(Change::writes);
    if only_looks || !writes {
        update.elapsed = started.elapsed();
        report.update_seen(&update, given.check, given.dry_run)?;
        return Ok(if given.check && writes {
            Exit::Conflicts
        } else {
            Exit::Done
        });
    }
    if let Some(change) = update.conflicts().find(|change| change.sides.is_none()) {
        return Err(Refusal::failure(
            format!(
                "`{}` cannot be written: {}",
                change.path,
                change.why.as_deref().unwrap_or_default()
            ),
            "forge does not write through links; put a real directory there during the update",
        )
        .into());
    }
    let state = git::state(&root);
    if let (State::Dirty(paths), false) = (&state, given.allow_dirty) {
        return Err(dirty(paths).into());
    }
    update.backup = apply::apply(&root, &changes, state != State::Clean)?;
    let in_git = state != State::Unknown;
    if in_git {
        mark_conflicts(&root, &changes, report);
    }
    update.next_steps = next_steps(&update, options, in_git);
    update.elapsed = started.elapsed();
    report.updated(&update)?;
    Ok(match update.conflicts().next() {
        Some(_) => Exit::Conflicts,
        None => Exit::Done,
    })
}

fn answers(given: &cli::Update, options: &Options, root: &Path) -> Result<Granted, Refusal> {
    let path = match root.to_str() {
        Some(".") => answers_file::PATH.into(),
        _ => root.join(answers_file::PATH),
    };
    let file = AnswersFile::read(&path, options)?;
    if let Some(version) = &file.newer {
        return Err(project::newer(&version.to_string()));
    }
    let name = file.name.ok_or_else(|| {
        Refusal::usage(
            format!("`{}` does not say the project's name", path.display()),
            "write it under `[answers]`, for example `name = \"my_app\"`",
        )
    })?;
    let name = ProjectName::parse(&name, |_| false).map_err(|bad| bad.in_file(&path))?;
    given.wish.grant(options, name, file.said)
}

fn record(root: &Path, report: Report) -> Result<Option<Record>> {
    match project::record(root)? {
        Kept::Record(record) => {
            let damaged: Vec<&str> = record.damaged().collect();
            if !damaged.is_empty() {
                report.note(&format!(
                    "`.forge.lock` is damaged: without the last render of `{}`, whatever differs \
                     there is a conflict",
                    damaged.join("`, `")
                ));
            }
            Ok(Some(record))
        }
        Kept::Nothing(reason) => {
            report.note(&format!(
                "{reason}: without the last render, whatever differs is a conflict"
            ));
            Ok(None)
        }
    }
}

fn changes(
    root: &Path,
    wish: &Wish,
    record: Option<&Record>,
    plan: &Plan<'_>,
) -> Result<Vec<Change>> {
    let paths: Vec<&str> = merge::paths(record, plan).collect();
    let beside: Vec<String> = paths.iter().map(|path| format!("{path}{BESIDE}")).collect();
    let tree = tree::read(
        root,
        paths
            .iter()
            .copied()
            .chain(beside.iter().map(String::as_str)),
        merge::expected(record, plan),
    )?;
    let unresolved = merge::unresolved(&tree);
    if !unresolved.is_empty() {
        return Err(Refusal::conflicts(
            format!(
                "conflicts from an earlier update remain in `{}`",
                unresolved.join("`, `")
            ),
            format!("resolve them first; a `{BESIDE}` file is resolved once it is gone"),
        )
        .into());
    }
    let last = record.map_or("an unknown forge", |record| record.forge.as_str());
    let labels = Labels {
        base: format!("last render (forge {last})"),
        theirs: match wish {
            Wish::Add(options) => format!("forge add {}", options.join(" ")),
            Wish::Remove(options) => format!("forge remove {}", options.join(" ")),
            Wish::Update => format!("forge {FORGE_VERSION}"),
        },
    };
    Ok(merge::merge(record, &tree, plan, &labels))
}

fn dirty(paths: &[String]) -> Refusal {
    const SHOWN: usize = 5;
    let shown = paths.iter().take(SHOWN);
    let mut lines: Vec<String> = shown.map(|path| format!("\n  {path}")).collect();
    if paths.len() > SHOWN {
        lines.push(format!("\n  and {} more", paths.len() - SHOWN));
    }
    let list = lines.concat();
    Refusal::failure(
        format!("git has uncommitted changes here:{list}"),
        "commit or stash them, so that forge's changes can be told apart and undone; or pass \
         `--allow-dirty`",
    )
}

/// Lets `git status` and `git mergetool` know of conflicts.
fn mark_conflicts(root: &Path, changes: &[Change], report: Report) {
    let unmerged: Vec<Unmerged<'_>> = changes
        .iter()
        .filter_map(|change| {
            let (sides, ours) = (change.sides.as_ref()?, change.before.as_deref()?);
            Some(Unmerged {
                path: &change.path,
                executable: tree::is_executable(&root.join(&change.path)),
                sides: [sides.base.as_deref(), Some(ours), Some(&sides.theirs)],
            })
        })
        .collect();
    if !unmerged.is_empty()
        && let Err(reason) = git::mark_unmerged(root, &unmerged)
    {
        report.note(&format!(
            "git could not be told about the conflicts: {reason}"
        ));
    }
}

/// Conflicts first; otherwise a look at the result, and what new options suggest.
fn next_steps(update: &Update<'_>, options: &Options, in_git: bool) -> Vec<NextStep> {
    let step = |run: &str, why: &str| NextStep {
        run: run.to_owned(),
        why: why.to_owned(),
    };
    let mut steps = Vec::new();
    if update.conflicts().next().is_some() && in_git {
        steps.push(step(
            "git mergetool",
            "or edit the files with conflicts, then `git add` them",
        ));
    } else if in_git {
        steps.push(step("git diff", "see what has changed"));
    }
    if update
        .changes
        .iter()
        .any(|change| change.path == crate::plan::lockfile::PATH && change.outcome == Outcome::Kept)
    {
        steps.push(step("cargo build", "bring Cargo.lock up to date"));
    }
    steps.push(step("cargo test", "run the project's own tests"));
    let new = options.list.iter().filter(|option| {
        let was_on = update
            .from
            .is_some_and(|record| record.answers.get(&option.name) == Some(&true));
        let is_on = update
            .answers
            .iter()
            .any(|answer| answer.name == option.name && answer.on);
        is_on && !was_on
    });
    steps.extend(new.flat_map(|option| option.next_steps.clone()));
    steps
}
