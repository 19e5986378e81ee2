//! The layers inside the binary: the only module that knows how they got there.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_types,
    reason = "the door to the embedded templates"
)]

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context as _, Result};
use include_dir::{Dir, DirEntry, include_dir};

use super::manifest::{self, Manifest};
use super::{Layer, Template, generators};
use crate::plan::lockfile::{self, Conditional};

/// As `build.rs` has gathered them.
static TEMPLATES: Dir<'static> = include_dir!("$OUT_DIR/templates");

/// The folder that is no layer: what there is of every crate that projects may depend on.
pub const VERSIONS: &str = "versions";

/// The layers that come with Forge.
pub fn layers() -> Result<Vec<Layer>> {
    let folders = TEMPLATES.dirs();
    folders
        .filter(|folder| folder.path() != Path::new(VERSIONS))
        .map(layer)
        .collect()
}

/// The manifest that holds the versions of the dependencies of generated projects.
pub fn versions() -> Result<&'static str> {
    text("versions/Cargo.toml")
}

/// The lock file of that manifest.
pub fn lock() -> Result<&'static str> {
    text("versions/Cargo.lock")
}

/// The dependencies between crates that are in the lock file for some layers alone.
pub fn conditional() -> Result<Conditional> {
    toml::from_str(text("versions/features.toml")?).context("`versions/features.toml` is not valid")
}

/// Every crate that some project depends on.
pub fn dependencies() -> impl Iterator<Item = &'static str> {
    let packages = lock().into_iter().flat_map(lockfile::packages);
    packages.filter(|name| *name != VERSIONS)
}

/// Whether any project depends on a crate that Rust code would call by this name.
#[must_use]
pub fn is_dependency(name: &str) -> bool {
    dependencies().any(|package| lockfile::is_same_crate(package, name))
}

fn layer(folder: &'static Dir<'static>) -> Result<Layer> {
    let name = folder.path().to_str();
    let name = name.context("the layer's name is not UTF-8")?;
    let file = format!("templates/{name}/{}", manifest::PATH);
    let text = text(&format!("{name}/{}", manifest::PATH))?;
    let mut templates = Vec::new();
    let mut open = vec![folder];
    while let Some(dir) = open.pop() {
        for entry in dir.entries() {
            match entry {
                DirEntry::Dir(dir) => open.push(dir),
                DirEntry::File(file) => {
                    let path = file.path().strip_prefix(folder.path())?;
                    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
                    let path = parts
                        .with_context(|| format!("`{}` is not UTF-8", path.display()))?
                        .join("/");
                    if path != manifest::PATH {
                        templates.push(Template {
                            path,
                            bytes: Cow::Borrowed(file.contents()),
                        });
                    }
                }
            }
        }
    }
    Ok(Layer {
        generators: generators::take(&format!("templates/{name}"), &mut templates)?,
        name: name.to_owned(),
        manifest: Manifest::parse(&file, text)?,
        templates,
        outside: None,
    })
}

fn text(path: &str) -> Result<&'static str> {
    TEMPLATES
        .get_file(path)
        .and_then(|file| file.contents_utf8())
        .with_context(|| format!("there is no text `{path}` among the templates"))
}
