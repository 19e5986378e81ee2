//! Manifests in which users have added dependencies of their own, also such as the templates have.
//!
//! A manifest that is called merged is one that cargo reads, and it has all that both sides say.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use forge::merge::lines::Labels;
use forge::merge::{self, Entry, Outcome, Tree};
use forge::plan::{Plan, PlannedFile};
use forge::record::{self, Pristine, Record};
use toml::{Table, Value};

use crate::forge::{Forge, Run};
use crate::simulated::Random;

const MANIFEST: &str = "Cargo.toml";
const CASES: u64 = 2000;
const EDITS: usize = 5;

fn edited(from: &str, to: &str) -> Forge {
    let forge = Forge::new();
    forge
        .run("new shop --yes --database none --no-redis --no-docker --vcs none --quiet")
        .exits(0);
    let manifest = fs::read_to_string(forge.path("shop/Cargo.toml")).expect("a manifest");
    assert!(manifest.contains(from), "{manifest}");
    forge.write("shop/Cargo.toml", &manifest.replacen(from, to, 1));
    forge
}

fn manifest(forge: &Forge) -> String {
    fs::read_to_string(forge.path("shop/Cargo.toml")).expect("a manifest")
}

fn is_conflict(run: &Run) -> bool {
    run.stdout.contains("conflict   Cargo.toml: ")
}

#[test]
fn a_dependency_that_both_have_keeps_the_requirement_of_the_user_and_has_all_features() {
    for (from, to) in [
        ("dotenvy = ", "redis = \"1\"\ndotenvy = "),
        (
            "uuid = ",
            "redis = { version = \"1\", features = [\"mine\"] }\nuuid = ",
        ),
        (
            "[dev-dependencies]",
            "[dependencies.redis]\nversion = \"1\"\n\n[dev-dependencies]",
        ),
        (
            "[dependencies]\n",
            "[dependencies]\nredis.version = \"1\"\n",
        ),
    ] {
        let forge = edited(from, to);
        let run = forge.in_project("shop", ["add", "redis"]).exits(0);
        assert!(run.stdout.contains("merged     Cargo.toml"), "{run:#?}");
        let text = manifest(&forge);
        let table: Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{error}: {text}"));
        let redis = &table["dependencies"]["redis"];
        assert_eq!(redis["version"].as_str(), Some("1"), "{text}");
        let features = redis["features"].as_array().expect("features");
        assert!(features.contains(&Value::from("script")), "{text}");
        assert_eq!(
            features.contains(&Value::from("mine")),
            to.contains("mine"),
            "{text}"
        );
        assert!(!text.contains("] ,"), "{text}");
    }
}

