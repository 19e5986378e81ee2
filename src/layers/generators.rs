//! Generators: folders in a layer that make files for an item that a user names, and wire them in.
//!
//! A generator is a layer in the small. Its folder, `generators/NAME/`, mirrors the root of a project as
//! that of a layer does; in the paths of its files, `__name__` stands for the name of the item, `__names__`
//! for that of many, and `__number__` for a number that is greater than that of any item before. Its
//! `generator.toml` says what it makes, which fields it takes, and what it adds to files of layers.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::manifest::{self, Manifest};
use super::{Layer, Template};
use crate::error::Refusal;
use crate::input::field::{self, Field};
use crate::input::item::{self, Item};
use crate::input::options::NextStep;
use crate::plan::context::Context;
use crate::plan::dependencies::Table;
use crate::plan::{RENDERED, layout};

/// The folder of a layer in which its generators are. It is no part of projects.
const FOLDER: &str = "generators/";

/// What a generator says of itself.
const MANIFEST: &str = "generator.toml";

/// What stands in paths for the name of the item, for that of many, and for its number.
const NAME: &str = "__name__";
const NAMES: &str = "__names__";
const NUMBER: &str = "__number__";

/// A folder of templates for one item.
#[derive(Debug)]
pub struct Generator {
    /// What it is called.
    pub name: String,
    /// What it says of itself.
    pub manifest: GeneratorManifest,
    templates: Vec<Template>,
}

/// What a generator says of itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorManifest {
    /// What it makes, in one line.
    pub gloss: String,
    /// What a person does with what it has made.
    #[serde(default)]
    pub next_steps: Vec<NextStep>,
    /// The most characters of a name.
    #[serde(default = "longest")]
    pub longest: usize,
    /// Which fields an item has, if it has any.
    pub fields: Option<Fields>,
    #[serde(default)]
    dependencies: Table,
    #[serde(default, rename = "in")]
    contributions: BTreeMap<String, BTreeMap<String, String>>,
}

fn longest() -> usize {
    item::LONGEST
}

/// Which fields a generator takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The most of them.
    most: usize,
    /// The names of those that every item has anyway.
    #[serde(default)]
    reserved: Vec<String>,
}

impl Fields {
    /// Reads the fields of an item.
    fn parse(&self, given: &[String]) -> Result<Vec<Field>, Refusal> {
        let fields = given.iter().map(|text| Field::parse(text));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        if fields.is_empty() {
            return Err(Refusal::usage(
                "no field is named",
                "name at least one, such as `title:string`",
            ));
        }
        if fields.len() > self.most {
            return Err(Refusal::usage(
                format!("there are {} fields", fields.len()),
                format!("begin with at most {}, and add others by hand", self.most),
            ));
        }
        let mut names = BTreeSet::new();
        for Field { name, .. } in &fields {
            if self.reserved.contains(name) {
                return Err(Refusal::usage(
                    format!("the field `{name}` is there anyway"),
                    "leave it out, or take another name",
                ));
            }
            if !names.insert(name) {
                return Err(Refusal::usage(
                    format!("there are two fields `{name}`"),
                    "name each once",
                ));
            }
        }
        Ok(fields)
    }
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
    Ok(Generator {
        name,
        manifest: manifest::read(file, text)?,
        templates,
    })
}

impl Generator {
    /// The folders in which files begin with the number of their item.
    pub fn numbered(&self) -> impl Iterator<Item = &str> {
        let paths = self.templates.iter().map(|template| &template.path);
        paths.filter_map(|path| Some(path.split_once(NUMBER)?.0))
    }

    /// Reads the fields of an item, of which most generators take none.
    pub fn fields(&self, given: &[String]) -> Result<Vec<Field>, Refusal> {
        match &self.manifest.fields {
            Some(fields) => fields.parse(given),
            None if given.is_empty() => Ok(Vec::new()),
            None => Err(Refusal::usage(
                format!("`{}` takes no fields, such as `{}`", self.name, given[0]),
                "name the item alone",
            )),
        }
    }

    /// Refuses an item whose names mean something else in what is generated.
    pub fn check(&self, item: &Item) -> Result<(), Refusal> {
        let refusal = |message| Err(Refusal::usage(message, "take another name"));
        if self.manifest.fields.is_some() && field::is_sql(&item.many) {
            return refusal(format!("`{}` is a word of SQL", item.many));
        }
        for template in &self.templates {
            let path = path(template, item);
            let output = path.strip_suffix(RENDERED).unwrap_or(&path);
            let Some(module) = output.strip_suffix(".rs") else {
                continue;
            };
            let text = str::from_utf8(&template.bytes).unwrap_or_default();
            if words(text).any(|word| word == item.pascal) {
                let name = &item.pascal;
                return refusal(format!("`{name}` is something else in `{output}`"));
            }
            let mut parts = module.rsplit('/');
            if parts.next() == parts.next() {
                return refusal(format!("`{output}` would be called like its folder"));
            }
        }
        Ok(())
    }

    /// The files for an item, and the lines that wire them in, as a layer of their own. The lines are
    /// rendered at once, because lists are sorted by what they will say.
    pub fn layer(&self, item: &Item, context: &Context) -> Result<Layer> {
        let variables = tera::Context::from_serialize(context)?;
        let mut contributions = self.manifest.contributions.clone();
        for text in contributions.values_mut().flat_map(BTreeMap::values_mut) {
            *text = layout::engine()
                .render_str(text, &variables, false)
                .with_context(|| format!("the generator `{}` cannot be used", self.name))?;
        }
        let templates = self.templates.iter().map(|template| Template {
            path: path(template, item),
            bytes: template.bytes.clone(),
        });
        Ok(Layer {
            name: self.name.clone(),
            manifest: Manifest {
                dependencies: self.manifest.dependencies.clone(),
                contributions,
                ..Manifest::default()
            },
            templates: templates.collect(),
            generators: Vec::new(),
            outside: None,
        })
    }
}

/// The path of a template for an item.
fn path(template: &Template, item: &Item) -> String {
    let path = template.path.replace(NAME, &item.snake);
    let path = path.replace(NAMES, &item.many);
    path.replace(NUMBER, &item.number.to_string())
}

/// The words of code that are no comments.
fn words(code: &str) -> impl Iterator<Item = &str> {
    let lines = code.lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
}
