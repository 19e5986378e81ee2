//! Generators: folders in a layer that make files for an item that a user names, and wire them in.
//!
//! A generator is a layer in the small. Its folder, `generators/NAME/`, mirrors the root of a project as
//! that of a layer does; in the paths of its files, `__name__` stands for the name of the item, and
//! `__number__` for a number that is greater than that of any item before. Its `generator.toml` says what
//! it makes, and what it adds to files of layers.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use tera::Tera;

use super::manifest::{self, Manifest};
use super::{Layer, Template};
use crate::input::item::Item;
use crate::input::options::NextStep;
use crate::plan::context::Context;

/// The folder of a layer in which its generators are. It is no part of projects.
const FOLDER: &str = "generators/";

/// What a generator says of itself.
const MANIFEST: &str = "generator.toml";

/// What stands for the name of the item in paths, and for its number.
const NAME: &str = "__name__";
const NUMBER: &str = "__number__";

/// A folder of templates for one item.
#[derive(Debug)]
pub struct Generator {
    /// What it is called.
    pub name: String,
    /// What it makes, in one line.
    pub gloss: String,
    /// What a person does with what it has made.
    pub next_steps: Vec<NextStep>,
    contributions: BTreeMap<String, BTreeMap<String, String>>,
    templates: Vec<Template>,
}

/// A generator as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneratorText {
    gloss: String,
    #[serde(default)]
    next_steps: Vec<NextStep>,
    #[serde(default, rename = "in")]
    contributions: BTreeMap<String, BTreeMap<String, String>>,
}

/// Takes the generators out of the files of a layer; `folder` is that of the layer, as messages show it.
pub(super) fn take(folder: &str, templates: &mut Vec<Template>) -> Result<Vec<Generator>> {
    let mut folders: BTreeMap<String, Vec<Template>> = BTreeMap::new();
    for template in std::mem::take(templates) {
        let inner = template.path.strip_prefix(FOLDER);
        match inner.and_then(|inner| inner.split_once('/')) {
            Some((name, path)) => {
                let (name, path) = (name.to_owned(), path.to_owned());
                folders
                    .entry(name)
                    .or_default()
                    .push(Template { path, ..template });
            }
            None => templates.push(template),
        }
    }
    let generators = folders.into_iter();
    generators
        .map(|(name, templates)| {
            let file = format!("{folder}/{FOLDER}{name}/{MANIFEST}");
            read(name, &file, templates)
        })
        .collect()
}

fn read(name: String, file: &str, mut templates: Vec<Template>) -> Result<Generator> {
    let place = templates
        .iter()
        .position(|template| template.path == MANIFEST);
    let place = place.with_context(|| format!("there is no `{file}`"))?;
    let bytes = templates.swap_remove(place).bytes;
    let text = str::from_utf8(&bytes).with_context(|| format!("`{file}` is not UTF-8"))?;
    let text: GeneratorText = manifest::read(file, text)?;
    Ok(Generator {
        name,
        gloss: text.gloss,
        next_steps: text.next_steps,
        contributions: text.contributions,
        templates,
    })
}

impl Generator {
    /// The folders in which files begin with the number of their item.
    pub fn numbered(&self) -> impl Iterator<Item = &str> {
        let paths = self.templates.iter().map(|template| &template.path);
        paths.filter_map(|path| Some(path.split_once(NUMBER)?.0))
    }

    /// The files for an item, and the lines that wire them in, as a layer of their own. The lines are
    /// rendered at once, because lists are sorted by what they will say.
    pub fn layer(&self, item: &Item, number: u64, context: &Context) -> Result<Layer> {
        let variables = tera::Context::from_serialize(context)?;
        let mut contributions = self.contributions.clone();
        for text in contributions.values_mut().flat_map(BTreeMap::values_mut) {
            *text = Tera::one_off(text, &variables, false)
                .with_context(|| format!("the generator `{}` cannot be used", self.name))?;
        }
        let templates = self.templates.iter().map(|template| Template {
            path: template
                .path
                .replace(NAME, &item.snake())
                .replace(NUMBER, &number.to_string()),
            bytes: template.bytes.clone(),
        });
        Ok(Layer {
            name: self.name.clone(),
            manifest: Manifest {
                contributions,
                ..Manifest::default()
            },
            templates: templates.collect(),
            generators: Vec::new(),
            outside: None,
        })
    }
}
