//! From what was said to the complete answers.
//!
//! A [`Draft`] starts with what flags and the answers file say, takes the answers to questions one
//! by one (and takes them back), and ends as [`Answers`]. It knows what is still open; it does not
//! know who answers.

use crate::error::Refusal;
use crate::input::name::ProjectName;
use crate::input::options::{self, OptionSpec, Options};

/// The complete choices.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The name of the project.
    pub name: ProjectName,
    /// An answer for every option, in the order of the options.
    pub options: Vec<Answer>,
}

/// The answer to one option.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Answer {
    /// The option's name.
    pub name: String,
    /// Whether it is switched on.
    pub on: bool,
}

impl Answers {
    /// Whether an option is switched on.
    #[must_use]
    pub fn is_on(&self, option: &str) -> bool {
        self.options
            .iter()
            .any(|answer| answer.name == option && answer.on)
    }
}

/// Something that was said about an option before any question.
#[derive(Clone, Debug)]
pub struct Said {
    /// The option's name.
    pub option: String,
    /// Whether it is to be on.
    pub on: bool,
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
            Source::CommandLine => format!("`{}`", options::flag(&self.option, self.on)),
            Source::File(file) => format!("`{} = {}` in `{file}`", self.option, self.on),
        }
    }

    /// How to say the opposite in the same place.
    fn remedy(&self) -> String {
        let opposite = Self {
            on: !self.on,
            ..self.clone()
        };
        let verb = match self.source {
            Source::CommandLine => "pass",
            Source::File(_) => "set",
        };
        format!("{verb} {}", opposite.words())
    }
}

/// Answers in the making.
#[derive(Debug)]
pub struct Draft<'a> {
    options: &'a Options,
    said: Vec<Option<Said>>,
    needed: Vec<bool>,
    replies: Vec<Option<bool>>,
    asked: Vec<usize>,
}

impl<'a> Draft<'a> {
    /// Starts with what flags say, and with what a file says about the rest.
    ///
    /// Refuses an option that is switched both on and off, and one that is switched on while
    /// something that it needs is switched off.
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
            needed: vec![false; count],
            replies: vec![None; count],
            asked: Vec::new(),
        };
        for index in 0..count {
            let Some(wish) = draft.said[index].as_ref().filter(|said| said.on) else {
                continue;
            };
            for need in options.needs_of(index) {
                match &draft.said[need] {
                    Some(refused) if !refused.on => {
                        return Err(contradiction(
                            &options.list[index],
                            wish,
                            &options.list[need],
                            refused,
                        ));
                    }
                    _ => draft.needed[need] = true,
                }
            }
        }
        Ok(draft)
    }

    /// The first option that nothing has answered yet.
    #[must_use]
    pub fn open(&self) -> Option<&'a OptionSpec> {
        let index = self.values().iter().position(Option::is_none)?;
        Some(&self.options.list[index])
    }

    /// Every option that nothing has answered yet.
    pub fn all_open(&self) -> impl Iterator<Item = &'a OptionSpec> {
        let options = self.options.list.iter();
        let values = self.values();
        options
            .zip(values)
            .filter_map(|(option, value)| value.is_none().then_some(option))
    }

    /// Answers the option that [`Draft::open`] names.
    pub fn answer(&mut self, on: bool) {
        if let Some(index) = self.values().iter().position(Option::is_none) {
            self.replies[index] = Some(on);
            self.asked.push(index);
        }
    }

    /// Takes the last answer back; false where there was none.
    pub fn take_back(&mut self) -> bool {
        match self.asked.pop() {
            Some(index) => {
                self.replies[index] = None;
                true
            }
            None => false,
        }
    }

    /// The complete answers, with defaults for what is still open.
    #[must_use]
    pub fn complete(&self, name: ProjectName) -> Answers {
        let values = self.values_or(|option| Some(option.default));
        let options = self.options.list.iter().zip(values);
        Answers {
            name,
            options: options
                .map(|(option, on)| Answer {
                    name: option.name.clone(),
                    on: on == Some(true),
                })
                .collect(),
        }
    }

    fn values(&self) -> Vec<Option<bool>> {
        self.values_or(|_| None)
    }

    /// The value of each option. An option without what it needs is off and not worth a question,
    /// which can be told in one pass because options need only earlier ones.
    fn values_or(&self, unanswered: impl Fn(&OptionSpec) -> Option<bool>) -> Vec<Option<bool>> {
        let mut values: Vec<Option<bool>> = Vec::with_capacity(self.options.list.len());
        for (index, option) in self.options.list.iter().enumerate() {
            let said = self.said[index].as_ref().map(|said| said.on);
            let needed = self.needed[index].then_some(true);
            let lacks_a_need = || {
                let mut needs = option.needs.iter();
                needs
                    .any(|need| {
                        let need = self.options.position(need);
                        need.is_some_and(|need| values[need] == Some(false))
                    })
                    .then_some(false)
            };
            values.push(
                said.or(needed)
                    .or_else(lacks_a_need)
                    .or(self.replies[index])
                    .or_else(|| unanswered(option)),
            );
        }
        values
    }
}

fn contradiction(option: &OptionSpec, wish: &Said, need: &OptionSpec, refused: &Said) -> Refusal {
    Refusal::usage(
        format!(
            "{} contradicts {}: `{}` needs `{}`",
            wish.words(),
            refused.words(),
            option.name,
            need.name
        ),
        format!(
            "{} to have both, or {} to have neither",
            refused.remedy(),
            wish.remedy(),
        ),
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
            on,
            source: Source::CommandLine,
        }
    }

    fn complete(said: &[Said]) -> Vec<bool> {
        let options = options();
        let draft = Draft::new(&options, said, Vec::new()).unwrap();
        let name = ProjectName::parse("x", |_| false).unwrap();
        let answers = draft.complete(name).options;
        answers.iter().map(|answer| answer.on).collect()
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
        draft.answer(false);
        assert!(draft.open().is_none());
    }

    #[test]
    fn an_answer_can_be_taken_back() {
        let options = options();
        let mut draft = Draft::new(&options, &[], Vec::new()).unwrap();
        draft.answer(true);
        draft.answer(false);
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
        assert!(!draft.complete(name).is_on("redis"));
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
        let (wish, refused) = (flag("dashboard", true), flag("redis", false));
        let options = options();
        let refusal = |flags: &[Said], file| Draft::new(&options, flags, file).unwrap_err();

        let both_flags = refusal(&[wish.clone(), refused.clone()], vec![]);
        assert_eq!(
            both_flags.message,
            "`--dashboard` contradicts `--no-redis`: `dashboard` needs `redis`"
        );
        assert_eq!(
            both_flags.help,
            "pass `--redis` to have both, or pass `--no-dashboard` to have neither"
        );

        let mixed = refusal(std::slice::from_ref(&refused), vec![in_file(wish.clone())]);
        assert_eq!(
            mixed.message,
            "`dashboard = true` in `forge.toml` contradicts `--no-redis`: `dashboard` needs `redis`"
        );
        assert_eq!(
            mixed.help,
            "pass `--redis` to have both, or set `dashboard = false` in `forge.toml` to have neither"
        );

        let both_in_file = refusal(&[], vec![in_file(wish), in_file(refused)]);
        assert_eq!(
            both_in_file.help,
            "set `redis = true` in `forge.toml` to have both, or set `dashboard = false` in \
             `forge.toml` to have neither"
        );
    }
}
