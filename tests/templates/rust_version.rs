//! The `rust-version` of each manifest is one that its dependencies compile with.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use semver::Version;
use serde_json::Value;

use crate::support::{combinations, templates_folder};

#[test]
fn forge_states_the_rust_that_its_dependencies_need() {
    check(Path::new(env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn the_manifest_of_all_versions_states_the_rust_that_they_need() {
    check(&templates_folder().join("versions"));
}

#[test]
fn projects_state_the_rust_that_their_dependencies_need() {
    let metadata = metadata(&templates_folder().join("versions"));
    let mut needed: BTreeMap<(&str, &str), Version> = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let text = |key: &str| package[key].as_str().expect("text");
        needed.extend(rust_version(package).map(|rust| ((text("name"), text("version")), rust)));
    }
    for combination in &combinations().all {
        let plan = combination.plan("shop");
        let read = |path: &str| -> toml::Table {
            let text = String::from_utf8_lossy(&plan.files[path].bytes);
            text.parse().expect("TOML")
        };
        let (manifest, lock) = (read("Cargo.toml"), read("Cargo.lock"));
        let stated = manifest["package"]["rust-version"].as_str();
        let stated = version(stated.expect("a rust-version"));
        for package in lock["package"].as_array().expect("packages") {
            let text = |key: &str| package[key].as_str().expect("text");
            if let Some(needed) = needed.get(&(text("name"), text("version"))) {
                let (name, label) = (text("name"), combination.label());
                assert!(
                    *needed <= stated,
                    "{name} needs Rust {needed}, and {label} states {stated}"
                );
            }
        }
    }
}

fn check(directory: &Path) {
    let metadata = metadata(directory);
    let root = metadata["resolve"]["root"]
        .as_str()
        .expect("a root package");
    let packages = metadata["packages"].as_array().expect("packages");
    let own = packages
        .iter()
        .find(|package| package["id"] == root)
        .expect("the root package");
    let stated = rust_version(own).expect("a rust-version");
    for package in packages {
        if let Some(needed) = rust_version(package) {
            let name = &package["name"];
            assert!(
                needed <= stated,
                "{name} needs Rust {needed}, and {stated} is stated"
            );
        }
    }
}

fn metadata(directory: &Path) -> Value {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(directory)
        .output()
        .expect("cargo runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    serde_json::from_slice(&output.stdout).expect("metadata")
}

/// The `rust-version` of a package.
fn rust_version(package: &Value) -> Option<Version> {
    package["rust_version"].as_str().map(version)
}

/// A version, which may leave out the last number.
fn version(text: &str) -> Version {
    let full = if text.matches('.').count() == 1 {
        format!("{text}.0")
    } else {
        text.to_owned()
    };
    Version::parse(&full).expect("a version")
}
