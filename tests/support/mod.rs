//! The valid combinations of options, from the option data, and projects made with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use forge::input::options::Options;
use forge::plan::templates;

/// The options of this Forge.
pub(crate) fn options() -> Options {
    templates::options().expect("the option data is valid")
}

/// One valid set of answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Combination {
    /// Each option with its answer, in order.
    pub(crate) answers: Vec<(String, bool)>,
}

impl Combination {
    /// All of them, from everything off to everything on.
    pub(crate) fn all() -> Vec<Self> {
        let options = options();
        let count = options.list.len();
        (0_u32..1 << count)
            .map(|bits| {
                (0..count)
                    .map(|index| bits >> index & 1 == 1)
                    .collect::<Vec<_>>()
            })
            .filter(|on| {
                (0..count).all(|index| {
                    !on[index] || options.needs_of(index).into_iter().all(|need| on[need])
                })
            })
            .map(|on| Self {
                answers: options
                    .list
                    .iter()
                    .zip(on)
                    .map(|(option, on)| (option.name.clone(), on))
                    .collect(),
            })
            .collect()
    }

    /// The options that are on.
    pub(crate) fn on(&self) -> impl Iterator<Item = &str> {
        self.named(true)
    }

    /// The options that are off.
    pub(crate) fn off(&self) -> impl Iterator<Item = &str> {
        self.named(false)
    }

    fn named(&self, wanted: bool) -> impl Iterator<Item = &str> {
        let chosen = self.answers.iter().filter(move |(_, on)| *on == wanted);
        chosen.map(|(name, _)| name.as_str())
    }

    /// What the combination is called in the names of tests and snapshots.
    pub(crate) fn label(&self) -> String {
        let on: Vec<&str> = self.on().collect();
        if on.is_empty() {
            "none".to_owned()
        } else {
            on.join("+")
        }
    }

    /// Makes a project with these answers through the command line.
    pub(crate) fn generate(&self, name: &str, path: &Path) {
        let output = Command::new(env!("CARGO_BIN_EXE_forge"))
            .arg("new")
            .arg(path)
            .args(["--name", name, "--vcs", "none", "--quiet"])
            .args(self.flags())
            .output()
            .expect("forge runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {message}", self.label());
    }

    /// Makes the same project from one without any option, by adding what is on.
    pub(crate) fn grow(&self, name: &str, path: &Path) {
        Self::all()[0].generate(name, path);
        let on: Vec<&str> = self.on().collect();
        if on.is_empty() {
            return;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_forge"))
            .args(["add", "--quiet"])
            .args(on)
            .current_dir(path)
            .output()
            .expect("forge runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {message}", self.label());
    }

    fn flags(&self) -> impl Iterator<Item = String> {
        self.answers.iter().map(|(name, on)| {
            if *on {
                format!("--{name}")
            } else {
                format!("--no-{name}")
            }
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
