//! The name of a project, checked once against everything that will carry it.

use std::fmt;
use std::path::Path;

use crate::error::Refusal;

/// A name that works as a crate, a binary, a directory, a container, an image and a key prefix.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ProjectName(String);

/// Leaves room for `_redis` and the like in a DNS label, which ends at 63 characters (RFC 1035).
pub const MAX_LENGTH: usize = 50;

/// The form of a name: words of lower-case letters and digits with `_`, `__` or dashes between them.
pub(crate) const PATTERN: &str = "^[a-z][a-z0-9]*(?:(?:__?|-+)[a-z0-9]+)*$";

/// A name that is always fine.
const FALLBACK: &str = "my_app";

/// Keywords of all editions, strict and reserved.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Crates that every crate can name without depending on them.
const BUILT_IN_CRATES: &[&str] = &["alloc", "core", "proc-macro", "proc_macro", "std", "test"];

/// Directories that cargo makes next to the binary.
const ARTIFACT_DIRECTORIES: &[&str] = &["build", "deps", "examples", "incremental"];

/// Whether Windows takes a name, or one that goes on with a dot, for that of a device.
#[must_use]
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    WINDOWS_DEVICES.contains(&stem.to_ascii_lowercase().as_str())
}

/// Devices on Windows, in lower case.
const WINDOWS_DEVICES: &[&str] = &[
    "aux", "con", "nul", "prn", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7",
    "com8", "com9", "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Every well-formed name that is taken, whatever projects depend on.
pub(crate) fn taken() -> impl Iterator<Item = &'static str> {
    let lists = [
        KEYWORDS,
        BUILT_IN_CRATES,
        ARTIFACT_DIRECTORIES,
        WINDOWS_DEVICES,
    ];
    lists.into_iter().flatten().copied()
}

const OF_A_PROJECT: &str = "the name of a project";

/// A name that breaks a rule, and one like it that does not.
#[derive(Debug)]
pub struct BadName {
    name: String,
    fault: String,
    suggestion: String,
}

impl BadName {
    fn message(&self, what: &str) -> String {
        format!("`{}` cannot be {what}: {}", self.name, self.fault)
    }

    /// The refusal of a name of something in a project.
    #[must_use]
    pub fn in_project(self) -> Refusal {
        Refusal::usage(self.message("a name"), format!("try `{}`", self.suggestion))
    }

    /// The refusal of a name from the command line.
    #[must_use]
    pub fn on_command_line(self) -> Refusal {
        let help = format!(
            "try `{}`, as the last part of the path or with `--name`",
            self.suggestion
        );
        Refusal::usage(self.message(OF_A_PROJECT), help)
    }

    /// The refusal of a name from a file of answers.
    #[must_use]
    pub fn in_file(self, file: &Path) -> Refusal {
        let help = format!(
            "set `name = \"{}\"` in `{}`",
            self.suggestion,
            file.display()
        );
        Refusal::usage(self.message(OF_A_PROJECT), help)
    }
}

