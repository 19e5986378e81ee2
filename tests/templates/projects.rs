//! What holds for a project of any combination of options.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use saphyr::{LoadableYamlNode as _, Yaml};

use crate::rendered::{Content, projects};
use crate::support::answers::layers;
use crate::support::parallel::in_parallel;
use crate::support::{combinations, read_tree};

/// The words that only a project with the option may hold.
fn words_of(option: &str) -> &'static [&'static str] {
    match option {
        "database" => &[
            "sqlx",
            "crate::database",
            "database_url",
            "sqlite",
            "postgres",
        ],
        "redis" => &["redis"],
        "cache" => &[
            "cached",
            "docs/cache",
            "get_or_compute",
            "redis::cache",
            "redis/cache",
        ],
        "rate-limit" => &["rate_limit", "rate-limit", "rate limit", "ratelimit"],
        "sessions" => &["session"],
        "near-cache" => &["near_cache", "near-cache", "near cache", "nearcache"],
        "redis-scale" => &[
            "client_of",
            "compose.cluster",
            "redis::nodes",
            "redis/nodes",
            "redis_nodes",
            "sentinel_",
            "three masters",
        ],
        "examples" => &[
            "an example",
            "cached_data",
            "cached-data",
            "process_data",
            "/profiles",
            "/reports/{",
            "process-data",
            "users.rs",
            "/users",
            "visits",
        ],
        "worker" => &["worker", "enqueue", "celery"],
        "observability" => &[
            "alerts",
            "grafana",
            "metrics",
            "observability",
            "opentelemetry",
            "otel_",
            "prometheus",
            "trace_id",
            "traceparent",
        ],
        "docker" => &["docker", "compose", "container"],
        "accounts" => &["accounts", "argon2", "lettre", "smtp"],
        other => panic!("say which words belong to the option `{other}` alone"),
    }
}

/// What tokio calls the threads of its runtime has nothing to do with tasks.
const WORKERS_OF_TOKIO: [&str; 2] = ["num_workers", "worker_total_busy_duration"];

/// These name every option with its answer, any crate, or any word that people take for a password.
const NAME_EVERYTHING: [&str; 3] = [
    "forge.toml",
    "Cargo.lock",
    "src/accounts/common_passwords.txt",
];

#[test]
fn an_option_that_is_off_leaves_no_trace() {
    let options = &combinations().nothing().answers;
    let words = |content: &Content| {
        let text = format!("{}\n{}", content.path, content.text).to_lowercase();
        let text = WORKERS_OF_TOKIO
            .iter()
            .fold(text, |text, word| text.replace(word, ""));
        let mut found = BTreeMap::new();
        for (option, _) in options {
            let words = words_of(option).iter();
            let traces = words.filter_map(|word| text.lines().find(|line| line.contains(word)));
            found.extend(traces.map(|line| (option.as_str(), line.to_owned())).next());
        }
        found
    };
    let rendered = projects();
    let found = in_parallel(&rendered.contents, words);
    for project in &rendered.projects {
        for file in &project.files {
            let content = &rendered.contents[*file];
            if NAME_EVERYTHING.contains(&content.path.as_str()) {
                continue;
            }
            for option in project.combination.off() {
                let label = project.combination.label();
                let line = found[*file].get(option);
                assert_eq!(line, None, "`{option}` is off in {label}: {}", content.path);
            }
        }
    }
}

#[test]
fn an_option_that_is_on_is_in_the_readme() {
    let rendered = projects();
    let has_files = |option: &str| {
        let mut layers = layers().list.iter();
        layers.any(|layer| layer.name == option && !layer.templates.is_empty())
    };
    for project in &rendered.projects {
        let readme = rendered
            .files(project)
            .find(|file| file.path == "README.md");
        let readme = readme.expect("a README").text.to_lowercase();
        for option in project.combination.on().filter(|option| has_files(option)) {
            let label = project.combination.label();
            assert!(readme.contains(option), "{option} in {label}");
        }
    }
}

