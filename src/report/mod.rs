//! What the user is told: the only module that prints.
//!
//! Results go to standard output, everything else to standard error.

#![expect(
    clippy::disallowed_methods,
    reason = "the door to the standard streams"
)]

pub mod changes;
pub mod diff;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use console::style;
use serde_json::{Value, json};

use crate::commands::proposal::Proposal;
use crate::commands::replay;
use crate::error::{Declined, Exit, Refusal};
use crate::git::Vcs;
use crate::input::options::{Kind, NextStep, Options};
use crate::interrupt::Interrupted;
use crate::layers::generators::Generator;

/// How to report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// As one JSON document on standard output.
    pub json: bool,
    /// Errors only.
    pub quiet: bool,
}

impl Report {
    /// Tells what was written.
    pub fn created(self, project: &Proposal<'_>, elapsed: Duration) -> Result<()> {
        if self.json {
            return print_json(&document(project, false, elapsed));
        }
        if self.quiet {
            return Ok(());
        }
        let mut text = format!(
            "{} `{}`: {} in {}\n\nNext steps:\n",
            style("Created").green().bold(),
            project.target.path.display(),
            extent(project),
            milliseconds(elapsed),
        );
        text.push_str(&numbered(&next_steps(project)));
        let command = style(&project.command).cyan();
        writeln!(text, "\nTo repeat this:\n  {command}")?;
        print(&text)
    }

    /// Tells what would be written.
    pub fn dry_run(self, project: &Proposal<'_>, elapsed: Duration) -> Result<()> {
        if self.json {
            return print_json(&document(project, true, elapsed));
        }
        if self.quiet {
            return Ok(());
        }
        let mut text = format!("{}\n", project.target.path.display());
        let rows = tree(project);
        let width = rows.iter().map(|row| row.label.chars().count()).max();
        let width = width.unwrap_or_default();
        let layers = rows.iter().filter_map(|row| row.file);
        let layers = layers.map(|(layer, _)| layer.chars().count()).max();
        let layers = layers.unwrap_or_default();
        for row in &rows {
            match row.file {
                None => writeln!(text, "{}", row.label)?,
                Some((layer, bytes)) => writeln!(
                    text,
                    "{:width$}  {}",
                    row.label,
                    style(format!("{layer:layers$}  {:>8}", size(bytes))).dim(),
                )?,
            }
        }
        writeln!(text, "\n{}, nothing was written", extent(project))?;
        print(&text)
    }

    /// Tells something worth knowing that is no failure.
    pub fn note(self, text: &str) {
        if !self.quiet {
            let text = visible(text);
            print_error(&format!("{} {text}\n", style("note:").for_stderr().bold()));
        }
    }

    /// Tells several such things.
    pub fn notes(self, texts: &[String]) {
        for text in texts {
            self.note(text);
        }
    }

    /// Tells why a run has ended early. The only place that looks into errors.
    #[must_use]
    pub fn failure(self, error: &anyhow::Error) -> ExitCode {
        let message = format!("{error:#}");
        let refusal = error.downcast_ref::<Refusal>();
        let interrupted = error.downcast_ref::<Interrupted>();
        let code = match (refusal, interrupted) {
            (Some(refusal), _) => refusal.exit as u8,
            (None, Some(interrupted)) => interrupted.exit_code(),
            (None, None) => Exit::Failure as u8,
        };
        let help = refusal.map(|refusal| refusal.help.as_str());
        // What the user has decided is no error.
        let label = if interrupted.is_none() && !error.is::<Declined>() {
            format!("{} ", style("error:").for_stderr().red().bold())
        } else {
            String::new()
        };
        let advice = help.map_or_else(String::new, |help| {
            let help = visible(help);
            format!("{} {help}\n", style("help:").for_stderr().cyan().bold())
        });
        print_error(&format!("{label}{}\n{advice}", visible(&message)));
        self.failure_document(&message, help, code);
        ExitCode::from(code)
    }

