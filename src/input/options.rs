//! The options: what can be asked about a project, as data.
//!
//! Flags, questions, help, completions, the JSON schema and the tests all derive from this data.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::input::condition::{Condition, Test};
use crate::input::pattern::Pattern;
use crate::input::value::{NONE, Value};

/// All options, checked.
#[derive(Debug, Default)]
pub struct Options {
    /// What is asked in one question.
    pub groups: Vec<Group>,
    /// The options in the order in which they are asked: each stands after all that it depends on.
    pub list: Vec<OptionSpec>,
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

/// Several yes or no options that are asked in one question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What its members call it.
    pub name: String,
    /// What the user is asked.
    pub question: String,
}

/// Something that the user chooses.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "OptionText")]
pub struct OptionSpec {
    /// The name of the flag and, with `_` for `-`, of the variable in templates.
    pub name: String,
    /// What the user is asked.
    pub question: String,
    /// What stands beside the check mark in a group.
    pub label: String,
    /// What it brings, in one line.
    pub gloss: String,
    /// What the answer can be.
    pub kind: Kind,
    /// The answer when nobody answers, where the option can be on.
    pub default: Value,
    /// Options without which this one makes no sense.
    pub needs: Vec<String>,
    /// Where the option can be on; anywhere, if it does not say.
    pub when: Option<Condition>,
    /// The group that asks for it.
    pub group: Option<String>,
    /// The option whose answer it takes in projects that are older than itself.
    pub inherits: Option<String>,
}

/// What the answer to an option can be.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Yes or no.
    Switch,
    /// One of these.
    Choice(Vec<Choice>),
    /// A line of text, all of which matches the pattern.
    Text(Option<Pattern>),
}

/// One of several answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answer.
    pub value: String,
    /// What it brings, in one line.
    pub gloss: String,
}

/// An option as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionText {
    name: String,
    question: String,
    gloss: String,
    default: Value,
    choices: Option<Vec<Choice>>,
    pattern: Option<Pattern>,
    label: Option<String>,
    #[serde(default)]
    needs: Vec<String>,
    when: Option<Condition>,
    group: Option<String>,
    inherits: Option<String>,
}

impl TryFrom<OptionText> for OptionSpec {
    type Error = String;

    fn try_from(text: OptionText) -> Result<Self, String> {
        let kind = match (&text.default, text.choices, text.pattern) {
            (Value::Switch(_), None, None) => Kind::Switch,
            (Value::Word(_), Some(choices), None) => Kind::Choice(choices),
            (Value::Word(_), None, pattern) => Kind::Text(pattern),
            _ => {
                return Err(format!(
                    "option `{}`: `default` is `true` or `false`, or a string with `choices`, or a \
                     string with or without a `pattern`",
                    text.name
                ));
            }
        };
        Ok(Self {
            label: text.label.unwrap_or_else(|| text.name.clone()),
            name: text.name,
            question: text.question,
            gloss: text.gloss,
            kind,
            default: text.default,
            needs: text.needs,
            when: text.when,
            group: text.group,
            inherits: text.inherits,
        })
    }
}

/// What the flags of `forge new`, `forge add` and their arguments are called.
pub(crate) const TAKEN_FLAGS: &[&str] = &[
    "allow-dirty",
    "answers",
    "check",
    "dry-run",
    "help",
    "json",
    "layer",
    "name",
    "option",
    "path",
    "quiet",
    "vcs",
    "version",
    "yes",
];

/// The variables that templates see whatever the options are.
pub const FIXED_VARIABLES: &[&str] = &[
    "name",
    "crate_name",
    "forge_version",
    "rust_version",
    "layers",
    "options",
    "versions",
];

/// The words of the language of templates and of conditions.
const TAKEN_WORDS: &[&str] = &[
    "and", "or", "not", "true", "false", "none", "if", "elif", "else", "for", "in", "is", "set",
    "self", "loop", "place",
];

