//! The options, as `templates/template.toml` defines them.
//!
//! Flags, questions, help, completions, the JSON schema and the tests all derive from this data.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

/// The file `templates/template.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Files that start as a copy of another one.
    #[serde(default)]
    pub copies: Vec<Copy>,
    /// What a person does first with any project.
    #[serde(default)]
    pub next_steps: Vec<NextStep>,
    /// The options in the order in which they are asked.
    #[serde(default, rename = "option")]
    pub list: Vec<OptionSpec>,
}

/// A file that starts as a copy of another one and goes its own way afterwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// The path of the original in the project.
    pub from: String,
    /// The path of the copy in the project.
    pub to: String,
}

/// A command worth running in a new project.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct NextStep {
    /// The command line.
    pub run: String,
    /// What it is good for.
    pub why: String,
}

/// A yes or no choice, which owns the layer of its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// The name of the flag, of the layer and of the variable in templates.
    pub name: String,
    /// What the user is asked.
    pub question: String,
    /// What saying yes brings, in one line.
    pub gloss: String,
    /// The answer when nobody answers, where what it needs is on.
    pub default: bool,
    /// Options without which this one makes no sense; they stand earlier in the list.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Whether the option changes the dependencies, and so has lock files of its own.
    #[serde(default)]
    pub dependencies: bool,
    /// What a person does first with this option.
    #[serde(default)]
    pub next_steps: Vec<NextStep>,
}

impl Options {
    /// Reads the text of `template.toml`.
    pub fn parse(text: &str) -> Result<Self> {
        let options: Self = toml::from_str(text).context("`template.toml` is not valid")?;
        options.check().context("`template.toml` is not valid")?;
        Ok(options)
    }

    /// The place of an option in the list.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|option| option.name == name)
    }

    /// The options that the one at `index` needs, directly or through others, by their places.
    #[must_use]
    pub fn needs_of(&self, index: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        let mut open = vec![index];
        while let Some(current) = open.pop() {
            for need in &self.list[current].needs {
                if let Some(need) = self.position(need)
                    && all.insert(need)
                {
                    open.push(need);
                }
            }
        }
        all
    }

    fn check(&self) -> Result<()> {
        let mut earlier = BTreeSet::new();
        for option in &self.list {
            for need in &option.needs {
                ensure!(
                    earlier.contains(need.as_str()),
                    "option `{}` needs `{need}`, which is not an earlier option",
                    option.name,
                );
            }
            ensure!(
                earlier.insert(option.name.as_str()),
                "option `{}` is defined twice",
                option.name,
            );
        }
        Ok(())
    }
}

impl OptionSpec {
    /// The flag that switches the option on or off.
    #[must_use]
    pub fn flag(&self, on: bool) -> String {
        flag(&self.name, on)
    }
}

/// The flag that switches the option of a name on or off.
#[must_use]
pub fn flag(option: &str, on: bool) -> String {
    if on {
        format!("--{option}")
    } else {
        format!("--no-{option}")
    }
}

/// The word for an answer.
#[must_use]
pub fn yes_or_no(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(name: &str, needs: &str) -> String {
        format!(
            "[[option]]\nname = '{name}'\nquestion = '?'\ngloss = ''\ndefault = true\nneeds = {needs}\n"
        )
    }

    #[test]
    fn needs_are_followed_through_other_options() {
        let text = option("a", "[]") + &option("b", "['a']") + &option("c", "['b']");
        let options = Options::parse(&text).unwrap();
        assert_eq!(options.needs_of(2), BTreeSet::from([0, 1]));
        assert!(options.needs_of(0).is_empty());
    }

    #[test]
    fn an_option_needs_only_earlier_ones() {
        let error = Options::parse(&option("a", "['b']")).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "`template.toml` is not valid: option `a` needs `b`, which is not an earlier option"
        );
    }

    #[test]
    fn an_option_is_defined_once() {
        let text = option("a", "[]") + &option("a", "[]");
        assert!(Options::parse(&text).is_err());
    }
}
