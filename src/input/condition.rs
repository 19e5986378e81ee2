//! Conditions over options, such as `cache and not examples` or `database == "postgres"`.
//!
//! Options and layers say with one when they are there. A condition is evaluated on answers, also on
//! ones that are not complete yet, and can be said in JSON schema.

use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;

use serde::Deserialize;
use serde_json::json;

use crate::input::answers::Answers;
use crate::input::options::{Kind, OptionSpec};
use crate::input::value::Value;

/// A condition, which keeps how it was written.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Condition {
    text: String,
    expression: Expression,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Test(Test),
}

/// What a condition asks about one option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Whether it is on.
    On(String),
    /// Whether its answer is this word.
    Is(String, String),
}

impl Test {
    /// The option that is asked about.
    #[must_use]
    pub fn option(&self) -> &str {
        match self {
            Self::On(option) | Self::Is(option, _) => option,
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::On(_) => value.is_on(),
            Self::Is(_, word) => value.word() == Some(word),
        }
    }
}

impl Condition {
    /// Reads a condition: names of options, `NAME == "WORD"`, `not`, `and`, `or` and parentheses.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut parser = Parser {
            text,
            chars: text.char_indices().peekable(),
        };
        let expression = parser.any()?;
        match parser.peek() {
            None => Ok(Self {
                text: text.to_owned(),
                expression,
            }),
            Some(_) => Err(parser.fault("`and`, `or` or the end")),
        }
    }

    /// What is asked about options, in the order in which it is written.
    #[must_use]
    pub fn tests(&self) -> Vec<&Test> {
        let mut tests = Vec::new();
        self.expression.tests(&mut tests);
        tests
    }

    /// Checks that the options exist, and that each can have the answer that is asked about.
    pub fn check<'a>(&self, option: impl Fn(&str) -> Option<&'a OptionSpec>) -> Result<(), String> {
        for test in self.tests() {
            let name = test.option();
            let Some(option) = option(name) else {
                return Err(format!(
                    "`{self}` asks about `{name}`, which is not an option"
                ));
            };
            let Test::Is(_, word) = test else { continue };
            if matches!(option.kind, Kind::Switch) {
                return Err(format!(
                    "`{self}` compares `{name}` with a word, and it is yes or no: write `{name}` or \
                     `not {name}`"
                ));
            }
            if !option.accepts(&word.as_str().into()) {
                return Err(format!(
                    "`{self}` compares `{name}` with `{word}`, and it is always {}",
                    option.allowed()
                ));
            }
        }
        Ok(())
    }

    /// Whether it holds for complete answers.
    #[must_use]
    pub fn holds(&self, answers: &Answers) -> bool {
        self.evaluate(|option| answers.get(option)) == Some(true)
    }

    /// Whether it holds for the answers that there are; nothing where that depends on others.
    pub fn evaluate<'a>(&self, answer: impl Fn(&str) -> Option<&'a Value>) -> Option<bool> {
        self.expression.evaluate(&answer)
    }

    /// The condition as a JSON schema, made of the schemas of its tests.
    pub fn schema(&self, test: impl Fn(&Test) -> serde_json::Value) -> serde_json::Value {
        self.expression.schema(&test)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Condition {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::parse(&text)
    }
}

impl Expression {
    fn tests<'a>(&'a self, tests: &mut Vec<&'a Test>) {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.tests(tests)),
            Self::Not(part) => part.tests(tests),
            Self::Test(test) => tests.push(test),
        }
    }

    fn evaluate<'a>(&self, answer: &impl Fn(&str) -> Option<&'a Value>) -> Option<bool> {
        // One part of this kind settles the whole; otherwise every part has to be known.
        let settled_by = |parts: &[Self], decisive: bool| {
            let parts = parts.iter().map(|part| part.evaluate(answer));
            let mut whole = Some(!decisive);
            for part in parts {
                match part {
                    Some(value) if value == decisive => return Some(decisive),
                    Some(_) => {}
                    None => whole = None,
                }
            }
            whole
        };
        match self {
            Self::Any(parts) => settled_by(parts, true),
            Self::All(parts) => settled_by(parts, false),
            Self::Not(part) => part.evaluate(answer).map(|holds| !holds),
            Self::Test(test) => answer(test.option()).map(|value| test.holds(value)),
        }
    }

    fn schema(&self, test: &impl Fn(&Test) -> serde_json::Value) -> serde_json::Value {
        let all = |parts: &[Self]| -> Vec<serde_json::Value> {
            parts.iter().map(|part| part.schema(test)).collect()
        };
        match self {
            Self::Any(parts) => json!({ "anyOf": all(parts) }),
            Self::All(parts) => json!({ "allOf": all(parts) }),
            Self::Not(part) => json!({ "not": part.schema(test) }),
            Self::Test(own) => test(own),
        }
    }
}

/// What is wrong with the text of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

