//! The lock files of generated projects are selections from one: `templates/versions/Cargo.lock`,
//! whose manifest dependency bots keep up to date. Cargo is asked whether they are right.
//!
//! After a change of dependencies, run these tests with `UPDATE_LOCKS=1`: `versions/features.toml` is
//! then written anew, from what cargo makes of every set of layers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use forge::input::answers::Answers;
use forge::layers::Layers;
use forge::plan::Plan;

use crate::support::parallel::in_parallel;
use crate::support::{self, combinations};

const HEADER: &str = "\
# Dependencies between crates that are in `Cargo.lock` because some crate asks another one for a
# feature, with the layers that bring this about: one of the lists has to be on. Written by the test
# of lock files.

";

/// The packages of a lock file, each with its name, its version, and the same of its dependencies.
type Graph = BTreeMap<(String, String), BTreeSet<(String, String)>>;

type LayerSet = BTreeSet<String>;

#[test]
fn the_lock_file_of_all_versions_is_up_to_date() {
    let mut metadata = Command::new("cargo");
    metadata
        .args(["metadata", "--format-version", "1"])
        .current_dir(support::templates_folder().join("versions"));
    if !update() {
        metadata.arg("--locked");
    }
    run(&mut metadata);
}

#[test]
fn every_combination_has_the_lock_file_that_cargo_makes_of_it() {
    let layers = Layers::built_in().expect("the layers");
    let mut sets: BTreeMap<LayerSet, Answers> = BTreeMap::new();
    for combination in &combinations().all {
        let answers = combination.answers("name_of_the_project");
        sets.entry(with_dependencies(&layers, &answers))
            .or_insert(answers);
    }
    let sets: Vec<(LayerSet, Answers)> = sets.into_iter().collect();
    let cut = in_parallel(&sets, |(_, answers)| cut(&layers, answers));
    if update() {
        let all = support::templates_folder().join("versions/Cargo.lock");
        let all = graph(&fs::read_to_string(all).expect("the lock file of all versions"));
        let cut = std::iter::zip(&sets, &cut).map(|((set, _), lock)| (set.clone(), graph(lock)));
        let features = features(&all, &cut.collect::<Vec<_>>());
        let path = support::templates_folder().join("versions/features.toml");
        fs::write(path, features).expect("a writable folder");
        // What this test was built with is the old file.
        return;
    }
    for ((set, answers), expected) in std::iter::zip(&sets, &cut) {
        let plan = Plan::of(&layers, answers).expect("a plan");
        let lock = String::from_utf8_lossy(&plan.files["Cargo.lock"].bytes);
        assert!(
            lock == *expected,
            "the lock file with {set:?} is out of date: run with UPDATE_LOCKS=1"
        );
    }
}

/// The layers with dependencies that are on.
fn with_dependencies(layers: &Layers, answers: &Answers) -> LayerSet {
    let on = layers.on(answers).filter(|layer| {
        let manifest = &layer.manifest;
        !manifest.dependencies.is_empty() || !manifest.dev_dependencies.is_empty()
    });
    on.map(|layer| layer.name.clone()).collect()
}

/// Lets cargo take out of the lock file of all versions what a project does not need.
fn cut(layers: &Layers, answers: &Answers) -> String {
    let project = tempfile::tempdir().expect("a directory");
    let path = |name: &str| project.path().join(name);
    let plan = Plan::of(layers, answers).expect("a plan");
    fs::write(path("Cargo.toml"), &plan.files["Cargo.toml"].bytes).expect("a file");
    fs::create_dir(path("src")).expect("a directory");
    fs::write(path("src/lib.rs"), "").expect("a file");
    let all = support::templates_folder().join("versions/Cargo.lock");
    fs::copy(all, path("Cargo.lock")).expect("a file");
    run(Command::new("cargo")
        .args(["metadata", "--format-version", "1"])
        .current_dir(project.path()));
    fs::read_to_string(path("Cargo.lock")).expect("the lock file that cargo wrote")
}

fn graph(lock: &str) -> Graph {
    let lock: toml::Table = lock.parse().expect("TOML");
    let packages = lock["package"].as_array().expect("packages");
    let text = |package: &toml::Value, key: &str| package[key].as_str().expect("text").to_owned();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let of_name = versions.entry(text(package, "name")).or_default();
        of_name.push(text(package, "version"));
    }
    let whole = |dependency: &toml::Value| {
        let text = dependency.as_str().expect("text");
        match text.split_once(' ') {
            Some((name, version)) => (name.to_owned(), version.to_owned()),
            None => (text.to_owned(), versions[text][0].clone()),
        }
    };
    packages
        .iter()
        .map(|package| {
            let dependencies = package.get("dependencies").and_then(toml::Value::as_array);
            let dependencies = dependencies.into_iter().flatten().map(whole).collect();
            let id = (text(package, "name"), text(package, "version"));
            (id, dependencies)
        })
        .collect()
}

/// What cannot be told from the lock file of all versions: the dependencies that a package has in
/// some projects and not in others.
fn features(all: &Graph, cut: &[(LayerSet, Graph)]) -> String {
    let count = |name: &str| all.keys().filter(|(other, _)| other == name).count();
    let shown = |(name, version): &(String, String)| {
        if count(name) > 1 {
            format!("{name} {version}")
        } else {
            name.clone()
        }
    };
    let mut text = HEADER.to_owned();
    for (package, dependencies) in all {
        for dependency in dependencies {
            let here: Vec<(&LayerSet, bool)> = cut
                .iter()
                .filter_map(|(set, lock)| Some((set, lock.get(package)?.contains(dependency))))
                .collect();
            if package.0 == "versions" || here.iter().all(|(_, has)| *has) {
                continue;
            }
            let edge = format!("{} -> {}", shown(package), shown(dependency));
            let _ = writeln!(text, "{edge:?} = {:?}", smallest(&here, &edge));
        }
    }
    text
}

/// The smallest sets of layers that bring a dependency.
fn smallest(here: &[(&LayerSet, bool)], edge: &str) -> Vec<Vec<String>> {
    let brings = |set: &LayerSet| {
        let mut larger = here.iter().filter(|(other, _)| set.is_subset(other));
        larger.all(|(_, has)| *has)
    };
    let mut smallest: BTreeSet<LayerSet> = BTreeSet::new();
    let mut with: Vec<&LayerSet> = here
        .iter()
        .filter(|(_, has)| *has)
        .map(|(set, _)| *set)
        .collect();
    with.sort_by_key(|set| set.len());
    for set in with {
        assert!(
            brings(set),
            "`{edge}` is there with {set:?}, and not with more"
        );
        if smallest.iter().any(|known| known.is_subset(set)) {
            continue;
        }
        let mut set = set.clone();
        for layer in set.clone() {
            set.remove(&layer);
            if !brings(&set) {
                set.insert(layer);
            }
        }
        smallest.insert(set);
    }
    let lists = smallest.into_iter().map(Vec::from_iter);
    lists.collect()
}

fn update() -> bool {
    std::env::var_os("UPDATE_LOCKS").is_some()
}

fn run(command: &mut Command) {
    let output = command.output().expect("cargo runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {message}");
}

/// Where the project of another workspace would stand in the way, cargo says so; nothing here does.
#[test]
fn the_crate_of_all_versions_is_a_workspace_of_its_own() {
    let manifest = support::templates_folder().join("versions/Cargo.toml");
    let manifest = fs::read_to_string(Path::new(&manifest)).expect("the manifest");
    assert!(manifest.contains("\n[workspace]\n"));
}
