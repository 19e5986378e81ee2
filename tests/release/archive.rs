//! The archives of a release.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::{at_root, manifest, read, run};

const TARGET: &str = "x86_64-unknown-linux-musl";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A template of `cargo binstall` for a target, as it is filled in.
fn filled(template: &toml::Value, target: &str) -> String {
    let template = template.as_str().expect("a text");
    template
        .replace("{ repo }/releases/download/", "")
        .replace("{ version }", VERSION)
        .replace("{ target }", target)
        .replace("{ bin }{ binary-ext }", "forge")
}

#[test]
fn an_archive_has_all_that_an_installation_needs_where_binstall_looks_for_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let binary = env!("CARGO_BIN_EXE_forge");
    let mut archive = at_root("scripts/archive");
    archive.args([TARGET, binary]).arg(directory.path());
    let path = run(&mut archive);
    let path = path.trim_end();

    let manifest = manifest();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let name = path.rsplit('/').next().expect("a name");
    assert_eq!(
        filled(&binstall["pkg-url"], TARGET),
        format!("v{VERSION}/{name}")
    );

    let place = directory.path();
    run(at_root("tar").args(["-xzf", path, "-C"]).arg(place));
    let program = place.join(filled(&binstall["bin-dir"], TARGET));
    let permissions = fs::metadata(&program).expect("the program").permissions();
    assert_eq!(permissions.mode() & 0o111, 0o111);
    assert_eq!(fs::read(&program).unwrap(), fs::read(binary).unwrap());

    let root = program.parent().expect("a directory");
    for file in ["LICENSE", "README.md"] {
        assert_eq!(fs::read_to_string(root.join(file)).unwrap(), read(file));
    }
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root.join(folder)).expect("a folder");
        let entries = entries.map(|entry| entry.expect("an entry"));
        let entries = entries.filter(|entry| entry.metadata().unwrap().len() > 100);
        entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect()
    };
    let manual = run(at_root(binary).arg("man"));
    let commands = manual.split("forge\\-").skip(1);
    let commands = commands.filter_map(|command| command.split_once("(1)"));
    let mut pages: BTreeSet<String> = commands
        .map(|(name, _)| format!("forge-{name}.1"))
        .collect();
    assert!(pages.len() >= 9, "{pages:?}");
    pages.insert("forge.1".to_owned());
    assert_eq!(names("man"), pages);
    let shells = ["bash", "elvish", "fish", "powershell", "zsh"];
    assert_eq!(
        names("completions"),
        shells.map(|shell| format!("forge.{shell}")).into()
    );
}

#[test]
fn the_notes_of_a_release_are_the_section_of_a_version_with_a_date() {
    let place = tempfile::tempdir().expect("a directory");
    fs::create_dir(place.path().join("scripts")).unwrap();
    let script = place.path().join("scripts/release-notes");
    fs::copy(crate::root().join("scripts/release-notes"), &script).unwrap();
    let log = "# Changelog\n\n## 0.2.0, not released yet\n\n- c\n\n## 0.1.0, 2026-12-01\n\n- b\n- a\n\n## 0.0.1, 2026-11-01\n\n- x\n";
    fs::write(place.path().join("CHANGELOG.md"), log).unwrap();
    let notes = |version: &str| {
        at_root(script.to_str().unwrap())
            .arg(version)
            .output()
            .unwrap()
    };

    let released = notes("0.1.0");
    assert!(released.status.success());
    assert_eq!(
        String::from_utf8(released.stdout).unwrap().trim(),
        "- b\n- a"
    );
    for version in ["0.2.0", "0.3.0", "0.1"] {
        let refused = notes(version);
        assert_eq!(refused.status.code(), Some(1), "{version}");
        assert!(String::from_utf8(refused.stderr).unwrap().contains(version));
    }
}
