//! The templates inside the binary: the only module that knows how they got there.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_types,
    reason = "the door to the embedded templates"
)]

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use include_dir::{Dir, DirEntry, include_dir};

use crate::input::answers::Answers;
use crate::input::options::Options;
use crate::plan::lockfile;

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The folder that every project gets.
pub const BASE: &str = "base";

/// A folder of templates that a choice switches on.
#[derive(Debug)]
pub struct Layer<'a> {
    /// The name of the folder, which is the option's name or [`BASE`].
    pub name: &'a str,
    /// What is in it.
    pub templates: Vec<Template<'a>>,
}

/// A file in a layer.
#[derive(Debug)]
pub struct Template<'a> {
    /// Where it stands in its layer, with `/` between the parts.
    pub path: String,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// The options that `templates/template.toml` defines.
pub fn options() -> Result<Options> {
    Options::parse(text("template.toml")?)
}

/// The manifest that holds the versions of the dependencies of generated projects.
pub fn versions() -> Result<&'static str> {
    text("versions/Cargo.toml")
}

/// Every `Cargo.lock` that a project may get.
pub fn locks() -> impl Iterator<Item = &'static str> {
    TEMPLATES
        .get_dir("locks")
        .into_iter()
        .flat_map(Dir::files)
        .filter_map(|file| file.contents_utf8())
}

/// Whether any project depends on a crate that Rust code would call by this name.
#[must_use]
pub fn is_dependency(name: &str) -> bool {
    locks().any(|lock| lockfile::has_package(lock, name))
}

/// Every crate that some project depends on.
pub fn dependencies() -> impl Iterator<Item = &'static str> {
    let packages: BTreeSet<&str> = locks().flat_map(lockfile::packages).collect();
    packages.into_iter()
}

/// The `Cargo.lock` for these answers, in which the project has no name yet.
pub fn lock(options: &Options, answers: &Answers) -> Result<&'static str> {
    let on: Vec<&str> = options
        .list
        .iter()
        .filter(|option| option.dependencies && answers.is_on(&option.name))
        .map(|option| option.name.as_str())
        .collect();
    let name = if on.is_empty() {
        BASE.to_owned()
    } else {
        on.join("-")
    };
    text(&format!("locks/{name}.lock"))
}

/// The layers that these answers switch on, the base first.
pub fn layers(answers: &Answers) -> Result<Vec<Layer<'static>>> {
    let on = answers.options.iter().filter(|answer| answer.value.is_on());
    std::iter::once(BASE)
        .chain(on.map(|answer| answer.name.as_str()))
        .map(layer)
        .collect()
}

fn layer(name: &str) -> Result<Layer<'static>> {
    let folder = TEMPLATES
        .get_dir(name)
        .with_context(|| format!("there is no layer `{name}` among the templates"))?;
    let name = folder
        .path()
        .to_str()
        .context("the layer's name is not UTF-8")?;
    let mut templates = Vec::new();
    let mut open = vec![folder];
    while let Some(dir) = open.pop() {
        for entry in dir.entries() {
            match entry {
                DirEntry::Dir(dir) => open.push(dir),
                DirEntry::File(file) => {
                    let path = file.path().strip_prefix(folder.path())?;
                    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
                    templates.push(Template {
                        path: parts
                            .with_context(|| format!("`{}` is not UTF-8", path.display()))?
                            .join("/"),
                        bytes: file.contents(),
                    });
                }
            }
        }
    }
    Ok(Layer { name, templates })
}

fn text(path: &str) -> Result<&'static str> {
    TEMPLATES
        .get_file(path)
        .and_then(|file| file.contents_utf8())
        .with_context(|| format!("there is no text `{path}` among the templates"))
}
