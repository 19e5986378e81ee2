//! The name of something that is generated, in each form that templates need.

use crate::error::Refusal;
use crate::input::name::{BadName, ProjectName};
use crate::input::value::Value;

/// Lines that name an item twice are as long as rustfmt lets them be.
const LONGEST: usize = 24;

/// A name of one or several words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    words: Vec<String>,
}

impl Item {
    /// Reads a name, which is as strict as that of a project, and shorter.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let name = ProjectName::parse(text, |_| false);
        let name = name.map_err(BadName::in_project)?;
        if text.len() > LONGEST {
            return Err(Refusal::usage(
                format!("`{text}` has {} characters", text.len()),
                format!("take a name of at most {LONGEST}"),
            ));
        }
        let words = name.as_str().split(['-', '_']);
        let words = words.filter(|word| !word.is_empty());
        Ok(Self {
            words: words.map(str::to_owned).collect(),
        })
    }

    /// As modules, fields and files are called.
    #[must_use]
    pub fn snake(&self) -> String {
        self.words.join("_")
    }

    /// The variables that templates see.
    pub fn variables(&self) -> impl Iterator<Item = (String, Value)> {
        let pascal = self.words.iter().map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        });
        let forms = [
            ("item_snake", self.snake()),
            ("item_kebab", self.words.join("-")),
            ("item_pascal", pascal.collect()),
            ("item_upper", self.snake().to_uppercase()),
            ("item_words", self.words.join(" ")),
        ];
        forms
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.as_str().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_every_form() {
        let item = Item::parse("send-report_2").unwrap();
        let forms: Vec<String> = item.variables().map(|(_, form)| form.to_string()).collect();
        assert_eq!(
            forms,
            [
                "send_report_2",
                "send-report-2",
                "SendReport2",
                "SEND_REPORT_2",
                "send report 2"
            ]
        );
    }

    #[test]
    fn a_name_is_as_strict_as_that_of_a_project() {
        for name in [
            "",
            "Report",
            "fn",
            "2nd",
            "a/b",
            "../x",
            "con",
            "a.b",
            "report-",
            "ähnlich",
            "a b",
            "twenty_five_characters_ab",
        ] {
            assert!(Item::parse(name).is_err(), "{name}");
        }
        assert!(Item::parse("twenty_four_characters_a").is_ok());
    }
}