impl Options {
    /// Reads the options and groups of a `layer.toml`.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let manifest = crate::layers::manifest::Manifest::parse("layer.toml", text)?;
        Self::new(manifest.groups, manifest.options).context("`layer.toml` is not valid")
    }

    /// Checks options and puts each after those that it depends on, otherwise in the order given.
    pub fn new(groups: Vec<Group>, list: Vec<OptionSpec>) -> Result<Self> {
        let options = Self { groups, list };
        options.check_names()?;
        for option in &options.list {
            option
                .check_answers()
                .with_context(|| format!("option `{}`", option.name))?;
            options.check_references(option)?;
        }
        let options = options.sorted()?;
        options.check_groups()?;
        Ok(options)
    }

    /// The option of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OptionSpec> {
        self.list.iter().find(|option| option.name == name)
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

    fn check_names(&self) -> Result<()> {
        let mut names = BTreeSet::new();
        for option in &self.list {
            let name = option.name.as_str();
            ensure!(
                is_name(name),
                "option `{name}`: a name is words of lower-case letters and digits with `-` between \
                 them, and begins with a letter"
            );
            let variable = variable(name);
            ensure!(
                ![TAKEN_FLAGS, FIXED_VARIABLES, TAKEN_WORDS]
                    .iter()
                    .any(|taken| taken.contains(&name) || taken.contains(&variable.as_str())),
                "option `{name}`: the name is taken by Forge itself"
            );
            ensure!(names.insert(name), "option `{name}` is defined twice");
        }
        for name in &names {
            if let Some(other) = name.strip_prefix("no-") {
                ensure!(
                    !names.contains(other),
                    "option `{name}`: the name is taken by the flag that switches `{other}` off"
                );
            }
        }
        Ok(())
    }

    fn check_references(&self, option: &OptionSpec) -> Result<()> {
        let name = &option.name;
        for need in &option.needs {
            let Some(need) = self.get(need) else {
                bail!("option `{name}` needs `{need}`, which is not an option");
            };
            ensure!(
                !matches!(need.kind, Kind::Text(_)),
                "option `{name}` needs `{}`, which is a text; only yes or no and choices can be needed",
                need.name
            );
        }
        if let Some(when) = &option.when
            && let Err(fault) = when.check(|name| self.get(name))
        {
            bail!("option `{name}`: {fault}");
        }
        if let Some(other) = &option.inherits {
            ensure!(
                self.get(other).is_some(),
                "option `{name}` inherits from `{other}`, which is not an option"
            );
        }
        Ok(())
    }

    fn check_groups(&self) -> Result<()> {
        let mut names = BTreeSet::new();
        for group in &self.groups {
            let name = &group.name;
            ensure!(
                names.insert(name.as_str()),
                "group `{name}` is defined twice"
            );
        }
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, option) in self.list.iter().enumerate() {
            let (name, Some(group)) = (&option.name, &option.group) else {
                continue;
            };
            ensure!(
                names.contains(group.as_str()),
                "option `{name}`: there is no group `{group}`"
            );
            ensure!(
                matches!(option.kind, Kind::Switch),
                "option `{name}` is in group `{group}`, and only yes or no options can be"
            );
            if let Some(last) = last.insert(group, index) {
                ensure!(
                    last + 1 == index,
                    "option `{name}` is in group `{group}`, and `{}` stands between it and the others",
                    self.list[index - 1].name
                );
            }
            for other in option.depends_on() {
                let other = self.get(other);
                if let Some(other) = other.filter(|other| other.group == option.group) {
                    bail!(
                        "option `{name}` depends on `{}`, and both are asked at once in group `{group}`",
                        other.name
                    );
                }
            }
        }
        Ok(())
    }

    /// Puts each option after those that it depends on, otherwise keeping the order.
    fn sorted(mut self) -> Result<Self> {
        let mut left = std::mem::take(&mut self.list);
        while !left.is_empty() {
            let waits = |option: &OptionSpec| -> Option<usize> {
                option
                    .depends_on()
                    .find_map(|other| left.iter().position(|option| option.name == other))
            };
            let Some(free) = left.iter().position(|option| waits(option).is_none()) else {
                // Following what each waits for ends in a circle.
                let mut path = vec![0];
                while let Some(next) = path.last().and_then(|&last| waits(&left[last])) {
                    if let Some(start) = path.iter().position(|&index| index == next) {
                        path.drain(..start);
                        path.push(next);
                        break;
                    }
                    path.push(next);
                }
                let names: Vec<String> = path
                    .iter()
                    .map(|&index| format!("`{}`", left[index].name))
                    .collect();
                bail!(
                    "options depend on each other in a circle: {}",
                    names.join(" needs ")
                );
            };
            self.list.push(left.remove(free));
        }
        Ok(self)
    }
}

/// Words of lower-case letters and digits with `-` between them, the first of which begins with a letter.
fn is_name(name: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut words = name.split('-');
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && words.all(|word| !word.is_empty() && word.bytes().all(is_plain))
}

impl OptionSpec {
    /// The flag that gives an answer, with the answer itself unless it is yes or no.
    #[must_use]
    pub fn flag(&self, value: impl Into<Value>) -> String {
        flag(&self.name, &value.into())
    }

