//! Layers from folders that a user names.
//!
//! Such a folder is read and nothing else: no link in it is followed, nothing in it is run, and there
//! is a bound to how much is read.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};
use walkdir::WalkDir;

use super::manifest::{self, Manifest};
use super::{Layer, Template, generators};
use crate::disk::tree;
use crate::error::Refusal;

/// Far more than a layer needs; a folder that was named by mistake must not be read whole.
const MOST_FILES: usize = 2_000;
const MOST_BYTES: u64 = 16 << 20;
const DEEPEST: usize = 32;

/// A folder of version control, which is no part of the layer.
const IGNORED: &str = ".git";

/// Where a layer comes from.
#[derive(Debug)]
pub struct Outside {
    /// The folder, as it was given.
    pub folder: PathBuf,
    /// The text of its manifest, in which messages find lines.
    pub manifest: String,
}

impl Outside {
    /// Its manifest, as messages show it.
    #[must_use]
    pub fn manifest_path(&self) -> String {
        self.folder.join(manifest::PATH).display().to_string()
    }
}

/// Reads the layer in a folder.
pub fn read(folder: &Path) -> Result<Layer> {
    let shown = folder.display();
    if !folder.is_dir() {
        return Err(Refusal::usage(
            format!("there is no layer at `{shown}`: it is not a directory"),
            "name a folder that has a `layer.toml`",
        )
        .into());
    }
    let path = folder.join(manifest::PATH);
    if !path.symlink_metadata().is_ok_and(|data| data.is_file()) {
        return Err(Refusal::usage(
            format!("`{shown}` is no layer: it has no file `{}`", manifest::PATH),
            "put a `layer.toml` there, which may be empty; `docs/layers.md` of forge says what it holds",
        )
        .into());
    }
    let mut templates = Vec::new();
    let mut text = String::new();
    let mut left = MOST_BYTES;
    let entries = WalkDir::new(folder).min_depth(1).max_depth(DEEPEST);
    let entries = entries.into_iter();
    for (count, entry) in entries
        .filter_entry(|entry| entry.depth() != 1 || entry.file_name() != IGNORED)
        .enumerate()
    {
        let entry = entry.with_context(|| format!("could not read the layer `{shown}`"))?;
        let kind = entry.file_type();
        if count >= MOST_FILES {
            return Err(too_large(folder, &format!("more than {MOST_FILES} files")).into());
        }
        if kind.is_dir() && entry.depth() < DEEPEST {
            continue;
        }
        if !kind.is_file() {
            return Err(Refusal::usage(
                format!(
                    "`{}` is {}, which a layer cannot have",
                    entry.path().display(),
                    if kind.is_symlink() {
                        "a link"
                    } else if kind.is_dir() {
                        "a directory too deep down"
                    } else {
                        "no regular file"
                    }
                ),
                "put a file in its place, or move it out of the layer",
            )
            .into());
        }
        let path = relative(folder, entry.path())?;
        let bytes = tree::read_file(entry.path(), left)
            .with_context(|| format!("could not read `{}`", entry.path().display()))?
            .ok_or_else(|| too_large(folder, &format!("more than {} MB", MOST_BYTES >> 20)))?;
        left -= bytes.len() as u64;
        if path == manifest::PATH {
            text = String::from_utf8(bytes).map_err(|_| {
                let path = entry.path().display();
                Refusal::usage(format!("`{path}` is not UTF-8 text"), "save it as UTF-8")
            })?;
        } else {
            let bytes = Cow::Owned(bytes);
            templates.push(Template { path, bytes });
        }
    }
    let generators = generators::take(&shown.to_string(), &mut templates)?;
    templates.sort_by(|a, b| a.path.cmp(&b.path));
    let outside = Outside {
        folder: folder.to_owned(),
        manifest: text,
    };
    Ok(Layer {
        name: name(folder)?,
        manifest: Manifest::parse(&outside.manifest_path(), &outside.manifest)?,
        templates,
        generators,
        outside: Some(outside),
    })
}

fn too_large(folder: &Path, what: &str) -> Refusal {
    Refusal::usage(
        format!(
            "the layer `{}` is too large: it has {what}",
            folder.display()
        ),
        "name the folder of the layer itself, with nothing else in it",
    )
}

/// The path of a file in its layer, with `/` between the parts.
fn relative(folder: &Path, path: &Path) -> Result<String> {
    let parts = path.strip_prefix(folder)?.iter();
    let parts: Option<Vec<&str>> = parts.map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| {
        let path = path.display();
        Refusal::usage(format!("the path `{path}` is not UTF-8"), "rename the file")
    })?;
    Ok(parts.join("/"))
}

/// A layer is called what its folder is called.
fn name(folder: &Path) -> Result<String> {
    let shown = folder.display();
    let folder = folder
        .canonicalize()
        .with_context(|| format!("could not find the layer `{shown}`"))?;
    let name = folder.file_name().map(|name| name.to_string_lossy());
    Ok(name.unwrap_or_default().into_owned())
}

/// The way from a project to a layer, both as they are reached from the current directory: relative,
/// so that both can be moved together, unless the layer was named by an absolute path.
pub fn from_project(folder: &Path, project: &Path) -> Result<String> {
    if folder.is_absolute() {
        return Ok(folder.to_string_lossy().into_owned());
    }
    let absolute = |path: &Path| -> Result<PathBuf> {
        let path = std::path::absolute(path)
            .with_context(|| format!("could not find `{}`", path.display()))?;
        let mut parts = PathBuf::new();
        for part in path.components() {
            if part == Component::ParentDir {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        Ok(parts)
    };
    let (folder, project) = (absolute(folder)?, absolute(project)?);
    let parts = std::iter::zip(folder.components(), project.components());
    let common = parts.take_while(|(a, b)| a == b).count();
    if common == 0 {
        // Nothing leads from one drive of Windows to another one.
        return Ok(folder.to_string_lossy().into_owned());
    }
    let up = project.components().skip(common).map(|_| "..".into());
    let down = folder.components().skip(common);
    let down = down.map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<String>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_a_project_to_a_layer_is_relative() {
        for (folder, project, expected) in [
            ("../platform", "shop", "../../platform"),
            ("platform", "shop", "../platform"),
            ("platform", "a/b/shop", "../../../platform"),
            ("a/platform", "a/shop", "../platform"),
            ("./platform/", ".", "platform"),
        ] {
            let way = from_project(Path::new(folder), Path::new(project)).unwrap();
            assert_eq!(way, expected, "{folder} from {project}");
        }
        let absolute = if cfg!(windows) {
            r"D:\platform"
        } else {
            "/opt/platform"
        };
        let way = from_project(Path::new(absolute), Path::new("shop"));
        assert_eq!(way.unwrap(), absolute);
    }
}
