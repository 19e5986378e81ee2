//! Layers: folders of files that are part of a project for some answers.
//!
//! A layer mirrors the root of a project, and its [`manifest`] says when it is on, what it asks, and
//! what it adds to files of other layers. Some come with Forge ([`embedded`]), others from folders
//! that a user names ([`outside`]); from here on they are treated alike.

mod checks;
pub mod embedded;
pub mod generators;
pub mod manifest;
pub mod named;
pub mod outside;

use std::borrow::Cow;
use std::path::Path;

use anyhow::Result;

use crate::input::answers::Answers;
use crate::input::options::{NextStep, Options};
use crate::merge::relocations::Moved;
use crate::plan::RENDERED;
use generators::Generator;
use manifest::{Manifest, RustVersion};
use outside::Outside;

/// A folder of templates.
#[derive(Debug)]
pub struct Layer {
    /// What it is called.
    pub name: String,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its files.
    pub templates: Vec<Template>,
    /// What it can make in projects that it is part of.
    pub generators: Vec<Generator>,
    /// Where it comes from, if not with Forge.
    pub outside: Option<Outside>,
}

/// A file in a layer.
#[derive(Debug)]
pub struct Template {
    /// Where it stands in its layer, with `/` between the parts.
    pub path: String,
    /// What it holds.
    pub bytes: Cow<'static, [u8]>,
}

/// Every layer that a project may be made of, in their order, and the options that come with them.
#[derive(Debug)]
pub struct Layers {
    /// The layers.
    pub list: Vec<Layer>,
    /// Their options.
    pub options: Options,
}

impl Layers {
    /// The layers that come with Forge.
    pub fn built_in() -> Result<Self> {
        Self::new(embedded::layers()?)
    }

    /// Puts layers in their order. Those from outside come last, in the order in which they were
    /// named.
    pub fn new(mut list: Vec<Layer>) -> Result<Self> {
        list.sort_by_key(|layer| match layer.outside {
            None => (false, layer.manifest.order),
            Some(_) => (true, 0),
        });
        let manifests = list.iter().map(|layer| &layer.manifest);
        let groups = manifests
            .clone()
            .flat_map(|manifest| manifest.groups.clone());
        let options = manifests.flat_map(|manifest| manifest.options.clone());
        let options = Options::new(groups.collect(), options.collect())
            .map_err(|error| checks::fault_of_options(&list, error))?;
        let layers = Self { list, options };
        checks::check(&layers)?;
        Ok(layers)
    }

    /// The layers that are on for these answers.
    pub fn on(&self, answers: &Answers) -> impl Iterator<Item = &Layer> {
        self.list.iter().filter(|layer| layer.is_on(answers))
    }

    /// The layers that come from outside.
    pub fn outside(&self) -> impl Iterator<Item = (&Layer, &Outside)> {
        let layers = self.list.iter();
        layers.filter_map(|layer| Some((layer, layer.outside.as_ref()?)))
    }

    /// The ways from a project to the layers from outside.
    pub fn ways_from(&self, project: &Path) -> Result<Vec<String>> {
        self.outside()
            .map(|(_, outside)| outside::from_project(&outside.folder, project))
            .collect()
    }

    /// What has to be said before a project of these answers is written: which files layers from
    /// outside replace, and what of them no test of Forge has seen.
    #[must_use]
    pub fn notes(&self, answers: &Answers) -> Vec<String> {
        let mut notes: Vec<String> = self.replacements(answers, |_| true).collect();
        for (layer, _) in self.outside().filter(|(layer, _)| layer.is_on(answers)) {
            if layer.manifest.has_dependencies() {
                notes.push(format!(
                    "`Cargo.lock` does not have what only the layer `{}` depends on: `cargo build` \
                     adds it, in versions that forge has not been tested with",
                    layer.name
                ));
            }
        }
        notes
    }

    /// What has to be said of layers that leave a project: these answers do not have them, and files of
    /// theirs go.
    pub fn removal_notes(
        &self,
        answers: &Answers,
        goes: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = String> {
        let off = self.list.iter().filter(|layer| !layer.is_on(answers));
        let gone = off.filter(move |layer| {
            let mut paths = layer.templates.iter().map(Template::output);
            paths.any(&goes)
        });
        gone.filter_map(|layer| layer.manifest.removed.as_ref())
            .filter(|removed| removed.when.as_ref().is_none_or(|when| when.holds(answers)))
            .map(|removed| removed.note.clone())
    }

    /// What has to be said of some files: that a layer from outside puts its own in the place of that
    /// of another layer.
    pub fn replacements(
        &self,
        answers: &Answers,
        matters: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = String> {
        let layers = self.outside().filter(|(layer, _)| layer.is_on(answers));
        let paths = layers.flat_map(|(layer, _)| {
            let paths = layer.manifest.replaces.iter();
            paths.map(|path| (layer.name.as_str(), path.as_str()))
        });
        paths.filter_map(move |(name, path)| {
            let others = self.on(answers).take_while(|other| other.name != name);
            let other = others.filter(|other| other.has(path)).last()?;
            matters(path).then(|| {
                let other = &other.name;
                format!("the layer `{name}` replaces `{path}` of the layer `{other}`")
            })
        })
    }

    /// The former paths of the files of a project of these answers, by their present ones.
    #[must_use]
    pub fn moved(&self, answers: &Answers) -> Moved<'_> {
        let moved = self.on(answers).flat_map(|layer| &layer.manifest.moved);
        moved
            .map(|(new, old)| (new.as_str(), old.as_str()))
            .collect()
    }

    /// The oldest Rust that compiles a project of these answers.
    #[must_use]
    pub fn rust_version(&self, answers: &Answers) -> RustVersion {
        let needed = self.on(answers).map(|layer| &layer.manifest.rust_version);
        needed.max().cloned().unwrap_or_default()
    }

    /// What a person does first with a project of these answers, after entering its directory.
    pub fn next_steps(&self, answers: &Answers) -> impl Iterator<Item = &NextStep> {
        self.on(answers)
            .flat_map(|layer| &layer.manifest.next_steps)
    }
}

impl Layer {
    /// Whether it has a file of this path in projects.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let mut templates = self.templates.iter();
        templates.any(|template| template.output() == path)
    }

    /// Whether it is on for these answers.
    #[must_use]
    pub fn is_on(&self, answers: &Answers) -> bool {
        let when = self.manifest.when.as_ref();
        when.is_none_or(|when| when.holds(answers))
    }
}

impl Template {
    /// The path of the file that it becomes.
    #[must_use]
    pub fn output(&self) -> &str {
        self.path.strip_suffix(RENDERED).unwrap_or(&self.path)
    }

    /// Whether it is rendered, and not copied.
    #[must_use]
    pub fn is_rendered(&self) -> bool {
        self.path.ends_with(RENDERED)
    }
}
