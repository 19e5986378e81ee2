//! The valid combinations of options, from the option data, and projects made with them.

pub(crate) mod answers;
pub(crate) mod combination;
pub(crate) mod covering;
pub(crate) mod example_layer;
pub(crate) mod parallel;

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use answers::combinations;
pub(crate) use combination::Combination;

use combination::change_words;

impl Combination {
    /// Makes a project with these answers through the command line.
    pub(crate) fn generate(&self, name: &str, path: &Path) {
        let mut new = Command::new(env!("CARGO_BIN_EXE_forge"));
        new.arg("new").arg(path).args(["--name", name]);
        new.args(["--vcs", "none", "--quiet"]).args(self.flags());
        self.run(&mut new);
    }

    /// Makes the same project from one without any option, by adding what is on.
    pub(crate) fn grow(&self, name: &str, path: &Path) {
        let nothing = combinations().nothing();
        nothing.generate(name, path);
        let added = self.beyond(nothing);
        let added = added.flat_map(|(name, answer)| change_words(name, answer));
        let added: Vec<String> = added.collect();
        if !added.is_empty() {
            let mut add = Command::new(env!("CARGO_BIN_EXE_forge"));
            self.run(add.args(["add", "--quiet"]).args(added).current_dir(path));
        }
    }

    fn run(&self, command: &mut Command) {
        let output = command.output().expect("forge runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {message}", self.label());
    }

    fn flags(&self) -> impl Iterator<Item = String> {
        let answers = self.answers.iter();
        answers.map(|(name, answer)| match answer.as_str() {
            "true" => format!("--{name}"),
            "false" => format!("--no-{name}"),
            choice => format!("--{name}={choice}"),
        })
    }
}

/// A generated project, or any other directory, as the paths and contents of its files.
pub(crate) fn read_tree(root: &Path) -> Vec<(String, String)> {
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    files
        .map(|entry| entry.expect("a readable directory"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry
                .path()
                .strip_prefix(root)
                .expect("a path below the root");
            let text = std::fs::read_to_string(entry.path()).expect("UTF-8");
            (path.to_str().expect("UTF-8").replace('\\', "/"), text)
        })
        .collect()
}

/// The folder of the templates in this repository.
pub(crate) fn templates_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")
}