#[test]
fn a_dependency_that_both_have_and_that_cannot_be_both_is_a_conflict() {
    for (from, to) in [
        ("dotenvy = ", "redis = \"0.27\"\ndotenvy = "),
        (
            "uuid = ",
            "redis = { git = \"https://example.com/redis\" }\nuuid = ",
        ),
        (
            "[dev-dependencies]",
            "[dependencies.redis]\nversion = \"0.27\"\n\n[dev-dependencies]",
        ),
        (
            "tokio = ",
            "redis = { path = \"../redis\", optional = true }\ntokio = ",
        ),
    ] {
        let forge = edited(from, to);
        let run = forge.in_project("shop", ["add", "redis"]).exits(4);
        assert!(is_conflict(&run), "{run:#?}");
        let text = manifest(&forge);
        for line in to.lines() {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        assert!(text.contains("\"script\""), "{text}");
    }
}

#[test]
fn a_manifest_that_was_no_toml_before_is_never_called_merged() {
    let forge = edited("[dependencies]\n", "[dependencies]\nhalf = \n");
    let run = forge.in_project("shop", ["add", "redis"]).exits(4);
    assert!(is_conflict(&run), "{run:#?}");
}

/// The manifests of all options off, and of more and more of them on.
fn renders() -> Vec<String> {
    let forge = Forge::new();
    let sets = ["--no-redis", "--redis --no-worker", "--redis --worker"];
    let sets = sets.into_iter().enumerate();
    sets.map(|(index, flags)| {
        forge
            .run(&format!(
                "new {index} --name shop {flags} --yes --vcs none -q"
            ))
            .exits(0);
        fs::read_to_string(forge.path(&format!("{index}/Cargo.toml"))).expect("a manifest")
    })
    .collect()
}

/// What a release of the templates may do to a dependency.
fn other_release(manifest: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = manifest.lines().map(str::to_owned).collect();
    for _ in 0..random.below(4) {
        let at = random.below(lines.len());
        let is_dependency = lines[at].contains(" = {") && lines[at].contains("version");
        if !is_dependency {
            continue;
        }
        match random.below(3) {
            0 => lines[at] = lines[at].replace("features = [", "features = [\"released\", "),
            1 => lines[at] = lines[at].replace("version = \"", "version = \"1"),
            _ => drop(lines.remove(at)),
        }
    }
    lines.join("\n") + "\n"
}

/// Edits as users make them to dependencies, above all to such as the templates know.
fn edit(manifest: &str, names: &[String], random: &mut Random) -> String {
    let mut lines: Vec<String> = manifest.lines().map(str::to_owned).collect();
    let start = lines.iter().position(|line| line == "[dependencies]");
    let start = start.expect("dependencies") + 1;
    let end = lines.iter().position(|line| line == "[dev-dependencies]");
    let end = end.expect("dependencies of tests");
    let at = start + random.below(end - start);
    let name = random.pick(names).clone();
    let version = *random.pick(&["\"*\"", "\"1\"", "\"0.27\"", "\"99.0.0\"", "\">=0.1, <9\""]);
    match random.below(14) {
        0 | 1 => lines.insert(at, format!("{name} = {version}")),
        2 => lines.insert(at, format!("{name} = {{ version = {version} }}")),
        3 => lines.insert(
            at,
            format!("{name} = {{ features = [ \"mine\" ], version = {version} }} # mine"),
        ),
        4 => lines.insert(
            at,
            format!("{name} = {{ git = \"https://example.com/{name}\" }}"),
        ),
        5 => lines.insert(at, format!("{name}.version = {version}")),
        6 => lines.insert(
            end,
            format!("[dependencies.{name}]\nversion = {version}\nfeatures = [\n    \"mine\",\n    \"other\",\n]\n"),
        ),
        7 => lines.insert(
            end,
            format!("[target.'cfg(unix)'.dependencies]\n{name} = {version}\n"),
        ),
        8 => lines.push(format!("\n[dependencies.{name}]\nversion = {version}")),
        9 => lines.insert(end + 1, format!("{name} = {version}")),
        10 => lines.insert(at, format!("# mine {}", random.next())),
        11 => drop(lines.remove(at)),
        12 => lines[at] = lines[at].replace("features = [", "features = [\"mine\", "),
        _ => lines[at] = lines[at].replace("version = \"", "version = \"9"),
    }
    lines.join("\n") + "\n"
}

fn update(base: &str, ours: &str, theirs: &str) -> (Outcome, String) {
    let pristine = Pristine {
        hash: record::hash(base.as_bytes()),
        bytes: Some(base.as_bytes().to_vec()),
    };
    let record = Record {
        files: BTreeMap::from([(MANIFEST.to_owned(), pristine)]),
        ..Record::default()
    };
    let tree = Tree {
        entries: BTreeMap::from([(MANIFEST.to_owned(), Entry::File(ours.as_bytes().to_vec()))]),
        ..Tree::default()
    };
    let planned = PlannedFile {
        layer: "base",
        bytes: Cow::Borrowed(theirs.as_bytes()),
    };
    let plan = Plan {
        files: BTreeMap::from([(MANIFEST.to_owned(), planned)]),
    };
    let labels = Labels {
        base: "last render".to_owned(),
        theirs: "forge".to_owned(),
    };
    let changes = merge::merge(Some(&record), &tree, &plan, &labels);
    let [change] = changes.as_slice() else {
        panic!("one file has one change: {changes:#?}");
    };
    let text = change.after.clone().expect("a manifest");
    (change.outcome, String::from_utf8(text).expect("text"))
}

/// The dependencies of a manifest by the place of their table and their name.
fn dependencies(text: &str) -> Option<BTreeMap<(String, String), Table>> {
    let manifest: Table = text.parse().ok()?;
    let mut found = BTreeMap::new();
    let mut add = |place: &str, table: Option<&Value>| {
        for (name, value) in table.and_then(Value::as_table).into_iter().flatten() {
            let table = match value {
                Value::Table(table) => table.clone(),
                version => Table::from_iter([("version".to_owned(), version.clone())]),
            };
            found.insert((place.to_owned(), name.clone()), table);
        }
    };
    for place in ["dependencies", "dev-dependencies"] {
        add(place, manifest.get(place));
    }
    let unix = manifest.get("target").and_then(|all| all.get("cfg(unix)"));
    add("unix", unix.and_then(|unix| unix.get("dependencies")));
    Some(found)
}

fn features(dependency: Option<&Table>) -> BTreeSet<String> {
    let features = dependency.and_then(|table| table.get("features")?.as_array());
    let features = features.into_iter().flatten();
    let names = features.filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

/// What a merged manifest lacks of what either side says.
fn lacks(base: &str, ours: &str, theirs: &str, merged: &str) -> Option<String> {
    let [Some(base), Some(own), Some(new)] = [base, ours, theirs].map(dependencies) else {
        return Some("a side that can be read".to_owned());
    };
    let Some(merged_table) = dependencies(merged) else {
        return Some("being a manifest".to_owned());
    };
    let all: BTreeSet<_> = own.keys().chain(new.keys()).collect();
    for key in all {
        let [base, own, new, merged] =
            [&base, &own, &new, &merged_table].map(|dependencies| dependencies.get(key));
        let taken_out = base.is_some() && (own.is_none() || new.is_none() && own == base);
        let Some(merged) = merged else {
            if taken_out {
                continue;
            }
            return Some(format!("{key:?}"));
        };
        if taken_out {
            return Some(format!("the absence of {key:?}"));
        }
        let (had, got) = (features(base), features(Some(merged)));
        for side in [own, new] {
            if let Some(feature) = features(side)
                .difference(&had)
                .find(|feature| !got.contains(*feature))
            {
                return Some(format!("{feature} of {key:?}"));
            }
        }
        for (name, value) in own.into_iter().flatten() {
            let kept = merged.get(name) == Some(value);
            if base.is_none() && name != "features" && !kept {
                return Some(format!("{name} of {key:?}"));
            }
        }
    }
    let comments = ours.lines().filter(|line| line.starts_with("# mine"));
    let mut lost = comments.filter(|comment| !merged.lines().any(|line| line == *comment));
    lost.next().map(str::to_owned)
}

#[test]
fn a_merged_manifest_can_be_read_and_has_all_that_both_sides_say() {
    let number = |name| std::env::var(name).map(|value| value.parse::<u64>().expect("a number"));
    let cases = number("FORGE_CASES").map_or(CASES, |cases| cases.max(CASES));
    let first = number("FORGE_SEED").unwrap_or_default();
    let renders = renders();
    let last = dependencies(renders.last().expect("a render")).expect("a manifest");
    let mut names: Vec<String> = last.into_keys().map(|(_, name)| name).collect();
    names.push("own".to_owned());
    let (mut merged, mut conflicts) = (0, 0);
    for seed in first..first + cases {
        let mut random = Random(seed);
        let base = random.pick(&renders).clone();
        let theirs = random.pick(&renders).clone();
        let theirs = other_release(&theirs, &mut random);
        let mut ours = base.clone();
        for _ in 0..=random.below(EDITS) {
            let edited = edit(&ours, &names, &mut random);
            if edited.parse::<Table>().is_ok() {
                ours = edited;
            }
        }
        let (outcome, text) = update(&base, &ours, &theirs);
        if outcome == Outcome::Conflict {
            conflicts += 1;
            continue;
        }
        merged += u64::from(outcome == Outcome::Merged);
        if let Some(missing) = lacks(&base, &ours, &theirs, &text) {
            panic!(
                "seed {seed}: {outcome:?} without {missing}\n--- ours\n{ours}\n--- theirs\n{theirs}\n--- merged\n{text}"
            );
        }
    }
    println!("{merged} merged, {conflicts} conflicts");
    assert!(merged > cases / 3, "only {merged} of {cases} were merged");
}
