//! Reads variables and keeps every fault, so that one start reports all of them.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

/// Reads variables from the environment and a `.env` file.
///
/// A variable that is not set, or is empty, has its default. After a fault, reading goes on with
/// the default; [`finish`](Self::finish) then gives the faults instead of the settings.
#[derive(Debug, Default)]
pub struct Reader {
    values: HashMap<String, String>,
    names: Vec<&'static str>,
    faults: Vec<Fault>,
}

/// A variable: its name, its default and what its value must be.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    name: &'static str,
    default: &'static str,
    rule: &'static str,
    mask: Option<fn(&str) -> String>,
}

impl Variable {
    /// A variable whose value may be shown in reports.
    pub const fn new(name: &'static str, default: &'static str, rule: &'static str) -> Self {
        Self {
            name,
            default,
            rule,
            mask: None,
        }
    }

    /// Marks a secret. Reports show only what `mask` leaves of it, all its characters count, spaces
    /// included, and a file can hold it instead: the one that the variable with `_FILE` after the name
    /// points to, as orchestrators mount secrets.
    pub const fn masked(mut self, mask: fn(&str) -> String) -> Self {
        self.mask = Some(mask);
        self
    }
}

/// One thing that is wrong with the settings.
#[derive(Debug, PartialEq)]
pub enum Fault {
    /// A variable breaks its rule.
    Variable {
        /// The name of the variable.
        name: String,
        /// The value given, masked if it may hold a secret.
        given: String,
        /// What the value must be.
        rule: String,
        /// A value that would pass, if one is known.
        example: &'static str,
    },
    /// The `.env` file cannot be read or understood.
    File(String),
}

/// All that is wrong with the settings, written as a report for people.
#[derive(Debug, PartialEq)]
pub struct Faults(pub Vec<Fault>);

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, are) = match self.0.len() {
            1 => ("1 setting".to_owned(), "is"),
            count => (format!("{count} settings"), "are"),
        };
        writeln!(formatter, "error: {count} {are} wrong")?;
        for fault in &self.0 {
            match fault {
                Fault::Variable {
                    name,
                    given,
                    rule,
                    example,
                } => {
                    writeln!(formatter, "\n  {name}={given}\n    must be {rule}")?;
                    if !example.is_empty() {
                        writeln!(formatter, "    for example {name}={example}")?;
                    }
                }
                Fault::File(problem) => writeln!(formatter, "\n  .env\n    {problem}")?,
            }
        }
        write!(
            formatter,
            "\nhelp: correct this in the environment or in `.env`; `.env.example` documents every setting"
        )
    }
}

impl Reader {
    /// A reader of the environment and, for what it does not set, of the file at `path`, which
    /// need not exist.
    pub fn from_env(path: &Path) -> Self {
        let mut reader = Self::default();
        reader.read_file(path);
        let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
        for (name, value) in set {
            // What is not Unicode stays visible in the report, and breaks the rule there.
            let value = value.to_string_lossy().into_owned();
            reader
                .values
                .insert(name.to_string_lossy().into_owned(), value);
        }
        reader
    }