struct Parser<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.all()?];
        while self.takes_word("or") {
            parts.push(self.all()?);
        }
        Ok(single(parts).unwrap_or_else(Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.part()?];
        while self.takes_word("and") {
            parts.push(self.part()?);
        }
        Ok(single(parts).unwrap_or_else(Expression::All))
    }

    fn part(&mut self) -> Result<Expression, Fault> {
        if self.takes_word("not") {
            return Ok(Expression::Not(Box::new(self.part()?)));
        }
        if self.takes('(') {
            let inner = self.any()?;
            return if self.takes(')') {
                Ok(inner)
            } else {
                Err(self.fault("`and`, `or` or `)`"))
            };
        }
        let name = self.word();
        if name.is_empty() || matches!(name, "and" | "or") {
            return Err(self.fault("the name of an option, `not` or `(`"));
        }
        for _ in name.chars() {
            self.chars.next();
        }
        let name = name.to_owned();
        if !self.takes('=') {
            return Ok(Expression::Test(Test::On(name)));
        }
        // The second of `==` follows at once.
        if self.chars.next_if(|(_, c)| *c == '=').is_none() {
            return Err(self.fault("`==`"));
        }
        if !self.takes('"') {
            return Err(self.fault("a word in double quotes"));
        }
        let mut word = String::new();
        loop {
            match self.chars.next() {
                Some((_, '"')) => return Ok(Expression::Test(Test::Is(name, word))),
                Some((_, c)) => word.push(c),
                None => return Err(self.fault("`\"` after the word")),
            }
        }
    }

    /// What comes next, after spaces.
    fn peek(&mut self) -> Option<char> {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        self.chars.peek().map(|(_, c)| *c)
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.peek() == Some(wanted) && self.chars.next().is_some()
    }

    /// The word that comes next, which stays there.
    fn word(&mut self) -> &'a str {
        self.peek();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        &rest[..end.unwrap_or(rest.len())]
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let is_next = self.word() == wanted;
        if is_next {
            for _ in wanted.chars() {
                self.chars.next();
            }
        }
        is_next
    }

    fn rest(&mut self) -> &'a str {
        let start = self
            .chars
            .peek()
            .map_or(self.text.len(), |(index, _)| *index);
        &self.text[start..]
    }

    fn fault(&mut self, expected: &str) -> Fault {
        self.peek();
        let rest = self.rest();
        let column = self.text.chars().count() - rest.chars().count() + 1;
        let word = self.word();
        let found = match rest.chars().next() {
            None => "it ends".to_owned(),
            Some(_) if !word.is_empty() => format!("there is `{word}`"),
            Some(c) => format!("there is `{c}`"),
        };
        Fault(format!(
            "condition `{}`: {found} at column {column}, where {expected} is allowed",
            self.text
        ))
    }
}

/// The only part, or else all of them.
fn single(mut parts: Vec<Expression>) -> Result<Expression, Vec<Expression>> {
    match parts.pop() {
        Some(only) if parts.is_empty() => Ok(only),
        Some(last) => {
            parts.push(last);
            Err(parts)
        }
        None => Err(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(text: &str, on: &[&str], open: &[&str]) -> Option<bool> {
        let (yes, no, postgres) = (true.into(), false.into(), "postgres".into());
        Condition::parse(text).unwrap().evaluate(|name| {
            if open.contains(&name) {
                None
            } else if name == "database" {
                Some(&postgres)
            } else {
                Some(if on.contains(&name) { &yes } else { &no })
            }
        })
    }

    fn fault(text: &str) -> String {
        Condition::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn binds_not_before_and_before_or() {
        for (text, on, expected) in [
            ("a", &["a"][..], true),
            ("a", &[], false),
            ("not a", &[], true),
            ("not not a", &["a"], true),
            ("a and b", &["a"], false),
            ("a or b and c", &["a"], true),
            ("(a or b) and c", &["a"], false),
            ("a and b or c", &["c"], true),
            ("not a and b", &["b"], true),
            ("not (a and b)", &["b"], true),
            ("rate-limit and not(near-cache)", &["rate-limit"], true),
            ("notes", &["notes"], true),
            ("order", &["order"], true),
            ("database", &[], true),
            ("database == \"postgres\"", &[], true),
            ("database==\"sqlite\"or a", &["a"], true),
            ("  not database == \"postgres\" ", &[], false),
        ] {
            assert_eq!(evaluate(text, on, &[]), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_settled_does_not_wait_for_the_rest() {
        for (text, expected) in [
            ("open", None),
            ("not open", None),
            ("a or open", Some(true)),
            ("open or a", Some(true)),
            ("b or open", None),
            ("b and open", Some(false)),
            ("open and b", Some(false)),
            ("a and open", None),
        ] {
            assert_eq!(evaluate(text, &["a"], &["open"]), expected, "{text}");
        }
    }

    #[test]
    fn says_where_it_is_wrong_and_what_is_allowed() {
        for (text, expected) in [
            (
                "",
                "it ends at column 1, where the name of an option, `not` or `(` is allowed",
            ),
            (
                "a and",
                "it ends at column 6, where the name of an option, `not` or `(` is allowed",
            ),
            (
                "a and or",
                "there is `or` at column 7, where the name of an option, `not` or `(` is allowed",
            ),
            (
                "a b",
                "there is `b` at column 3, where `and`, `or` or the end is allowed",
            ),
            (
                "é",
                "there is `é` at column 1, where the name of an option, `not` or `(` is allowed",
            ),
            (
                "(a",
                "it ends at column 3, where `and`, `or` or `)` is allowed",
            ),
            (
                "a)",
                "there is `)` at column 2, where `and`, `or` or the end is allowed",
            ),
            (
                "a & b",
                "there is `&` at column 3, where `and`, `or` or the end is allowed",
            ),
            (
                "a = \"b\"",
                "there is `\"` at column 5, where `==` is allowed",
            ),
            (
                "a == b",
                "there is `b` at column 6, where a word in double quotes is allowed",
            ),
            (
                "a == \"b",
                "it ends at column 8, where `\"` after the word is allowed",
            ),
        ] {
            assert_eq!(fault(text), format!("condition `{text}`: {expected}"));
        }
    }

    #[test]
    fn names_every_option_in_order() {
        let condition = Condition::parse("b and not (a or c == \"x\")").unwrap();
        let names: Vec<&str> = condition.tests().iter().map(|test| test.option()).collect();
        assert_eq!(names, ["b", "a", "c"]);
    }
}