#[test]
fn every_file_is_tidy() {
    for Content {
        path,
        text,
        seen_in,
    } in &projects().contents
    {
        let where_ = format!("{seen_in}: {path}");
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

#[test]
fn every_file_parses() {
    let mut kinds = BTreeSet::new();
    for Content {
        path,
        text,
        seen_in,
    } in &projects().contents
    {
        let kind = match path.rsplit('.').next() {
            _ if path == "Cargo.lock" => "toml",
            Some(kind) => kind,
            None => continue,
        };
        let error = match kind {
            "toml" => text
                .parse::<toml::Table>()
                .err()
                .map(|error| error.to_string()),
            "json" => serde_json::from_str::<serde_json::Value>(text)
                .err()
                .map(|error| error.to_string()),
            "yml" | "yaml" => Yaml::load_from_str(text)
                .err()
                .map(|error| error.to_string()),
            _ => continue,
        };
        assert_eq!(error, None, "{seen_in}: {path}");
        kinds.insert(kind);
    }
    assert!(kinds.contains("toml") && kinds.contains("yml"), "{kinds:?}");
}

/// Every content that any project has is looked at once, by few processes. More paths at once are too
/// long for a command line of Windows.
#[test]
fn every_rust_file_is_formatted() {
    let directory = tempfile::tempdir().expect("a directory");
    let contents = projects().contents.iter();
    let files: Vec<PathBuf> = contents
        .filter(|content| content.path.ends_with(".rs"))
        .map(|content| {
            let file = directory.path().join(&content.seen_in).join(&content.path);
            fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
            fs::write(&file, &content.text).expect("a writable directory");
            file
        })
        .collect();
    for file in &files {
        leave_modules_empty(file);
    }
    let batches: Vec<&[PathBuf]> = files.chunks(100).collect();
    let faults = in_parallel(&batches, |files| {
        let output = Command::new("rustfmt")
            .args(["--check", "--edition", "2024"])
            .args(*files)
            .output()
            .expect("rustfmt runs");
        let said = [output.stdout, output.stderr].concat();
        (!output.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
    });
    let faults: String = faults.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{faults}");
}

/// Makes an empty file of each module that rustfmt would look for and that has been written for
/// another project.
fn leave_modules_empty(file: &Path) {
    let text = fs::read_to_string(file).expect("a file");
    let directory = file.parent().expect("a parent");
    let stem = file.file_stem().expect("a stem");
    let declared = text
        .lines()
        .filter_map(|line| line.trim().strip_suffix(';'));
    for name in declared.filter_map(|line| line.rsplit_once("mod ").map(|(_, name)| name)) {
        let below = match stem.to_str() {
            Some("lib" | "main" | "mod") => directory.to_owned(),
            _ => directory.join(stem),
        };
        let candidates = [
            below.join(format!("{name}.rs")),
            below.join(name).join("mod.rs"),
        ];
        if !candidates.iter().any(|file| file.exists()) {
            fs::create_dir_all(&below).expect("a directory");
            fs::write(&candidates[0], "// Elsewhere.\n").expect("a writable directory");
        }
    }
}

#[test]
fn the_same_answers_give_the_same_bytes() {
    in_parallel(&combinations().all, |combination| {
        let (first, second) = (combination.texts("shop"), combination.texts("shop"));
        assert!(first == second, "{}", combination.label());
    });
}

#[test]
fn what_is_on_disk_is_what_was_planned_also_from_the_record() {
    for combination in combinations().pairwise() {
        let directory = tempfile::tempdir().expect("a directory");
        let (first, second) = (directory.path().join("a"), directory.path().join("b"));
        combination.generate("shop", &first);
        from_record(&first.join("forge.toml"), &second);
        let planned = combination.texts("shop");
        for project in [first, second] {
            let mut files = read_tree(&project);
            files.sort();
            assert!(files == planned, "{}", combination.label());
        }
    }
}

fn from_record(record: &Path, path: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_forge"))
        .arg("new")
        .arg(path)
        .args(["--name", "shop", "--vcs", "none", "--quiet", "--answers"])
        .arg(record)
        .status();
    assert!(status.expect("forge runs").success());
}
