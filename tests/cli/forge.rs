//! A directory of its own to run `forge` in, and what came of a run.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Whether there is a git, without which some of what it does cannot be tested.
pub(crate) fn has_git() -> bool {
    let is_there = Command::new("git").arg("--version").output().is_ok();
    if !is_there {
        eprintln!("SKIPPED: there is no git here");
    }
    is_there
}

/// An empty directory outside any repository.
pub(crate) struct Forge {
    directory: TempDir,
}

/// What a run has left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Forge {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// A command in this directory, with an environment that does not depend on who runs the tests.
    pub(crate) fn command<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forge"));
        self.prepare(&mut command);
        command.args(args);
        command
    }

    pub(crate) fn prepare(&self, command: &mut Command) {
        command.current_dir(self.directory.path());
        command.env("GIT_CONFIG_GLOBAL", self.path("no-such-configuration"));
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        for variable in [
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "GIT_DIR",
            "GIT_WORK_TREE",
        ] {
            command.env_remove(variable);
        }
    }

    /// Runs `forge`; the arguments are separated by spaces.
    pub(crate) fn run(&self, args: &str) -> Run {
        self.run_args(args.split_whitespace())
    }

    pub(crate) fn run_args<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Run {
        Run::of(&mut self.command(args))
    }

    /// Runs `forge` in a directory below this one.
    pub(crate) fn in_project<I: AsRef<OsStr>>(
        &self,
        project: &str,
        args: impl IntoIterator<Item = I>,
    ) -> Run {
        Run::of(self.command(args).current_dir(self.path(project)))
    }

    /// A command that finds this script, under `bin`, where it looks for git.
    #[cfg(unix)]
    pub(crate) fn command_with_git(&self, script: &str, args: &str) -> Command {
        use std::os::unix::fs::PermissionsExt as _;

        self.mkdir("bin");
        self.write("bin/git", &format!("#!/bin/sh\n{script}\n"));
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path("bin/git"), mode).expect("permissions to be set");
        let path = std::env::var("PATH").expect("a search path");
        let mut command = self.command(args.split_whitespace());
        command.env("PATH", format!("{}:{path}", self.path("bin").display()));
        command.env("REAL_PATH", path);
        command
    }

    /// Runs a script as root of a mount namespace of its own, in a small file system that is mounted
    /// with these options. None where the system does not allow it.
    #[cfg(unix)]
    pub(crate) fn on_small_file_system(&self, options: &str, script: &str) -> Option<Run> {
        self.mkdir("mnt");
        let mount = format!("mount -t tmpfs -o {options} tmpfs mnt || exit 1\ncd mnt");
        for flags in ["-m", "-rm"] {
            let mut command = Command::new("unshare");
            self.prepare(&mut command);
            command.env("FORGE", env!("CARGO_BIN_EXE_forge"));
            command.args([flags, "sh", "-c", &format!("{mount}\n{script}")]);
            if let Ok(output) = command.output()
                && output.status.success()
            {
                return Some(Run::from(output));
            }
        }
        eprintln!("SKIPPED: this system lets nobody mount a file system of their own");
        None
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).expect("a file to be written");
    }

    pub(crate) fn mkdir(&self, path: &str) {
        fs::create_dir_all(self.path(path)).expect("a directory to be made");
    }

    /// The names in a directory.
    pub(crate) fn entries(&self, path: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(path))
            .expect("a directory to be read")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// Every file of a project with its bytes, apart from those of git.
    pub(crate) fn files(&self, path: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(path);
        let mut files = BTreeMap::new();
        collect(&root, &root, &mut files);
        files
    }
}

fn collect(root: &Path, directory: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).expect("a directory to be read") {
        let path = entry.expect("an entry").path();
        if path.ends_with(".git") {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let relative = path.strip_prefix(root).expect("a path below the root");
            let parts: Vec<_> = relative.iter().map(OsStr::to_string_lossy).collect();
            files.insert(parts.join("/"), fs::read(&path).expect("a file to be read"));
        }
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let stderr = String::from_utf8(output.stderr).expect("UTF-8 on standard error");
        Self {
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            // Paths are told as the system writes them.
            stderr: if cfg!(windows) {
                stderr.replace('\\', "/")
            } else {
                stderr
            },
            code: output.status.code(),
        }
    }
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(command.output().expect("a process to be started"))
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in {self:#?}");
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("one JSON document on standard output")
    }
}
