//! `forge completions`: a script with which a shell asks this program what can stand at its cursor.

use std::ffi::OsString;

use anyhow::{Context as _, Result};
use clap::Command;
use clap_complete::env::{CompleteEnv, Shells};
use clap_complete::{ArgValueCandidates, CompletionCandidate, Shell};

use crate::commands::update;
use crate::input::answers::Answers;
use crate::input::cli;
use crate::input::options::{Kind, OptionSpec, Options};
use crate::layers::{Layer, Layers, named};
use crate::project::{self, Kept};

/// The variable of the environment in which a shell that asks says which one it is.
const VARIABLE: &str = "COMPLETE";

/// The script for a shell.
pub fn script(shell: Shell) -> Result<Vec<u8>> {
    let mut script = Vec::new();
    Shells::builtins()
        .completer(&shell.to_string())
        .with_context(|| format!("there are no completions for {shell}"))?
        .write_registration(VARIABLE, "forge", "forge", "forge", &mut script)?;
    Ok(script)
}

/// Answers a shell, where it is one that asks; what it has typed so far stands behind a `--`.
pub fn answer(args: &[OsString]) -> Result<bool, clap::Error> {
    if std::env::var_os(VARIABLE).is_none() {
        return Ok(false);
    }
    let typed = args.iter().skip_while(|arg| *arg != "--").skip(1);
    let typed: Vec<OsString> = typed.cloned().collect();
    let layers = named::layers(&typed).or_else(|_| Layers::built_in());
    let Ok(layers) = layers else { return Ok(true) };
    let directory = std::env::current_dir().ok();
    CompleteEnv::with_factory(|| command(&layers))
        .var(VARIABLE)
        .try_complete(args, directory.as_deref())
}

/// The command, with what makes sense in the project of the current directory.
fn command(layers: &Layers) -> Command {
    let options = &layers.options;
    let answers = answers_here(options);
    let offered = |is_offered: &dyn Fn(&OptionSpec) -> bool| {
        let options = options.list.iter().filter(|option| is_offered(option));
        candidates(options.map(|option| (option.name.clone(), option.gloss.clone())))
    };
    let on = |layer: &&Layer| answers.as_ref().is_none_or(|answers| layer.is_on(answers));
    let generators = layers.list.iter().filter(on);
    let generators = generators.flat_map(|layer| &layer.generators);
    let generators =
        candidates(generators.map(|other| (other.name.clone(), other.manifest.gloss.clone())));
    let is_on = |option: &OptionSpec| answers.as_ref().map(|answers| answers.is_on(&option.name));
    let added =
        offered(&|option| !matches!(option.kind, Kind::Text(_)) && is_on(option) != Some(true));
    let removed = offered(&|option| option.off().is_some() && is_on(option) != Some(false));
    cli::command(options)
        .mut_subcommand(cli::ADD, |command| {
            command.mut_arg(cli::OPTION, |option| option.add(added))
        })
        .mut_subcommand(cli::REMOVE, |command| {
            command.mut_arg(cli::OPTION, |option| option.add(removed))
        })
        .mut_subcommand("generate", |command| {
            command.mut_arg(cli::GENERATOR, |generator| generator.add(generators))
        })
}

/// Words with their meanings, as shells show them.
fn candidates(words: impl Iterator<Item = (String, String)>) -> ArgValueCandidates {
    let words: Vec<(String, String)> = words.collect();
    ArgValueCandidates::new(move || {
        let words = words.iter();
        let candidate = |(word, gloss): &(String, String)| {
            CompletionCandidate::new(word).help(Some(gloss.clone().into()))
        };
        words.map(candidate).collect()
    })
}

/// The answers of the project of the current directory, where there is one that can be read.
fn answers_here(options: &Options) -> Option<Answers> {
    let root = project::find().ok()?;
    let record = match project::record(&root).ok()? {
        Kept::Record(record) => Some(record),
        Kept::Nothing(_) => None,
    };
    let project = update::described(options, &root, record.as_ref()).ok()?;
    project.answers(options).ok()
}
