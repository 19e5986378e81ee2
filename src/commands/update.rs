//! `forge add`, `forge remove` and `forge update`: one merge of what has changed since the last
//! render into what the user has.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::FORGE_VERSION;
use crate::commands::next_steps;
use crate::disk::{apply, tree};
use crate::error::{Exit, Refusal};
use crate::git::{self, State, Unmerged};
use crate::input::answers::Answers;
use crate::input::answers_file::{self, AnswersFile};
use crate::input::cli;
use crate::input::name::ProjectName;
use crate::input::options::Options;
use crate::input::wish::{self, Granted, Wish};
use crate::merge::lines::Labels;
use crate::merge::{self, BESIDE, Change, Outcome};
use crate::plan::{Plan, templates};
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
        let tell = |conflicts: &[Unmerged]| {
            mark(&root, conflicts, report);
        };
        if let Some(applied) = apply::recover(&root, tell)? {
            report.note("finished an update that had been interrupted");
            if let Some(backup) = &applied.backup {
                report.note(&format!(
                    "the previous versions of the files are in `{}`",
                    backup.display()
                ));
            }
        }
        Some(lock)
    };
    if apply::is_unfinished(&root)? {
        return Err(Refusal::failure(
            "an update of this project was interrupted",
            "run `forge update` to finish it",
        )
        .into());
    }

    let record = record(&root, report)?;
    let asked = Asked::read(given, options, &root, record.as_ref())?;
    let Granted { answers, notes } = &asked.granted;
    for note in notes {
        report.note(note);
    }
    let plan = Plan::of(options, answers)?;
    let guess = match &record {
        None => Some(guess(options, &asked.before, &plan)?),
        Some(_) => None,
    };
    let changes = changes(&root, &given.wish, record.as_ref(), guess.as_ref(), &plan)?;
    if let Some(change) = changes
        .iter()
        .find(|change| change.outcome == Outcome::Blocked)
    {
        return Err(blocked(change).into());
    }

    let mut update = Update {
        name: answers.name.to_string(),
        root: &root,
        from: record.as_ref(),
        answers: &answers.options,
        changes: &changes,
        notes,
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
    let state = git::state(&root);
    if let (State::Dirty(paths), false) = (&state, given.allow_dirty) {
        return Err(dirty(paths).into());
    }
    let mut marked = Vec::new();
    let tell = |conflicts: &[Unmerged]| marked = mark(&root, conflicts, report);
    update.backup = apply::apply(&root, &changes, state != State::Clean, tell)?.backup;
    let before = record.as_ref().or(guess.as_ref());
    update.next_steps = next_steps::resolve(&changes, &marked);
    if update.next_steps.is_empty() && state != State::Unknown {
        update.next_steps.push(next_steps::review());
    }
    update.next_steps.extend(next_steps::run(
        &changes,
        options,
        before.map(|record| &record.answers),
        answers,
    ));
    update.elapsed = started.elapsed();
    report.updated(&update)?;
    Ok(match update.conflicts().next() {
        Some(_) => Exit::Conflicts,
        None => Exit::Done,
    })
}

/// What the project and the command line say.
struct Asked {
    granted: Granted,
    /// The answers of the project as they are.
    before: Answers,
}

impl Asked {
    fn read(
        given: &cli::Update,
        options: &Options,
        root: &Path,
        record: Option<&Record>,
    ) -> Result<Self, Refusal> {
        let path = root.join(answers_file::PATH);
        let path = project::shown(&path);
        let file = AnswersFile::read(path, options)?;
        if let Some(version) = &file.newer {
            return Err(project::newer(&version.to_string()));
        }
        let name = file.name.ok_or_else(|| {
            Refusal::usage(
                format!("`{}` does not say the project's name", path.display()),
                "write it under `[answers]`, for example `name = \"my_app\"`",
            )
        })?;
        let name = project_name(&name, record, path)?;
        let nothing = BTreeMap::new();
        let project = wish::Project {
            name,
            said: file.said,
            recorded: record.map_or(&nothing, |record| &record.answers),
        };
        Ok(Self {
            before: project.answers(options)?,
            granted: given.wish.grant(options, &project)?,
        })
    }
}

/// A project keeps its name, even where later templates depend on a crate of that name.
fn project_name(name: &str, record: Option<&Record>, path: &Path) -> Result<ProjectName, Refusal> {
    let is_new = record.and_then(Record::name).as_deref() != Some(name);
    let is_taken = |name: &str| is_new && templates::is_dependency(name);
    ProjectName::parse(name, is_taken).map_err(|bad| bad.in_file(path))
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

/// Stands in for a record that is missing: what this Forge would have rendered for the answers so far,
/// of which only what is no longer rendered matters.
fn guess(options: &Options, before: &Answers, plan: &Plan<'_>) -> Result<Record> {
    let mut files = Plan::of(options, before)?.pristine();
    files.retain(|path, _| !plan.files.contains_key(path));
    let answers = before.options.iter();
    Ok(Record {
        forge: FORGE_VERSION.to_owned(),
        answers: answers
            .map(|answer| (answer.name.clone(), answer.value.clone()))
            .collect(),
        files,
    })
}

fn changes(
    root: &Path,
    wish: &Wish,
    record: Option<&Record>,
    guess: Option<&Record>,
    plan: &Plan<'_>,
) -> Result<Vec<Change>> {
    let paths: Vec<&str> = merge::paths(record.or(guess), plan).collect();
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
            Wish::Add(options) => {
                let names: Vec<&str> = options.iter().map(|(name, _)| name.as_str()).collect();
                format!("forge add {}", names.join(" "))
            }
            Wish::Remove(options) => format!("forge remove {}", options.join(" ")),
            Wish::Update => format!("forge {FORGE_VERSION}"),
        },
    };
    let mut changes = merge::merge(record, &tree, plan, &labels);
    if guess.is_some() {
        let mut gone = merge::merge(guess, &tree, &Plan::default(), &labels);
        for change in gone
            .iter_mut()
            .filter(|change| change.outcome == Outcome::Kept)
        {
            change.why = Some("no longer rendered, and its last render is unknown".to_owned());
        }
        changes.append(&mut gone);
        changes.sort_by(|a, b| a.path.cmp(&b.path));
    }
    Ok(changes)
}

fn blocked(change: &Change) -> Refusal {
    Refusal::failure(
        format!(
            "`{}` cannot be written: {}",
            change.path,
            change.why.as_deref().unwrap_or_default()
        ),
        "forge does not write through links; put a real directory there during the update",
    )
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

/// Lets `git status` and `git mergetool` know about conflicts, and gives the paths that they know.
fn mark(root: &Path, conflicts: &[Unmerged], report: Report) -> Vec<String> {
    if conflicts.is_empty() || git::state(root) == State::Unknown {
        return Vec::new();
    }
    git::mark_unmerged(root, conflicts).unwrap_or_else(|reason| {
        report.note(&format!(
            "git could not be told about the conflicts: {reason}"
        ));
        Vec::new()
    })
}
