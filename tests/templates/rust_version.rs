//! The `rust-version` of each manifest is one that its dependencies compile with.

use std::path::Path;
use std::process::Command;

use semver::Version;
use serde_json::Value;

#[test]
fn forge_states_the_rust_that_its_dependencies_need() {
    check(Path::new(env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn projects_state_the_rust_that_their_dependencies_need() {
    check(&crate::support::templates_folder().join("versions"));
}

fn check(directory: &Path) {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(directory)
        .output()
        .expect("cargo runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata");

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

/// The `rust-version` of a package, which may leave out the last number.
fn rust_version(package: &Value) -> Option<Version> {
    let text = package["rust_version"].as_str()?;
    let full = if text.matches('.').count() == 1 {
        format!("{text}.0")
    } else {
        text.to_owned()
    };
    Some(Version::parse(&full).expect("a version"))
}
