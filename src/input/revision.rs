//! From the answers of a project and what is to change to the answers that it gets.

use std::collections::BTreeMap;

use crate::error::Refusal;
use crate::input::answers::{Answers, Draft, Said, Source};
use crate::input::answers_file;
use crate::input::name::ProjectName;
use crate::input::options::{Kind, OptionSpec, Options};
use crate::input::value::Value;

/// What is to become of a project's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// Switch these on, some with an answer that was said.
    Add(Vec<(String, Option<Value>)>),
    /// Switch these off.
    Remove(Vec<String>),
    /// What the answers of the project say.
    Update,
}

/// Answers, and what has to be said about them.
#[derive(Debug)]
pub struct Revised {
    /// The answers that the project gets.
    pub answers: Answers,
    /// The options that are switched because of others, or need not be.
    pub notes: Vec<String>,
}

/// A project as it describes itself.
#[derive(Clone, Debug)]
pub struct Project<'a> {
    /// Its name.
    pub name: ProjectName,
    /// What its `forge.toml` says.
    pub said: Vec<Said>,
    /// The answers of its last render, which count where `forge.toml` says nothing.
    pub recorded: &'a BTreeMap<String, Value>,
    /// The ways to its layers from outside.
    pub layers: Vec<String>,
}

impl Project<'_> {
    /// The answers that it has. An option that it does not know has the answer of the one that it
    /// inherits from, or is off.
    pub fn answers(&self, options: &Options) -> Result<Answers, Refusal> {
        let draft = Draft::new(options, &[], self.said.clone())?;
        let mut answers = draft.complete_with(self.name.clone(), |option, values| {
            let recorded = self.recorded.get(&option.name);
            if let Some(value) = recorded.filter(|value| option.accepts(value)) {
                return value.clone();
            }
            let inherits = option.inherits.as_ref();
            let inherited = inherits.and_then(|other| values[options.position(other)?].as_ref());
            match inherited {
                Some(value) if option.accepts(value) => value.clone(),
                Some(value) if value.is_on() => option.on(),
                _ => option.off().unwrap_or_else(|| option.default.clone()),
            }
        })?;
        answers.layers.clone_from(&self.layers);
        Ok(answers)
    }
}

impl Revision {
    /// Changes the answers of a project. What an option needs comes with it, and goes only with it.
    pub fn apply(&self, options: &Options, project: &Project<'_>) -> Result<Revised, Refusal> {
        let before = project.answers(options)?;
        let mut notes = Vec::new();
        let named: Vec<(usize, Value)> = match self {
            Self::Update => {
                return Ok(Revised {
                    answers: before,
                    notes,
                });
            }
            Self::Add(named) => {
                let named = named.iter().filter_map(|(name, value)| {
                    let index = options.position(name)?;
                    Some((
                        index,
                        added(&options.list[index], value.as_ref(), before.get(name)),
                    ))
                });
                let named = named.map(|(index, value)| Ok((index, value?)));
                named.collect::<Result<_, Refusal>>()?
            }
            Self::Remove(named) => {
                let named = named.iter().filter_map(|name| options.position(name));
                let named = named.map(|index| Ok((index, removed(&options.list[index])?)));
                named.collect::<Result<_, Refusal>>()?
            }
        };
        // Every option depends only on earlier ones, whose answers are settled when it is looked at.
        let mut after: Vec<Value> = Vec::with_capacity(options.list.len());
        for (index, option) in options.list.iter().enumerate() {
            let own = &option.name;
            let was = &before.options[index].value;
            let settled = |name: &str| options.position(name).and_then(|index| after.get(index));
            let value = if let Some((_, value)) = named.iter().find(|(other, _)| *other == index) {
                if value == was {
                    notes.push(match value {
                        Value::Word(word) if value.is_on() => {
                            format!("`{own}` is already `{word}`")
                        }
                        _ => format!(
                            "`{own}` is already {}",
                            if value.is_on() { "on" } else { "off" }
                        ),
                    });
                }
                value.clone()
            } else if let Some(cause) = named.iter().find_map(|(other, value)| {
                let needs = value.is_on() && options.needs_of(*other).contains(&index);
                (needs && !was.is_on()).then(|| &options.list[*other].name)
            }) {
                notes.push(format!("`{cause}` needs `{own}`: `{own}` is added too"));
                option.on()
            } else if was.is_on()
                && let Some(cause) = options
                    .needs_of(index)
                    .into_iter()
                    .find(|need| after.get(*need).is_some_and(|need| !need.is_on()))
            {
                let cause = &options.list[cause].name;
                notes.push(format!("`{own}` needs `{cause}`: `{own}` is removed too"));
                option.off().unwrap_or_else(|| was.clone())
            } else if was.is_on()
                && let Some(when) = &option.when
                && when.evaluate(settled) == Some(false)
            {
                notes.push(format!(
                    "`{own}` is there only where `{when}`: `{own}` is removed too"
                ));
                option.off().unwrap_or_else(|| was.clone())
            } else {
                was.clone()
            };
            after.push(value);
        }
        let said = options.list.iter().zip(after).map(|(option, value)| Said {
            option: option.name.clone(),
            value,
            // Where `add` and `remove` say it.
            source: Source::File(answers_file::PATH.to_owned()),
        });
        let draft = Draft::new(options, &[], said.collect())?;
        let mut answers = draft.complete(project.name.clone())?;
        answers.layers.clone_from(&project.layers);
        Ok(Revised { answers, notes })
    }
}

