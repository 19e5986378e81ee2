//! What an update does, or would do, to a project.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use console::{Style, style};
use serde_json::{Value, json};

use crate::FORGE_VERSION;
use crate::input::answers::{Answer, Answers};
use crate::input::options::NextStep;
use crate::input::value;
use crate::merge::{self, Change, Outcome};
use crate::record::{self, Record};
use crate::report::diff::{Contents, Edit, colored};
use crate::report::{Report, milliseconds, numbered, print, print_error, print_json, visible};

/// An update, made or only looked at.
pub struct Update<'a> {
    /// The name of the project.
    pub name: String,
    /// Where the project is.
    pub root: &'a Path,
    /// The last render, where it is known.
    pub from: Option<&'a Record>,
    /// The answers that the project gets.
    pub answers: &'a [Answer],
    /// Every file with what becomes of it.
    pub changes: &'a [Change],
    /// What was said about the options.
    pub notes: &'a [String],
    /// What to do now.
    pub next_steps: Vec<NextStep>,
    /// Where the previous versions of the files are, below the project.
    pub backup: Option<PathBuf>,
    /// How long it took.
    pub elapsed: Duration,
}

impl<'a> Update<'a> {
    /// What becomes of a project, before anything is done.
    #[must_use]
    pub fn new(
        root: &'a Path,
        from: Option<&'a Record>,
        answers: &'a Answers,
        changes: &'a [Change],
        notes: &'a [String],
    ) -> Self {
        Self {
            name: answers.name.to_string(),
            root,
            from,
            answers: &answers.options,
            changes,
            notes,
            next_steps: Vec::new(),
            backup: None,
            elapsed: Duration::ZERO,
        }
    }

    /// The files in which the user has to decide.
    pub fn conflicts(&self) -> impl Iterator<Item = &Change> {
        self.with(Outcome::Conflict)
    }

    fn with(&self, outcome: Outcome) -> impl Iterator<Item = &Change> {
        let changes = self.changes.iter();
        changes.filter(move |change| change.outcome == outcome)
    }

    fn writes(&self) -> bool {
        self.changes.iter().any(Change::writes)
    }

    fn counts(&self) -> BTreeMap<Outcome, usize> {
        let mut counts = BTreeMap::new();
        for change in self.changes {
            *counts.entry(change.outcome).or_default() += 1;
        }
        counts
    }

    fn extent(&self) -> String {
        let counts = self.counts().into_iter();
        let words: Vec<String> = counts
            .map(|(outcome, count)| match (outcome, count) {
                (Outcome::Conflict, 2..) => format!("{count} conflicts"),
                _ => format!("{count} {}", word(outcome)),
            })
            .collect();
        words.join(", ")
    }
}

impl Report {
    /// Tells what was done.
    pub fn updated(self, update: &Update<'_>) -> Result<()> {
        if self.json {
            return print_json(&document(update, true));
        }
        if self.quiet {
            for change in update.conflicts() {
                print_error(&format!("conflict in `{}`\n", visible(&change.path)));
            }
            return Ok(());
        }
        let mut text = list(update)?;
        writeln!(
            text,
            "\n{} `{}`: {} in {}",
            style("Updated").green().bold(),
            update.name,
            update.extent(),
            milliseconds(update.elapsed),
        )?;
        if let Some(backup) = &update.backup {
            writeln!(
                text,
                "\nThe previous versions of the files are in `{}`.",
                backup.display()
            )?;
        }
        if update.conflicts().next().is_some() {
            writeln!(text, "\n{} are left in", style("Conflicts").red().bold())?;
            for change in update.conflicts() {
                writeln!(text, "  {}", visible(&change.path))?;
            }
        }
        writeln!(
            text,
            "\nNext steps:\n{}",
            numbered(&update.next_steps).trim_end()
        )?;
        print(&text)
    }

