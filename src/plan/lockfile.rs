//! The text of a `Cargo.lock`.
//!
//! There is one lock file of all versions, and that of a project is a selection from it: what the
//! project's dependencies lead to. A few dependencies between crates are there only because some
//! crate asks for a feature of another one; which layers bring those is known from cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result};

/// Where a project keeps it.
pub const PATH: &str = "Cargo.lock";

const ENTRY: &str = "[[package]]\n";

/// The version of a new project.
const NEW: &str = "0.1.0";

/// The dependencies between crates that are not always there, as `crate -> dependency`, each with the
/// sets of layers of which one has to be on.
pub type Conditional = BTreeMap<String, Vec<BTreeSet<String>>>;

/// A package of a lock file.
#[derive(Debug)]
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    /// What stands before its dependencies.
    head: &'a str,
    /// Its dependencies as they stand there: a name, and a version where there are several.
    dependencies: Vec<&'a str>,
}

/// What a project needs of the lock file of all versions.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The name of the project.
    pub project: &'a str,
    /// The crates that it depends on.
    pub dependencies: BTreeSet<&'a str>,
    /// The layers that it is made of.
    pub layers: BTreeSet<&'a str>,
}

/// Selects the lock file of a project from that of all versions, of which the package `root`
/// depends on everything.
pub fn select(
    all: &str,
    root: &str,
    conditional: &Conditional,
    wanted: &Wanted<'_>,
) -> Result<String> {
    let (head, entries) = all
        .split_once(ENTRY)
        .context("the lock file of all versions has no packages")?;
    let separator = format!("\n{ENTRY}");
    let packages: Vec<Package<'_>> = entries.split(&separator).filter_map(package).collect();
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, package) in packages.iter().enumerate() {
        by_name.entry(package.name).or_default().push(index);
    }
    let find = |dependency: &str| -> Option<usize> {
        let (name, version) = dependency.split_once(' ').unwrap_or((dependency, ""));
        let versions = by_name.get(name)?.iter().copied();
        let mut matching =
            versions.filter(|&index| version.is_empty() || packages[index].version == version);
        matching.next()
    };
    let is_there = |package: &Package<'_>, dependency: &str| {
        if package.name == root {
            let name = dependency.split(' ').next().unwrap_or_default();
            return wanted.dependencies.contains(name);
        }
        let sets = conditional.get(&edge(package.name, package.version, dependency, &by_name));
        sets.is_none_or(|sets| {
            let is_on = |layer: &String| wanted.layers.contains(layer.as_str());
            sets.iter().any(|set| set.iter().all(is_on))
        })
    };

    let own = find(root).context("the lock file of all versions has no root")?;
    let mut selected: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut open = vec![own];
    while let Some(index) = open.pop() {
        if selected.contains_key(&index) {
            continue;
        }
        let package = &packages[index];
        let dependencies = package.dependencies.iter();
        let dependencies: Vec<usize> = dependencies
            .filter(|dependency| is_there(package, dependency))
            .filter_map(|dependency| find(dependency))
            .collect();
        open.extend(&dependencies);
        selected.insert(index, dependencies);
    }

    let is_alone = |name: &str| {
        let versions = by_name[name].iter();
        versions
            .filter(|index| selected.contains_key(index))
            .count()
            < 2
    };
    // Cargo sorts by name first, and a project is not given the name of a dependency. One that came
    // later may have it all the same.
    let name_of = |index: usize| {
        if index == own {
            wanted.project
        } else {
            packages[index].name
        }
    };
    let mut order: Vec<usize> = selected.keys().copied().collect();
    order.sort_by_key(|&index| (name_of(index), index != own));
    let mut text = head.to_owned();
    for (place, index) in order.into_iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        text.push_str(ENTRY);
        if index == own {
            let project = wanted.project;
            let _ = writeln!(text, "name = \"{project}\"\nversion = \"{NEW}\"");
        } else {
            text.push_str(packages[index].head);
        }
        let dependencies = &selected[&index];
        if dependencies.is_empty() {
            continue;
        }
        text.push_str("dependencies = [\n");
        for &dependency in dependencies {
            let Package { name, version, .. } = packages[dependency];
            let _ = if is_alone(name) {
                writeln!(text, " \"{name}\",")
            } else {
                writeln!(text, " \"{name} {version}\",")
            };
        }
        text.push_str("]\n");
    }
    Ok(text)
}

/// How a dependency between two packages is called where it is conditional: with the version of a
/// crate of which there are several.
fn edge(
    name: &str,
    version: &str,
    dependency: &str,
    by_name: &BTreeMap<&str, Vec<usize>>,
) -> String {
    if by_name.get(name).is_some_and(|versions| versions.len() > 1) {
        format!("{name} {version} -> {dependency}")
    } else {
        format!("{name} -> {dependency}")
    }
}

