//! What the linters of other formats say of generated files, where they are installed.

use std::fs;
use std::io::{self, Write};
use std::process::Command;

use crate::rendered::projects;

/// Runs a linter on each content that the file has in any project, beside the settings of that
/// project. It finds fault by its exit code or by what it prints.
fn lint(file: &str, program: &[&str]) {
    let [name, arguments @ ..] = program else {
        panic!("a program is needed");
    };
    let is_installed = |arguments: &[&str]| {
        let output = Command::new(name).args(arguments).output();
        output.is_ok_and(|output| output.status.success())
    };
    let version = if *name == "docker" {
        &["compose", "version"][..]
    } else {
        &["--version"]
    };
    if !is_installed(version) {
        // Not through a macro, whose words nobody sees when a test passes.
        let _ = writeln!(
            io::stderr(),
            "SKIPPED: {name} is not installed, so that {file} is not linted"
        );
        return;
    }
    let rendered = projects();
    let mut linted = vec![];
    for project in &rendered.projects {
        let files = || rendered.files(project);
        let Some(content) = files().find(|content| content.path == file) else {
            continue;
        };
        if linted.contains(&&content.text) {
            continue;
        }
        let directory = tempfile::tempdir().expect("a directory");
        for content in files().filter(|content| [file, ".env"].contains(&content.path.as_str())) {
            let path = directory.path().join(&content.path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, &content.text).expect("a writable directory");
        }
        let output = Command::new(name)
            .args(arguments)
            .current_dir(&directory)
            .output()
            .expect("the linter runs");
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let clean = output.status.success() && said.is_empty();
        assert!(clean, "{}: {said}", content.seen_in);
        linted.push(&content.text);
    }
    assert!(!linted.is_empty(), "no combination has {file}");
}

#[test]
fn hadolint_is_content_with_the_dockerfile() {
    lint("Dockerfile", &["hadolint", "Dockerfile"]);
}

#[test]
fn compose_understands_its_file() {
    lint(
        "docker-compose.yml",
        &["docker", "compose", "config", "--quiet"],
    );
}

#[test]
fn actionlint_is_content_with_the_workflows() {
    // Named one by one, because it looks for them only in a git repository.
    for name in ["ci", "dependencies", "image"] {
        let file = &format!(".github/workflows/{name}.yml");
        lint(file, &["actionlint", file]);
    }
}