impl ProjectName {
    /// Checks a name. `is_dependency` tells whether a generated project depends on such a crate.
    pub fn parse(name: &str, is_dependency: impl Fn(&str) -> bool) -> Result<Self, BadName> {
        match fault(name, &is_dependency) {
            None => Ok(Self(name.to_owned())),
            Some(fault) => Err(BadName {
                name: name.to_owned(),
                fault,
                suggestion: suggest(name, &is_dependency),
            }),
        }
    }

    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name by which Rust code refers to the crate.
    #[must_use]
    pub fn crate_name(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name like the given one that passes every rule.
pub fn suggest(name: &str, is_dependency: &impl Fn(&str) -> bool) -> String {
    let mut words = snake_case(name);
    if words.starts_with(|first: char| first.is_ascii_digit()) {
        words.insert_str(0, "app_");
    }
    truncate(&mut words, MAX_LENGTH);
    if reserved(&words, is_dependency).is_some() {
        truncate(&mut words, MAX_LENGTH - "_app".len());
        words.push_str("_app");
    }
    match fault(&words, is_dependency) {
        None => words,
        Some(_) => FALLBACK.to_owned(),
    }
}

/// The rule that a name breaks.
fn fault(name: &str, is_dependency: &impl Fn(&str) -> bool) -> Option<String> {
    let Some(first) = name.chars().next() else {
        return Some("it is empty".to_owned());
    };
    if let Some(reason) = reserved(name, is_dependency) {
        return Some(reason);
    }
    if !first.is_ascii_alphabetic() {
        return Some("it does not begin with a letter from `a` to `z`".to_owned());
    }
    if let Some(upper) = name.chars().find(char::is_ascii_uppercase) {
        return Some(format!(
            "`{upper}` is upper case, which image names do not allow"
        ));
    }
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if let Some(other) = name.chars().find(|c| !allowed(c)) {
        return Some(format!(
            "{} is not one of `a` to `z`, `0` to `9`, `_` and `-`",
            shown(other)
        ));
    }
    if name.len() > MAX_LENGTH {
        return Some(format!(
            "it has {} characters, and host names leave room for only {MAX_LENGTH}",
            name.len()
        ));
    }
    if name.ends_with(['_', '-']) {
        return Some("it does not end with a letter or a digit".to_owned());
    }
    name.split(|c: char| c.is_ascii_alphanumeric())
        .find(|separator| !is_separator(separator))
        .map(|separator| {
            format!("image names allow `_`, `__` or dashes between two words, not `{separator}`")
        })
}

/// Docker's reference grammar for what may stand between two words, without its dot.
fn is_separator(between: &str) -> bool {
    matches!(between, "" | "_" | "__") || between.bytes().all(|byte| byte == b'-')
}

/// Why a name that is well formed is taken. Windows does not tell upper from lower case.
fn reserved(name: &str, is_dependency: &impl Fn(&str) -> bool) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let name = lower.as_str();
    if KEYWORDS.contains(&name) {
        Some("it is a Rust keyword".to_owned())
    } else if BUILT_IN_CRATES.contains(&name) {
        Some("it is a crate that comes with Rust".to_owned())
    } else if ARTIFACT_DIRECTORIES.contains(&name) {
        Some("cargo keeps a directory of that name beside the binary".to_owned())
    } else if is_device(name) {
        Some("it is a device name on Windows".to_owned())
    } else if is_dependency(name) {
        Some("it is a crate that generated projects depend on".to_owned())
    } else {
        None
    }
}

/// Splits `CamelCase`, and puts one separator where there was anything else than a word.
fn snake_case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut separator = None;
    let mut previous_is_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            separator = Some(if c == '-' { '-' } else { '_' });
            continue;
        }
        let starts_a_word = previous_is_lower && c.is_ascii_uppercase();
        if let Some(separator) = separator.or(starts_a_word.then_some('_'))
            && !words.is_empty()
        {
            words.push(separator);
        }
        words.push(c.to_ascii_lowercase());
        separator = None;
        previous_is_lower = !c.is_ascii_uppercase();
    }
    words
}

fn truncate(words: &mut String, length: usize) {
    words.truncate(length);
    words.truncate(words.trim_end_matches(['_', '-']).len());
}

