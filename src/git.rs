//! Version control: the only module that starts a process, which is git.
//!
//! Git is never waited for without an end, and it runs nothing that a project names: no hook, no
//! monitor, no filter, no pager, no fetch. What the user has configured for all repositories stays.

#![expect(clippy::disallowed_methods, reason = "the door to git")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt;

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

/// Variables that would lead git to another repository than the one it is told to use.
const REDIRECTIONS: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_WORK_TREE",
];

/// What a repository could otherwise make git run. A bare repository that is part of a project is
/// none at all.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "safe.bareRepository=explicit",
];

/// Nothing is fetched for objects that a clone lacks, whatever its configuration allows.
const VARIABLES: &[(&str, &str)] = &[("GIT_ALLOW_PROTOCOL", ""), ("GIT_NO_LAZY_FETCH", "1")];

/// How long git may take for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often to look for signals meanwhile.
const PAUSE: Duration = Duration::from_millis(20);

/// More than git has to say about any project.
const LONGEST_ANSWER: u64 = 32 << 20;

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
    let git = Git::new(directory);
    match git.run(&["init", "-q", "-b", "main"], &[])? {
        // Before 2.28 git had no way to name the first branch at once.
        Answer {
            code: Some(USAGE), ..
        } => {
            git.text(&["init", "-q"], &[])?;
            git.text(&["symbolic-ref", "HEAD", "refs/heads/main"], &[])?;
        }
        answer => drop(answer.text()?),
    }
    Ok(())
}

/// A repository as it stands around a project. Errors are reasons as text.
#[derive(Debug)]
pub struct Repository {
    git: Git,
    /// The path of the project below the root: empty, or with a slash at its end.
    prefix: String,
    index: Vec<Indexed>,
}

/// A file in the index.
#[derive(Debug)]
struct Indexed {
    path: String,
    mode: String,
    /// More than zero for the sides of a conflict.
    stage: u8,
    /// Whether a sparse checkout has left it out.
    left_out: bool,
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

impl Repository {
    /// The repository around a project. None where there is none, or it ignores the project.
    pub fn open(directory: &Path) -> Result<Option<Self>, String> {
        if enclosing_repository(directory).is_none() {
            return Ok(None);
        }
        let mut git = Git::new(directory);
        let mut prefix = git.text(&["rev-parse", "--show-prefix"], &[])?;
        if prefix.ends_with('\n') {
            prefix.pop();
        }
        git.switch_off_filters()?;
        if !git.ignored(&["."])?.is_empty() {
            return Ok(None);
        }
        let index = git.text(&["ls-files", "-z", "-t", "--stage", "--", "."], &[])?;
        Ok(Some(Self {
            index: index.split('\0').filter_map(Indexed::parse).collect(),
            git,
            prefix,
        }))
    }

    /// What is not committed.
    pub fn uncommitted(&self) -> Result<Vec<String>, String> {
        let arguments = [
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=normal",
            // It would ask git in there, with another configuration.
            "--ignore-submodules=dirty",
            "--",
            ".",
        ];
        let status = self.git.text(&arguments, &[])?;
        // Git tells them as they are below the root of the repository.
        let below = |path: &str| match path.strip_prefix(&self.prefix) {
            Some("") | None => ".".to_owned(),
            Some(path) => path.to_owned(),
        };
        Ok(changed(&status).into_iter().map(below).collect())
    }

    /// The files with conflicts that nobody has told git to be resolved.
    #[must_use]
    pub fn unmerged(&self) -> BTreeSet<&str> {
        let unmerged = self.index.iter().filter(|file| file.stage > 0);
        unmerged.map(|file| file.path.as_str()).collect()
    }

    /// The files that a sparse checkout has left out.
    #[must_use]
    pub fn left_out(&self) -> BTreeSet<&str> {
        let left_out = self.index.iter().filter(|file| file.left_out);
        left_out.map(|file| file.path.as_str()).collect()
    }

