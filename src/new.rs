//! `forge new`: the stages in their order.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use crate::answers::{Answers, Draft};
use crate::answers_file::AnswersFile;
use crate::cli;
use crate::disk;
use crate::error::Refusal;
use crate::git::{self, Vcs};
use crate::lockfile;
use crate::options::{Options, yes_or_no};
use crate::plan::Plan;
use crate::project::{Context, FORGE_VERSION};
use crate::prompt::{Prompt, Reply};
use crate::replay;
use crate::report::{self, Report};
use crate::target::Target;
use crate::templates;

/// Writes a new project, or says what it would write.
pub fn run(given: &cli::New, options: &Options, report: Report) -> Result<()> {
    let mut started = Instant::now();
    let file = match &given.answers {
        Some(path) => AnswersFile::read(path, options)?,
        None => AnswersFile::default(),
    };
    if let Some(version) = &file.newer {
        report.note(&format!(
            "the answers are from forge {version}, which is newer than this {FORGE_VERSION}"
        ));
    }
    let mut draft = Draft::new(options, &given.said, file.said)?;
    let path = given.path.clone().or(file.name.map(PathBuf::from));
    let target = path.map(|path| locate(&path, given)).transpose()?;

    let prompt = if given.yes { None } else { Prompt::open() };
    let project = match (prompt, target) {
        (Some(prompt), target) => {
            let mut interview = Interview {
                prompt,
                given,
                options,
                typed: None,
            };
            let project = interview.run(&mut draft, target)?;
            // The time that a person takes is not the time that the project takes.
            started = Instant::now();
            project
        }
        (None, Some(target)) if given.yes || draft.open().is_none() => {
            Project::plan(given, options, &draft, target)?
        }
        (None, target) => return Err(missing(given, target.is_none(), &draft).into()),
    };
    if given.dry_run {
        return report.dry_run(&project, started.elapsed());
    }
    let mut vcs = project.vcs;
    disk::write(&project.target, &project.plan, |stage| {
        if vcs == Vcs::Git
            && let Err(reason) = git::init(stage)
        {
            report.note(&format!("no git repository was made: {reason}"));
            vcs = Vcs::None;
        }
    })?;
    report.created(&Project { vcs, ..project }, started.elapsed())
}

/// A project that is settled in every respect, but not written.
pub struct Project<'a> {
    /// What the options mean.
    pub options: &'a Options,
    /// Where it goes.
    pub target: Target,
    /// What it is made of.
    pub answers: Answers,
    /// Its files.
    pub plan: Plan<'static>,
    /// The version control system that it gets.
    pub vcs: Vcs,
    /// The repository that it will stand in.
    pub repository: Option<PathBuf>,
    /// The command that makes it again.
    pub command: String,
}

impl<'a> Project<'a> {
    fn plan(
        given: &cli::New,
        options: &'a Options,
        draft: &Draft<'_>,
        target: Target,
    ) -> Result<Self> {
        let answers = draft.complete(target.name.clone());
        let context = Context::new(&answers, templates::versions()?)?;
        let plan = Plan::new(
            &context,
            &templates::layers(&answers)?,
            templates::lock(options, &answers)?,
            &options.copies,
        )?;
        let repository = git::enclosing_repository(&target.path);
        let vcs = given.vcs.unwrap_or(match repository {
            Some(_) => Vcs::None,
            None => Vcs::Git,
        });
        Ok(Self {
            options,
            command: replay::command(given, &target, &answers, options),
            target,
            answers,
            plan,
            vcs,
            repository,
        })
    }
}

/// The questions, and the way back through them.
struct Interview<'a> {
    prompt: Prompt,
    given: &'a cli::New,
    options: &'a Options,
    /// The path that the person has typed.
    typed: Option<String>,
}

impl<'a> Interview<'a> {
    /// Asks for what is open, then for a confirmation, until there is nothing left to change.
    fn run(&mut self, draft: &mut Draft<'_>, target: Option<Target>) -> Result<Project<'a>> {
        let mut target = match target {
            Some(target) => target,
            None => self.path()?,
        };
        let mut asked = self.typed.is_some();
        loop {
            let reply = if let Some(option) = draft.open() {
                asked = true;
                let reply = self.prompt.option(option)?;
                if let Reply::Answer(on) = reply {
                    draft.answer(on);
                }
                reply
            } else {
                let project = Project::plan(self.given, self.options, draft, target.clone())?;
                if !asked || self.given.dry_run {
                    return Ok(project);
                }
                let reply = self.prompt.confirm(&report::summary(&project))?;
                match reply {
                    Reply::Answer(true) => return Ok(project),
                    Reply::Answer(false) => return Err(Refusal::declined().into()),
                    Reply::Back => reply,
                }
            };
            if matches!(reply, Reply::Back) && !draft.take_back() && self.typed.is_some() {
                target = self.path()?;
            }
        }
    }

    fn path(&mut self) -> Result<Target> {
        let before = self.typed.as_deref().unwrap_or_default();
        let locate = |path: &str| locate(Path::new(path), self.given);
        let path = self.prompt.path(before, |path| locate(path).map(drop))?;
        let target = locate(&path)?;
        self.typed = Some(path);
        Ok(target)
    }
}

fn locate(path: &Path, given: &cli::New) -> Result<Target> {
    Target::new(path, given.name.as_deref(), |name| {
        templates::locks().any(|lock| lockfile::has_package(lock, name))
    })
}

/// Names everything that nobody has answered, each with its flags.
fn missing(given: &cli::New, path: bool, draft: &Draft<'_>) -> Refusal {
    if given.yes {
        return Refusal::usage(
            "there is no path for the project, and no default for it",
            "pass one, for example `forge new my_app --yes`",
        );
    }
    let path = path.then(|| "\n  <PATH>: where should the project go?".to_owned());
    let options = draft.all_open().map(|option| {
        format!(
            "\n  {} or {}: {} (default: {})",
            option.flag(true),
            option.flag(false),
            option.question,
            yes_or_no(option.default),
        )
    });
    let list: String = path.into_iter().chain(options).collect();
    let message = format!("these answers are missing, and there is no terminal to ask at:{list}");
    let help = if draft.open().is_none() {
        "pass it, for example `forge new my_app`"
    } else {
        "pass them, or `--yes` to take the defaults"
    };
    Refusal::usage(message, help)
}
