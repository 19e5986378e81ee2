//! From the answers of a project and what is wished to the answers that it gets.

use std::collections::BTreeMap;

use crate::error::Refusal;
use crate::input::answers::{Answers, Draft, Said, Source};
use crate::input::answers_file;
use crate::input::name::ProjectName;
use crate::input::options::Options;

/// What is to become of a project's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Switch these on.
    Add(Vec<String>),
    /// Switch these off.
    Remove(Vec<String>),
    /// What the answers of the project say.
    Update,
}

/// Answers, and what has to be said about them.
#[derive(Debug)]
pub struct Granted {
    /// The answers that the project gets.
    pub answers: Answers,
    /// The options that are switched because of others, or need not be.
    pub notes: Vec<String>,
}

impl Wish {
    /// Changes answers. What an option needs comes with it, and goes only with it.
    ///
    /// An option that the project does not know yet stays off.
    pub fn grant(
        &self,
        options: &Options,
        name: ProjectName,
        mut said: Vec<Said>,
    ) -> Result<Granted, Refusal> {
        let mut notes = Vec::new();
        let before: BTreeMap<String, bool> = said
            .iter()
            .map(|said| (said.option.clone(), said.on))
            .collect();
        let is_on = |option: &str| before.get(option).copied().unwrap_or_default();
        let mut switch = |option: &str, on: bool| {
            said.retain(|said| said.option != option);
            said.push(Said {
                option: option.to_owned(),
                on,
                // Where `add` and `remove` say it.
                source: Source::File(answers_file::PATH.to_owned()),
            });
        };
        let (named, on): (&[String], bool) = match self {
            Self::Add(options) => (options, true),
            Self::Remove(options) => (options, false),
            Self::Update => (&[], false),
        };
        for (index, option) in options.list.iter().enumerate() {
            if named.contains(&option.name) {
                if is_on(&option.name) == on {
                    let state = if on { "on" } else { "off" };
                    notes.push(format!("`{}` is already {state}", option.name));
                }
                switch(&option.name, on);
                continue;
            }
            let cause = named.iter().find(|other| {
                let other = options.position(other);
                other.is_some_and(|other| {
                    if on {
                        options.needs_of(other).contains(&index)
                    } else {
                        options.needs_of(index).contains(&other)
                    }
                })
            });
            if let Some(cause) = cause
                && is_on(&option.name) != on
            {
                let own = &option.name;
                notes.push(if on {
                    format!("`{cause}` needs `{own}`: `{own}` is added too")
                } else {
                    format!("`{own}` needs `{cause}`: `{own}` is removed too")
                });
                switch(own, on);
            }
        }
        let mut draft = Draft::new(options, &[], said)?;
        while draft.open().is_some() {
            draft.answer(false);
        }
        Ok(Granted {
            answers: draft.complete(name),
            notes,
        })
    }
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

    fn grant(wish: &Wish, on: [bool; 3]) -> (Vec<bool>, Vec<String>) {
        let options = options();
        let said = std::iter::zip(&options.list, on).map(|(option, on)| Said {
            option: option.name.clone(),
            on,
            source: Source::File(answers_file::PATH.to_owned()),
        });
        let name = ProjectName::parse("shop", |_| false).unwrap();
        let granted = wish.grant(&options, name, said.collect()).unwrap();
        let answers = granted.answers.options.iter().map(|answer| answer.on);
        (answers.collect(), granted.notes)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn what_an_option_needs_is_added_with_it() {
        let (answers, notes) = grant(&Wish::Add(names(&["dashboard"])), [false; 3]);
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
        let (answers, notes) = grant(&Wish::Remove(names(&["redis"])), [true; 3]);
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
        let (answers, notes) = grant(&Wish::Add(names(&["worker"])), [true, false, false]);
        assert_eq!((answers, notes), (vec![true, true, false], vec![]));
        let (answers, notes) = grant(&Wish::Remove(names(&["redis"])), [true, false, false]);
        assert_eq!((answers, notes), (vec![false; 3], vec![]));
        let both = names(&["redis", "worker"]);
        let (answers, notes) = grant(&Wish::Add(both), [false; 3]);
        assert_eq!((answers, notes), (vec![true, true, false], vec![]));
    }

    #[test]
    fn an_option_that_is_as_wished_already_is_told() {
        let (answers, notes) = grant(&Wish::Add(names(&["redis"])), [true, false, false]);
        assert_eq!(answers, [true, false, false]);
        assert_eq!(notes, ["`redis` is already on"]);
        let (_, notes) = grant(&Wish::Remove(names(&["worker"])), [true, false, false]);
        assert_eq!(notes, ["`worker` is already off"]);
    }

    #[test]
    fn an_option_that_the_project_does_not_know_stays_off() {
        let options = options();
        let name = ProjectName::parse("shop", |_| false).unwrap();
        let granted = Wish::Update.grant(&options, name, Vec::new()).unwrap();
        assert!(granted.answers.options.iter().all(|answer| !answer.on));
    }

    #[test]
    fn answers_that_contradict_each_other_are_refused() {
        let options = options();
        let name = ProjectName::parse("shop", |_| false).unwrap();
        let said = [("redis", false), ("worker", true)].map(|(option, on)| Said {
            option: option.to_owned(),
            on,
            source: Source::File(answers_file::PATH.to_owned()),
        });
        let refusal = Wish::Update.grant(&options, name, said.into()).unwrap_err();
        assert!(
            refusal.message.contains("`worker` needs `redis`"),
            "{}",
            refusal.message
        );
    }
}
