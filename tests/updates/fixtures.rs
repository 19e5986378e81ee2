//! Updates from the templates of earlier versions, of which `fixtures/` keeps a record each.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use forge::record::{self, Pristine, Record};
use serde_json::Value;

use crate::forge::{Forge, Run};

const LINE: &str = "written by the user";

fn fixtures() -> Vec<(PathBuf, Record)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/updates/fixtures");
    let entries = fs::read_dir(folder).expect("the folder");
    let mut fixtures: Vec<(PathBuf, Record)> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("a readable fixture");
            (path, Record::parse(&text).expect("a record"))
        })
        .collect();
    fixtures.sort_by(|(a, _), (b, _)| a.cmp(b));
    fixtures
}

/// The project that a record is about, apart from its lock file.
fn project(record: &Record) -> Forge {
    let forge = Forge::new();
    for (path, file) in &record.files {
        let Some(bytes) = &file.bytes else { continue };
        let place = forge.path("shop").join(path);
        fs::create_dir_all(place.parent().expect("a parent")).expect("a directory");
        fs::write(place, bytes).expect("a file to be written");
    }
    forge.write("shop/.forge.lock", &record.to_text().expect("a text"));
    forge
}

/// What this Forge makes of the answers in the project.
fn fresh(forge: &Forge) -> BTreeMap<String, Vec<u8>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forge"));
    forge.prepare(&mut command);
    command.args(["new", "fresh", "--name"]);
    command.args([
        name(forge).as_str(),
        "--vcs",
        "none",
        "--answers",
        "shop/forge.toml",
        "--yes",
    ]);
    Run::of(&mut command).exits(0);
    let mut files = forge.files("fresh");
    files.remove("Cargo.lock");
    files
}

fn name(forge: &Forge) -> String {
    let answers = fs::read_to_string(forge.path("shop/forge.toml")).expect("answers");
    let answers: toml::Table = answers.parse().expect("TOML");
    answers["answers"]["name"]
        .as_str()
        .expect("a name")
        .to_owned()
}

fn files(forge: &Forge) -> BTreeMap<String, Vec<u8>> {
    let mut files = forge.files("shop");
    files.retain(|path, _| !path.starts_with(".forge-backup-"));
    files
}

/// The same record as a release would have left it whose templates said less, more and other things.
fn with_other_templates(record: &Record) -> Record {
    let mut record = record.clone();
    for (index, (path, file)) in record.files.iter_mut().enumerate() {
        let Some(bytes) = file.bytes.as_mut().filter(|_| path != "forge.toml") else {
            continue;
        };
        let text = String::from_utf8(bytes.clone()).expect("text");
        let mut lines: Vec<&str> = text.lines().collect();
        match index % 4 {
            0 => drop(lines.remove(lines.len() / 2)),
            1 => lines.insert(lines.len() / 3, "a line that has gone since"),
            2 => lines[0] = "a line that has changed since",
            _ => {}
        }
        *bytes = (lines.join("\n") + "\n").into_bytes();
        file.hash = record::hash(bytes);
    }
    let gone = b"a file that has gone since\n".to_vec();
    record.files.insert(
        "src/gone.rs".to_owned(),
        Pristine {
            hash: record::hash(&gone),
            bytes: Some(gone),
        },
    );
    record.files.remove("src/server.rs");
    record
}

#[test]
fn a_project_of_earlier_templates_becomes_one_of_these() {
    let fixtures = fixtures();
    assert!(!fixtures.is_empty());
    for (path, record) in fixtures {
        for record in [with_other_templates(&record), record] {
            let forge = project(&record);
            forge.in_project("shop", ["update"]).exits(0);
            assert_eq!(files(&forge), fresh(&forge), "{}", path.display());
            let run = forge.in_project("shop", ["update"]).exits(0);
            assert!(run.stdout.starts_with("Nothing to do"), "{run:#?}");
        }
    }
}

/// A database refuses a migration that was changed after it had run.
#[test]
fn no_update_changes_a_migration_of_an_earlier_version() {
    let mut migrations = 0;
    for (fixture, record) in fixtures() {
        let forge = project(&record);
        forge.in_project("shop", ["update"]).exits(0);
        let after = files(&forge);
        let files = record.files.iter();
        for (path, file) in files.filter(|(path, _)| path.starts_with("migrations/")) {
            let after = after.get(path).map(Vec::as_slice);
            assert_eq!(
                after,
                file.bytes.as_deref(),
                "{}: {path}",
                fixture.display()
            );
            migrations += 1;
        }
    }
    assert!(migrations > 0);
}

#[test]
fn what_redis_brought_before_it_could_be_chosen_apart_stays() {
    for (_, record) in fixtures() {
        let forge = project(&record);
        forge.in_project("shop", ["update"]).exits(0);
        let answers = fs::read_to_string(forge.path("shop/forge.toml")).expect("answers");
        let answers: toml::Table = answers.parse().expect("TOML");
        for (option, on) in [
            ("redis", true),
            ("cache", true),
            ("rate-limit", true),
            ("sessions", true),
            ("near-cache", false),
            ("examples", true),
        ] {
            assert_eq!(answers["answers"][option].as_bool(), Some(on), "{option}");
        }
        for path in ["src/redis/session/store.rs", "src/routes/cached_data.rs"] {
            assert!(forge.path("shop").join(path).exists(), "{path}");
        }
    }
}

/// Where a file is after an update: its layer may have moved it.
fn place_of<'a>(path: &'a str, document: &'a Value) -> &'a str {
    let reason = format!("moved from `{path}`");
    let files = document["files"].as_array().expect("a list");
    let moved = files.iter().find(|file| {
        let why = file["why"].as_str();
        why.is_some_and(|why| why.starts_with(&reason))
    });
    moved.map_or(path, |file| file["path"].as_str().expect("a path"))
}

#[test]
fn an_edited_project_of_earlier_templates_keeps_its_edits() {
    for (fixture, record) in fixtures() {
        let record = with_other_templates(&record);
        let forge = project(&record);
        let mut edited = Vec::new();
        for (path, file) in &record.files {
            if [".env", "forge.toml"].contains(&path.as_str()) {
                continue;
            }
            let Some(bytes) = &file.bytes else { continue };
            let text = String::from_utf8(bytes.clone()).expect("text");
            let mut lines: Vec<&str> = text.lines().collect();
            lines.insert(lines.len() / 2, LINE);
            forge.write(&format!("shop/{path}"), &(lines.join("\n") + "\n"));
            edited.push(path);
        }
        let run = forge.in_project("shop", ["update", "--json"]);
        let document = run.json();
        assert_eq!(document["written"], true, "{document:#}");
        let after = files(&forge);
        for path in edited {
            let text = String::from_utf8_lossy(&after[place_of(path, &document)]);
            assert!(
                text.lines().any(|line| line == LINE),
                "{}: {path}",
                fixture.display()
            );
        }
    }
}
