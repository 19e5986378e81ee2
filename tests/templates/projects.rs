//! What holds for a project of any combination of options.

use std::path::Path;

use crate::support::{Combination, read_tree};

/// The words that only a project with the option may hold.
fn words_of(option: &str) -> &'static [&'static str] {
    match option {
        "redis" => &["redis"],
        "worker" => &["worker", "oxana", "enqueue", "celery"],
        "docker" => &["docker", "compose", "container"],
        other => panic!("say which words belong to the option `{other}` alone"),
    }
}

fn generated(combination: &Combination) -> Vec<(String, String)> {
    let directory = tempfile::tempdir().expect("a directory");
    let project = directory.path().join("shop");
    combination.generate("shop", &project);
    read_tree(&project)
}

#[test]
fn an_option_that_is_off_leaves_no_trace() {
    for combination in Combination::all() {
        for (path, text) in generated(&combination) {
            // The records name every option with its answer, and a lock file names any crate.
            if ["forge.toml", ".forge.lock", "Cargo.lock"].contains(&path.as_str()) {
                continue;
            }
            for option in combination.off() {
                for word in words_of(option) {
                    let line = text.lines().find(|line| line.to_lowercase().contains(word));
                    assert_eq!(line, None, "{}: {path} says `{word}`", combination.label());
                    assert!(!path.contains(word), "{}: {path}", combination.label());
                }
            }
        }
    }
}

#[test]
fn an_option_that_is_on_is_in_the_readme() {
    for combination in Combination::all() {
        let project = generated(&combination);
        let (_, readme) = project
            .iter()
            .find(|(path, _)| path == "README.md")
            .expect("a README");
        for option in combination.on() {
            assert!(
                readme.to_lowercase().contains(option),
                "{}",
                combination.label()
            );
        }
    }
}

#[test]
fn every_file_is_tidy() {
    for combination in Combination::all() {
        for (path, text) in generated(&combination) {
            let where_ = format!("{}: {path}", combination.label());
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{where_}");
            assert!(
                !text.starts_with('\n') && !text.contains("\n\n\n"),
                "{where_}"
            );
            assert!(!text.contains('\r') && !text.contains('\t'), "{where_}");
            assert!(!text.lines().any(|line| line.ends_with(' ')), "{where_}");
            for tag in ["{{ ", "{%", "{#"] {
                // Workflows have expressions of their own, after a dollar sign.
                let tags = text.matches(tag).count() - text.matches(&format!("${tag}")).count();
                assert_eq!(tags, 0, "{where_} has `{tag}`");
            }
        }
    }
}

#[test]
fn the_same_answers_give_the_same_bytes_also_from_the_record() {
    for combination in Combination::all() {
        let directory = tempfile::tempdir().expect("a directory");
        let (first, second) = (directory.path().join("a"), directory.path().join("b"));
        combination.generate("shop", &first);
        from_record(&first.join("forge.toml"), &second);
        assert!(
            read_tree(&first) == read_tree(&second),
            "{}",
            combination.label()
        );
    }
}

fn from_record(record: &Path, path: &Path) {
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_forge"))
        .arg("new")
        .arg(path)
        .args(["--name", "shop", "--vcs", "none", "--quiet", "--answers"])
        .arg(record)
        .status();
    assert!(status.expect("forge runs").success());
}