/// A character between back-ticks, or its code where it would not show.
fn shown(c: char) -> String {
    if c.is_control() || (c.is_whitespace() && c != ' ') {
        format!("U+{:04X}", u32::from(c))
    } else {
        format!("`{c}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_dependency(name: &str) -> bool {
        matches!(name, "tokio" | "tokio-util" | "redis" | "redis_app")
    }

    fn reason(name: &str) -> String {
        let bad = ProjectName::parse(name, is_dependency).unwrap_err();
        bad.fault
    }

    fn suggestion(name: &str) -> String {
        suggest(name, &is_dependency)
    }

    #[test]
    fn accepts_ordinary_names() {
        for name in [
            "a", "my_app", "my-app", "my--app", "my__app", "app2", "union", "com", "com10",
        ] {
            assert!(ProjectName::parse(name, is_dependency).is_ok(), "{name}");
        }
        assert!(ProjectName::parse(&"a".repeat(MAX_LENGTH), is_dependency).is_ok());
    }

    #[test]
    fn names_the_rule_that_is_broken() {
        for (name, rule) in [
            ("", "it is empty"),
            ("fn", "it is a Rust keyword"),
            ("Self", "it is a Rust keyword"),
            ("gen", "it is a Rust keyword"),
            ("test", "it is a crate that comes with Rust"),
            ("core", "it is a crate that comes with Rust"),
            (
                "deps",
                "cargo keeps a directory of that name beside the binary",
            ),
            ("CON", "it is a device name on Windows"),
            ("com0", "it is a device name on Windows"),
            ("redis", "it is a crate that generated projects depend on"),
            ("1x", "it does not begin with a letter from `a` to `z`"),
            ("-x", "it does not begin with a letter from `a` to `z`"),
            ("é", "it does not begin with a letter from `a` to `z`"),
            ("Shop", "`S` is upper case, which image names do not allow"),
            (
                "caf\u{e9}",
                "`é` is not one of `a` to `z`, `0` to `9`, `_` and `-`",
            ),
            (
                "a\tb",
                "U+0009 is not one of `a` to `z`, `0` to `9`, `_` and `-`",
            ),
            ("app_", "it does not end with a letter or a digit"),
            (
                "a_-b",
                "image names allow `_`, `__` or dashes between two words, not `_-`",
            ),
            (
                "a___b",
                "image names allow `_`, `__` or dashes between two words, not `___`",
            ),
        ] {
            assert_eq!(reason(name), rule, "{name}");
        }
        assert_eq!(
            reason(&"a".repeat(200)),
            "it has 200 characters, and host names leave room for only 50"
        );
    }

    #[test]
    fn suggests_a_name_like_the_given_one() {
        for (name, expected) in [
            ("fn", "fn_app"),
            ("1x", "app_1x"),
            ("-x", "x"),
            ("CamelCase", "camel_case"),
            ("HTTPServer", "httpserver"),
            ("My-App", "my-app"),
            ("my app!", "my_app"),
            ("CON", "con_app"),
            ("é", "my_app"),
            ("", "my_app"),
            ("redis", "my_app"),
            ("tokio-util", "tokio-util_app"),
        ] {
            assert_eq!(suggestion(name), expected, "{name:?}");
        }
    }

    /// Walks through every string of up to four characters from an alphabet that reaches each
    /// rule, alone and attached to each reserved word.
    #[test]
    fn every_suggestion_passes() {
        let alphabet = ["", "a", "Z", "7", "_", "-", ".", " ", "é", "\0"];
        let mut inputs = vec![String::new()];
        for _ in 0..4 {
            inputs = inputs
                .iter()
                .flat_map(|input| alphabet.iter().map(move |next| format!("{input}{next}")))
                .collect();
        }
        let reserved = [KEYWORDS, BUILT_IN_CRATES, ARTIFACT_DIRECTORIES].concat();
        for word in reserved.iter().chain(&["redis", "tokio", "com1", "nul"]) {
            for decoration in alphabet {
                inputs.push(format!("{word}{decoration}"));
                inputs.push(format!("{decoration}{word}"));
                inputs.push(format!("{}{decoration}", word.to_uppercase()));
            }
        }
        for length in 40..70 {
            inputs.push("a".repeat(length));
            inputs.push(format!("{}_-b", "a".repeat(length)));
            inputs.push(format!("1{}", "aB".repeat(length)));
        }
        for input in inputs {
            let suggestion = suggestion(&input);
            assert!(
                ProjectName::parse(&suggestion, is_dependency).is_ok(),
                "{input:?} led to {suggestion:?}"
            );
        }
    }
}