/// Whether Rust code calls two packages the same.
#[must_use]
pub fn is_same_crate(a: &str, b: &str) -> bool {
    let same = |a: u8, b: u8| a == b || (matches!(a, b'-' | b'_') && matches!(b, b'-' | b'_'));
    a.len() == b.len() && std::iter::zip(a.bytes(), b.bytes()).all(|(a, b)| same(a, b))
}

/// The names of the packages of a lock file.
pub fn packages(lock: &str) -> impl Iterator<Item = &str> {
    lock.lines().filter_map(|line| quoted(line, "name"))
}

/// Reads an entry without its header.
fn package(entry: &str) -> Option<Package<'_>> {
    let value = |key| entry.lines().find_map(|line| quoted(line, key));
    let (head, dependencies) = entry
        .split_once("dependencies = [\n")
        .unwrap_or((entry, ""));
    let dependencies = dependencies.lines().map(str::trim);
    Some(Package {
        name: value("name")?,
        version: value("version")?,
        head,
        dependencies: dependencies
            .filter_map(|line| line.strip_prefix('"')?.strip_suffix("\","))
            .collect(),
    })
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?
        .strip_prefix(" = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"# This file is automatically @generated by Cargo.
version = 4

[[package]]
name = "axum"
version = "0.8.9"
source = "registry"
checksum = "a"
dependencies = [
 "hashbrown 0.15.0",
 "tokio-util",
]

[[package]]
name = "hashbrown"
version = "0.15.0"

[[package]]
name = "hashbrown"
version = "0.16.0"

[[package]]
name = "lru"
version = "0.19.0"
dependencies = [
 "hashbrown 0.16.0",
]

[[package]]
name = "socket"
version = "1.0.0"

[[package]]
name = "tokio-util"
version = "1.0.0"
dependencies = [
 "socket",
]

[[package]]
name = "versions"
version = "0.0.0"
dependencies = [
 "axum",
 "lru",
]
"#;

    fn selected(project: &str, dependencies: &[&str], layers: &[&str]) -> String {
        let worker = BTreeSet::from(["worker".to_owned()]);
        let conditional = Conditional::from([("tokio-util -> socket".to_owned(), vec![worker])]);
        let wanted = Wanted {
            project,
            dependencies: dependencies.iter().copied().collect(),
            layers: layers.iter().copied().collect(),
        };
        select(ALL, "versions", &conditional, &wanted).unwrap()
    }

    fn order(project: &str) -> Vec<String> {
        let lock = selected(project, &["axum"], &[]);
        packages(&lock).map(str::to_owned).collect()
    }

    #[test]
    fn the_project_stands_where_cargo_sorts_it() {
        assert_eq!(order("aaa"), ["aaa", "axum", "hashbrown", "tokio-util"]);
        assert_eq!(order("axum2"), ["axum", "axum2", "hashbrown", "tokio-util"]);
        assert_eq!(order("tokio"), ["axum", "hashbrown", "tokio", "tokio-util"]);
        assert_eq!(order("zoo"), ["axum", "hashbrown", "tokio-util", "zoo"]);
    }

    #[test]
    fn only_what_the_dependencies_lead_to_is_there() {
        let lock = selected("zoo", &["axum"], &[]);
        assert!(lock.starts_with("# This file is automatically @generated by Cargo.\nversion = 4\n\n[[package]]\nname = \"axum\"\nversion = \"0.8.9\"\nsource = \"registry\"\nchecksum = \"a\"\ndependencies = [\n \"hashbrown\",\n \"tokio-util\",\n]\n\n[[package]]\nname = \"hashbrown\"\nversion = \"0.15.0\"\n\n"), "{lock}");
        assert!(
            lock.ends_with(
                "name = \"zoo\"\nversion = \"0.1.0\"\ndependencies = [\n \"axum\",\n]\n"
            ),
            "{lock}"
        );
    }

    #[test]
    fn versions_are_told_apart_only_where_there_are_several() {
        let lock = selected("zoo", &["axum", "lru"], &[]);
        assert!(lock.contains(" \"hashbrown 0.15.0\",\n"), "{lock}");
        assert!(lock.contains(" \"hashbrown 0.16.0\",\n"), "{lock}");
    }

    #[test]
    fn some_dependencies_between_crates_come_with_a_layer() {
        assert!(!selected("zoo", &["axum"], &[]).contains("socket"));
        assert!(selected("zoo", &["axum"], &["worker"]).contains(" \"socket\",\n"));
    }

    #[test]
    fn dashes_and_underscores_name_the_same_crate() {
        assert!(is_same_crate("tokio-util", "tokio_util"));
        assert!(!is_same_crate("tokio-util", "tokio"));
        assert!(!is_same_crate("tokio-util", "tokio+util"));
    }

    #[test]
    fn a_lock_file_without_the_root_is_an_error() {
        let wanted = Wanted {
            project: "zoo",
            dependencies: BTreeSet::new(),
            layers: BTreeSet::new(),
        };
        for all in ["version = 4\n", "[[package]]\nname = \"axum\"\n"] {
            assert!(select(all, "versions", &Conditional::new(), &wanted).is_err());
        }
    }
}
