//! The package that crates.io would get.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{read_tree, templates_folder};
use crate::{at_root, manifest, run};

/// Packages the repository as it is, and unpacks that below `directory`.
fn unpack(directory: &Path) -> BTreeMap<String, String> {
    let mut package = at_root(env!("CARGO"));
    package.args(["package", "--no-verify", "--allow-dirty", "--offline"]);
    run(package.args(["--quiet", "--target-dir"]).arg(directory));
    let name = format!("forge-service-{}", env!("CARGO_PKG_VERSION"));
    let archive = directory.join(format!("package/{name}.crate"));
    run(at_root("tar")
        .arg("-xzf")
        .arg(archive)
        .arg("-C")
        .arg(directory));
    read_tree(&directory.join(name)).into_iter().collect()
}

#[test]
fn the_package_has_every_template_and_nothing_that_only_developers_need() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut package = unpack(directory.path());
    for (path, text) in read_tree(&templates_folder()) {
        let packaged = match path.split_once('/') {
            Some(("versions", "Cargo.toml")) => "packaged/manifest.toml".to_owned(),
            Some(("versions", "src/lib.rs" | "target")) => continue,
            Some(("versions", file)) => format!("packaged/{file}"),
            _ => format!("templates/{path}"),
        };
        let text = Some(text);
        assert!(package.remove(&packaged) == text, "{packaged} of {path}");
    }
    package.retain(|path, _| !path.starts_with("src/"));
    let others: Vec<&str> = package.keys().map(String::as_str).collect();
    assert_eq!(
        others,
        [
            ".cargo_vcs_info.json",
            "ARCHITECTURE.md",
            "CHANGELOG.md",
            "CONTRIBUTING.md",
            "Cargo.lock",
            "Cargo.toml",
            "Cargo.toml.orig",
            "LICENSE",
            "README.md",
            "build.rs",
        ]
    );
}

#[test]
fn the_package_can_be_published_and_installs_the_program() {
    let manifest = manifest();
    let package = manifest["package"].as_table().expect("a table");
    assert!(!package.contains_key("publish"));
    for key in ["description", "license", "readme", "rust-version"] {
        assert!(package[key].is_str(), "{key}");
    }
    for key in ["keywords", "categories"] {
        let words = package[key].as_array().expect("a list");
        assert!((1..=5).contains(&words.len()), "{key}");
    }
    assert_eq!(manifest["bin"][0]["name"].as_str(), Some("forge"));
}