    /// Tells what is wrong with the command line, or what it asks to know about itself.
    #[must_use]
    pub fn command_line(self, error: &clap::Error) -> ExitCode {
        let text = error.render();
        if !error.use_stderr() {
            let text = if console::colors_enabled() {
                text.ansi().to_string()
            } else {
                text.to_string()
            };
            return match print(&text) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => self.failure(&error),
            };
        }
        if console::colors_enabled_stderr() {
            print_error(&text.ansi().to_string());
        } else {
            print_error(&text.to_string());
        }
        let code = Exit::Usage as u8;
        let plain = text.to_string();
        let mut parts = plain.splitn(2, "\n\n").map(str::trim);
        let message = parts.next().unwrap_or_default();
        self.failure_document(message.trim_start_matches("error: "), parts.next(), code);
        ExitCode::from(code)
    }

    fn failure_document(self, message: &str, help: Option<&str>, code: u8) {
        if self.json {
            // Standard error has it already, so there is nobody left to tell of a failure.
            let _ = print_json(&json!({
                "error": { "message": message, "help": help, "exit_code": code },
            }));
        }
    }
}

impl Report {
    /// Lists generators.
    pub fn generators<'a>(self, generators: impl Iterator<Item = &'a Generator>) -> Result<()> {
        let rows: Vec<(&str, &str)> = generators
            .map(|generator| (generator.name.as_str(), generator.manifest.gloss.as_str()))
            .collect();
        if self.json {
            let rows = rows.iter();
            let rows = rows.map(|(name, gloss)| json!({ "name": name, "gloss": gloss }));
            return print_json(&json!({ "generators": rows.collect::<Vec<_>>() }));
        }
        let width = rows.iter().map(|(name, _)| name.chars().count()).max();
        let width = width.unwrap_or_default();
        let rows = rows.iter();
        let rows = rows.map(|(name, gloss)| format!("{name:width$}  {gloss}\n"));
        print(rows.collect::<String>())
    }
}

/// What a person is about to agree to, as labels and values.
#[must_use]
pub fn summary(project: &Proposal<'_>) -> Vec<(String, String)> {
    let vcs = match (project.vcs, &project.repository) {
        (Vcs::Git, _) => "a new repository on branch main".to_owned(),
        (Vcs::None, Some(around)) => format!("no, `{}` is a repository", around.display()),
        (Vcs::None, None) => "no".to_owned(),
    };
    let row = |label: &str, value: String| (label.to_owned(), value);
    let mut rows = vec![
        row("name", project.answers.name.to_string()),
        row("path", project.target.path.display().to_string()),
    ];
    for (label, on) in [("options", true), ("without", false)] {
        let answers = project.answers.options.iter();
        let answers = answers.filter(|answer| answer.value == on.into());
        let names: Vec<&str> = answers.map(|answer| answer.name.as_str()).collect();
        if !names.is_empty() {
            rows.push(row(label, names.join(", ")));
        }
    }
    let answers = project.answers.options.iter();
    let words = answers.filter(|answer| answer.value.word().is_some());
    rows.extend(words.map(|answer| row(&answer.name, answer.value.to_string())));
    let layers: Vec<String> = project
        .layers
        .outside()
        .map(|(_, outside)| outside.folder.display().to_string())
        .collect();
    if !layers.is_empty() {
        rows.push(row("layers", layers.join(", ")));
    }
    rows.push(row("git", vcs));
    rows.push(row("files", extent(project)));
    let notes = project.notes.iter();
    rows.extend(notes.map(|note| row("note", note.clone())));
    rows
}

/// Lists the options for people.
pub fn options(options: &Options) -> Result<()> {
    print(table(options)?)
}

/// A row for each option, and below a choice its answers.
fn table(options: &Options) -> Result<String> {
    let heads = ["OPTION", "DEFAULT", "NEEDS", "WHAT IT ADDS"].map(str::to_owned);
    let mut rows = vec![heads];
    for option in &options.list {
        let needs = if option.needs.is_empty() {
            "-".to_owned()
        } else {
            option.needs.join(", ")
        };
        let mut gloss = option.gloss.clone();
        if let Some(when) = &option.when {
            let _ = write!(gloss, " (where {when})");
        }
        rows.push([
            option.name.clone(),
            option.default.to_string(),
            needs,
            gloss,
        ]);
        if let Kind::Choice(choices) = &option.kind {
            rows.extend(choices.iter().map(|choice| {
                let answer = format!("  {}", choice.value);
                [answer, String::new(), String::new(), choice.gloss.clone()]
            }));
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..3).filter_map(width).collect();
    let mut text = String::new();
    for [name, default, needs, gloss] in &rows {
        let [a, b, c] = widths[..] else { continue };
        let row = format!("{name:a$}  {default:b$}  {needs:c$}  {gloss}");
        writeln!(text, "{}", row.trim_end())?;
    }
    Ok(text)
}

/// Prints a result. A reader that has gone away is no failure.
pub fn print(text: impl AsRef<[u8]>) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_ref())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("could not write to standard output")
        }
        _ => Ok(()),
    }
}

