//! Every valid combination, rendered in this process: what its files hold, each content once.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::iter;
use std::sync::OnceLock;
use std::time::Instant;

use forge::record;

use crate::support::parallel::in_parallel;
use crate::support::{Combination, combinations};

/// The shortest name, and one of the longest.
pub(crate) const NAMES: [&str; 2] = ["x", "a-name-of-fifty-characters-which-is-the-most-we-do"];

/// What a file holds in one or many projects.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) path: String,
    pub(crate) text: String,
    /// The name and the label of a project that has it.
    pub(crate) seen_in: String,
}

/// A rendered project.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) combination: &'static Combination,
    /// What its files hold, by their places in [`Rendered::contents`].
    pub(crate) files: Vec<usize>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) contents: Vec<Content>,
    pub(crate) projects: Vec<Project>,
}

/// The projects of every valid combination and of each name, rendered by the first test that asks;
/// without their records, which repeat what the other files hold.
pub(crate) fn projects() -> &'static Rendered {
    static RENDERED: OnceLock<Rendered> = OnceLock::new();
    RENDERED.get_or_init(|| {
        let started = Instant::now();
        let rendered = render();
        let files: usize = rendered
            .projects
            .iter()
            .map(|project| project.files.len())
            .sum();
        // Not through a macro, whose words nobody sees when a test passes.
        let _ = writeln!(
            io::stderr(),
            "{} combinations under {} names: {files} files with {} contents in {:.1?}",
            combinations().all.len(),
            NAMES.len(),
            rendered.contents.len(),
            started.elapsed()
        );
        rendered
    })
}

impl Rendered {
    /// The files of a project.
    pub(crate) fn files<'a>(&'a self, project: &'a Project) -> impl Iterator<Item = &'a Content> {
        project.files.iter().map(|file| &self.contents[*file])
    }
}

fn render() -> Rendered {
    let wanted: Vec<(&Combination, &str)> = combinations()
        .all
        .iter()
        .flat_map(|combination| NAMES.map(|name| (combination, name)))
        .collect();
    let mut rendered = Rendered::default();
    let mut known = HashMap::new();
    // Not all at once, because the same contents are in memory many times until they are compared.
    for wanted in wanted.chunks(100) {
        for ((combination, name), files) in iter::zip(wanted, in_parallel(wanted, render_one)) {
            let places = files.into_iter().map(|file| {
                *known.entry(file).or_insert_with_key(|(path, text)| {
                    rendered.contents.push(Content {
                        path: path.clone(),
                        text: text.clone(),
                        seen_in: format!("{name}/{}", combination.label()),
                    });
                    rendered.contents.len() - 1
                })
            });
            let files = places.collect();
            rendered.projects.push(Project { combination, files });
        }
    }
    rendered
}

fn render_one((combination, name): &(&Combination, &str)) -> Vec<(String, String)> {
    let mut files = combination.texts(name);
    files.retain(|(path, _)| path != record::PATH);
    files
}
