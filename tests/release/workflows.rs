//! The workflows of this repository: whether they are what they look like.

use std::collections::BTreeSet;
use std::fs;

use saphyr::{LoadableYamlNode as _, Yaml};

use crate::{manifest, read, root};

/// What there are archives for.
const TARGETS: [&str; 5] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-musl",
];

/// Calls `see` with the text of every workflow and its name.
fn each(see: impl Fn(&str, &str)) {
    let mut count = 0;
    for entry in fs::read_dir(root().join(".github/workflows")).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("UTF-8");
        see(name, &read(&format!(".github/workflows/{name}")));
        count += 1;
    }
    assert!(count >= 3, "{count} workflows");
}

fn parsed(text: &str) -> Yaml<'_> {
    let mut documents = Yaml::load_from_str(text).expect("YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

fn steps<'a>(workflow: &'a Yaml<'a>) -> impl Iterator<Item = &'a Yaml<'a>> {
    let jobs = workflow["jobs"].as_mapping().expect("jobs");
    let steps = |job: &'a Yaml<'a>| job["steps"].as_sequence().expect("steps");
    jobs.values().flat_map(steps)
}

#[test]
fn every_action_is_pinned_to_one_commit_and_the_same_in_all_workflows() {
    let all = std::cell::RefCell::new(BTreeSet::new());
    each(|name, text| {
        for line in text.lines() {
            let Some((_, action)) = line.split_once("uses: ") else {
                continue;
            };
            let (action, version) = action
                .split_once(" # v")
                .unwrap_or_else(|| panic!("{name}: {line}"));
            let (action, commit) = action.split_once('@').expect("a commit");
            assert_eq!(commit.len(), 40, "{name}: {line}");
            assert!(
                commit.chars().all(|digit| digit.is_ascii_hexdigit()),
                "{name}: {line}"
            );
            assert_eq!(version.split('.').count(), 3, "{name}: {line}");
            all.borrow_mut()
                .insert((action.to_owned(), commit.to_owned()));
        }
    });
    let all = all.into_inner();
    let actions: BTreeSet<&String> = all.iter().map(|(action, _)| action).collect();
    assert_eq!(actions.len(), all.len(), "{all:?}");
}

#[test]
fn every_job_has_only_the_rights_that_it_names_and_an_end() {
    each(|name, text| {
        let workflow = parsed(text);
        let rights = workflow["permissions"].as_mapping().expect("permissions");
        assert!(
            rights.values().all(|right| right.as_str() == Some("read")),
            "{name}"
        );
        for job in workflow["jobs"].as_mapping().expect("jobs").values() {
            assert!(job["timeout-minutes"].as_integer().is_some(), "{name}");
        }
    });
}

#[test]
fn every_script_that_a_step_runs_is_there() {
    each(|name, text| {
        let workflow = parsed(text);
        let commands = steps(&workflow).filter_map(|step| step.as_mapping_get("run")?.as_str());
        let words = commands.flat_map(str::split_whitespace);
        for script in words.filter(|word| word.starts_with("scripts/")) {
            assert!(root().join(script).is_file(), "{name}: {script}");
        }
    });
}

#[test]
fn a_release_has_an_archive_for_each_target_that_binstall_knows_how_to_open() {
    let text = read(".github/workflows/release.yml");
    let workflow = parsed(&text);
    let matrix = &workflow["jobs"]["build"]["strategy"]["matrix"]["include"];
    let entries = matrix.as_sequence().expect("a list").iter();
    let mut targets: Vec<&str> = entries
        .map(|entry| entry["target"].as_str().unwrap())
        .collect();
    targets.sort_unstable();
    assert_eq!(targets, TARGETS);

    let manifest = manifest();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let overrides = binstall["overrides"].as_table().expect("a table");
    for target in TARGETS {
        let opens = overrides.get(target).unwrap_or(binstall);
        let is_zip = target.contains("windows");
        let (format, ending) = if is_zip {
            ("zip", ".zip")
        } else {
            ("tgz", ".tar.gz")
        };
        assert_eq!(opens["pkg-fmt"].as_str(), Some(format), "{target}");
        assert!(
            opens["pkg-url"].as_str().unwrap().ends_with(ending),
            "{target}"
        );
    }
}
