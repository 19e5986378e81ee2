//! The file `layer.toml`, in which a layer says what it is, what it asks, and what it adds to files
//! that are not its own.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::de::DeTable;

use crate::error::Refusal;
use crate::input::condition::Condition;
use crate::input::options::{Group, NextStep, OptionSpec};
use crate::plan::dependencies::Table;

/// Where it stands in the folder of a layer. It is no file of projects.
pub const PATH: &str = "layer.toml";

/// What a layer says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its place among the layers: questions are asked, and contributions stand, in this order.
    #[serde(default)]
    pub order: u32,
    /// When it is on; always, if nothing is said.
    pub when: Option<Condition>,
    /// Questions that stand for several options.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// The options that come with it.
    #[serde(default, rename = "option")]
    pub options: Vec<OptionSpec>,
    /// The oldest Rust that compiles it.
    #[serde(default, rename = "rust-version")]
    pub rust_version: RustVersion,
    /// What is said when it goes.
    pub removed: Option<Removed>,
    /// What a person does first with a project that it is part of.
    #[serde(default)]
    pub next_steps: Vec<NextStep>,
    /// Its files that start as a copy of another one, by their paths.
    #[serde(default)]
    pub copies: BTreeMap<String, String>,
    /// The former paths of its files by their present ones.
    #[serde(default)]
    pub moved: BTreeMap<String, String>,
    /// The files of other layers that its own take the place of.
    #[serde(default)]
    pub replaces: Vec<String>,
    /// The crates that it needs.
    #[serde(default)]
    pub dependencies: Table,
    /// The crates that its tests need.
    #[serde(default, rename = "dev-dependencies")]
    pub dev_dependencies: Table,
    /// What it adds to files of other layers, by the path of the file and the name of the place.
    #[serde(default, rename = "in")]
    pub contributions: BTreeMap<String, BTreeMap<String, String>>,
}

/// What a person has to know when a layer goes from a project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// For which new answers it matters; for all, if nothing is said.
    pub when: Option<Condition>,
    /// What is said.
    pub note: String,
}

/// A version of Rust as manifests state it, such as `1.89`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub struct RustVersion {
    major: u32,
    minor: u32,
}

impl Default for RustVersion {
    fn default() -> Self {
        Self { major: 1, minor: 0 }
    }
}

impl TryFrom<String> for RustVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let numbers = text.split_once('.');
        let version = numbers.and_then(|(major, minor)| {
            let (major, minor) = (major.parse().ok()?, minor.parse().ok()?);
            Some(Self { major, minor })
        });
        version.ok_or_else(|| format!("`{text}` is not a version of Rust such as `1.89`"))
    }
}

impl fmt::Display for RustVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl Manifest {
    /// Whether it needs any crate.
    #[must_use]
    pub fn has_dependencies(&self) -> bool {
        !self.dependencies.is_empty() || !self.dev_dependencies.is_empty()
    }

    /// Reads the text of a `layer.toml`, which messages show as `file`.
    pub fn parse(file: &str, text: &str) -> Result<Self, Refusal> {
        read(file, text)
    }
}

/// Reads a file of TOML with such data, which messages show as `file`.
pub(super) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Refusal> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let message: Vec<&str> = error.message().split_whitespace().collect();
        let message = message.join(" ");
        let (cause, allowed) = match message.split_once(", expected ") {
            Some((cause, allowed)) => (cause.to_owned(), format!("expected {allowed}")),
            None => (message, format!("correct the line in `{file}`")),
        };
        let place = place(file, text, error.span());
        Refusal::usage(format!("{place}: {cause}"), allowed)
    })
}

/// A place in a file, as messages show it.
fn place(file: &str, text: &str, span: Option<Range<usize>>) -> String {
    let line = |span: Range<usize>| text[..span.start.min(text.len())].matches('\n').count() + 1;
    span.map_or_else(
        || format!("`{file}`"),
        |span| format!("`{file}` line {}", line(span)),
    )
}

/// Where a key stands in a text that [`Manifest::parse`] has read, as messages show it.
#[must_use]
pub fn place_of(file: &str, text: &str, keys: &[&str]) -> String {
    let mut span = None;
    if let Ok(document) = DeTable::parse(text) {
        let mut table = Some(document.get_ref());
        for key in keys {
            let entry = table.and_then(|table| {
                let mut entries = table.iter();
                entries.find(|(name, _)| name.get_ref().as_ref() == *key)
            });
            span = entry.map(|(name, _)| name.span()).or(span);
            table = entry.and_then(|(_, value)| value.get_ref().as_table());
        }
    }
    place(file, text, span)
}