    /// The flags that can answer, as messages show them.
    #[must_use]
    pub fn flags(&self) -> String {
        let name = &self.name;
        match &self.kind {
            Kind::Switch => format!("--{name} or --no-{name}"),
            Kind::Choice(choices) => {
                let values: Vec<&str> =
                    choices.iter().map(|choice| choice.value.as_str()).collect();
                format!("--{name} {}", values.join("|"))
            }
            Kind::Text(_) => format!("--{name} <TEXT>"),
        }
    }

    /// The answer that switches it off, unless it is always on.
    #[must_use]
    pub fn off(&self) -> Option<Value> {
        let off = match self.kind {
            Kind::Switch => Value::Switch(false),
            Kind::Choice(_) => NONE.into(),
            Kind::Text(_) => "".into(),
        };
        self.accepts(&off).then_some(off)
    }

    /// The answer of an option that is needed: the default, or the first that is on.
    #[must_use]
    pub fn on(&self) -> Value {
        if self.default.is_on() {
            return self.default.clone();
        }
        match &self.kind {
            Kind::Choice(choices) => {
                let mut values = choices.iter().map(|choice| choice.value.as_str().into());
                values
                    .find(Value::is_on)
                    .unwrap_or_else(|| self.default.clone())
            }
            Kind::Switch => true.into(),
            Kind::Text(_) => self.default.clone(),
        }
    }

    /// Whether something can be the answer.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        match (&self.kind, value) {
            (Kind::Switch, Value::Switch(_)) => true,
            (Kind::Choice(choices), Value::Word(word)) => {
                choices.iter().any(|choice| choice.value == *word)
            }
            (Kind::Text(pattern), Value::Word(word)) => {
                (word.is_empty() && self.is_conditional())
                    || (is_line(word)
                        && pattern.as_ref().is_none_or(|pattern| pattern.matches(word)))
            }
            _ => false,
        }
    }

    /// What can be the answer, as messages say it.
    #[must_use]
    pub fn allowed(&self) -> String {
        match &self.kind {
            Kind::Switch => "`true` or `false`".to_owned(),
            Kind::Choice(choices) => {
                let values: Vec<String> = choices
                    .iter()
                    .map(|choice| format!("`{}`", choice.value))
                    .collect();
                match values.split_last() {
                    Some((last, others)) if !others.is_empty() => {
                        format!("{} or {last}", others.join(", "))
                    }
                    _ => values.concat(),
                }
            }
            Kind::Text(None) => "a line of text".to_owned(),
            Kind::Text(Some(pattern)) => format!("a line of text that matches `{pattern}`"),
        }
    }

    /// Whether there are answers to other options with which it cannot be on.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        !self.needs.is_empty() || self.when.is_some()
    }

    /// The options that have to be answered before it.
    fn depends_on(&self) -> impl Iterator<Item = &str> {
        let tests = self.when.iter().flat_map(Condition::tests);
        let needs = self.needs.iter().chain(&self.inherits).map(String::as_str);
        needs.chain(tests.map(Test::option))
    }

    fn check_answers(&self) -> Result<()> {
        if let Kind::Choice(choices) = &self.kind {
            let mut values = BTreeSet::new();
            for choice in choices {
                let value = choice.value.as_str();
                ensure!(
                    is_name(value),
                    "choice `{value}`: a choice is words of lower-case letters and digits with `-` \
                     between them, and begins with a letter"
                );
                ensure!(values.insert(value), "choice `{value}` stands there twice");
            }
            ensure!(
                values.iter().any(|value| *value != NONE),
                "there are no `choices` besides `{NONE}`"
            );
        }
        ensure!(
            self.accepts(&self.default),
            "the default is `{}`, and must be {}",
            self.default.word().unwrap_or_default(),
            self.allowed()
        );
        ensure!(
            !self.is_conditional() || self.off().is_some(),
            "it cannot be on everywhere, and so must have a choice `{NONE}`"
        );
        Ok(())
    }
}

/// The flag that gives an answer, with the answer itself unless it is yes or no.
#[must_use]
pub fn flag(option: &str, value: &Value) -> String {
    match value {
        Value::Switch(true) => format!("--{option}"),
        Value::Switch(false) => format!("--no-{option}"),
        Value::Word(word) if word.is_empty() => format!("--{option} ''"),
        Value::Word(word) => format!("--{option} {word}"),
    }
}

/// The name of an option's variable in templates.
#[must_use]
pub fn variable(option: &str) -> String {
    option.replace('-', "_")
}

