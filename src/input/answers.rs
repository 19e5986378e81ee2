//! From what was said to the complete answers.
//!
//! A [`Draft`] starts with what flags and the answers file say, takes the answers to questions one
//! by one (and takes them back), and ends as [`Answers`]. It knows what is still open; it does not
//! know who answers.

use std::collections::BTreeMap;

use crate::error::Refusal;
use crate::input::condition::Condition;
use crate::input::name::ProjectName;
use crate::input::options::{self, Group, OptionSpec, Options};
use crate::input::value::Value;

/// The complete choices.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The name of the project.
    pub name: ProjectName,
    /// An answer for every option, in the order of the options.
    pub options: Vec<Answer>,
    /// The ways from the project to its layers from outside.
    pub layers: Vec<String>,
}

/// The answer to one option.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Answer {
    /// The option's name.
    pub name: String,
    /// The answer.
    pub value: Value,
}

impl Answers {
    /// The answers by the names of their options.
    #[must_use]
    pub fn by_name(&self) -> BTreeMap<String, Value> {
        let options = self.options.iter();
        options
            .map(|answer| (answer.name.clone(), answer.value.clone()))
            .collect()
    }

    /// The answer to an option.
    #[must_use]
    pub fn get(&self, option: &str) -> Option<&Value> {
        let mut answers = self.options.iter();
        let answer = answers.find(|answer| answer.name == option);
        answer.map(|answer| &answer.value)
    }

    /// Whether an option is on.
    #[must_use]
    pub fn is_on(&self, option: &str) -> bool {
        self.get(option).is_some_and(Value::is_on)
    }
}

/// Something that was said about an option before any question.
#[derive(Clone, Debug)]
pub struct Said {
    /// The option's name.
    pub option: String,
    /// The answer.
    pub value: Value,
    /// Where that was said.
    pub source: Source,
}

/// Where something was said.
#[derive(Clone, Debug)]
pub enum Source {
    /// On the command line, by a flag.
    CommandLine,
    /// In this file.
    File(String),
}

impl Said {
    /// The words that said so, as messages show them.
    fn words(&self) -> String {
        match &self.source {
            Source::CommandLine => format!("`{}`", options::flag(&self.option, &self.value)),
            Source::File(file) => {
                format!("`{} = {}` in `{file}`", self.option, self.value.to_toml())
            }
        }
    }

    /// How to say something else in the same place.
    fn remedy(&self, value: Value) -> String {
        let other = Self {
            value,
            ..self.clone()
        };
        let verb = match self.source {
            Source::CommandLine => "pass",
            Source::File(_) => "set",
        };
        format!("{verb} {}", other.words())
    }
}

/// What a person is asked at once.
#[derive(Clone, Debug)]
pub enum Question<'a> {
    /// An option.
    Option(&'a OptionSpec),
    /// The members of a group that nothing has answered yet.
    Group(&'a Group, Vec<&'a OptionSpec>),
}

/// Answers in the making.
#[derive(Debug)]
pub struct Draft<'a> {
    options: &'a Options,
    said: Vec<Option<Said>>,
    /// The option that was said to be on and needs this one.
    needed_by: Vec<Option<usize>>,
    replies: Vec<Option<Value>>,
    /// The options of each question that was answered.
    asked: Vec<Vec<usize>>,
    /// What is known by all that.
    values: Vec<Option<Value>>,
}

