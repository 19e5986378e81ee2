//! Version control: the only module that starts a process, which is git.

#![expect(clippy::disallowed_methods, reason = "the door to git")]

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The version control system of a new project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Vcs {
    /// A git repository of its own.
    Git,
    /// None, or the one that the project stands in.
    None,
}

/// Variables that would lead git to another repository than the one it is told to make.
const REDIRECTIONS: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_WORK_TREE",
];

/// What git exits with when it does not know a flag.
const USAGE: i32 = 129;

/// The repository around a path, which need not exist.
#[must_use]
pub fn enclosing_repository(path: &Path) -> Option<PathBuf> {
    let nearest = path.ancestors().find_map(|ancestor| {
        let ancestor = if ancestor.as_os_str().is_empty() {
            Path::new(".")
        } else {
            ancestor
        };
        ancestor.canonicalize().ok()
    })?;
    let mut directories = nearest.ancestors();
    directories
        .find(|directory| directory.join(".git").exists())
        .map(Path::to_owned)
}

/// Makes a directory a repository on branch `main`. An error is the reason as text.
pub fn init(directory: &Path) -> Result<(), String> {
    let mut output = git(directory, &["init", "-q", "-b", "main"])?;
    if output.status.code() == Some(USAGE) {
        // Before 2.28 git had no way to name the first branch at once.
        output = git(directory, &["init", "-q"])?;
        if output.status.success() {
            output = git(directory, &["symbolic-ref", "HEAD", "refs/heads/main"])?;
        }
    }
    if output.status.success() {
        Ok(())
    } else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let first = stderr.lines().next().unwrap_or_default();
        Err(format!("git {}: {first}", output.status))
    }
}

fn git(directory: &Path, args: &[&str]) -> Result<Output, String> {
    let mut command = Command::new("git");
    command
        .args(args)
        .current_dir(directory)
        .stdin(Stdio::null());
    for variable in REDIRECTIONS {
        command.env_remove(variable);
    }
    command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "git is not installed".to_owned(),
        _ => format!("git could not be started: {error}"),
    })
}
