//! `forge add`, `forge remove` and `forge update`: one merge of what has changed since the last
//! render into what the user has.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::FORGE_VERSION;
use crate::commands::next_steps;
use crate::disk::apply;
use crate::disk::tree::{self, Wanted};
use crate::error::{Exit, Refusal};
use crate::git::{Repository, Unmerged};
use crate::input::answers::Answers;
use crate::input::answers_file::{self, AnswersFile};
use crate::input::cli;
use crate::input::name::ProjectName;
use crate::input::options::Options;
use crate::input::revision::{self, Revised, Revision};
use crate::input::value::Value;
use crate::interrupt;
use crate::layers::{Layers, embedded};
use crate::merge::lines::Labels;
use crate::merge::relocations::{self, Moved};
use crate::merge::{self, BESIDE, Change, Outcome};
use crate::plan::Plan;
use crate::project::{self, Kept};
use crate::record::{self, Record};
use crate::report::Report;
use crate::report::changes::Update;

/// Updates a project, or says what it would do.
pub fn run(given: &cli::Update, layers: &Layers, report: Report) -> Result<Exit> {
    let started = Instant::now();
    let options = &layers.options;
    let root = project::find()?;
    let only_looks = given.dry_run || given.check;
    let _lock = if only_looks {
        None
    } else {
        Some(apply::lock(&root)?)
    };
    settle(&root, only_looks, report)?;

    let repository = ask(Repository::open(&root), report).flatten();
    let repository = repository.as_ref();
    interrupt::check()?;
    let record = record(&root, repository, report)?;
    let asked = Asked::read(given, options, &root, record.as_ref())?;
    let Revised { answers, notes } = &asked.revised;
    report.notes(notes);
    let plan = Plan::of(layers, answers)?;
    let guess = match &record {
        None => Some(guess(layers, &asked.before, &plan)?),
        Some(_) => None,
    };
    let sides = Sides {
        moved: layers.moved(answers),
        record: record.as_ref(),
        guess: guess.as_ref(),
        plan: &plan,
    };
    let changes = changes(&root, &label(&given.revision), &sides, repository)?;
    if let Some(change) = changes
        .iter()
        .find(|change| change.outcome == Outcome::Blocked)
    {
        return Err(blocked(change).into());
    }

    let mut more = replacements(layers, answers, &changes);
    more.extend(layers.removal_notes(answers, |path| {
        let mut changes = changes.iter();
        changes.any(|change| change.path == path && change.outcome == Outcome::Removed)
    }));
    report.notes(&more);
    let notes = [notes.as_slice(), &more].concat();
    let mut update = Update::new(&root, record.as_ref(), answers, &changes, &notes);
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
    let uncommitted = repository.map(Repository::uncommitted);
    let is_committed = match uncommitted.and_then(|paths| ask(paths, report)) {
        Some(paths) if !paths.is_empty() && !given.allow_dirty => {
            return Err(dirty(&paths).into());
        }
        paths => paths.is_some_and(|paths| paths.is_empty()),
    };
    let mut marked = Vec::new();
    let tell = |conflicts: &[Unmerged]| {
        if let Some(repository) = repository {
            marked = mark(repository, conflicts, report);
        }
    };
    update.backup = apply::apply(&root, &changes, !is_committed, tell)?.backup;
    update.next_steps = next_steps::resolve(&root, &changes, &marked);
    if update.next_steps.is_empty() && repository.is_some() {
        update.next_steps.push(next_steps::review());
    }
    let steps = next_steps::run(&changes, layers, &plan, answers);
    update.next_steps.extend(steps);
    if let Some(backup) = &update.backup {
        update.next_steps.push(next_steps::restore(&root, backup));
    } else if is_committed {
        update.next_steps.push(next_steps::undo(&root));
    }
    update.elapsed = started.elapsed();
    report.updated(&update)?;
    Ok(match update.conflicts().next() {
        Some(_) => Exit::Conflicts,
        None => Exit::Done,
    })
}

/// Finishes what an interrupted run has begun, which a run that only looks leaves to another one.
pub(super) fn settle(root: &Path, only_looks: bool, report: Report) -> Result<()> {
    if only_looks {
        return if apply::is_unfinished(root)? {
            Err(Refusal::failure(
                "an update of this project was interrupted",
                "run `forge update` to finish it",
            )
            .into())
        } else {
            Ok(())
        };
    }
    let tell = |conflicts: &[Unmerged]| {
        if let Some(repository) = ask(Repository::open(root), report).flatten() {
            mark(&repository, conflicts, report);
        }
    };
    if let Some(applied) = apply::recover(root, tell)? {
        report.note("finished an update that had been interrupted");
        if let Some(backup) = &applied.backup {
            report.note(&format!(
                "the previous versions of the files are in `{}`",
                backup.display()
            ));
        }
    }
    Ok(())
}

/// What the project and the command line say.
struct Asked {
    revised: Revised,
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
        let project = described(options, root, record)?;
        Ok(Self {
            before: project.answers(options)?,
            revised: given.revision.apply(options, &project)?,
        })
    }
}