impl<'a> Draft<'a> {
    /// Starts with what flags say, and with what a file says about the rest.
    ///
    /// Refuses two answers to one option, and an option that is on while something that it needs is
    /// off or its condition does not hold.
    pub fn new(options: &'a Options, flags: &[Said], file: Vec<Said>) -> Result<Self, Refusal> {
        let count = options.list.len();
        let mut said: Vec<Option<Said>> = vec![None; count];
        for flag in flags {
            if let Some(index) = options.position(&flag.option)
                && let Some(other) = said[index].replace(flag.clone())
            {
                return Err(Refusal::usage(
                    format!("{} contradicts {}", flag.words(), other.words()),
                    "pass only one of them",
                ));
            }
        }
        for answer in file {
            if let Some(index) = options.position(&answer.option) {
                said[index].get_or_insert(answer);
            }
        }
        let mut draft = Self {
            options,
            said,
            needed_by: vec![None; count],
            replies: vec![None; count],
            asked: Vec::new(),
            values: Vec::new(),
        };
        for index in 0..count {
            let Some(wanted) = draft.said[index].as_ref().filter(|said| said.value.is_on()) else {
                continue;
            };
            for need in options.needs_of(index) {
                match &draft.said[need] {
                    Some(refused) if !refused.value.is_on() => {
                        return Err(contradiction(
                            &options.list[index],
                            wanted,
                            &options.list[need],
                            refused,
                        ));
                    }
                    _ => draft.needed_by[need] = Some(index),
                }
            }
        }
        draft.values = draft.settle(|_, _| None)?;
        Ok(draft)
    }

