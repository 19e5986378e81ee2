//! From answers to what templates see.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::FORGE_VERSION;
use crate::input::answers::Answers;
use crate::input::item::Item;
use crate::input::options;
use crate::input::value::Value;
use crate::layers::manifest::RustVersion;

/// The variables of the templates.
#[derive(Debug, Serialize)]
pub struct Context {
    /// The name of the project.
    pub name: String,
    /// The name by which its Rust code refers to itself.
    pub crate_name: String,
    /// The version of Forge that made the project.
    pub forge_version: &'static str,
    /// The oldest Rust that compiles the project.
    pub rust_version: String,
    /// The version requirement of each crate that a project may depend on.
    pub versions: BTreeMap<String, String>,
    /// The ways from the project to its layers from outside, as a list in a file of TOML; empty if there
    /// are none.
    pub layers: String,
    /// All options in order, on or off.
    pub options: Vec<Answered>,
    /// The same as a variable for each option.
    #[serde(flatten)]
    pub variables: BTreeMap<String, Value>,
    /// What is generated, for the templates of a generator.
    #[serde(flatten)]
    pub item: Option<Item>,
}

/// An option with its answer.
#[derive(Debug, Serialize)]
pub struct Answered {
    /// The name of the option.
    pub name: String,
    /// Its answer.
    pub value: Value,
    /// Its answer in a file of TOML.
    pub toml: String,
}

impl Context {
    /// Combines the answers with the versions that a manifest states, and the Rust that the layers need.
    pub fn new(answers: &Answers, versions: &str, rust_version: &RustVersion) -> Result<Self> {
        let manifest: Manifest =
            toml::from_str(versions).context("the manifest with the versions is not valid")?;
        let dependencies = manifest.dependencies.into_iter();
        Ok(Self {
            name: answers.name.to_string(),
            crate_name: answers.name.crate_name(),
            forge_version: FORGE_VERSION,
            rust_version: rust_version.to_string(),
            versions: dependencies
                .chain(manifest.dev_dependencies)
                .map(|(name, dependency)| (name, dependency.version()))
                .collect(),
            layers: list(&answers.layers),
            options: answers
                .options
                .iter()
                .map(|answer| Answered {
                    name: answer.name.clone(),
                    value: answer.value.clone(),
                    toml: answer.value.to_toml(),
                })
                .collect(),
            variables: answers
                .options
                .iter()
                .map(|answer| (options::variable(&answer.name), answer.value.clone()))
                .collect(),
            item: None,
        })
    }
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| Value::Word(word.clone()).to_toml())
        .collect();
    if words.is_empty() {
        String::new()
    } else {
        format!("[{}]", words.join(", "))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Requirement(String),
    Table { version: String },
}

impl Dependency {
    fn version(self) -> String {
        match self {
            Self::Requirement(version) | Self::Table { version } => version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::answers::Answer;
    use crate::input::name::ProjectName;

    #[test]
    fn versions_come_from_strings_and_tables_of_both_kinds() {
        let answers = Answers {
            layers: Vec::new(),
            name: ProjectName::parse("my-app", |_| false).unwrap(),
            options: [("rate-limit", true.into()), ("database", "sqlite".into())]
                .map(|(name, value)| Answer {
                    name: name.to_owned(),
                    value,
                })
                .into(),
        };
        let context = Context::new(
            &answers,
            r#"
            [dependencies]
            axum = "0.8.9"
            redis = { version = "1.8", features = ["aio"] }
            [dev-dependencies]
            redis-test = { version = "1.0" }
            "#,
            &RustVersion::default(),
        )
        .unwrap();
        assert_eq!(context.crate_name, "my_app");
        assert_eq!(context.rust_version, "1.0");
        assert_eq!(context.versions["axum"], "0.8.9");
        assert_eq!(context.versions["redis"], "1.8");
        assert_eq!(context.versions["redis-test"], "1.0");
        assert_eq!(context.variables["rate_limit"], true.into());
        assert_eq!(context.variables["database"], "sqlite".into());
        assert_eq!(context.options[1].toml, "\"sqlite\"");
    }
}
