//! Version control: the only module that starts a process, which is git.

#![expect(clippy::disallowed_methods, reason = "the door to git")]

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The version control system of a new project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vcs {
    /// A git repository of its own.
    Git,
    /// None, or the one that the project stands in.
    None,
}

impl Vcs {
    /// Every choice there is.
    pub const ALL: [Self; 2] = [Self::Git, Self::None];

    /// The word for it, on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::None => "none",
        }
    }
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
        Err(failure(&output))
    }
}

/// What git knows about a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is in no repository, or git is not there to ask.
    Unknown,
    /// Everything in it is committed.
    Clean,
    /// These paths have changes that are not committed.
    Dirty(Vec<String>),
}

/// Asks git whether everything below a directory is committed.
#[must_use]
pub fn state(directory: &Path) -> State {
    if enclosing_repository(directory).is_none() || is_ignored(directory) {
        return State::Unknown;
    }
    let arguments = [
        "--no-optional-locks",
        "status",
        "--porcelain",
        "-z",
        "--untracked-files=normal",
        "--",
        ".",
    ];
    match git(directory, &arguments) {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let dirty = changed(&text);
            if dirty.is_empty() {
                return State::Clean;
            }
            // Git tells them as they are below the root of the repository.
            let prefix = prefix(directory).unwrap_or_default();
            let below = |path: &str| match path.strip_prefix(&prefix) {
                Some("") | None => ".".to_owned(),
                Some(path) => path.to_owned(),
            };
            State::Dirty(dirty.into_iter().map(below).collect())
        }
        _ => State::Unknown,
    }
}

/// The paths in the output of `git status --porcelain -z`.
fn changed(status: &str) -> Vec<&str> {
    let mut entries = status.split('\0');
    let mut paths = Vec::new();
    while let Some(entry) = entries.next() {
        let Some((kind, path)) = entry.split_at_checked(3) else {
            continue;
        };
        paths.push(path);
        if kind.contains(['R', 'C']) {
            // What it was called before.
            entries.next();
        }
    }
    paths
}

/// The path of a directory below the root of its repository: empty, or with a slash at its end.
fn prefix(directory: &Path) -> Result<String, String> {
    let mut prefix = text_of(&git(directory, &["rev-parse", "--show-prefix"])?)?;
    if prefix.ends_with('\n') {
        prefix.pop();
    }
    Ok(prefix)
}

/// A conflict as git keeps it: the three sides of a file.
#[derive(Debug)]
pub struct Unmerged {
    /// The path below the directory.
    pub path: String,
    /// Whether it is executable.
    pub executable: bool,
    /// The base, ours and theirs, as far as there is one.
    pub sides: [Option<Vec<u8>>; 3],
}

/// Puts the sides of conflicts into the index, so that git and editors know what is left to do, and
/// gives the paths of which they know now: not those that git ignores. An error is the reason as text.
pub fn mark_unmerged(directory: &Path, files: &[Unmerged]) -> Result<Vec<String>, String> {
    let prefix = prefix(directory)?;
    let mut index = String::new();
    let mut marked = Vec::new();
    for file in files
        .iter()
        .filter(|file| !is_ignored(&directory.join(&file.path)))
    {
        marked.push(file.path.clone());
        let path = format!("{prefix}{}", file.path);
        let mode = if file.executable { "100755" } else { "100644" };
        let mut stages = String::new();
        for (stage, side) in (1..).zip(&file.sides) {
            let Some(bytes) = side else { continue };
            let hash = ["hash-object", "-w", "--stdin"];
            let hash = text_of(&git_with_input(directory, &hash, bytes)?)?;
            let hash = hash.trim_end();
            if stages.is_empty() {
                // Takes out the version without a conflict; any hash will do.
                let _ = write!(index, "0 {hash}\t{path}\0");
            }
            let _ = write!(stages, "{mode} {hash} {stage}\t{path}\0");
        }
        index.push_str(&stages);
    }
    let update = ["update-index", "-z", "--index-info"];
    text_of(&git_with_input(directory, &update, index.as_bytes())?)?;
    Ok(marked)
}

fn is_ignored(path: &Path) -> bool {
    let (directory, name) = if path.is_dir() {
        (path, Path::new("."))
    } else {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => (parent, Path::new(name)),
            _ => return false,
        }
    };
    let name = name.to_string_lossy();
    git(directory, &["check-ignore", "-q", "--", &name]).is_ok_and(|output| output.status.success())
}

fn text_of(output: &Output) -> Result<String, String> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failure(output))
    }
}

fn failure(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let first = stderr.lines().next().unwrap_or_default();
    format!("git {}: {first}", output.status)
}

fn git(directory: &Path, args: &[&str]) -> Result<Output, String> {
    command(directory, args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| could_not_start(&error))
}

/// Small enough for a pipe to take it whole, or git reads all of it before it answers.
fn git_with_input(directory: &Path, args: &[&str], input: &[u8]) -> Result<Output, String> {
    let mut child = command(directory, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| could_not_start(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A git that has ended already says why in its status.
        let _ = stdin.write_all(input);
    }
    child
        .wait_with_output()
        .map_err(|error| could_not_start(&error))
}

fn command(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(args).current_dir(directory);
    for variable in REDIRECTIONS {
        command.env_remove(variable);
    }
    command
}

fn could_not_start(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "git is not installed".to_owned(),
        _ => format!("git could not be started: {error}"),
    }
}
