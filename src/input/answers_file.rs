//! The answers file: the `forge.toml` that a project keeps, or one of the same form.
//!
//! Faults are reported with their line, their key and what is allowed in its place.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use semver::Version;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::FORGE_VERSION;
use crate::error::Refusal;
use crate::input::answers::{Said, Source};
use crate::input::options::{Kind, OptionSpec, Options};
use crate::input::value::Value;

/// What an answers file says.
#[derive(Debug, Default)]
pub struct AnswersFile {
    /// The name of the project.
    pub name: Option<String>,
    /// The options that it answers.
    pub said: Vec<Said>,
    /// The folders of layers from outside that it uses.
    pub layers: Vec<String>,
    /// The version of Forge that wrote it, if it is newer than this one.
    pub newer: Option<Version>,
}

/// Where a project keeps its answers.
pub const PATH: &str = "forge.toml";

pub(crate) const VERSION: &str = "version";
pub(crate) const ANSWERS: &str = "answers";
pub(crate) const NAME: &str = "name";
pub(crate) const LAYERS: &str = "layers";

/// The most bytes of such a file: far more than any answers.
pub const LARGEST: u64 = 64 << 10;

/// Whether a file can be read twice: what comes through a pipe is gone after the first time.
#[must_use]
pub fn is_lasting(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

/// The layers from outside that a file names, as far as it can be read: what is wrong with it is told
/// by [`AnswersFile::read`]. None for what can be read only once.
#[must_use]
pub fn layers(path: &Path) -> Vec<String> {
    if !is_lasting(path) {
        return Vec::new();
    }
    let bytes = bytes(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let document: toml::Table = text.parse().unwrap_or_default();
    let layers = document.get(LAYERS).and_then(toml::Value::as_array);
    let layers = layers.into_iter().flatten();
    layers
        .filter_map(|layer| layer.as_str().map(str::to_owned))
        .collect()
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let message = format!("it has more than {} kB", LARGEST >> 10);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The largest number of a version: the digits that always fit into 64 bits, which a schema can count.
const LARGEST_NUMBER: u64 = 9_999_999_999_999_999_999;

impl AnswersFile {
    /// Reads and checks a file.
    pub fn read(path: &Path, options: &Options) -> Result<Self, Refusal> {
        let shown = path.display().to_string();
        let bytes = bytes(path).map_err(|error| {
            Refusal::usage(
                format!("could not read the answers file `{shown}`: {error}"),
                "check that it is a file you can read, such as the `forge.toml` of a project",
            )
        })?;
        let text = String::from_utf8(bytes).map_err(|_| {
            Refusal::usage(
                format!("the answers file `{shown}` is not UTF-8 text"),
                "save it as UTF-8",
            )
        })?;
        Self::parse(&shown, &text, options)
    }

    pub(crate) fn parse(file: &str, text: &str, options: &Options) -> Result<Self, Refusal> {
        Reader {
            file,
            text,
            options,
            newer: None,
        }
        .read()
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    options: &'a Options,
    newer: Option<Version>,
}

impl Reader<'_> {
    fn read(mut self) -> Result<AnswersFile, Refusal> {
        let document = DeTable::parse(self.text).map_err(|error| {
            let place = error
                .span()
                .map_or_else(|| format!("`{}`", self.file), |span| self.place(&span));
            let option = self.options.list.first();
            let option = option.map_or("option", |option| &option.name);
            Refusal::usage(
                format!("{place} is not TOML: {}", one_line(error.message())),
                format!("a line looks like `{option} = true`, under a line `[answers]`"),
            )
        })?;
        let document = document.get_ref();
        // First, because it explains keys that this version does not know.
        if let Some(version) = document.get(VERSION) {
            self.newer = self.newer_version(version)?;
        }
        for (key, _) in document {
            if !matches!(key.get_ref().as_ref(), VERSION | LAYERS | ANSWERS) {
                let allowed = "at the top level, `version`, `layers` and `[answers]` are allowed";
                return Err(self.unknown(key, allowed));
            }
        }
        let layers = match document.get(LAYERS) {
            Some(layers) => self.layers(layers)?,
            None => Vec::new(),
        };
        let Some(answers) = document.get(ANSWERS) else {
            return Err(Refusal::usage(
                format!("`{}` has no table `[answers]`", self.file),
                "put a line `[answers]` above the answers",
            ));
        };
        let Some(answers) = answers.get_ref().as_table() else {
            return Err(self.wrong_type(ANSWERS, answers, "a table"));
        };
        self.answers(answers, layers)
    }

    fn layers(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Refusal> {
        let expected = "a list of paths, such as `[\"../our-platform\"]`";
        let paths = value.get_ref().as_array();
        let paths = paths.ok_or_else(|| self.wrong_type(LAYERS, value, expected))?;
        let paths = paths.iter().map(|path| {
            let text = path.get_ref().as_str();
            let text = text.ok_or_else(|| self.wrong_type(LAYERS, path, expected))?;
            Ok(text.to_owned())
        });
        paths.collect()
    }

    fn answers(self, answers: &DeTable<'_>, layers: Vec<String>) -> Result<AnswersFile, Refusal> {
        let mut name = None;
        let mut said = Vec::new();
        for (key, value) in answers {
            let option = key.get_ref().as_ref();
            if option == NAME {
                let text = value.get_ref().as_str();
                let text = text.ok_or_else(|| self.wrong_type(NAME, value, "a string"))?;
                name = Some(text.to_owned());
            } else if let Some(option) = self.options.get(option) {
                said.push(Said {
                    option: option.name.clone(),
                    value: self.value(option, value)?,
                    source: Source::File(self.file.to_owned()),
                });
            } else {
                let options = self.options.list.iter();
                let allowed: Vec<String> = std::iter::once(NAME)
                    .chain(options.map(|option| option.name.as_str()))
                    .map(|key| format!("`{key}`"))
                    .collect();
                let dropped = if layers.is_empty() {
                    ""
                } else {
                    "; if a layer no longer has the option, remove the line"
                };
                let allowed = format!(
                    "under `[answers]`, these are allowed: {}{dropped}",
                    allowed.join(", ")
                );
                return Err(self.unknown(key, &allowed));
            }
        }
        Ok(AnswersFile {
            name,
            said,
            layers,
            newer: self.newer,
        })
    }

    fn value(&self, option: &OptionSpec, value: &Spanned<DeValue<'_>>) -> Result<Value, Refusal> {
        let (name, allowed) = (&option.name, option.allowed());
        let given = match value.get_ref() {
            DeValue::Boolean(on) => Value::Switch(*on),
            DeValue::String(word) => Value::Word(word.clone().into_owned()),
            _ => return Err(self.wrong_type(name, value, &allowed)),
        };
        if option.accepts(&given) {
            return Ok(given);
        }
        match (&option.kind, &given) {
            (Kind::Choice(_) | Kind::Text(_), Value::Word(word)) => Err(Refusal::usage(
                format!(
                    "{}: `{name}` is `{}`",
                    self.place(&value.span()),
                    word.escape_debug()
                ),
                format!("`{name}` must be {allowed}"),
            )),
            _ => Err(self.wrong_type(name, value, &allowed)),
        }
    }

    fn newer_version(&self, value: &Spanned<DeValue<'_>>) -> Result<Option<Version>, Refusal> {
        let text = value.get_ref().as_str();
        let text = text.ok_or_else(|| self.wrong_type(VERSION, value, "a string"))?;
        let fault = |reason: String| {
            Refusal::usage(
                format!(
                    "{}: `version` is `{}`, which is not a version: {reason}",
                    self.place(&value.span()),
                    text.escape_debug()
                ),
                format!("write a version such as `{FORGE_VERSION}`, or leave the line out"),
            )
        };
        let version = Version::parse(text).map_err(|error| fault(error.to_string()))?;
        let numbers = [version.major, version.minor, version.patch];
        if numbers.into_iter().any(|number| number > LARGEST_NUMBER) {
            return Err(fault("a number has more than 19 digits".to_owned()));
        }
        let own = Version::parse(FORGE_VERSION).ok();
        Ok(own.is_some_and(|own| version > own).then_some(version))
    }

    fn unknown(&self, key: &Spanned<std::borrow::Cow<'_, str>>, allowed: &str) -> Refusal {
        let newer = self.newer.as_ref().map_or_else(String::new, |version| {
            format!(
                "; the file is from forge {version}, which may know more than this {FORGE_VERSION}"
            )
        });
        Refusal::usage(
            format!(
                "{}: unknown key `{}`",
                self.place(&key.span()),
                key.get_ref()
            ),
            format!("{allowed}{newer}"),
        )
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> Refusal {
        let kind = value.get_ref().type_str();
        let article = if kind.starts_with(['a', 'i']) {
            "an"
        } else {
            "a"
        };
        Refusal::usage(
            format!("{}: `{key}` is {article} {kind}", self.place(&value.span())),
            format!("`{key}` must be {expected}"),
        )
    }

    fn place(&self, span: &Range<usize>) -> String {
        let before = self.text.as_bytes().iter().take(span.start);
        let line = before.filter(|&&byte| byte == b'\n').count() + 1;
        format!("`{}` line {line}", self.file)
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
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
            name = 'database'
            question = 'Which database?'
            gloss = ''
            choices = [{ value = 'none', gloss = '' }, { value = 'sqlite', gloss = '' }]
            default = 'sqlite'

            [[option]]
            name = 'team'
            question = 'Which team?'
            gloss = ''
            default = 'platform'
            pattern = '[a-z]+'
            ",
        )
        .unwrap()
    }

    fn parse(text: &str) -> Result<AnswersFile, Refusal> {
        AnswersFile::parse("forge.toml", text, &options())
    }

    fn fault(text: &str) -> (String, String) {
        let refusal = parse(text).unwrap_err();
        (refusal.message, refusal.help)
    }

    #[test]
    fn reads_what_a_project_keeps() {
        let text =
            format!("version = \"{FORGE_VERSION}\"\n[answers]\nname = \"shop\"\nredis = false\n");
        let file = parse(&text).unwrap();
        assert_eq!(file.name.as_deref(), Some("shop"));
        assert_eq!(file.said.len(), 1);
        assert!(!file.said[0].value.is_on());
        assert_eq!(file.newer, None);
    }

    #[test]
    fn reads_words_and_the_folders_of_layers() {
        let text = "layers = ['../ours', 'b']\n[answers]\ndatabase = 'none'\nteam = 'core'\n";
        let file = parse(text).unwrap();
        assert_eq!(file.layers, ["../ours", "b"]);
        let values: Vec<Value> = file.said.into_iter().map(|said| said.value).collect();
        assert_eq!(values, ["none".into(), "core".into()]);
    }

    #[test]
    fn names_what_cannot_be_the_answer_and_what_can() {
        for (line, message, help) in [
            (
                "database = 'mysql'",
                "`database` is `mysql`",
                "`database` must be `none` or `sqlite`",
            ),
            (
                "database = true",
                "`database` is a boolean",
                "`database` must be `none` or `sqlite`",
            ),
            (
                "team = \"a\\nb\"",
                "`team` is `a\\nb`",
                "`team` must be a line of text that matches `[a-z]+`",
            ),
            (
                "team = []",
                "`team` is an array",
                "`team` must be a line of text that matches `[a-z]+`",
            ),
        ] {
            assert_eq!(
                fault(&format!("[answers]\n{line}\n")),
                (format!("`forge.toml` line 2: {message}"), help.to_owned())
            );
        }
        for layers in ["'a'", "[1]"] {
            let (_, help) = fault(&format!("layers = {layers}\n[answers]\n"));
            assert_eq!(
                help,
                "`layers` must be a list of paths, such as `[\"../our-platform\"]`"
            );
        }
    }

    #[test]
    fn a_number_of_a_version_has_at_most_19_digits() {
        assert!(parse("version = '9999999999999999999.0.0'\n[answers]\n").is_ok());
        let (message, _) = fault("version = '10000000000000000000.0.0'\n[answers]\n");
        assert!(
            message.ends_with("a number has more than 19 digits"),
            "{message}"
        );
    }

    #[test]
    fn a_file_may_answer_nothing() {
        assert!(parse("[answers]\n").unwrap().said.is_empty());
    }

    #[test]
    fn names_an_unknown_key_and_what_is_allowed() {
        assert_eq!(
            fault("[answers]\nname = \"x\"\nreddis = true\n"),
            (
                "`forge.toml` line 3: unknown key `reddis`".to_owned(),
                "under `[answers]`, these are allowed: `name`, `redis`, `database`, `team`"
                    .to_owned(),
            )
        );
        let (message, _) = fault("redis = true\n");
        assert_eq!(message, "`forge.toml` line 1: unknown key `redis`");
    }

    #[test]
    fn names_a_wrong_type_and_the_right_one() {
        assert_eq!(
            fault("[answers]\nredis = \"yes\"\n"),
            (
                "`forge.toml` line 2: `redis` is a string".to_owned(),
                "`redis` must be `true` or `false`".to_owned(),
            )
        );
        let (message, _) = fault("[answers]\nname = 1\n");
        assert_eq!(message, "`forge.toml` line 2: `name` is an integer");
        let (message, _) = fault("answers = []\n");
        assert_eq!(message, "`forge.toml` line 1: `answers` is an array");
    }

    #[test]
    fn names_the_line_that_is_not_toml() {
        let (message, _) = fault("[answers]\nredis = yes\n");
        assert!(
            message.starts_with("`forge.toml` line 2 is not TOML: "),
            "{message}"
        );
    }

    #[test]
    fn wants_the_table_of_answers() {
        let (message, _) = fault("");
        assert_eq!(message, "`forge.toml` has no table `[answers]`");
    }

    #[test]
    fn a_newer_version_is_told_and_explains_unknown_keys() {
        let file = parse("version = \"99.0.0\"\n[answers]\n").unwrap();
        assert_eq!(file.newer, Some(Version::new(99, 0, 0)));
        let (_, help) = fault("version = \"99.0.0\"\n[answers]\nmail = true\n");
        assert!(help.contains("the file is from forge 99.0.0"), "{help}");
    }

    #[test]
    fn a_version_must_be_one() {
        let (message, _) = fault("version = \"new\"\n[answers]\n");
        assert!(
            message.starts_with("`forge.toml` line 1: `version` is `new`, which is not a version"),
            "{message}"
        );
    }
}