/// A project as its `forge.toml` and its record describe it.
pub(super) fn described<'a>(
    options: &Options,
    root: &Path,
    record: Option<&'a Record>,
) -> Result<revision::Project<'a>, Refusal> {
    static NOTHING: BTreeMap<String, Value> = BTreeMap::new();
    let path = root.join(answers_file::PATH);
    let found = tree::read_file(&path, answers_file::LARGEST);
    let path = project::shown(&path);
    let fault = match found {
        Ok(Some(_)) => None,
        Ok(None) => Some("it is too large".to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(fault) = fault {
        return Err(Refusal::usage(
            format!("could not read `{}`: {fault}", path.display()),
            "put a file with the answers there, as `forge new` writes it",
        ));
    }
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
    Ok(revision::Project {
        name: project_name(&name, record, path)?,
        said: file.said,
        recorded: record.map_or(&NOTHING, |record| &record.answers),
        layers: file.layers,
    })
}

/// A project keeps its name, even where later templates depend on a crate of that name.
fn project_name(name: &str, record: Option<&Record>, path: &Path) -> Result<ProjectName, Refusal> {
    let is_new = record.and_then(Record::name).as_deref() != Some(name);
    let is_taken = |name: &str| is_new && embedded::is_dependency(name);
    ProjectName::parse(name, is_taken).map_err(|bad| bad.in_file(path))
}

pub(super) fn record(
    root: &Path,
    repository: Option<&Repository>,
    report: Report,
) -> Result<Option<Record>> {
    if repository.is_some_and(|repository| repository.left_out().contains(record::PATH)) {
        return Err(Refusal::failure(
            format!("`{}` is not in this sparse checkout", record::PATH),
            format!("run `git sparse-checkout add {}`", record::PATH),
        )
        .into());
    }
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
fn guess(layers: &Layers, before: &Answers, plan: &Plan<'_>) -> Result<Record> {
    let mut files = Plan::of(layers, before)?.pristine();
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

/// What is merged into the user's files.
pub(super) struct Sides<'a> {
    pub(super) moved: Moved<'a>,
    pub(super) record: Option<&'a Record>,
    pub(super) guess: Option<&'a Record>,
    pub(super) plan: &'a Plan<'a>,
}

pub(super) fn changes(
    root: &Path,
    label: &str,
    sides: &Sides<'_>,
    repository: Option<&Repository>,
) -> Result<Vec<Change>> {
    let Sides {
        ref moved,
        record,
        guess,
        plan,
    } = *sides;
    let paths: Vec<&str> = merge::paths(record.or(guess), plan).collect();
    let related: Vec<String> = paths.iter().flat_map(|path| merge::related(path)).collect();
    let related = related.iter().map(String::as_str);
    let wanted = Wanted {
        paths: paths.into_iter().chain(related).collect(),
        expected: merge::expected(record, plan).collect(),
    };
    let tree = tree::read(root, &wanted, repository)?;
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
    let unmerged = repository.map(Repository::unmerged).unwrap_or_default();
    let is_known = |path: &str| tree.entries.contains_key(path) || tree.others.contains_key(path);
    let unmerged: Vec<&str> = unmerged.into_iter().filter(|path| is_known(path)).collect();
    if !unmerged.is_empty() {
        return Err(Refusal::conflicts(
            format!("git knows of conflicts in `{}`", unmerged.join("`, `")),
            "resolve them first, then `git add` the files",
        )
        .into());
    }
    let last = record.map_or("an unknown forge", |record| record.forge.as_str());
    let labels = Labels {
        base: format!("last render (forge {last})"),
        theirs: label.to_owned(),
    };
    let gone = guess.map(|guess| merge::merge(Some(guess), &tree, &Plan::default(), &labels));
    let mut changes = relocations::merge(moved, record, tree, plan, &labels);
    if let Some(mut gone) = gone {
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

/// What conflicts call the new render.
fn label(revision: &Revision) -> String {
    match revision {
        Revision::Add(options) => {
            let names: Vec<&str> = options.iter().map(|(name, _)| name.as_str()).collect();
            format!("forge add {}", names.join(" "))
        }
        Revision::Remove(options) => format!("forge remove {}", options.join(" ")),
        Revision::Update => format!("forge {FORGE_VERSION}"),
    }
}

/// What has to be said of the files that change, because a layer from outside replaces them.
fn replacements(layers: &Layers, answers: &Answers, changes: &[Change]) -> Vec<String> {
    let changes = |path: &str| {
        let mut changes = changes.iter();
        changes.any(|change| change.path == path && change.writes())
    };
    layers.replacements(answers, changes).collect()
}

fn blocked(change: &Change) -> Refusal {
    Refusal::failure(
        format!(
            "`{}` cannot be written: {}",
            change.path,
            change.why.as_deref().unwrap_or_default()
        ),
        "forge does not write through links, nor over what is yours; move it out of the way",
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

/// What git says, or a note with its reason for saying nothing.
pub(super) fn ask<T>(answer: Result<T, String>, report: Report) -> Option<T> {
    let note = |reason| format!("git cannot be asked: {reason}");
    answer.map_err(|reason| report.note(&note(reason))).ok()
}

/// Lets `git status` and `git mergetool` know about conflicts, and returns the paths that they know.
fn mark(repository: &Repository, conflicts: &[Unmerged], report: Report) -> Vec<String> {
    if conflicts.is_empty() {
        return Vec::new();
    }
    repository
        .mark_unmerged(conflicts)
        .unwrap_or_else(|reason| {
            report.note(&format!(
                "git could not be told about the conflicts: {reason}"
            ));
            Vec::new()
        })
}
