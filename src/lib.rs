//! Forge writes Rust web services.
//!
//! # Layout
//!
//! Data flows one way, with a module for each stage:
//!
//! ```text
//! argv -layers-> Layers with their Options
//! argv -cli(+Options)-> Given -answers(+answers_file, prompt)-> Answers
//!      -plan(+Layers)-> Plan -disk-> a project -report-> text
//!
//! record + Plan + the tree on disk -merge-> Changes -disk-> the project -report-> text
//! ```
//!
//! - [`layers`]: the folders of templates, and the options that come with them.
//! - [`input`]: from argv, the answers file and questions to complete answers.
//! - [`plan`]: from answers to the bytes of every file, without touching anything.
//! - [`record`], [`project`]: what a project says about itself and keeps of its last render.
//! - [`merge`]: from that render, the new one and the user's files to changes, still touching nothing.
//! - [`disk`]: the only module that writes files.
//! - [`report`]: the only module that prints.
//! - [`commands`]: the stages in their order, for each command.
//!
//! Each side effect has one door: [`input::prompt`] asks, [`disk`] writes, [`git`] starts git,
//! [`report`] prints, [`interrupt`] hears signals. `clippy.toml` keeps these doors the only ones.
//! [`error`] is what ends a run early.

pub mod commands;
pub mod disk;
pub mod error;
pub mod git;
pub mod input;
pub mod interrupt;
pub mod layers;
pub mod merge;
pub mod plan;
pub mod project;
pub mod record;
pub mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::commands::{completions, diff, generate, new, update};
use crate::error::Exit;
use crate::input::cli::{self, Given};
use crate::input::options::Options;
use crate::input::schema;
use crate::layers::{Layers, embedded, named};
use crate::report::Report;

/// The version of this Forge, which projects record.
pub const FORGE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs `forge` with a command line, which begins with the name of the program.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    match completions::answer(&args) {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => return Report::default().command_line(&error),
    }
    let layers = match named::layers(&args) {
        Ok(layers) => layers,
        Err(error) => {
            let json = cli::seems_to_want_json(&args);
            return Report { json, quiet: false }.failure(&error);
        }
    };
    let given = match cli::parse(&layers.options, &args) {
        Ok(given) => given,
        Err(error) => {
            let json = cli::seems_to_want_json(&args);
            return Report { json, quiet: false }.command_line(&error);
        }
    };
    let (json, quiet) = match &given {
        Given::New(new) => (new.json, new.quiet),
        Given::Update(update) => (update.json, update.quiet),
        Given::Generate(generate) => (generate.json, generate.quiet),
        Given::Diff { json, .. } | Given::Options { json } => (*json, false),
        Given::Completions(_) | Given::Man { .. } => (false, false),
    };
    let report = Report { json, quiet };
    match execute(&given, &layers, report) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => report.failure(&error),
    }
}

fn execute(given: &Given, layers: &Layers, report: Report) -> Result<Exit> {
    match given {
        Given::New(given) => {
            interrupt::watch()?;
            new::run(given, layers, report)?;
        }
        Given::Update(given) => {
            interrupt::watch()?;
            return update::run(given, layers, report);
        }
        Given::Generate(given) => {
            interrupt::watch()?;
            return generate::run(given, layers, report);
        }
        Given::Diff { stat, .. } => diff::run(*stat, report)?,
        Given::Options { json: false } => report::options(&layers.options)?,
        Given::Options { json: true } => {
            let dependencies: Vec<&str> = embedded::dependencies().collect();
            report::print_json(&schema::of(&layers.options, &dependencies))?;
        }
        Given::Completions(shell) => report::print(completions::script(*shell)?)?,
        Given::Man { command } => report::print(manual(&layers.options, command.as_deref())?)?,
    }
    Ok(Exit::Done)
}

fn manual(options: &Options, command: Option<&str>) -> Result<Vec<u8>> {
    // Its page would be the others again.
    let mut forge = cli::command(options).disable_help_subcommand(true);
    forge.build();
    let subject = match command {
        None => forge,
        Some(command) => forge
            .find_subcommand(command)
            .with_context(|| format!("there is no command `{command}`"))?
            .clone(),
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(subject).render(&mut page)?;
    Ok(page)
}
