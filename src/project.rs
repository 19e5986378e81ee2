//! A project that is there already: where it is, and what it says about itself.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use semver::Version;

use crate::FORGE_VERSION;
use crate::disk::tree;
use crate::error::Refusal;
use crate::input::answers_file;
use crate::record::{self, Fault, Record};

/// The directory of the project that the current directory is in, as it is reached from there.
pub fn find() -> Result<PathBuf> {
    let current = std::env::current_dir().context("could not determine the current directory")?;
    let mut shown = PathBuf::new();
    for directory in current.ancestors() {
        if directory.join(answers_file::PATH).is_file() {
            return Ok(if shown.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                shown
            });
        }
        shown.push("..");
    }
    Err(Refusal::usage(
        format!(
            "`{}` is not in a project of forge: neither it nor a directory above it has a `{}`",
            current.display(),
            answers_file::PATH
        ),
        "run this in a project, or make one with `forge new`",
    )
    .into())
}

/// A path in a project as messages show it: without the `.` of the current directory.
#[must_use]
pub fn shown(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

/// The record of a project, or why there is none that can be used.
pub enum Kept {
    /// There is one.
    Record(Record),
    /// The reason, as messages show it.
    Nothing(String),
}

/// Reads the record. Refuses one that only another Forge can read.
pub fn record(root: &Path) -> Result<Kept> {
    let path = root.join(record::PATH);
    let text = match tree::read_file(&path, record::LARGEST) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let limit = record::LARGEST >> 20;
            return Ok(Kept::Nothing(format!(
                "`{}` is larger than {limit} MB",
                record::PATH
            )));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Kept::Nothing(format!("`{}` is missing", record::PATH)));
        }
        Err(error) => {
            return Err(error)
                .with_context(|| format!("could not read `{}`", shown(&path).display()));
        }
    };
    match Record::parse(&String::from_utf8_lossy(&text)) {
        Ok(record) => {
            let (made, own) = (Version::parse(&record.forge), Version::parse(FORGE_VERSION));
            if let (Ok(made), Ok(own)) = (made, own)
                && made > own
            {
                return Err(newer(&record.forge).into());
            }
            Ok(Kept::Record(record))
        }
        Err(Fault::Format(format)) => Err(Refusal::usage(
            format!(
                "`{}` has format {format}, which forge {FORGE_VERSION} does not know",
                record::PATH
            ),
            "use the forge that last updated the project, or a newer one",
        )
        .into()),
        Err(Fault::Damaged(reason)) => Ok(Kept::Nothing(format!(
            "`{}` cannot be read: {reason}",
            record::PATH
        ))),
    }
}

/// The refusal for a project that a newer Forge has rendered.
#[must_use]
pub fn newer(version: &str) -> Refusal {
    Refusal::usage(
        format!("the project is from forge {version}, which is newer than this {FORGE_VERSION}"),
        format!("install forge {version} or a newer one"),
    )
}
