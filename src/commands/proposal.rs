//! A project that is settled in every respect, but not written: what a person agrees to, what is
//! written, and what is reported.

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::replay;
use crate::git::{self, Vcs};
use crate::input::answers::{Answers, Draft};
use crate::input::cli;
use crate::input::target::{Place, Target};
use crate::layers::Layers;
use crate::plan::Plan;

/// A project before it is written.
pub struct Proposal<'a> {
    /// What it may be made of.
    pub layers: &'a Layers,
    /// Where it goes.
    pub target: Target,
    /// What it is made of.
    pub answers: Answers,
    /// Its files.
    pub plan: Plan<'a>,
    /// The version control system that it gets.
    pub vcs: Vcs,
    /// The repository that it will stand in.
    pub repository: Option<PathBuf>,
    /// What has to be said before it is written.
    pub notes: Vec<String>,
    /// The command that makes it again.
    pub command: String,
}

impl<'a> Proposal<'a> {
    /// Plans the files and decides about the rest.
    pub fn new(
        given: &cli::New,
        layers: &'a Layers,
        draft: &Draft<'_>,
        target: Target,
    ) -> Result<Self> {
        let answers = Answers {
            layers: layers.ways_from(&target.path)?,
            ..draft.complete(target.name.clone())?
        };
        let plan = Plan::of(layers, &answers)?;
        let repository = git::enclosing_repository(&target.path);
        let vcs = match (given.vcs, &repository) {
            // The repository that may have been asked for is there.
            _ if target.place == Place::Repository => Vcs::None,
            (Some(vcs), _) => vcs,
            (None, Some(_)) => Vcs::None,
            (None, None) => Vcs::Git,
        };
        Ok(Self {
            layers,
            command: replay::command(given, &target, &answers, layers),
            notes: layers.notes(&answers),
            target,
            answers,
            plan,
            vcs,
            repository,
        })
    }
}