/// What an option that is added becomes: what was said, or else what it was if that is on.
fn added(
    option: &OptionSpec,
    said: Option<&Value>,
    before: Option<&Value>,
) -> Result<Value, Refusal> {
    check_is_no_text(option)?;
    let said = said.or(before.filter(|value| value.is_on()));
    Ok(said.cloned().unwrap_or_else(|| option.on()))
}

fn removed(option: &OptionSpec) -> Result<Value, Refusal> {
    check_is_no_text(option)?;
    option.off().ok_or_else(|| {
        Refusal::usage(
            format!(
                "`{}` cannot be removed: it is always {}",
                option.name,
                option.allowed()
            ),
            format!("choose another one with `forge add {0} --{0}`", option.name),
        )
    })
}

fn check_is_no_text(option: &OptionSpec) -> Result<(), Refusal> {
    if matches!(option.kind, Kind::Text(_)) {
        return Err(Refusal::usage(
            format!(
                "`{}` is a text, which is neither added nor removed",
                option.name
            ),
            format!(
                "change it in `{}` and run `forge update`",
                answers_file::PATH
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::parse(
            r"
            [[option]]
            name = 'redis'
            question = ''
            gloss = ''
            default = true

            [[option]]
            name = 'worker'
            question = ''
            gloss = ''
            default = true
            needs = ['redis']

            [[option]]
            name = 'dashboard'
            question = ''
            gloss = ''
            default = true
            needs = ['worker']
            ",
        )
        .unwrap()
    }

    fn said(option: &str, value: Value) -> Said {
        Said {
            option: option.to_owned(),
            value,
            source: Source::File(answers_file::PATH.to_owned()),
        }
    }

    fn project(said: Vec<Said>, recorded: &BTreeMap<String, Value>) -> Project<'_> {
        Project {
            name: ProjectName::parse("shop", |_| false).unwrap(),
            said,
            recorded,
            layers: Vec::new(),
        }
    }

    fn apply(revision: &Revision, on: [bool; 3]) -> (Vec<bool>, Vec<String>) {
        let options = options();
        let said =
            std::iter::zip(&options.list, on).map(|(option, on)| said(&option.name, on.into()));
        let nothing = BTreeMap::new();
        let revised = revision
            .apply(&options, &project(said.collect(), &nothing))
            .unwrap();
        let answers = revised
            .answers
            .options
            .iter()
            .map(|answer| answer.value.is_on());
        (answers.collect(), revised.notes)
    }

    fn add(names: &[&str]) -> Revision {
        Revision::Add(names.iter().map(|&name| (name.to_owned(), None)).collect())
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn what_an_option_needs_is_added_with_it() {
        let (answers, notes) = apply(&add(&["dashboard"]), [false; 3]);
        assert_eq!(answers, [true; 3]);
        assert_eq!(
            notes,
            [
                "`dashboard` needs `redis`: `redis` is added too",
                "`dashboard` needs `worker`: `worker` is added too",
            ]
        );
    }

    #[test]
    fn what_needs_an_option_is_removed_with_it() {
        let (answers, notes) = apply(&Revision::Remove(names(&["redis"])), [true; 3]);
        assert_eq!(answers, [false; 3]);
        assert_eq!(
            notes,
            [
                "`worker` needs `redis`: `worker` is removed too",
                "`dashboard` needs `redis`: `dashboard` is removed too",
            ]
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_else_changes() {
        let (answers, notes) = apply(&add(&["worker"]), [true, false, false]);
        assert_eq!((answers, notes), (vec![true, true, false], vec![]));
        let (answers, notes) = apply(&Revision::Remove(names(&["redis"])), [true, false, false]);
        assert_eq!((answers, notes), (vec![false; 3], vec![]));
        let (answers, notes) = apply(&add(&["redis", "worker"]), [false; 3]);
        assert_eq!((answers, notes), (vec![true, true, false], vec![]));
    }

    #[test]
    fn an_option_that_is_as_asked_already_is_told() {
        let (answers, notes) = apply(&add(&["redis"]), [true, false, false]);
        assert_eq!(answers, [true, false, false]);
        assert_eq!(notes, ["`redis` is already on"]);
        let (_, notes) = apply(&Revision::Remove(names(&["worker"])), [true, false, false]);
        assert_eq!(notes, ["`worker` is already off"]);
    }

    #[test]
    fn an_option_that_the_project_does_not_know_stays_off() {
        let options = options();
        let nothing = BTreeMap::new();
        let revised = Revision::Update
            .apply(&options, &project(Vec::new(), &nothing))
            .unwrap();
        assert!(
            revised
                .answers
                .options
                .iter()
                .all(|answer| !answer.value.is_on())
        );
    }

    #[test]
    fn answers_that_contradict_each_other_are_refused() {
        let options = options();
        let nothing = BTreeMap::new();
        let said = [("redis", false), ("worker", true)].map(|(option, on)| said(option, on.into()));
        let refusal = Revision::Update
            .apply(&options, &project(said.into(), &nothing))
            .unwrap_err();
        assert!(
            refusal.message.contains("`worker` needs `redis`"),
            "{}",
            refusal.message
        );
    }

    /// What a later Forge asks: `redis` has been divided, and a database is one of several.
    fn later() -> Options {
        Options::parse(
            r#"
            [[option]]
            name = "database"
            question = ""
            gloss = ""
            choices = [
                { value = "none", gloss = "" },
                { value = "sqlite", gloss = "" },
                { value = "postgres", gloss = "" },
            ]
            default = "sqlite"

            [[option]]
            name = "redis"
            question = ""
            gloss = ""
            default = true

            [[option]]
            name = "cache"
            question = ""
            gloss = ""
            default = true
            needs = ["redis"]
            inherits = "redis"

            [[option]]
            name = "accounts"
            question = ""
            gloss = ""
            default = false
            needs = ["database", "cache"]

            [[option]]
            name = "replicas"
            question = ""
            gloss = ""
            default = true
            when = 'database == "postgres"'

            [[option]]
            name = "team"
            question = ""
            gloss = ""
            default = "platform"
            pattern = "[a-z]+"
            "#,
        )
        .unwrap()
    }

    fn values(answers: &Answers) -> Vec<String> {
        let answers = answers.options.iter();
        answers.map(|answer| answer.value.to_string()).collect()
    }

    #[track_caller]
    fn assert_update(file: &[(&str, Value)], recorded: &[(&str, Value)], expected: [&str; 6]) {
        let file = file
            .iter()
            .map(|(option, value)| said(option, value.clone()));
        let recorded = recorded.iter();
        let recorded = recorded.map(|(option, value)| ((*option).to_owned(), value.clone()));
        let recorded = recorded.collect();
        let revised = Revision::Update.apply(&later(), &project(file.collect(), &recorded));
        assert_eq!(values(&revised.unwrap().answers), expected);
    }

    #[test]
    fn what_the_project_does_not_say_is_as_recorded() {
        let on = || true.into();
        assert_update(
            &[],
            &[
                ("redis", on()),
                ("cache", false.into()),
                ("database", "postgres".into()),
            ],
            ["postgres", "yes", "no", "no", "no", "platform"],
        );
        assert_update(
            &[("redis", false.into()), ("database", "none".into())],
            &[
                ("redis", on()),
                ("cache", on()),
                ("database", "sqlite".into()),
            ],
            ["none", "no", "no", "no", "no", "platform"],
        );
    }

    #[test]
    fn what_the_project_does_not_know_is_inherited_or_off() {
        for redis in [true, false] {
            let redis_word = if redis { "yes" } else { "no" };
            let expected = ["none", redis_word, redis_word, "no", "no", "platform"];
            assert_update(
                &[("redis", redis.into())],
                &[("redis", redis.into())],
                expected,
            );
            assert_update(&[], &[("redis", redis.into())], expected);
            assert_update(
                &[("redis", redis.into())],
                &[("redis", (!redis).into())],
                expected,
            );
        }
    }

    #[test]
    fn what_was_recorded_and_cannot_be_an_answer_any_more_is_passed_over() {
        assert_update(
            &[],
            &[
                ("redis", "yes".into()),
                ("database", "mysql".into()),
                ("team", "Core".into()),
                ("gone", true.into()),
            ],
            ["none", "no", "no", "no", "no", "platform"],
        );
    }

    fn changed(
        revision: &Revision,
        file: &[(&str, Value)],
    ) -> Result<(Vec<String>, Vec<String>), Refusal> {
        let file = file
            .iter()
            .map(|(option, value)| said(option, value.clone()));
        let nothing = BTreeMap::new();
        let revised = revision.apply(&later(), &project(file.collect(), &nothing))?;
        Ok((values(&revised.answers), revised.notes))
    }

    fn with(option: &str, value: &str) -> Revision {
        Revision::Add(vec![(option.to_owned(), Some(value.into()))])
    }

    #[test]
    fn a_choice_is_added_with_its_default_or_with_what_was_said() {
        let (answers, notes) = changed(&add(&["database"]), &[]).unwrap();
        assert_eq!((answers[0].as_str(), notes.len()), ("sqlite", 0));
        let (answers, notes) = changed(&with("database", "postgres"), &[]).unwrap();
        assert_eq!((answers[0].as_str(), notes.len()), ("postgres", 0));
        let sqlite = [("database", "sqlite".into())];
        let (answers, notes) = changed(&with("database", "postgres"), &sqlite).unwrap();
        assert_eq!((answers[0].as_str(), notes.len()), ("postgres", 0));
        let postgres = [("database", "postgres".into())];
        let (answers, notes) = changed(&add(&["database"]), &postgres).unwrap();
        assert_eq!(answers[0], "postgres");
        assert_eq!(notes, ["`database` is already `postgres`"]);
    }

    #[test]
    fn a_choice_that_is_needed_is_added_and_one_that_is_removed_is_none() {
        let (answers, notes) = changed(&add(&["accounts"]), &[]).unwrap();
        assert_eq!(answers, ["sqlite", "yes", "yes", "yes", "no", "platform"]);
        assert_eq!(
            notes,
            [
                "`accounts` needs `database`: `database` is added too",
                "`accounts` needs `redis`: `redis` is added too",
                "`accounts` needs `cache`: `cache` is added too",
            ]
        );
        let file = [
            ("database", "postgres".into()),
            ("redis", true.into()),
            ("cache", true.into()),
            ("accounts", true.into()),
            ("replicas", true.into()),
        ];
        let (answers, notes) = changed(&Revision::Remove(names(&["database"])), &file).unwrap();
        assert_eq!(answers, ["none", "yes", "yes", "no", "no", "platform"]);
        assert_eq!(
            notes,
            [
                "`accounts` needs `database`: `accounts` is removed too",
                "`replicas` is there only where `database == \"postgres\"`: `replicas` is removed too",
            ]
        );
    }

    #[test]
    fn what_cannot_be_where_it_is_added_is_refused() {
        let refusal = changed(&add(&["replicas"]), &[]).unwrap_err();
        assert_eq!(
            refusal.message,
            "`replicas = true` in `forge.toml` cannot be: `replicas` is there only where \
             `database == \"postgres\"`"
        );
    }

    #[test]
    fn a_text_is_neither_added_nor_removed() {
        for revision in [add(&["team"]), Revision::Remove(names(&["team"]))] {
            let refusal = changed(&revision, &[]).unwrap_err();
            assert_eq!(
                refusal.message,
                "`team` is a text, which is neither added nor removed"
            );
            assert_eq!(
                refusal.help,
                "change it in `forge.toml` and run `forge update`"
            );
        }
    }
}