    /// A reader of these variables alone.
    pub fn from_variables<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self {
            values: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            ..Self::default()
        }
    }

    fn read_file(&mut self, path: &Path) {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.faults.push(Fault::File(error.to_string())),
            Ok(text) => text,
        };
        for entry in dotenvy::from_read_iter(text.as_bytes()) {
            match entry {
                Ok((name, value)) => drop(self.values.insert(name, value)),
                Err(dotenvy::Error::LineParse(rest, _)) => {
                    self.faults.push(Fault::File(problem_of(&text, &rest)));
                }
                Err(error) => self.faults.push(Fault::File(error.to_string())),
            }
        }
    }

    /// Reads one variable, for which `parse` gives nothing if the value breaks the rule.
    ///
    /// # Panics
    ///
    /// If the default breaks the rule: that is a mistake in the program.
    pub fn read<T>(&mut self, variable: Variable, parse: impl Fn(&str) -> Option<T>) -> T {
        self.read_with_rule(variable, variable.rule.to_owned(), parse)
    }

    /// Reads a whole number within `range`.
    pub fn whole_number(
        &mut self,
        name: &'static str,
        default: &'static str,
        range: RangeInclusive<usize>,
    ) -> usize {
        let rule = format!("a whole number from {} to {}", range.start(), range.end());
        self.read_with_rule(Variable::new(name, default, ""), rule, |text| {
            text.parse().ok().filter(|number| range.contains(number))
        })
    }

    /// Reads a time in seconds, whole or decimal, of at least a millisecond, which timers count in.
    pub fn seconds(&mut self, name: &'static str, default: &'static str) -> Duration {
        let rule = "a number of seconds from 0.001 to 31536000 (a year)";
        self.read(Variable::new(name, default, rule), |text| {
            parse_seconds(text).filter(|time| time.as_millis() > 0)
        })
    }

    /// Reads a time in seconds, whole or decimal, that may be zero.
    pub fn seconds_or_none(&mut self, name: &'static str, default: &'static str) -> Duration {
        let rule = "a number of seconds from 0 to 31536000 (a year)";
        self.read(Variable::new(name, default, rule), parse_seconds)
    }

    /// Reports a variable under a name that it no longer has, which would otherwise be ignored.
    pub fn renamed(&mut self, old: &'static str, new: &str) {
        if let Some(given) = self.values.get(old).filter(|value| !value.is_empty()) {
            self.faults.push(Fault::Variable {
                name: old.to_owned(),
                given: given.clone(),
                rule: format!("named {new}"),
                example: "",
            });
        }
    }

    /// The names of all variables read so far, in order.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Gives back the settings, unless there was a fault.
    ///
    /// # Errors
    ///
    /// All faults since the reader was made.
    pub fn finish<T>(self, settings: T) -> Result<T, Faults> {
        if self.faults.is_empty() {
            Ok(settings)
        } else {
            Err(Faults(self.faults))
        }
    }

    fn read_with_rule<T>(
        &mut self,
        variable: Variable,
        rule: String,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        self.names.push(variable.name);
        let given = match variable.mask {
            Some(_) => self.secret(variable.name),
            None => self
                .value(variable.name)
                .map(|value| value.trim().to_owned()),
        };
        if let Some(given) = given.filter(|value| !value.is_empty()) {
            if let Some(value) = parse(&given) {
                return value;
            }
            self.faults.push(Fault::Variable {
                name: variable.name.to_owned(),
                given: variable.mask.map_or(given.clone(), |mask| mask(&given)),
                rule,
                example: variable.default,
            });
        }
        parse(variable.default).expect("the default of a variable keeps its rule")
    }

    fn value(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?;
        Some(&**value).filter(|value| !value.trim().is_empty())
    }

    /// The contents of the file, if there is one, without the line break at its end, or else the value.
    fn secret(&mut self, name: &str) -> Option<String> {
        let file = format!("{name}_FILE");
        let Some(path) = self.value(&file).map(str::to_owned) else {
            return self.values.get(name).cloned();
        };
        match fs::read_to_string(&path) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                Some(text.strip_suffix('\r').unwrap_or(text).to_owned())
            }
            Err(error) => {
                self.faults.push(Fault::Variable {
                    name: file,
                    given: path,
                    rule: format!("a file that can be read: {error}"),
                    example: "",
                });
                None
            }
        }
    }
}

/// Names the line that `rest` is the end of, and does not show it, because it may be a secret.
fn problem_of(text: &str, rest: &str) -> String {
    let end = rest.lines().next().unwrap_or_default().trim_end();
    let is_it = |line: &str| !line.trim_start().starts_with('#') && line.trim_end().ends_with(end);
    let place = match text.lines().position(is_it) {
        Some(index) => format!("line {}", index + 1),
        None => "a line".to_owned(),
    };
    format!("{place} cannot be understood: write NAME='value', in single quotes")
}

fn parse_seconds(text: &str) -> Option<Duration> {
    let year = Duration::from_secs(31_536_000);
    let seconds: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| *time <= year)
}
