//! The patterns of texts: regular expressions that mean the same to Forge and in JSON schema.

use std::fmt;

use regex_lite::Regex;
use serde::Deserialize;

/// A regular expression that a whole text has to match.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// What may follow a backslash: what would mean something else without it, and digits and words.
const ESCAPED: &str = r"\^$.*+?()[]{}|/dDwW";

impl Pattern {
    /// Reads a pattern. What regular expressions of Rust and of ECMAScript (ECMA-262, on which JSON
    /// schema builds) do not share is refused.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fault = |reason: &str| format!("pattern `{text}`: {reason}");
        check(text).map_err(|reason| fault(&reason))?;
        // Alone first, so that it cannot close the group that is put around it.
        Regex::new(text)
            .and_then(|_| Regex::new(&anchored(text)))
            .map(|regex| Self {
                text: text.to_owned(),
                regex,
            })
            .map_err(|error| fault(&error.to_string()))
    }

    /// Whether a whole text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The pattern with its anchors, for what looks for it anywhere in a text.
    #[must_use]
    pub fn anchored(&self) -> String {
        anchored(&self.text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

fn anchored(text: &str) -> String {
    format!("^(?:{text})$")
}

/// Refuses what compiles, but would not mean the same in JSON schema.
fn check(text: &str) -> Result<(), String> {
    let mut chars = text.chars().peekable();
    let mut in_class = false;
    // Whether there is something before that can be repeated.
    let mut repeatable = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c) if ESCAPED.contains(c) || (in_class && c == '-') => repeatable = true,
                Some(c) => {
                    return Err(format!(
                        "`\\{c}` is not allowed, only one of `{ESCAPED}` after `\\`"
                    ));
                }
                None => return Err("it ends with `\\`".to_owned()),
            },
            ']' if in_class => (in_class, repeatable) = (false, true),
            '[' if in_class => return Err("write `\\[` inside of `[...]`".to_owned()),
            '&' | '~' | '-' if in_class && chars.peek() == Some(&c) => {
                return Err(format!("`{c}{c}` is not allowed inside of `[...]`"));
            }
            _ if in_class => {}
            '[' => {
                chars.next_if_eq(&'^');
                if chars.peek() == Some(&']') {
                    return Err("`[]` and `[^]` are not allowed".to_owned());
                }
                in_class = true;
            }
            ']' | '}' => return Err(format!("write `\\{c}`")),
            '(' => {
                repeatable = false;
                if chars.next_if_eq(&'?').is_some() && chars.next_if_eq(&':').is_none() {
                    return Err("only `(...)` and `(?:...)` are groups".to_owned());
                }
            }
            '*' | '+' | '?' | '{' => {
                if !repeatable {
                    return Err(format!("`{c}` has nothing to repeat"));
                }
                if c == '{' && !chars.by_ref().any(|c| c == '}') {
                    return Err("`{` is not closed".to_owned());
                }
                chars.next_if_eq(&'?');
                repeatable = false;
            }
            '|' | '^' | '$' => repeatable = false,
            _ => repeatable = true,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_text_has_to_match() {
        for (pattern, matching, other) in [
            ("[a-z][a-z-]*", "our-team", "our team"),
            ("a|bc", "bc", "ac"),
            ("a|", "", "b"),
            (r"\d{2,3}", "123", "1234"),
            (r"\w+\.rs", "lib.rs", "libxrs"),
            (r"[\w.-]+", "a.b-c", "a b"),
            ("(?:ab)+?", "abab", "aba"),
            ("[^/]*", "ä", "a/b"),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert!(pattern.matches(matching), "{pattern} {matching}");
            assert!(!pattern.matches(other), "{pattern} {other}");
            assert!(!pattern.matches(&format!("{other}\n")), "{pattern}");
        }
    }

    #[test]
    fn refuses_what_would_mean_something_else_in_a_schema() {
        for pattern in [
            "(",
            ")",
            "a)|(b",
            "[",
            "[]",
            "[]a]",
            "[^]",
            "[[:alpha:]]",
            "[a&&b]",
            "[z-a]",
            "a**",
            "a++",
            "*a",
            "(+a)",
            "^*",
            "a|*",
            "a{2}{3}",
            "a{2",
            "a{x}",
            "{",
            "}",
            "]",
            "(?i)a",
            "(?P<x>a)",
            r"\s",
            r"\A",
            r"\z",
            r"\p{L}",
            r"\-",
            r"\x41",
            r"\u0041",
            r"\1",
            "\\",
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