    /// Tells what would be done, or that there is nothing to do.
    pub fn update_seen(self, update: &Update<'_>, check: bool, dry_run: bool) -> Result<()> {
        if self.json {
            return print_json(&document(update, false));
        }
        if self.quiet {
            return Ok(());
        }
        let mut text = String::new();
        if dry_run || update.writes() {
            text.push_str(&list(update)?);
            text.push('\n');
        }
        if dry_run {
            // Nobody reads what the record says.
            let shown = update
                .changes
                .iter()
                .filter(|change| change.path != record::PATH);
            for change in shown.filter(|change| change.writes()) {
                text.push_str(&colored(&unified(change)));
            }
            text.push('\n');
        }
        if !update.writes() {
            writeln!(
                text,
                "Nothing to do: `{}` has everything that forge {FORGE_VERSION} renders",
                update.name
            )?;
        } else if check {
            writeln!(
                text,
                "`forge update` would change `{}`: {}",
                update.name,
                update.extent()
            )?;
        } else {
            writeln!(text, "{}, nothing was written", update.extent())?;
        }
        print(&text)
    }
}

fn list(update: &Update<'_>) -> Result<String> {
    let mut text = String::new();
    for change in update.changes {
        if change.outcome != Outcome::Unchanged && change.path != record::PATH {
            let outcome = color(change.outcome).apply_to(format!("{:9}", word(change.outcome)));
            let why = change.why.as_ref().map(|why| format!(": {why}"));
            writeln!(
                text,
                "  {outcome}  {}{}",
                visible(&change.path),
                visible(&why.unwrap_or_default())
            )?;
        }
    }
    Ok(text)
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unchanged => "unchanged",
        Outcome::Updated => "updated",
        Outcome::Merged => "merged",
        Outcome::Added => "added",
        Outcome::Removed => "removed",
        Outcome::Moved => "moved",
        Outcome::Kept => "kept",
        Outcome::Conflict => "conflict",
        Outcome::Blocked => "blocked",
    }
}

fn color(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Unchanged => Style::new().dim(),
        Outcome::Updated | Outcome::Merged | Outcome::Added => Style::new().green(),
        Outcome::Removed | Outcome::Moved | Outcome::Kept => Style::new().yellow(),
        Outcome::Conflict | Outcome::Blocked => Style::new().red().bold(),
    }
}

fn unified(change: &Change) -> String {
    let is_secret = change.path == merge::ENVIRONMENT;
    let mut before = change.before.clone();
    // What stands around new variables may be secret, and so may a last line without its line break.
    if let (true, Some(before), Some(after)) = (is_secret, &mut before, &change.after)
        && let Some(added) = after.strip_prefix(before.as_slice())
        && !before.ends_with(b"\n")
    {
        let end = added.iter().position(|byte| *byte == b'\n');
        before.extend(&added[..end.map_or(0, |end| end + 1)]);
    }
    let edit = Edit {
        path: &change.path,
        place: &change.path,
        before: Contents::of(before.as_deref()),
        after: Contents::of(change.after.as_deref()),
    };
    edit.unified(if is_secret { 0 } else { 3 })
}

fn document(update: &Update<'_>, written: bool) -> Value {
    let files = update.changes.iter().map(|change| {
        let mut file = json!({
            "path": change.path,
            "outcome": change.outcome,
            "why": change.why,
        });
        if !written && change.writes() {
            file["diff"] = Value::from(unified(change));
        }
        file
    });
    let answers = update.answers.iter();
    let answers: BTreeMap<&str, &value::Value> = answers
        .map(|answer| (answer.name.as_str(), &answer.value))
        .collect();
    let conflicts: Vec<&str> = update
        .conflicts()
        .map(|change| change.path.as_str())
        .collect();
    json!({
        "name": update.name,
        "path": update.root.to_string_lossy(),
        "from": update.from.map(|record| json!({
            "version": record.forge,
            "answers": record.answers,
        })),
        "to": { "version": FORGE_VERSION, "answers": answers },
        "changes": update.writes(),
        "written": written,
        "files": files.collect::<Vec<_>>(),
        "conflicts": conflicts,
        "backup": update.backup.as_ref().map(|backup| backup.to_string_lossy()),
        "notes": update.notes,
        "next_steps": update.next_steps,
        "elapsed_ms": update.elapsed.as_secs_f64() * 1000.0,
    })
}
