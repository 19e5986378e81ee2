//! `forge generate`: files for one item, and the lines that wire them in.
//!
//! What a generator adds is merged as an update is: the files as rendered, the same with what the
//! generator adds, and the user's. From then on, all of it is the user's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Instant, SystemTime};

use anyhow::Result;

use crate::FORGE_VERSION;
use crate::commands::{next_steps, update};
use crate::disk::apply;
use crate::error::{Exit, Refusal};
use crate::git::Repository;
use crate::input::answers::Answers;
use crate::input::cli;
use crate::input::item::{Item, Name};
use crate::interrupt;
use crate::layers::generators::Generator;
use crate::layers::{Layer, Layers, embedded};
use crate::merge::{Change, ENVIRONMENT, Outcome, insertions};
use crate::plan::context::Context;
use crate::plan::{self, Plan};
use crate::project;
use crate::record::Record;
use crate::report::Report;
use crate::report::changes::Update;

/// Generates, or says what would be generated; without a generator, lists those that there are.
pub fn run(given: &cli::Generate, layers: &Layers, report: Report) -> Result<Exit> {
    let started = Instant::now();
    let Some((generator, name)) = &given.what else {
        let all = layers.list.iter().flat_map(|layer| &layer.generators);
        report.generators(all)?;
        return Ok(Exit::Done);
    };
    let root = project::find()?;
    let _lock = if given.dry_run {
        None
    } else {
        Some(apply::lock(&root)?)
    };
    update::settle(&root, given.dry_run, report)?;
    let repository = update::ask(Repository::open(&root), report).flatten();
    interrupt::check()?;
    let record = update::record(&root, repository.as_ref(), report)?;
    let described = update::described(&layers.options, &root, record.as_ref())?;
    let answers = described.answers(&layers.options)?;
    let generator = find(generator, layers, &answers)?;
    let name = Name::parse(name)?.at_most(generator.manifest.longest)?;
    let fields = generator.fields(&given.fields)?;
    let item = Item::new(&name, number(&root, generator), fields);
    generator.check(&item)?;

    let on: Vec<&Layer> = layers.on(&answers).collect();
    let mut context = Context::new(
        &answers,
        embedded::versions()?,
        &layers.rust_version(&answers),
    )?;
    let base = Plan::new(&context, &on)?;
    context.item = Some(item.clone());
    let layer = generator.layer(&item, &context)?;
    are_free(&root, &layer, &on)?;
    let mut plan = Plan::new(&context, &[on, vec![&layer]].concat())?;
    let mut pristine = base.pristine();
    plan.files.retain(|path, file| {
        let before = pristine.get(path).and_then(|base| base.bytes.as_deref());
        before != Some(&*file.bytes)
    });
    pristine.retain(|path, _| plan.files.contains_key(path));
    let base = Record {
        forge: FORGE_VERSION.to_owned(),
        answers: answers.by_name(),
        files: pristine,
    };
    is_up_to_date(record.as_ref(), &base)?;

    let sides = update::Sides {
        moved: BTreeMap::new(),
        record: Some(&base),
        guess: None,
        plan: &plan,
    };
    let label = format!("forge generate {} {}", generator.name, item.snake);
    let mut changes = update::changes(&root, &label, &sides, repository.as_ref())?;
    wire(&mut changes, &base, &plan)?;
    let notes: Vec<String> = note_on_lock(&plan).into_iter().collect();
    report.notes(&notes);
    let mut update = Update::new(&root, record.as_ref(), &answers, &changes, &notes);
    if given.dry_run {
        update.elapsed = started.elapsed();
        report.update_seen(&update, false, true)?;
        return Ok(Exit::Done);
    }
    // Lines are added, and nothing of the user's is replaced, so that there is nothing to back up.
    apply::apply(&root, &changes, false, |_| {})?;
    update.next_steps.clone_from(&generator.manifest.next_steps);
    update.next_steps.push(next_steps::test());
    update.elapsed = started.elapsed();
    report.updated(&update)?;
    Ok(Exit::Done)
}

