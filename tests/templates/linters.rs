//! What the linters of other formats say of generated files, where they are installed.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use crate::support::Combination;

/// Runs a linter on a project of each combination that has the file. It finds fault by its exit
/// code or by what it prints.
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
    let mut linted = 0;
    for combination in Combination::all() {
        let directory = tempfile::tempdir().expect("a directory");
        let project = directory.path().join("my-shop");
        combination.generate("my-shop", &project);
        if !project.join(file).exists() {
            continue;
        }
        let output = Command::new(name)
            .args(arguments)
            .current_dir(&project)
            .output()
            .expect("the linter runs");
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let clean = output.status.success() && said.is_empty();
        assert!(clean, "{}: {said}", combination.label());
        linted += 1;
    }
    assert!(
        linted > 0,
        "no combination has {}",
        Path::new(file).display()
    );
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
    for file in [".github/workflows/ci.yml", ".github/workflows/image.yml"] {
        lint(file, &["actionlint", file]);
    }
}
