//! Where a project goes, checked before anything is asked or written.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::error::Refusal;
use crate::input::name::ProjectName;

/// A path that is free for a project, and the project's name.
#[derive(Clone, Debug)]
pub struct Target {
    /// The path as it was given, without slashes at its end.
    pub path: PathBuf,
    /// The name of the project.
    pub name: ProjectName,
    /// Whether the path is a directory, which is empty.
    pub exists: bool,
}

impl Target {
    /// Checks a path. The name is the last part of the path unless another one is given.
    pub fn new(
        path: &Path,
        name: Option<&str>,
        is_dependency: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        let name = match name {
            Some(name) => ProjectName::parse(name, is_dependency)?,
            None => ProjectName::parse(&last_part(path)?, is_dependency)?,
        };
        // A slash at the end would make the system look through a link.
        let path: PathBuf = path.components().collect();
        let exists = is_empty_directory(&path)?;
        Ok(Self { path, name, exists })
    }

    /// The directory that the target is an entry of.
    #[must_use]
    pub fn parent(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// The refusal for a directory that has something in it.
    #[must_use]
    pub fn taken(&self) -> Refusal {
        not_empty(&self.path)
    }
}

fn last_part(path: &Path) -> Result<String> {
    let last = match path.file_name() {
        Some(last) => last.to_owned(),
        None if path.as_os_str().is_empty() => return Ok(String::new()),
        None => path
            .canonicalize()
            .with_context(|| format!("could not find `{}`", path.display()))?
            .file_name()
            .map(OsStr::to_owned)
            .ok_or_else(|| {
                Refusal::usage(
                    format!(
                        "`{}` has no last part to name the project after",
                        path.display()
                    ),
                    "pass `--name` with a name",
                )
            })?,
    };
    // What is not UTF-8 becomes a character that no rule for names allows.
    Ok(last.to_string_lossy().into_owned())
}

fn is_empty_directory(path: &Path) -> Result<bool> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(error).with_context(|| format!("could not look at `{}`", path.display()));
        }
    };
    let shown = path.display();
    if metadata.is_symlink() {
        return Err(Refusal::target_exists(
            format!("`{shown}` is a link"),
            "choose another path, or pass the directory that the link leads to",
        )
        .into());
    }
    if !metadata.is_dir() {
        return Err(Refusal::target_exists(
            format!("`{shown}` is not a directory"),
            "choose another path",
        )
        .into());
    }
    let mut entries =
        fs::read_dir(path).with_context(|| format!("could not look into `{shown}`"))?;
    match entries.next() {
        None => Ok(true),
        Some(_) => Err(not_empty(path).into()),
    }
}

fn not_empty(path: &Path) -> Refusal {
    Refusal::target_exists(
        format!("`{}` exists and is not empty", path.display()),
        "choose another path, or empty the directory first",
    )
}
