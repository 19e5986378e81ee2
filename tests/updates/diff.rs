//! `forge diff`: what has changed since the last render.

use std::fs;
use std::process::{Command, Stdio};

use crate::forge::{Forge, has_git};

fn edited() -> Forge {
    let forge = Forge::new();
    forge
        .run("new shop --yes --redis --no-worker --no-docker --vcs none -q")
        .exits(0);
    let state = fs::read_to_string(forge.path("shop/src/state.rs")).unwrap();
    forge.write("shop/src/state.rs", &format!("// mine\n{state}"));
    forge.write("shop/.env", "SECRET=hidden\n");
    forge.write("shop/Cargo.lock", "# other\n");
    forge.write("shop/src/own.rs", "// not rendered\n");
    fs::write(forge.path("shop/Cargo.toml"), b"\xff").unwrap();
    fs::remove_file(forge.path("shop/src/error.rs")).unwrap();
    forge
}

#[test]
fn shows_what_the_user_changed() {
    let forge = edited();
    let run = forge.in_project("shop", ["diff"]).exits(0);
    for text in [
        "--- a/src/state.rs\n+++ b/src/state.rs\n@@ -1,3 +1,4 @@\n+// mine\n",
        "--- a/src/error.rs\n+++ /dev/null\n",
        "Files a/Cargo.lock and b/Cargo.lock differ\n",
        "Files a/Cargo.toml and b/Cargo.toml differ\n",
    ] {
        assert!(run.stdout.contains(text), "{text} is not in {run:#?}");
    }
    assert!(!run.stdout.contains("hidden") && !run.stdout.contains("own.rs"));
}

#[test]
fn follows_files_that_were_moved() {
    let forge = Forge::new();
    forge
        .run("new shop --yes --redis --no-worker --no-docker --vcs none -q")
        .exits(0);
    let state = fs::read_to_string(forge.path("shop/src/state.rs")).unwrap();
    fs::remove_file(forge.path("shop/src/state.rs")).unwrap();
    forge.mkdir("shop/src/app");
    forge.write("shop/src/app/state.rs", &format!("// mine\n{state}"));
    let run = forge.in_project("shop", ["diff"]).exits(0);
    let expected = "--- a/src/state.rs\n+++ b/src/app/state.rs\n@@ -1,3 +1,4 @@\n+// mine\n";
    assert!(run.stdout.contains(expected), "{run:#?}");
    assert!(!run.stdout.contains("/dev/null"), "{run:#?}");
}

#[test]
fn counts_lines() {
    let forge = edited();
    let errors = forge.in_project("shop", ["diff", "--json"]).exits(0).json();
    let files = errors["files"].as_array().unwrap();
    let deleted = files
        .iter()
        .find(|file| file["path"] == "src/error.rs")
        .unwrap();
    assert_eq!(deleted["status"], "deleted");
    let lines = deleted["deleted"].as_u64().unwrap();
    let run = forge.in_project("shop", ["diff", "--stat"]).exits(0);
    let expected = format!(
        "modified  Cargo.lock    differs\nmodified  Cargo.toml    differs\n\
         deleted   src/error.rs  +0 -{lines}\nmodified  src/state.rs  +1 -0\n\n\
         4 files, +1 -{lines}\n"
    );
    assert_eq!(run.stdout, expected);
}

/// The diff is in the form that other programs read: taken back, the project is as rendered.
#[test]
fn git_can_take_it_back() {
    if !has_git() {
        return;
    }
    let forge = edited();
    for path in ["Cargo.lock", "Cargo.toml"] {
        forge.run("new fresh/shop --yes --redis --no-worker --no-docker --vcs none -q");
        fs::copy(
            forge.path("fresh/shop").join(path),
            forge.path("shop").join(path),
        )
        .unwrap();
    }
    let diff = forge.in_project("shop", ["diff"]).exits(0).stdout;
    forge.write("changes.diff", &diff);
    let mut git = Command::new("git");
    forge.prepare(&mut git);
    git.current_dir(forge.path("shop")).stdout(Stdio::null());
    let status = git.args(["apply", "--reverse", "../changes.diff"]).status();
    assert!(status.unwrap().success(), "{diff}");
    assert!(
        forge
            .in_project("shop", ["diff"])
            .exits(0)
            .stdout
            .is_empty()
    );
}

#[test]
fn without_a_record_there_is_nothing_to_compare_with() {
    let forge = edited();
    fs::remove_file(forge.path("shop/.forge.lock")).unwrap();
    forge
        .in_project("shop", ["diff"])
        .exits(1)
        .says("`.forge.lock` is missing")
        .says("help: ");
}
