//! Where a project goes, checked before anything is asked or written.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

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
    /// What is at the path.
    pub place: Place,
}

/// What may be at the path of a new project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing.
    Missing,
    /// An empty directory.
    Empty,
    /// A git repository without any file, as `git init` makes it.
    Repository,
}

/// The entry that makes a directory a git repository.
pub const REPOSITORY: &str = ".git";

/// What follows the project's name in the name of the hidden directory that it is staged in.
pub const STAGE: &str = ".forge";

impl Target {
    /// Checks a path for a project of a name.
    pub fn new(path: &Path, name: ProjectName) -> Result<Self> {
        // A slash at the end would make the system look through a link.
        let path: PathBuf = path.components().collect();
        let place = look(&path)?;
        Ok(Self { path, name, place })
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

/// The name of a directory as it was given, or as the system has it.
pub fn last_part(path: &Path) -> Result<String> {
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

fn look(path: &Path) -> Result<Place> {
    if starts_with_tilde(path) {
        return Err(Refusal::usage(
            format!(
                "`{}` begins with `~`, which only a shell turns into a home directory",
                path.display()
            ),
            "write out the full path",
        )
        .into());
    }
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::Missing),
        Err(error) => {
            return Err(error).with_context(|| format!("could not inspect `{}`", path.display()));
        }
    };
    let shown = path.display();
    if metadata.is_symlink() {
        return Err(Refusal::target_exists(
            format!("`{shown}` is a link"),
            "choose another path, or pass the directory that the link points to",
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
    let entries = entries(path).with_context(|| format!("could not list `{shown}`"))?;
    let (repository, others): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry == REPOSITORY);
    if others.is_empty() {
        Ok(if repository.is_empty() {
            Place::Empty
        } else {
            Place::Repository
        })
    } else if others.iter().all(|entry| is_stage(entry)) {
        let stages = others.iter().map(|entry| path.join(entry));
        let stages: Vec<String> = stages.map(|path| format!("`{}`", path.display())).collect();
        let stages = stages.join(", ");
        Err(Refusal::target_exists(
            format!("`{shown}` is not empty: an unfinished `forge new` has left {stages}"),
            format!("delete {stages}, unless another `forge new` is running here"),
        )
        .into())
    } else {
        Err(not_empty(path).into())
    }
}

/// What stands in a directory.
pub fn entries(directory: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect()
}

/// Whether an entry is called like what `disk` stages a project in.
fn is_stage(entry: &OsStr) -> bool {
    let name = entry.to_string_lossy();
    let name = name.strip_prefix('.').unwrap_or_default();
    name.ends_with(STAGE) || name.contains(&format!("{STAGE}-"))
}

/// A home directory as shells write it. A directory of that name would be a trap for `rm -r`.
fn starts_with_tilde(path: &Path) -> bool {
    let first = path.components().next();
    matches!(first, Some(Component::Normal(name)) if name.as_encoded_bytes().starts_with(b"~"))
}

fn not_empty(path: &Path) -> Refusal {
    Refusal::target_exists(
        format!("`{}` exists and is not empty", path.display()),
        "choose another path, or empty the directory first",
    )
}