    /// The first question that nothing has answered yet.
    #[must_use]
    pub fn open(&self) -> Option<Question<'a>> {
        let open = self.first_open();
        let first = &self.options.list[*open.first()?];
        let group = first.group.as_ref();
        let group = group.and_then(|name| {
            let mut groups = self.options.groups.iter();
            groups.find(|group| group.name == *name)
        });
        Some(match group {
            Some(group) if open.len() > 1 => {
                let members = open.iter().map(|&index| &self.options.list[index]);
                Question::Group(group, members.collect())
            }
            _ => Question::Option(first),
        })
    }

    /// Every option that nothing has answered yet.
    pub fn all_open(&self) -> impl Iterator<Item = &'a OptionSpec> {
        let options = self.options.list.iter().zip(&self.values);
        options.filter_map(|(option, value)| value.is_none().then_some(option))
    }

    /// Answers the question that [`Draft::open`] gives, with a value for each of its options.
    ///
    /// Refuses an answer that contradicts what was said before any question.
    pub fn answer(&mut self, values: Vec<Value>) -> Result<(), Refusal> {
        let open = self.first_open();
        for (&index, value) in open.iter().zip(values) {
            self.replies[index] = Some(value);
        }
        self.asked.push(open);
        match self.settle(|_, _| None) {
            Ok(values) => {
                self.values = values;
                Ok(())
            }
            Err(refusal) => {
                self.take_back();
                Err(refusal)
            }
        }
    }

    /// Takes the last answer back; false where there was none.
    pub fn take_back(&mut self) -> bool {
        let Some(asked) = self.asked.pop() else {
            return false;
        };
        for index in asked {
            self.replies[index] = None;
        }
        // Less is said than before, when nothing contradicted it.
        if let Ok(values) = self.settle(|_, _| None) {
            self.values = values;
        }
        true
    }

    /// The complete answers, with defaults for what is still open.
    pub fn complete(&self, name: ProjectName) -> Result<Answers, Refusal> {
        self.complete_with(name, |option, _| option.default.clone())
    }

    /// The complete answers. What is still open gets its answer from `unanswered`, which is given the
    /// answers to all options that come before.
    pub fn complete_with(
        &self,
        name: ProjectName,
        unanswered: impl Fn(&OptionSpec, &[Option<Value>]) -> Value,
    ) -> Result<Answers, Refusal> {
        let values = self.settle(|option, values| Some(unanswered(option, values)))?;
        let options = self.options.list.iter().zip(values);
        Ok(Answers {
            layers: Vec::new(),
            name,
            options: options
                .filter_map(|(option, value)| {
                    Some(Answer {
                        name: option.name.clone(),
                        value: value?,
                    })
                })
                .collect(),
        })
    }

    /// The places of the options that the first open question asks for.
    fn first_open(&self) -> Vec<usize> {
        let Some(first) = self.values.iter().position(Option::is_none) else {
            return Vec::new();
        };
        let group = self.options.list[first].group.as_ref();
        let others = first + 1..self.options.list.len();
        let members = others.filter(|&index| {
            group.is_some()
                && self.options.list[index].group.as_ref() == group
                && self.values[index].is_none()
        });
        std::iter::once(first).chain(members).collect()
    }

    /// The value of each option. One that cannot be on is off and not worth a question, which can be
    /// told in one pass because options depend only on earlier ones.
    fn settle(
        &self,
        unanswered: impl Fn(&OptionSpec, &[Option<Value>]) -> Option<Value>,
    ) -> Result<Vec<Option<Value>>, Refusal> {
        let mut values: Vec<Option<Value>> = Vec::with_capacity(self.options.list.len());
        for (index, option) in self.options.list.iter().enumerate() {
            let value = |name: &str| values[self.options.position(name)?].as_ref();
            let lacks_a_need = option
                .needs
                .iter()
                .any(|need| value(need).is_some_and(|need| !need.is_on()));
            let fails = option
                .when
                .as_ref()
                .filter(|when| when.evaluate(value) == Some(false));
            let said = self.said[index].as_ref();
            if let Some(when) = fails {
                self.check_condition(index, when)?;
            }
            let settled = if let Some(said) = said {
                Some(said.value.clone())
            } else if self.needed_by[index].is_some() {
                Some(option.on())
            } else if lacks_a_need || fails.is_some() {
                option.off()
            } else if let Some(reply) = &self.replies[index] {
                Some(reply.clone())
            } else {
                unanswered(option, &values)
            };
            values.push(settled);
        }
        Ok(values)
    }

    /// Refuses an option whose condition fails, where it was said to be on or to be needed.
    fn check_condition(&self, index: usize, when: &Condition) -> Result<(), Refusal> {
        let option = &self.options.list[index];
        let said = self.said[index].as_ref().filter(|said| said.value.is_on());
        let (wanted, because, off) = if let Some(said) = said {
            (said, String::new(), option.off())
        } else if let Some(cause) = self.needed_by[index]
            && let Some(said) = &self.said[cause]
        {
            let cause = &self.options.list[cause];
            let because = format!("`{}` needs `{}`, and ", cause.name, option.name);
            (said, because, cause.off())
        } else {
            return Ok(());
        };
        let tests = when.tests();
        let mut names: Vec<String> = Vec::new();
        for test in tests {
            let name = format!("`{}`", test.option());
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let change = format!("answer {} otherwise", names.join(" and "));
        let help = match off {
            Some(off) => format!("{change}, or {}", wanted.remedy(off)),
            None => change,
        };
        Err(Refusal::usage(
            format!(
                "{} cannot be: {because}`{}` is there only where `{when}`",
                wanted.words(),
                option.name,
            ),
            help,
        ))
    }
}