/// Whether a text has nothing that ends a line somewhere, or cannot be seen.
fn is_line(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An option of these lines, besides what every option has.
    fn option(name: &str, lines: &str) -> String {
        let default = if lines.contains("default") {
            ""
        } else {
            "default = true"
        };
        format!("[[option]]\nname = '{name}'\nquestion = '?'\ngloss = ''\n{default}\n{lines}\n")
    }

    fn group(name: &str) -> String {
        format!("[[group]]\nname = '{name}'\nquestion = '?'\n")
    }

    fn choices(values: &[&str], lines: &str) -> String {
        let values = values.iter();
        let values = values.map(|value| format!("{{ value = '{value}', gloss = '' }}"));
        let values: Vec<String> = values.collect();
        format!("choices = [{}]\n{lines}", values.join(", "))
    }

    fn names(text: &str) -> Vec<String> {
        let options = Options::parse(text).unwrap();
        let names = options.list.into_iter().map(|option| option.name);
        names.collect()
    }

    #[track_caller]
    fn assert_fault(text: &str, expected: &str) {
        let error = format!("{:#}", Options::parse(text).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn needs_are_followed_through_other_options() {
        let text = option("a", "") + &option("b", "needs = ['a']") + &option("c", "needs = ['b']");
        let options = Options::parse(&text).unwrap();
        assert_eq!(options.needs_of(2), BTreeSet::from([0, 1]));
        assert!(options.needs_of(0).is_empty());
    }

    #[test]
    fn an_option_stands_after_what_it_depends_on_and_otherwise_where_it_was() {
        let text = option("a", "needs = ['e']")
            + &option("b", "")
            + &option("c", "when = 'not d'")
            + &option("d", "")
            + &option("e", "inherits = 'd'");
        assert_eq!(names(&text), ["b", "d", "c", "e", "a"]);
    }

    #[test]
    fn the_kind_follows_from_the_default() {
        let text = option("a", "default = false")
            + &option("b", &choices(&["none", "x"], "default = 'x'"))
            + &option("c", "default = 'y'\npattern = '[xy]'")
            + &option("d", "default = ''");
        let options = Options::parse(&text).unwrap();
        let allowed: Vec<String> = options.list.iter().map(OptionSpec::allowed).collect();
        assert_eq!(
            allowed,
            [
                "`true` or `false`",
                "`none` or `x`",
                "a line of text that matches `[xy]`",
                "a line of text",
            ]
        );
        let flags: Vec<String> = options.list.iter().map(OptionSpec::flags).collect();
        assert_eq!(
            flags,
            ["--a or --no-a", "--b none|x", "--c <TEXT>", "--d <TEXT>"]
        );
    }

    #[test]
    fn a_default_of_another_kind_is_refused() {
        let rule = "option `a`: `default` is `true` or `false`, or a string with `choices`";
        for lines in [
            choices(&["x"], ""),
            "pattern = 'x'".to_owned(),
            choices(&["x"], "default = 'x'\npattern = 'x'"),
        ] {
            assert_fault(&option("a", &lines), rule);
        }
        assert!(Options::parse(&option("a", "default = 1")).is_err());
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert_fault(&option("a", "need = ['b']"), "unknown field `need`");
        assert_fault(&(group("g") + "label = 'x'\n"), "unknown field `label`");
    }

    #[test]
    fn a_default_has_to_be_a_possible_answer() {
        assert_fault(
            &option("a", &choices(&["none", "x"], "default = 'y'")),
            "option `a`: the default is `y`, and must be `none` or `x`",
        );
        assert_fault(
            &option("a", "default = 'B'\npattern = '[a-z]+'"),
            "option `a`: the default is `B`, and must be a line of text that matches `[a-z]+`",
        );
        assert_fault(
            &option("a", "default = \"x\\ny\""),
            "option `a`: the default is `x\ny`, and must be a line of text",
        );
    }

    #[test]
    fn a_pattern_has_to_be_one() {
        assert_fault(&option("a", "default = ''\npattern = '('"), "pattern `(`: ");
    }

    #[test]
    fn choices_are_several_different_words() {
        assert_fault(
            &option("a", &choices(&[], "default = ''")),
            "option `a`: there are no `choices` besides `none`",
        );
        assert_fault(
            &option("a", &choices(&["none"], "default = 'none'")),
            "option `a`: there are no `choices` besides `none`",
        );
        assert_fault(
            &option("a", &choices(&["x", "x"], "default = 'x'")),
            "option `a`: choice `x` stands there twice",
        );
        assert_fault(
            &option("a", &choices(&["X y"], "default = 'X y'")),
            "option `a`: choice `X y`: a choice is words of lower-case letters and digits",
        );
    }

    #[test]
    fn a_choice_that_can_be_impossible_has_none() {
        let text =
            option("a", "") + &option("b", &choices(&["x", "y"], "default = 'x'\nneeds = ['a']"));
        assert_fault(&text, "option `b`: it cannot be on everywhere");
    }

    #[test]
    fn a_text_that_can_be_impossible_can_be_empty() {
        let text = option("a", "") + &option("b", "default = 'x'\npattern = 'x'\nneeds = ['a']");
        let options = Options::parse(&text).unwrap();
        assert_eq!(options.list[1].off(), Some("".into()));
        let text = option("b", "default = 'x'\npattern = 'x'");
        assert_eq!(Options::parse(&text).unwrap().list[0].off(), None);
    }

    #[test]
    fn needs_have_to_exist_and_not_to_be_texts() {
        assert_fault(
            &option("a", "needs = ['b']"),
            "`layer.toml` is not valid: option `a` needs `b`, which is not an option",
        );
        assert_fault(
            &(option("a", "needs = ['b']") + &option("b", "default = 'x'")),
            "option `a` needs `b`, which is a text",
        );
    }

    #[test]
    fn a_condition_asks_about_possible_answers_of_options() {
        for (when, fault) in [
            (
                "x and b",
                "`x and b` asks about `x`, which is not an option",
            ),
            (
                "b == \"x\"",
                "compares `b` with a word, and it is yes or no",
            ),
            (
                "c == \"z\"",
                "compares `c` with `z`, and it is always `none` or `y`",
            ),
            ("b and", "condition `b and`: it ends at column 6"),
        ] {
            let text = option("a", &format!("when = '{when}'"))
                + &option("b", "")
                + &option("c", &choices(&["none", "y"], "default = 'y'"));
            assert_fault(&text, fault);
        }
    }

    #[test]
    fn options_do_not_depend_on_each_other_in_a_circle() {
        assert_fault(
            &option("a", "needs = ['a']"),
            "options depend on each other in a circle: `a` needs `a`",
        );
        let text = option("a", "needs = ['b']")
            + &option("b", "when = 'c'")
            + &option("c", "inherits = 'b'");
        assert_fault(
            &text,
            "options depend on each other in a circle: `b` needs `c` needs `b`",
        );
    }

    #[test]
    fn inherited_answers_are_those_of_options() {
        assert_fault(
            &option("a", "inherits = 'b'"),
            "option `a` inherits from `b`, which is not an option",
        );
    }

    #[test]
    fn a_name_is_words_and_free() {
        for name in ["", "A", "1a", "a_b", "-a", "a-", "a--b", "a b", "é"] {
            assert_fault(&option(name, ""), "a name is words of lower-case letters");
        }
        for name in TAKEN_FLAGS {
            assert_fault(&option(name, ""), "the name is taken by Forge itself");
        }
        for name in ["crate-name", "forge-version", "options", "or", "not"] {
            assert_fault(&option(name, ""), "the name is taken by Forge itself");
        }
        assert_fault(
            &(option("no-a", "") + &option("a", "")),
            "option `no-a`: the name is taken by the flag that switches `a` off",
        );
        assert_fault(
            &(option("a", "") + &option("a", "")),
            "option `a` is defined twice",
        );
        assert_eq!(names(&option("no-b", "")), ["no-b"]);
    }

    #[test]
    fn a_group_exists_and_its_members_stand_together() {
        let member = "group = 'g'";
        assert_fault(&option("a", member), "option `a`: there is no group `g`");
        assert_fault(&(group("g") + &group("g")), "group `g` is defined twice");
        assert_fault(
            &(group("g") + &option("a", "group = 'g'\ndefault = 'x'")),
            "option `a` is in group `g`, and only yes or no options can be",
        );
        assert_fault(
            &(group("g") + &option("a", member) + &option("b", "") + &option("c", member)),
            "option `c` is in group `g`, and `b` stands between it and the others",
        );
        assert_fault(
            &(group("g") + &option("a", member) + &option("b", "group = 'g'\nneeds = ['a']")),
            "option `b` depends on `a`, and both are asked at once in group `g`",
        );
    }

    #[test]
    fn an_option_that_is_needed_gets_its_default_or_the_first_that_is_on() {
        let on = |lines: &str| Options::parse(&option("a", lines)).unwrap().list[0].on();
        assert_eq!(on("default = false"), true.into());
        let values = ["none", "x", "y"];
        assert_eq!(on(&choices(&values, "default = 'y'")), "y".into());
        assert_eq!(on(&choices(&values, "default = 'none'")), "x".into());
    }
}