fn find<'a>(name: &str, layers: &'a Layers, answers: &Answers) -> Result<&'a Generator, Refusal> {
    let all = |layer: &'a Layer| layer.generators.iter();
    let on: Vec<&Generator> = layers.on(answers).flat_map(all).collect();
    if let Some(generator) = on.iter().find(|generator| generator.name == name) {
        return Ok(generator);
    }
    let names: Vec<String> = on.iter().map(|other| format!("`{}`", other.name)).collect();
    let help = format!("this project has {}", names.join(", "));
    let mut off = layers.list.iter().flat_map(all);
    Err(if off.any(|generator| generator.name == name) {
        let message = format!("`{name}` belongs to an option that is off in this project");
        Refusal::usage(message, format!("{help}; `forge add` switches options on"))
    } else {
        Refusal::usage(format!("there is no generator `{name}`"), help)
    })
}

/// The time in UTC, such as 20261127164500, so that items of different branches have different numbers; or
/// one more than the greatest that is there.
fn number(root: &Path, generator: &Generator) -> u64 {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let now = digits(&now).parse().unwrap_or(0);
    let entries = generator.numbered().flat_map(|folder| {
        let entries = root.join(folder).read_dir();
        entries.into_iter().flatten().flatten()
    });
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let numbers = names.filter_map(|name| name.split_once('_')?.0.parse().ok());
    let last: u64 = numbers.max().unwrap_or(0);
    now.max(last.saturating_add(1))
}

/// Refuses to write where something is, or where a layer has a file.
fn are_free(root: &Path, generated: &Layer, on: &[&Layer]) -> Result<(), Refusal> {
    for template in &generated.templates {
        let path = template.output();
        let is_there = root.join(path).symlink_metadata().is_ok();
        if is_there || on.iter().any(|layer| layer.has(path)) {
            return Err(Refusal::target_exists(
                format!("`{path}` is there already"),
                "take another name, or delete the file and the lines that mention it",
            ));
        }
    }
    Ok(())
}

/// Refuses to add to files of another version of the templates: what is generated goes with these.
fn is_up_to_date(record: Option<&Record>, base: &Record) -> Result<(), Refusal> {
    let Some(record) = record else { return Ok(()) };
    let is_known = |path: &str| record.files.get(path).map(|file| &file.hash);
    match base
        .files
        .iter()
        .find(|(path, file)| is_known(path) != Some(&file.hash))
    {
        None => Ok(()),
        Some((path, _)) => Err(Refusal::failure(
            format!("`{path}` is not from this Forge's templates and these answers"),
            "run `forge update` first",
        )),
    }
}

/// What has to be said where the project gets a dependency.
fn note_on_lock(plan: &Plan<'_>) -> Option<String> {
    plan.files.get(plan::MANIFEST)?;
    Some("`Cargo.lock` does not know of it yet: the next `cargo build` adds it".to_owned())
}

/// Puts lines beside their neighbours where files have been formatted in another way, and refuses where
/// these are not found.
fn wire(changes: &mut [Change], base: &Record, plan: &Plan<'_>) -> Result<(), Refusal> {
    let text = |bytes| str::from_utf8(bytes).unwrap_or_default();
    let mut missing = String::new();
    for change in changes {
        let path = change.path.as_str();
        let before = base.files.get(path).and_then(|file| file.bytes.as_deref());
        let (Some(before), Some(after)) = (before, plan.files.get(path)) else {
            continue;
        };
        let insertions = insertions::between(text(before), text(&after.bytes));
        let ours = change.before.as_deref().map(text);
        let is_wired = ours.is_some_and(|ours| insertions::are_in(ours, &insertions));
        let is_merged = !matches!(
            change.outcome,
            Outcome::Conflict | Outcome::Blocked | Outcome::Kept
        );
        if !is_wired && (is_merged || path == ENVIRONMENT) {
            continue;
        }
        let inserted = match ours {
            Some(ours) if is_wired => Some(ours.to_owned()),
            ours => ours.and_then(|ours| insertions::insert(ours, &insertions).ok()),
        };
        // A line beside another one of the same key would be no manifest.
        let inserted = inserted
            .filter(|text| path != plan::MANIFEST || toml::from_str::<toml::Table>(text).is_ok());
        if let Some(text) = inserted {
            change.outcome = if is_wired {
                Outcome::Unchanged
            } else {
                Outcome::Merged
            };
            change.after = Some(text.into_bytes());
            change.sides = None;
            change.why = None;
        } else {
            let _ = write!(missing, "\n  `{path}`:");
            for line in insertions.iter().flat_map(|insertion| &insertion.lines) {
                let _ = write!(missing, "\n    {}", line.trim());
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Refusal::conflicts(
        format!("nothing shows where these lines belong:{missing}"),
        "add them, then run this again: it leaves what is there",
    ))
}
