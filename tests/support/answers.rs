//! Between the words of combinations and the answers of Forge: the only place of the tests that knows
//! their types.

use std::sync::OnceLock;

use forge::input::answers::{Answer, Answers, Said, Source};
use forge::input::answers_file;
use forge::input::name::ProjectName;
use forge::input::options::{Kind, OptionSpec, Options};
use forge::input::revision::{Project, Revised, Revision};
use forge::input::value::Value;
use forge::layers::Layers;
use forge::plan::Plan;

use super::combination::{Combination, Combinations, is_on};

/// The layers of this Forge.
pub(crate) fn layers() -> &'static Layers {
    static LAYERS: OnceLock<Layers> = OnceLock::new();
    LAYERS.get_or_init(|| Layers::built_in().expect("the layers are valid"))
}

/// The options of this Forge.
pub(crate) fn options() -> &'static Options {
    &layers().options
}

/// The valid combinations of the options of this Forge.
pub(crate) fn combinations() -> &'static Combinations {
    static COMBINATIONS: OnceLock<Combinations> = OnceLock::new();
    COMBINATIONS.get_or_init(|| {
        let options = options().list.iter();
        Combinations::new(
            options.map(|option| (option.name.as_str(), possible(option))),
            is_allowed,
        )
    })
}

/// The possible answers to an option, the ones that switch it off first.
fn possible(option: &OptionSpec) -> Vec<&str> {
    match &option.kind {
        Kind::Switch => vec!["false", "true"],
        Kind::Choice(choices) => choices.iter().map(|choice| choice.value.as_str()).collect(),
        Kind::Text(_) => vec![option.default.word().expect("a word")],
    }
}

fn value(answer: &str) -> Value {
    match answer {
        "true" | "false" => Value::Switch(answer == "true"),
        word => Value::Word(word.to_owned()),
    }
}

/// Whether what the last option needs is on, if it is.
fn is_allowed(combination: &Combination) -> bool {
    let last = combination.answers.len() - 1;
    let mut needs = options().list[last].needs.iter();
    !is_on(&combination.answers[last].1) || needs.all(|need| combination.has(need))
}

impl Combination {
    /// The answers of a project of this name.
    pub(crate) fn answers(&self, name: &str) -> Answers {
        let answers = self.answers.iter();
        Answers {
            name: ProjectName::parse(name, |_| false).expect("a name"),
            options: answers
                .map(|(name, answer)| Answer {
                    name: name.clone(),
                    value: value(answer),
                })
                .collect(),
            layers: Vec::new(),
        }
    }

    /// What `forge add` and `forge remove` make of a project with these answers when an option gets
    /// another one, and what they say about it.
    pub(crate) fn with(&self, option: &str, answer: &str) -> (Self, Vec<String>) {
        let revision = if is_on(answer) {
            Revision::Add(vec![(option.to_owned(), Some(value(answer)))])
        } else {
            Revision::Remove(vec![option.to_owned()])
        };
        let answers = self.answers("shop");
        let said = answers.options.iter().map(|answer| Said {
            option: answer.name.clone(),
            value: answer.value.clone(),
            source: Source::File(answers_file::PATH.to_owned()),
        });
        let project = Project {
            name: answers.name.clone(),
            said: said.collect(),
            recorded: &answers.by_name(),
            layers: Vec::new(),
        };
        let revised = revision.apply(options(), &project);
        let Revised { answers, notes } = revised.expect("answers that can stand together");
        let answers = answers.options.into_iter();
        let words = answers.map(|answer| match answer.value {
            Value::Switch(on) => (answer.name, on.to_string()),
            Value::Word(word) => (answer.name, word),
        });
        let changed = Self {
            answers: words.collect(),
        };
        (changed, notes)
    }

    /// What a project of this name consists of.
    pub(crate) fn plan(&self, name: &str) -> Plan<'static> {
        let plan = Plan::of(layers(), &self.answers(name));
        plan.unwrap_or_else(|error| panic!("{}: {error:#}", self.label()))
    }

    /// The paths and contents of what a project of this name consists of.
    pub(crate) fn texts(&self, name: &str) -> Vec<(String, String)> {
        let files = self.plan(name).files.into_iter();
        files
            .map(|(path, file)| {
                let text = String::from_utf8(file.bytes.into_owned());
                (path, text.expect("UTF-8"))
            })
            .collect()
    }
}
