//! The book: that it has every page, that its links lead somewhere, and that its commands work.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use regex_lite::Regex;

use crate::commands::Shell;
use crate::support::{read_tree, templates_folder};

/// Pages whose commands need an example layer, a container engine or a quiet machine: other tests and the
/// benchmarks run those.
const RUN_ELSEWHERE: [&str; 3] = ["layers.md", "modules/deploy.md", "benchmarks.md"];

/// What the commands of most pages find: a project in the current directory.
const BEFORE: &str = "```sh\ncd ..\nforge new my_project\n```\n";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Every page by its path, with what it includes.
fn pages() -> BTreeMap<String, String> {
    let files = read_tree(&docs()).into_iter();
    let pages = files.filter(|(path, _)| path.ends_with(".md") && path != "SUMMARY.md");
    let pages = pages.map(|(path, text)| {
        let folder = docs().join(&path);
        let text = with_includes(&text, folder.parent().expect("a folder"));
        (path, text)
    });
    pages.collect()
}

/// A page as mdBook shows it: with the files, or the parts of files, that it includes.
fn with_includes(text: &str, folder: &Path) -> String {
    let include = Regex::new(r"\{\{#include ([^:}]+)(?::([a-z]+))?\}\}").expect("a pattern");
    let replaced = include.replace_all(text, |found: &regex_lite::Captures<'_>| {
        let path = folder.join(&found[1]);
        let file =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", &found[1]));
        let Some(anchor) = found.get(2).map(|anchor| anchor.as_str()) else {
            return file;
        };
        let part = file.split_once(&format!("<!-- ANCHOR: {anchor} -->\n"));
        let part =
            part.and_then(|(_, part)| part.split_once(&format!("<!-- ANCHOR_END: {anchor} -->")));
        part.unwrap_or_else(|| panic!("there is no `{anchor}`"))
            .0
            .to_owned()
    });
    replaced.into_owned()
}

/// A document without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// What mdBook makes of a heading, so that links can lead to it.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ => c.is_alphanumeric().then_some(c),
    };
    words.chars().filter_map(kept).collect()
}

/// A path in which nothing leads up again.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(normal.pop(), "{}", path.display()),
            _ => normal.push(part),
        }
    }
    normal
}

#[test]
fn the_summary_has_every_page_once_and_no_other() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).expect("a summary");
    let links = summary.split("](").skip(1);
    let listed: Vec<&str> = links
        .filter_map(|link| Some(link.split_once(')')?.0))
        .collect();
    let once: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(once.len(), listed.len(), "{listed:?}");
    let pages = pages();
    assert_eq!(once, pages.keys().map(String::as_str).collect());
    for (path, text) in &pages {
        assert!(text.starts_with("# "), "{path} has no title");
    }
}

#[test]
fn every_link_leads_to_a_page_and_a_heading_that_are_there() {
    let pages = pages();
    let mut count = 0;
    for (path, text) in &pages {
        let prose = prose(text);
        let links = prose.split("](").skip(1);
        for link in links.filter_map(|link| Some(link.split_once(')')?.0)) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => PathBuf::from(path),
                _ => normal(&Path::new(path).with_file_name("").join(file)),
            };
            let target = target.to_str().expect("UTF-8").replace('\\', "/");
            count += 1;
            let Some(page) = pages.get(&target) else {
                let is_file = heading.is_empty() && docs().join(&target).is_file();
                assert!(is_file, "{path}: {link}");
                continue;
            };
            let page = self::prose(page);
            let mut headings = page.lines().filter(|line| line.starts_with('#'));
            let is_there = heading.is_empty() || headings.any(|line| anchor(line) == heading);
            assert!(is_there, "{path}: {link}");
        }
    }
    assert!(count >= 15, "only {count} links were found");
}

#[test]
fn every_command_works() {
    let mut run = 0;
    for (path, text) in pages() {
        if !RUN_ELSEWHERE.contains(&path.as_str()) {
            let mut shell = Shell::in_checkout();
            if path != "start.md" {
                shell.run(BEFORE, &[]);
            }
            run += shell.run(&text, &[]);
        }
    }
    assert!(run >= 15, "only {run} commands were found");
}

/// The names of settings in a text.
fn settings(text: &str) -> BTreeSet<&str> {
    let name = r"\b(APP|DATABASE|LOG|RATE_LIMIT|REDIS|SESSION|TASK|TEST|WORKER)_[A-Z_]+\b";
    let name = Regex::new(name).expect("a pattern");
    name.find_iter(text).map(|found| found.as_str()).collect()
}

#[test]
fn every_setting_that_a_page_names_is_one() {
    let templates = read_tree(&templates_folder()).into_iter();
    let templates: String = templates.map(|(_, text)| text).collect();
    let known = settings(&templates);
    let pages: String = pages().into_values().collect();
    let named = settings(&pages);
    assert!(named.len() >= 30, "{named:?}");
    let unknown: Vec<_> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
