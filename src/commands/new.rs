//! `forge new`: the stages in their order.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::FORGE_VERSION;
use crate::commands::proposal::Proposal;
use crate::disk::create;
use crate::error::{Declined, Refusal};
use crate::git::{self, Vcs};
use crate::input::answers::Draft;
use crate::input::answers_file::{self, AnswersFile};
use crate::input::cli;
use crate::input::name::{BadName, ProjectName};
use crate::input::options::Options;
use crate::input::prompt::{Prompt, Reply};
use crate::input::target::{self, Target};
use crate::layers::{Layers, embedded};
use crate::report::{self, Report};

/// Writes a new project, or says what it would write.
pub fn run(given: &cli::New, layers: &Layers, report: Report) -> Result<()> {
    let mut started = Instant::now();
    let options = &layers.options;
    let file = match &given.answers {
        Some(path) => answers(path, options)?,
        None => AnswersFile::default(),
    };
    if let Some(version) = &file.newer {
        report.note(&format!(
            "the answers are from forge {version}, which is newer than this {FORGE_VERSION}"
        ));
    }
    let mut draft = Draft::new(options, &given.said, file.said)?;
    let target = match (&given.path, &given.name, &file.name, &given.answers) {
        (Some(path), name, ..) => Some(locate(path, name.as_deref())?),
        (None, Some(name), ..) => Some(locate(Path::new(name), Some(name))?),
        (None, None, Some(name), Some(file)) => {
            let name = checked(name).map_err(|bad| bad.in_file(file))?;
            Some(Target::new(Path::new(name.as_str()), name.clone())?)
        }
        _ => None,
    };

    let prompt = if given.yes { None } else { Prompt::open() };
    let project = match (prompt, target) {
        (Some(prompt), target) => {
            let mut interview = Interview {
                prompt,
                given,
                layers,
                typed: None,
                has_agreed: false,
            };
            let project = interview.run(&mut draft, target)?;
            // The time that a person takes is not the time that the project takes.
            started = Instant::now();
            interview.prompt.close()?;
            if !interview.has_agreed {
                report.notes(&project.notes);
            }
            project
        }
        (None, Some(target)) if given.yes || draft.open().is_none() => {
            let project = Proposal::new(given, layers, &draft, target)?;
            report.notes(&project.notes);
            project
        }
        (None, target) => return Err(missing(given, target.is_none(), &draft).into()),
    };
    if given.dry_run {
        return report.dry_run(&project, started.elapsed());
    }
    let mut vcs = project.vcs;
    create::write(&project.target, &project.plan, |stage| {
        if vcs == Vcs::Git
            && let Err(reason) = git::init(stage)
        {
            create::remove_repository(stage);
            report.note(&format!("no git repository was made: {reason}"));
            vcs = Vcs::None;
        }
    })?;
    report.created(&Proposal { vcs, ..project }, started.elapsed())
}

/// Reads the answers file, whose layers are there already unless it can be read only once.
fn answers(path: &Path, options: &Options) -> Result<AnswersFile, Refusal> {
    let file = AnswersFile::read(path, options)?;
    if file.layers.is_empty() || answers_file::is_lasting(path) {
        return Ok(file);
    }
    let shown = path.display();
    Err(Refusal::usage(
        format!("`{shown}` names layers, which have to be known before it is read"),
        "save it as a file, or take `layers` out of it and name each with `--layer`",
    ))
}

/// The questions, and the way back through them.
struct Interview<'a> {
    prompt: Prompt,
    given: &'a cli::New,
    layers: &'a Layers,
    /// The path that the person has typed.
    typed: Option<String>,
    /// Whether the person has seen the summary, and agreed to it.
    has_agreed: bool,
}

impl<'a> Interview<'a> {
    /// Asks for what is open, then for a confirmation, until there is nothing left to change.
    fn run(&mut self, draft: &mut Draft<'_>, target: Option<Target>) -> Result<Proposal<'a>> {
        let mut target = match target {
            Some(target) => target,
            None => self.path()?,
        };
        let mut asked = self.typed.is_some();
        loop {
            let is_back = if let Some(question) = draft.open() {
                asked = true;
                match self.prompt.ask(&question)? {
                    Reply::Answer(values) => {
                        draft.answer(values)?;
                        false
                    }
                    Reply::Back => true,
                }
            } else {
                let project = Proposal::new(self.given, self.layers, draft, target.clone())?;
                if !asked || self.given.dry_run {
                    return Ok(project);
                }
                match self.prompt.confirm(report::summary(&project))? {
                    Reply::Answer(true) => {
                        self.has_agreed = true;
                        return Ok(project);
                    }
                    Reply::Answer(false) => return Err(Declined.into()),
                    Reply::Back => true,
                }
            };
            if is_back && !draft.take_back() && self.typed.is_some() {
                target = self.path()?;
            }
        }
    }

    fn path(&mut self) -> Result<Target> {
        let before = self.typed.as_deref().unwrap_or_default();
        let locate = |path: &str| locate(Path::new(path), None);
        let path = self.prompt.path(before, |path| locate(path).map(drop))?;
        let target = locate(&path)?;
        self.typed = Some(path);
        Ok(target)
    }
}

/// The target at a path, whose last part is the name unless another one is given.
fn locate(path: &Path, name: Option<&str>) -> Result<Target> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => target::last_part(path)?,
    };
    let name = checked(&name).map_err(BadName::on_command_line)?;
    Target::new(path, name)
}

fn checked(name: &str) -> Result<ProjectName, BadName> {
    ProjectName::parse(name, embedded::is_dependency)
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
            "\n  {}: {} (default: {})",
            option.flags(),
            option.question,
            option.default,
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