fn contradiction(option: &OptionSpec, wanted: &Said, need: &OptionSpec, refused: &Said) -> Refusal {
    let both = refused.remedy(need.on());
    let help = match option.off() {
        Some(off) => format!(
            "{both} to have both, or {} to have neither",
            wanted.remedy(off)
        ),
        None => format!("{both} to have both"),
    };
    Refusal::usage(
        format!(
            "{} contradicts {}: `{}` needs `{}`",
            wanted.words(),
            refused.words(),
            option.name,
            need.name
        ),
        help,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::parse(
            r"
            [[option]]
            name = 'redis'
            question = 'Use Redis?'
            gloss = ''
            default = true

            [[option]]
            name = 'worker'
            question = 'Add a worker?'
            gloss = ''
            default = true
            needs = ['redis']

            [[option]]
            name = 'dashboard'
            question = 'Add a dashboard?'
            gloss = ''
            default = false
            needs = ['worker']
            ",
        )
        .unwrap()
    }

    fn flag(option: &str, on: bool) -> Said {
        Said {
            option: option.to_owned(),
            value: on.into(),
            source: Source::CommandLine,
        }
    }

    fn complete(said: &[Said]) -> Vec<bool> {
        let options = options();
        let draft = Draft::new(&options, said, Vec::new()).unwrap();
        let name = ProjectName::parse("x", |_| false).unwrap();
        let answers = draft.complete(name).unwrap().options;
        answers.iter().map(|answer| answer.value.is_on()).collect()
    }

    fn open(draft: &Draft<'_>) -> Vec<String> {
        draft.all_open().map(|option| option.name.clone()).collect()
    }

    #[test]
    fn defaults_fill_what_is_open() {
        assert_eq!(complete(&[]), [true, true, false]);
    }

    #[test]
    fn a_default_holds_only_where_its_needs_are_on() {
        assert_eq!(complete(&[flag("redis", false)]), [false, false, false]);
    }

    #[test]
    fn an_option_switches_on_what_it_needs() {
        assert_eq!(complete(&[flag("dashboard", true)]), [true, true, true]);
        let options = options();
        let draft = Draft::new(&options, &[flag("dashboard", true)], Vec::new()).unwrap();
        assert!(draft.open().is_none());
    }

    #[test]
    fn an_option_without_its_needs_is_not_asked() {
        let options = options();
        let mut draft = Draft::new(&options, &[], Vec::new()).unwrap();
        assert_eq!(open(&draft), ["redis", "worker", "dashboard"]);
        draft.answer(vec![false.into()]).unwrap();
        assert!(draft.open().is_none());
    }

    #[test]
    fn an_answer_can_be_taken_back() {
        let options = options();
        let mut draft = Draft::new(&options, &[], Vec::new()).unwrap();
        draft.answer(vec![true.into()]).unwrap();
        draft.answer(vec![false.into()]).unwrap();
        assert!(draft.open().is_none());
        assert!(draft.take_back());
        assert_eq!(open(&draft), ["worker", "dashboard"]);
        assert!(draft.take_back());
        assert!(!draft.take_back());
    }

    #[test]
    fn flags_beat_the_file() {
        let options = options();
        let file = vec![flag("redis", true), flag("dashboard", false)];
        let draft = Draft::new(&options, &[flag("redis", false)], file).unwrap();
        assert!(draft.open().is_none());
        let name = ProjectName::parse("x", |_| false).unwrap();
        assert!(!draft.complete(name).unwrap().is_on("redis"));
    }

    #[test]
    fn refuses_an_option_that_is_switched_on_and_off() {
        let flags = [flag("redis", true), flag("redis", false)];
        let refusal = Draft::new(&options(), &flags, Vec::new()).unwrap_err();
        assert_eq!(refusal.message, "`--no-redis` contradicts `--redis`");
    }

    #[test]
    fn refuses_an_option_whose_needs_are_switched_off_and_says_where_to_change_that() {
        let in_file = |said: Said| Said {
            source: Source::File("forge.toml".to_owned()),
            ..said
        };
        let (wanted, refused) = (flag("dashboard", true), flag("redis", false));
        let options = options();
        let refusal = |flags: &[Said], file| Draft::new(&options, flags, file).unwrap_err();

        let both_flags = refusal(&[wanted.clone(), refused.clone()], vec![]);
        assert_eq!(
            both_flags.message,
            "`--dashboard` contradicts `--no-redis`: `dashboard` needs `redis`"
        );
        assert_eq!(
            both_flags.help,
            "pass `--redis` to have both, or pass `--no-dashboard` to have neither"
        );

        let mixed = refusal(
            std::slice::from_ref(&refused),
            vec![in_file(wanted.clone())],
        );
        assert_eq!(
            mixed.message,
            "`dashboard = true` in `forge.toml` contradicts `--no-redis`: `dashboard` needs `redis`"
        );
        assert_eq!(
            mixed.help,
            "pass `--redis` to have both, or set `dashboard = false` in `forge.toml` to have neither"
        );

        let both_in_file = refusal(&[], vec![in_file(wanted), in_file(refused)]);
        assert_eq!(
            both_in_file.help,
            "set `redis = true` in `forge.toml` to have both, or set `dashboard = false` in \
             `forge.toml` to have neither"
        );
    }

    fn of_every_kind() -> Options {
        Options::parse(
            r#"
            [[group]]
            name = "uses"
            question = "What for?"

            [[option]]
            name = "database"
            question = "Which database?"
            gloss = ""
            choices = [
                { value = "none", gloss = "" },
                { value = "sqlite", gloss = "" },
                { value = "postgres", gloss = "" },
            ]
            default = "none"

            [[option]]
            name = "redis"
            question = "Use Redis?"
            gloss = ""
            default = true

            [[option]]
            name = "cache"
            question = "Cache?"
            gloss = ""
            default = true
            needs = ["redis"]
            group = "uses"

            [[option]]
            name = "rate-limit"
            question = "Limits?"
            gloss = ""
            default = false
            needs = ["redis"]
            group = "uses"

            [[option]]
            name = "sessions"
            question = "Sessions?"
            gloss = ""
            default = false
            group = "uses"

            [[option]]
            name = "accounts"
            question = "Accounts?"
            gloss = ""
            default = false
            needs = ["database", "sessions"]

            [[option]]
            name = "replicas"
            question = "Replicas?"
            gloss = ""
            default = true
            when = 'database == "postgres"'

            [[option]]
            name = "proxy"
            question = "A proxy?"
            gloss = ""
            default = false
            needs = ["replicas"]

            [[option]]
            name = "team"
            question = "Which team?"
            gloss = ""
            default = "platform"
            when = "accounts"
            "#,
        )
        .unwrap()
    }

    fn said(option: &str, value: impl Into<Value>) -> Said {
        Said {
            value: value.into(),
            ..flag(option, true)
        }
    }

    fn values(said: &[Said]) -> Vec<String> {
        let options = of_every_kind();
        let draft = Draft::new(&options, said, Vec::new()).unwrap();
        let name = ProjectName::parse("x", |_| false).unwrap();
        let answers = draft.complete(name).unwrap().options.into_iter();
        answers.map(|answer| answer.value.to_string()).collect()
    }

    fn refusal(said: &[Said]) -> Refusal {
        let options = of_every_kind();
        let name = ProjectName::parse("x", |_| false).unwrap();
        let draft = Draft::new(&options, said, Vec::new());
        draft.and_then(|draft| draft.complete(name)).unwrap_err()
    }

    #[test]
    fn a_choice_that_is_needed_is_on() {
        assert_eq!(
            values(&[said("accounts", true)]),
            [
                "sqlite", "yes", "yes", "no", "yes", "yes", "no", "no", "platform"
            ]
        );
        assert_eq!(
            values(&[said("accounts", true), said("database", "postgres")])[0],
            "postgres"
        );
    }

    #[test]
    fn what_cannot_be_is_off_whatever_its_default() {
        assert_eq!(
            values(&[said("redis", false)]),
            ["none", "no", "no", "no", "no", "no", "no", "no", "none"]
        );
        assert_eq!(values(&[said("database", "postgres")])[6], "yes");
    }

    #[test]
    fn refuses_a_choice_that_is_none_and_needed() {
        let refusal = refusal(&[said("accounts", true), said("database", "none")]);
        assert_eq!(
            refusal.message,
            "`--accounts` contradicts `--database none`: `accounts` needs `database`"
        );
        assert_eq!(
            refusal.help,
            "pass `--database sqlite` to have both, or pass `--no-accounts` to have neither"
        );
    }

    #[test]
    fn refuses_what_is_on_where_its_condition_does_not_hold() {
        let own = refusal(&[said("replicas", true), said("database", "sqlite")]);
        assert_eq!(
            own.message,
            "`--replicas` cannot be: `replicas` is there only where `database == \"postgres\"`"
        );
        assert_eq!(
            own.help,
            "answer `database` otherwise, or pass `--no-replicas`"
        );
        let needed = refusal(&[said("proxy", true)]);
        assert_eq!(
            needed.message,
            "`--proxy` cannot be: `proxy` needs `replicas`, and `replicas` is there only where \
             `database == \"postgres\"`"
        );
        assert_eq!(
            needed.help,
            "answer `database` otherwise, or pass `--no-proxy`"
        );
        let text = refusal(&[said("team", "core")]);
        assert_eq!(
            text.help,
            "answer `accounts` otherwise, or pass `--team ''`"
        );
    }

    #[test]
    fn an_answer_that_contradicts_what_was_said_is_refused() {
        let options = of_every_kind();
        let mut draft = Draft::new(&options, &[said("replicas", true)], Vec::new()).unwrap();
        assert!(draft.answer(vec!["sqlite".into()]).is_err());
        assert_eq!(asked(&draft), ["database"]);
        assert!(draft.answer(vec!["postgres".into()]).is_ok());
    }

    fn asked(draft: &Draft<'_>) -> Vec<String> {
        match draft.open() {
            None => Vec::new(),
            Some(Question::Option(option)) => vec![option.name.clone()],
            Some(Question::Group(group, members)) => {
                let members = members.into_iter().map(|option| option.name.clone());
                std::iter::once(group.name.clone()).chain(members).collect()
            }
        }
    }

    #[test]
    fn a_group_asks_at_once_for_what_is_open_in_it() {
        let options = of_every_kind();
        let start = |said: &[Said]| {
            let mut draft = Draft::new(&options, said, Vec::new()).unwrap();
            draft.answer(vec!["none".into()]).unwrap();
            draft
        };
        let mut draft = start(&[]);
        draft.answer(vec![true.into()]).unwrap();
        assert_eq!(asked(&draft), ["uses", "cache", "rate-limit", "sessions"]);
        draft
            .answer(vec![false.into(), true.into(), false.into()])
            .unwrap();
        assert!(asked(&draft).is_empty());
        let name = ProjectName::parse("x", |_| false).unwrap();
        let answers = draft.complete(name).unwrap();
        let on = |option: &str| answers.is_on(option);
        assert_eq!(
            [on("cache"), on("rate-limit"), on("sessions")],
            [false, true, false]
        );
        assert!(draft.take_back());
        assert_eq!(asked(&draft), ["uses", "cache", "rate-limit", "sessions"]);
        assert!(draft.take_back());
        assert_eq!(asked(&draft), ["redis"]);

        let mut draft = start(&[said("cache", true)]);
        assert_eq!(asked(&draft), ["uses", "rate-limit", "sessions"]);
        assert!(draft.take_back());
        let mut draft = start(&[said("cache", false), said("sessions", true)]);
        draft.answer(vec![true.into()]).unwrap();
        assert_eq!(asked(&draft), ["rate-limit"]);
        let mut draft = start(&[]);
        draft.answer(vec![false.into()]).unwrap();
        assert_eq!(asked(&draft), ["sessions"]);
    }

    #[test]
    fn an_option_is_asked_only_where_its_condition_holds() {
        let options = of_every_kind();
        let said = [said("redis", false), said("sessions", false)];
        let mut draft = Draft::new(&options, &said, Vec::new()).unwrap();
        assert_eq!(asked(&draft), ["database"]);
        draft.answer(vec!["postgres".into()]).unwrap();
        assert_eq!(asked(&draft), ["replicas"]);
        draft.take_back();
        draft.answer(vec!["sqlite".into()]).unwrap();
        assert!(asked(&draft).is_empty());
    }
}
