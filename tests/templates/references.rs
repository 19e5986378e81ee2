//! What the files of a project say of each other, in any combination of options: links, paths and
//! dependencies.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex_lite::Regex;

use crate::rendered::{Content, projects};

#[test]
fn every_link_in_a_document_leads_to_a_heading_or_a_file_of_the_project() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("an expression");
    let rendered = projects();
    let mut followed = BTreeSet::new();
    for project in &rendered.projects {
        let label = project.combination.label();
        for document in rendered.files(project).filter(|file| is_document(file)) {
            let links = link.captures_iter(&document.text);
            let links = links.map(|found| found.get(1).expect("a target").as_str());
            for target in links.filter(|target| !target.contains("://")) {
                let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
                let path = match path {
                    "" => PathBuf::from(&document.path),
                    _ => Path::new(&document.path).with_file_name(path),
                };
                let file = rendered
                    .files(project)
                    .find(|file| Path::new(&file.path) == path);
                let leads = file.is_some_and(|file| {
                    anchor.is_empty() || headings(&file.text).any(|heading| heading == anchor)
                });
                assert!(leads, "`{}` of {label} links to `{target}`", document.path);
                followed.insert(target);
            }
        }
    }
    assert!(followed.len() > 5, "{followed:?}");
}

/// The anchors that GitHub gives to the headings of a document.
fn headings(document: &str) -> impl Iterator<Item = String> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    headings.map(|heading| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
        heading
            .chars()
            .filter(kept)
            .collect::<String>()
            .replace(' ', "-")
    })
}

#[test]
fn every_path_in_backticks_is_in_the_project() {
    let path = Regex::new(r"`((?:src|tests|docs)/[^`\s]*)`").expect("an expression");
    let rendered = projects();
    let mut found = BTreeSet::new();
    for project in &rendered.projects {
        let label = project.combination.label();
        for Content {
            path: within, text, ..
        } in rendered.files(project)
        {
            let paths = path.captures_iter(text);
            for wanted in paths.map(|found| found.get(1).expect("a path").as_str()) {
                let is_there = rendered
                    .files(project)
                    .any(|file| Path::new(&file.path).starts_with(wanted));
                assert!(is_there, "`{within}` of {label} names `{wanted}`");
                found.insert(wanted);
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
}

#[test]
fn every_dependency_is_used() {
    let rendered = projects();
    let (in_code, in_tests): (Vec<_>, Vec<_>) = rendered.contents.iter().map(used_names).unzip();
    for project in &rendered.projects {
        let label = project.combination.label();
        let manifest = rendered
            .files(project)
            .find(|file| file.path == "Cargo.toml");
        let manifest: toml::Table = manifest.expect("a manifest").text.parse().expect("TOML");
        for (table, used) in [("dependencies", &in_code), ("dev-dependencies", &in_tests)] {
            for name in manifest[table].as_table().expect("a table").keys() {
                let crate_name = name.replace('-', "_");
                let mut files = project.files.iter();
                let is_used = files.any(|file| used[*file].contains(&crate_name));
                assert!(is_used, "{table} of {label}: nothing uses `{name}`");
            }
        }
    }
}

/// The names that paths in a file begin with: those of the code, and those of tests.
fn used_names(Content { path, text, .. }: &Content) -> (BTreeSet<String>, BTreeSet<String>) {
    let (code, tests) = match text.split_once("#[cfg(test)]\nmod tests {") {
        _ if !path.ends_with(".rs") => ("", ""),
        _ if path.starts_with("tests/") => ("", text.as_str()),
        Some(parts) => parts,
        None => (text.as_str(), ""),
    };
    (first_names(code), first_names(tests))
}

fn first_names(code: &str) -> BTreeSet<String> {
    let path = Regex::new(r"(?:^|[^\w:])(\w+)::").expect("an expression");
    let lines = code.lines().filter(|line| !line.trim().starts_with("//"));
    let names = lines.flat_map(|line| {
        let names = path.captures_iter(line);
        names.map(|found| found.get(1).expect("a name").as_str().to_owned())
    });
    names.collect()
}

fn is_document(file: &Content) -> bool {
    file.path.ends_with(".md")
}