    /// The files that are tracked, or could be: all but those that are ignored.
    pub fn files(&self) -> Result<BTreeSet<String>, String> {
        let arguments = ["ls-files", "-z", "--others", "--exclude-standard"];
        let others = self.git.text(&arguments, &[])?;
        let others = others.split('\0').filter(|path| !path.is_empty());
        let tracked = self.index.iter().map(|file| file.path.as_str());
        Ok(tracked.chain(others).map(str::to_owned).collect())
    }

    /// Puts the sides of conflicts into the index, so that git and editors know what is left to do, and
    /// gives the paths of which they know now: not those that git ignores.
    pub fn mark_unmerged(&self, files: &[Unmerged]) -> Result<Vec<String>, String> {
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let ignored = self.git.ignored(&paths)?;
        let mut index = String::new();
        let mut marked = Vec::new();
        for file in files.iter().filter(|file| !ignored.contains(&file.path)) {
            marked.push(file.path.clone());
            let path = format!("{}{}", self.prefix, file.path);
            let mode = self.mode(file)?;
            let mut stages = String::new();
            for (stage, side) in (1..).zip(&file.sides) {
                let Some(bytes) = side else { continue };
                // As it would be committed, with the line breaks that git keeps.
                let path_argument = format!("--path={}", file.path);
                let hash = ["hash-object", "-w", "--stdin", path_argument.as_str()];
                let hash = self.git.text(&hash, bytes)?;
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
        self.git.text(&update, index.as_bytes())?;
        Ok(marked)
    }

    /// The mode of a file that git knows, or else what the file system says where git goes by it.
    fn mode(&self, file: &Unmerged) -> Result<&str, String> {
        if let Some(known) = self.index.iter().find(|known| known.path == file.path) {
            return Ok(&known.mode);
        }
        let question = ["config", "--type=bool", "--default=true", "core.fileMode"];
        let counts = self.git.text(&question, &[])?.trim_end() == "true";
        Ok(if counts && file.executable {
            "100755"
        } else {
            "100644"
        })
    }
}

impl Indexed {
    /// An entry of `git ls-files -t --stage`: `H 100644 <hash> 0<tab><path>`.
    fn parse(entry: &str) -> Option<Self> {
        let (facts, path) = entry.split_once('\t')?;
        let mut facts = facts.split(' ');
        let (tag, mode, _, stage) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
        Some(Self {
            path: path.to_owned(),
            mode: mode.to_owned(),
            stage: stage.parse().ok()?,
            left_out: tag == "S",
        })
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

/// Git in a directory.
#[derive(Debug)]
struct Git {
    directory: PathBuf,
    settings: Vec<String>,
    /// Whether it has not answered once, and is asked no more.
    hangs: Cell<bool>,
}

/// What a run of git came to.
struct Answer {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Git {
    fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            settings: SETTINGS.iter().map(ToString::to_string).collect(),
            hangs: Cell::new(false),
        }
    }

    /// Files that pass through a program which the repository names cannot be looked at, so that git
    /// refuses to say anything about them.
    fn switch_off_filters(&mut self) -> Result<(), String> {
        let question = ["config", "-z", "--show-scope", "--name-only"];
        let question = [&question[..], &["--get-regexp", "^filter\\."]].concat();
        let answer = self.run(&question, &[])?;
        if answer.code == Some(1) {
            return Ok(());
        }
        let names = answer.text()?;
        let names: Vec<&str> = names.split('\0').collect();
        let own = names
            .chunks_exact(2)
            .filter(|pair| matches!(pair[0], "local" | "worktree"));
        let drivers: BTreeSet<&str> = own
            .filter_map(|pair| Some(pair[1].rsplit_once('.')?.0))
            .collect();
        for driver in drivers {
            if driver.contains('=') {
                return Err(format!("its configuration has a `{driver}`"));
            }
            for setting in ["clean=", "process=", "smudge=", "required=true"] {
                self.settings.push(format!("{driver}.{setting}"));
            }
        }
        Ok(())
    }

    /// Which of these paths git ignores.
    fn ignored(&self, paths: &[&str]) -> Result<BTreeSet<String>, String> {
        let answer = self.run(
            &["check-ignore", "-z", "--stdin"],
            paths.join("\0").as_bytes(),
        )?;
        if answer.code == Some(1) {
            return Ok(BTreeSet::new());
        }
        let ignored = answer.text()?;
        let ignored = ignored.split('\0').filter(|path| !path.is_empty());
        Ok(ignored.map(str::to_owned).collect())
    }

    fn text(&self, args: &[&str], input: &[u8]) -> Result<String, String> {
        self.run(args, input)?.text()
    }

    fn run(&self, args: &[&str], input: &[u8]) -> Result<Answer, String> {
        if self.hangs.get() {
            return Err("git does not answer".to_owned());
        }
        let mut child = self
            .command(args)
            .spawn()
            .map_err(|error| could_not_start(&error))?;
        if let Some(mut stdin) = child.stdin.take() {
            let input = input.to_owned();
            // A git that has ended already says why in its status.
            thread::spawn(move || drop(stdin.write_all(&input)));
        }
        let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
        let end = Instant::now() + PATIENCE;
        let answer = wait(&mut child, &stdout, &stderr, end);
        if answer.is_err() {
            self.hangs.set(true);
            // It may have ended by now.
            let _ = child.kill();
            let _ = child.wait();
        }
        answer
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(["--no-pager", "--no-optional-locks"]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        command.args(args).current_dir(&self.directory);
        for variable in REDIRECTIONS {
            command.env_remove(variable);
        }
        command.envs(VARIABLES.iter().copied());
        #[cfg(unix)]
        if let Some(path) = absolute_search_path() {
            command.env("PATH", path);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// Without the places that depend on the current directory: a clone must not bring its own git.
#[cfg(unix)]
fn absolute_search_path() -> Option<std::ffi::OsString> {
    let path = std::env::var_os("PATH")?;
    let places = std::env::split_paths(&path).filter(|place| place.is_absolute());
    std::env::join_paths(places).ok()
}

impl Answer {
    fn text(self) -> Result<String, String> {
        if self.code == Some(0) {
            return Ok(String::from_utf8_lossy(&self.stdout).into_owned());
        }
        let stderr = String::from_utf8_lossy(&self.stderr);
        let first = stderr.lines().next().unwrap_or_default();
        Err(match self.code {
            Some(code) => format!("git exit status: {code}: {first}"),
            None => "git was ended by a signal".to_owned(),
        })
    }
}

/// Reads all of a stream, while something else waits for it.
fn read(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            // What was read until then says enough.
            let _ = stream.take(LONGEST_ANSWER).read_to_end(&mut bytes);
        }
        // Nobody may be waiting any more.
        let _ = sender.send(bytes);
    });
    receiver
}

fn wait(
    child: &mut Child,
    stdout: &Receiver<Vec<u8>>,
    stderr: &Receiver<Vec<u8>>,
    end: Instant,
) -> Result<Answer, String> {
    let patient = || -> Result<(), String> {
        interrupt::check().map_err(|interrupted| interrupted.to_string())?;
        if Instant::now() > end {
            return Err(format!(
                "git has not answered for {} seconds",
                PATIENCE.as_secs()
            ));
        }
        Ok(())
    };
    let receive = |stream: &Receiver<Vec<u8>>| -> Result<Vec<u8>, String> {
        loop {
            match stream.recv_timeout(PAUSE) {
                Ok(bytes) => return Ok(bytes),
                Err(RecvTimeoutError::Timeout) => patient()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
            }
        }
    };
    let (stdout, stderr) = (receive(stdout)?, receive(stderr)?);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let code = status.code();
                return Ok(Answer {
                    code,
                    stdout,
                    stderr,
                });
            }
            Ok(None) => {
                patient()?;
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(could_not_start(&error)),
        }
    }
}

fn could_not_start(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "git is not installed".to_owned(),
        _ => format!("git could not be started: {error}"),
    }
}
