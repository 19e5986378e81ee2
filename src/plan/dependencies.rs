//! The dependencies of a project, of which each layer says its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// A table of dependencies by the names of their crates.
pub type Table = BTreeMap<String, Dependency>;

/// What a layer wants of a crate.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dependency {
    /// The version requirement, for crates of which Forge knows none.
    pub version: Option<String>,
    /// Whether its default features are wanted.
    #[serde(default = "wanted")]
    pub default_features: bool,
    /// The further features that are wanted.
    #[serde(default)]
    pub features: BTreeSet<String>,
    /// What a comment above the dependency says.
    pub why: Option<String>,
}

fn wanted() -> bool {
    true
}

impl Dependency {
    fn join(&mut self, other: &Self) {
        self.default_features |= other.default_features;
        self.features.extend(other.features.iter().cloned());
        self.version = self.version.take().or_else(|| other.version.clone());
        self.why = self.why.take().or_else(|| other.why.clone());
    }
}

/// What all of these tables want together.
pub fn joined<'a>(tables: impl IntoIterator<Item = &'a Table>) -> Table {
    let mut all = Table::new();
    for (name, dependency) in tables.into_iter().flatten() {
        all.entry(name.clone())
            .and_modify(|known| known.join(dependency))
            .or_insert_with(|| dependency.clone());
    }
    all
}

/// The lines of a manifest for a table, in order of the names.
pub fn lines(table: &Table, versions: &BTreeMap<String, String>) -> Result<String> {
    let mut text = String::new();
    for (name, dependency) in table {
        let version = dependency.version.as_ref().or_else(|| versions.get(name));
        let version = version.with_context(|| format!("the version of `{name}` is not known"))?;
        for line in dependency.why.iter().flat_map(|why| why.lines()) {
            writeln!(text, "# {line}")?;
        }
        if dependency.default_features && dependency.features.is_empty() {
            writeln!(text, "{name} = \"{version}\"")?;
            continue;
        }
        write!(text, "{name} = {{ version = \"{version}\"")?;
        if !dependency.default_features {
            text.push_str(", default-features = false");
        }
        if !dependency.features.is_empty() {
            let features: Vec<_> = dependency.features.iter().collect();
            write!(text, ", features = {features:?}")?;
        }
        text.push_str(" }\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn layers_share_a_dependency_with_the_features_of_both() {
        let first = table("tokio = { default-features = false, features = ['net'] }\nuuid = {}\n");
        let second = table(
            "tokio = { default-features = false, features = ['fs'], why = 'It waits.' }\n\
             ring = { version = '0.17' }\n",
        );
        let versions = BTreeMap::from([
            ("tokio".to_owned(), "1.54".to_owned()),
            ("uuid".to_owned(), "1.29".to_owned()),
        ]);
        assert_eq!(
            lines(&joined([&first, &second]), &versions).unwrap(),
            "ring = \"0.17\"\n\
             # It waits.\n\
             tokio = { version = \"1.54\", default-features = false, features = [\"fs\", \"net\"] }\n\
             uuid = \"1.29\"\n"
        );
    }

    #[test]
    fn default_features_are_there_if_one_wants_them() {
        let with = table("a = { version = '1' }\n");
        let without = table("a = { version = '1', default-features = false }\n");
        let all = joined([&without, &with]);
        assert_eq!(lines(&all, &BTreeMap::new()).unwrap(), "a = \"1\"\n");
    }

    #[test]
    fn a_version_that_nobody_knows_is_an_error() {
        let error = lines(&table("a = {}"), &BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "the version of `a` is not known");
    }
}
