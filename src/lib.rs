//! Forge writes Rust web services.
//!
//! # Layout
//!
//! Data flows one way, with a module for each stage:
//!
//! ```text
//! argv -cli-> Given -answers(+answers_file, prompt)-> Answers -project-> Context
//!      -plan(+templates)-> Plan -disk-> a project -report-> text
//! ```
//!
//! - [`cli`]: from argv to what was given; the flags come from the option data.
//! - [`options`]: that data, which is `templates/template.toml`.
//! - [`answers`], [`answers_file`]: from what was said to the complete answers.
//! - [`name`], [`target`]: the name and the place of a project, checked at the edge.
//! - [`project`]: what templates see.
//! - [`templates`], [`tag_lines`], [`lockfile`], [`plan`]: from that to the bytes of every file.
//! - [`proposal`]: all of it together, settled but not written.
//! - [`new`]: the command that runs these stages; [`replay`]: the command line that repeats it.
//! - [`schema`]: the answers file as a JSON schema.
//!
//! Each side effect has one door: [`prompt`] asks, [`disk`] writes, [`git`] starts git, [`report`]
//! prints, [`interrupt`] hears signals. `clippy.toml` keeps these doors the only ones.
//! [`error`] is what ends a run early.

pub mod answers;
pub mod answers_file;
pub mod cli;
pub mod disk;
pub mod error;
pub mod git;
pub mod interrupt;
pub mod lockfile;
pub mod name;
pub mod new;
pub mod options;
pub mod plan;
pub mod project;
pub mod prompt;
pub mod proposal;
pub mod replay;
pub mod report;
pub mod schema;
pub mod tag_lines;
pub mod target;
pub mod templates;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::cli::Given;
use crate::options::Options;
use crate::report::Report;

/// Runs `forge` with a command line, which begins with the name of the program.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // Known before anything can fail, because failures are reported accordingly.
    let mut report = Report {
        json: args.iter().any(|arg| arg == "--json"),
        quiet: false,
    };
    let options = match templates::options() {
        Ok(options) => options,
        Err(error) => return report.failure(&error),
    };
    let given = match cli::parse(&options, &args) {
        Ok(given) => given,
        Err(error) => return report.command_line(&error),
    };
    if let Given::New(new) = &given {
        report.quiet = new.quiet;
    }
    match execute(&given, &options, report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report.failure(&error),
    }
}

fn execute(given: &Given, options: &Options, report: Report) -> Result<()> {
    match given {
        Given::New(given) => {
            interrupt::watch()?;
            new::run(given, options, report)
        }
        Given::Options { json: false } => report::options(options),
        Given::Options { json: true } => report::print_json(&schema::of(options)),
        Given::Completions(shell) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut cli::command(options), "forge", &mut script);
            report::print(script)
        }
        Given::Man { command } => report::print(manual(options, command.as_deref())?),
    }
}

fn manual(options: &Options, command: Option<&str>) -> Result<Vec<u8>> {
    let mut forge = cli::command(options);
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
