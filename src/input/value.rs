//! An answer to one option, as files, templates and reports have it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What switches a choice off.
pub const NONE: &str = "none";

/// Yes or no, or a word: one of several, or a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Switch(bool),
    /// One of several words, or any text.
    Word(String),
}

impl Value {
    /// Whether it is yes, or a word that is neither empty nor `none`.
    #[must_use]
    pub fn is_on(&self) -> bool {
        match self {
            Self::Switch(on) => *on,
            Self::Word(word) => !matches!(word.as_str(), "" | NONE),
        }
    }

    /// The word, where it is one.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Switch(_) => None,
            Self::Word(word) => Some(word),
        }
    }

    /// The value in a file of TOML, whose strings may be those of JSON.
    #[must_use]
    pub fn to_toml(&self) -> String {
        match self {
            Self::Switch(on) => on.to_string(),
            Self::Word(word) => serde_json::Value::from(word.as_str()).to_string(),
        }
    }
}

/// For people: yes, no, or the word.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Switch(true) => "yes",
            Self::Switch(false) => "no",
            Self::Word(word) if word.is_empty() => NONE,
            Self::Word(word) => word,
        })
    }
}

impl From<bool> for Value {
    fn from(on: bool) -> Self {
        Self::Switch(on)
    }
}

impl From<&str> for Value {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

/// A value of TOML that can be an answer.
impl TryFrom<toml::Value> for Value {
    type Error = ();

    fn try_from(value: toml::Value) -> Result<Self, ()> {
        match value {
            toml::Value::Boolean(on) => Ok(Self::Switch(on)),
            toml::Value::String(word) => Ok(Self::Word(word)),
            _ => Err(()),
        }
    }
}
