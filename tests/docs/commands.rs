//! The commands in documents, run one after another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// How documents start Forge: from a checkout, or installed.
const STARTS: [&str; 2] = ["cargo run --release -- ", "forge "];

/// The command of the session in which a person answers.
const SESSION: &str = "forge new my_project";

/// What installs the Forge that these tests run.
const INSTALL: &str = "cargo install --path .";

/// The commands of all code blocks in their order.
pub(crate) fn commands(document: &str) -> Vec<&str> {
    let blocks = document.split("```").skip(1).step_by(2);
    let blocks = blocks.filter_map(|block| block.strip_prefix("sh\n"));
    let commands = blocks.flat_map(str::lines);
    let commands = commands.filter_map(|line| line.split(" #").next());
    commands.map(str::trim).collect()
}

pub(crate) fn forge(arguments: &str, directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_forge"))
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .output()
        .expect("forge runs")
}

/// A shell that knows `cd` and `forge`.
pub(crate) struct Shell {
    /// What it may write into.
    pub(crate) directory: TempDir,
    current: PathBuf,
}

impl Shell {
    /// A shell in a directory that stands for a checkout of Forge.
    pub(crate) fn in_checkout() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let current = directory.path().join("checkout");
        fs::create_dir(&current).expect("a directory");
        Self { directory, current }
    }

    /// Runs the commands of a document, which all have to succeed, apart from those to be left out. Gives
    /// how many it has run.
    #[track_caller]
    pub(crate) fn run(&mut self, document: &str, left_out: &[&str]) -> usize {
        let mut run = 0;
        for command in commands(document) {
            if command == INSTALL || left_out.contains(&command) {
                continue;
            }
            if let Some(path) = command.strip_prefix("cd ") {
                let path = self.current.join(path);
                self.current = path.canonicalize().expect("a directory");
                continue;
            }
            let mut starts = STARTS.iter();
            let arguments = starts
                .find_map(|start| command.strip_prefix(start))
                .unwrap_or_else(|| panic!("a test must run `{command}`"));
            // The answers of the session are the defaults, and nobody is here to give them.
            let arguments = match command {
                SESSION => format!("{arguments} --yes"),
                _ => arguments.to_owned(),
            };
            let output = forge(&arguments, &self.current);
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{command}: {message}");
            run += 1;
        }
        run
    }
}