/// Prints a result as JSON.
pub fn print_json(document: &Value) -> Result<()> {
    print(format!("{document:#}\n"))
}

/// A text in which nothing steers a terminal: names of files can hold anything.
fn visible(text: &str) -> String {
    let steers = |c: char| c.is_control() && c != '\n';
    text.chars().fold(String::new(), |mut shown, c| {
        if steers(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        shown
    })
}

fn print_error(text: &str) {
    // Without a standard error there is nobody to tell.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn document(project: &Proposal<'_>, dry_run: bool, elapsed: Duration) -> Value {
    let answers = project.answers.options.iter();
    let answers: serde_json::Map<String, Value> = answers
        .map(|answer| (answer.name.clone(), json!(answer.value)))
        .collect();
    let files = project.plan.files.iter();
    let files: Vec<Value> = files
        .map(|(path, file)| json!({ "path": path, "layer": file.layer, "bytes": file.bytes.len() }))
        .collect();
    json!({
        "name": project.answers.name,
        "path": project.target.path.to_string_lossy(),
        "answers": answers,
        "layers": project.answers.layers,
        "vcs": project.vcs.name(),
        "created": !dry_run,
        "dry_run": dry_run,
        "files": files,
        "notes": project.notes,
        "next_steps": next_steps(project),
        "command": project.command,
        "elapsed_ms": elapsed.as_secs_f64() * 1000.0,
    })
}

/// What to do first: enter the directory, then what its layers suggest.
fn next_steps(project: &Proposal<'_>) -> Vec<NextStep> {
    let path = &project.target.path;
    let enter = (path.as_os_str() != ".").then(|| NextStep {
        run: format!("cd {}", replay::path(path)),
        why: String::new(),
    });
    let suggested = project.layers.next_steps(&project.answers).cloned();
    enter.into_iter().chain(suggested).collect()
}

fn numbered(steps: &[NextStep]) -> String {
    let commands: Vec<String> = steps.iter().map(|step| visible(&step.run)).collect();
    let width = commands.iter().map(|run| run.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for (index, (run, step)) in std::iter::zip(&commands, steps).enumerate() {
        let run = style(format!("{run:width$}")).cyan();
        let line = format!("  {}. {run}  {}", index + 1, step.why);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// A line of the tree: a directory, or a file with its layer and its size.
struct Row<'a> {
    label: String,
    file: Option<(&'a str, usize)>,
}

fn tree<'a>(project: &'a Proposal<'_>) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (path, file) in &project.plan.files {
        let mut parts: Vec<&str> = path.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        let common = std::iter::zip(&open, &parts)
            .take_while(|(a, b)| a == b)
            .count();
        for (depth, directory) in parts.iter().enumerate().skip(common) {
            rows.push(Row {
                label: format!("{}{directory}/", "  ".repeat(depth + 1)),
                file: None,
            });
        }
        rows.push(Row {
            label: format!("{}{name}", "  ".repeat(parts.len() + 1)),
            file: Some((file.layer, file.bytes.len())),
        });
        open = parts;
    }
    rows
}

fn extent(project: &Proposal<'_>) -> String {
    let count = project.plan.files.len();
    format!("{count} files, {}", size(project.plan.bytes()))
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn size(bytes: usize) -> String {
    if bytes < 1000 {
        format!("{bytes} B")
    } else {
        format!("{:.1} kB", bytes as f64 / 1000.0)
    }
}

fn milliseconds(elapsed: Duration) -> String {
    format!("{} ms", elapsed.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_every_kind_are_listed() {
        let options = Options::parse(
            r#"
            [[option]]
            name = "database"
            question = ""
            gloss = "where data is kept"
            choices = [
                { value = "none", gloss = "nowhere" },
                { value = "sqlite", gloss = "in a file" },
            ]
            default = "sqlite"

            [[option]]
            name = "accounts"
            question = ""
            gloss = "sign-up and log-in"
            default = false
            needs = ["database"]

            [[option]]
            name = "team"
            question = ""
            gloss = "who owns it"
            default = ""
            when = "accounts"
            "#,
        );
        let expected = "\
OPTION    DEFAULT  NEEDS     WHAT IT ADDS
database  sqlite   -         where data is kept
  none                       nowhere
  sqlite                     in a file
accounts  no       database  sign-up and log-in
team      none     -         who owns it (where accounts)
";
        assert_eq!(table(&options.unwrap()).unwrap(), expected);
    }
}
