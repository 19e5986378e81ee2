//! The name of something that is generated, in each form that templates need.

use serde::Serialize;

use crate::error::Refusal;
use crate::input::field::Field;
use crate::input::name::{BadName, ProjectName};

/// Lines that name an item twice are as long as rustfmt lets them be.
pub const LONGEST: usize = 24;

/// A name of one or several words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    words: Vec<String>,
}

impl Name {
    /// Reads a name, which is as strict as that of a project, and shorter.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let name = ProjectName::parse(text, |_| false);
        let name = name.map_err(BadName::in_project)?;
        if text.len() > LONGEST {
            return Err(too_long(text, LONGEST));
        }
        let words = name.as_str().split(['-', '_']);
        let words = words.filter(|word| !word.is_empty());
        Ok(Self {
            words: words.map(str::to_owned).collect(),
        })
    }

    /// Refuses a name of more characters.
    pub fn at_most(self, longest: usize) -> Result<Self, Refusal> {
        let snake = self.snake();
        if snake.len() > longest {
            return Err(too_long(&snake, longest));
        }
        Ok(self)
    }

    /// As modules, fields and files are called.
    #[must_use]
    pub fn snake(&self) -> String {
        self.words.join("_")
    }

    /// As types are called.
    #[must_use]
    pub fn pascal(&self) -> String {
        let words = self.words.iter().map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        });
        words.collect()
    }

    /// For people.
    #[must_use]
    pub fn words(&self) -> String {
        self.words.join(" ")
    }

    fn kebab(&self) -> String {
        self.words.join("-")
    }

    /// The name of many. What ends like one already stays as it is, because nothing tells `news` from
    /// `products`.
    fn plural(mut self) -> Self {
        if let Some(last) = self.words.last_mut() {
            let before_y = last.strip_suffix('y').filter(|rest| {
                let vowels = ['a', 'e', 'i', 'o', 'u'];
                !rest.is_empty() && !rest.ends_with(vowels)
            });
            let hisses = ["ss", "us", "sh", "ch", "x", "z"];
            *last = if let Some(rest) = before_y {
                format!("{rest}ies")
            } else if hisses.iter().any(|end| last.ends_with(end)) {
                format!("{last}es")
            } else if last.ends_with('s') {
                return self;
            } else {
                format!("{last}s")
            };
        }
        self
    }
}

fn too_long(text: &str, longest: usize) -> Refusal {
    Refusal::usage(
        format!("`{text}` has {} characters", text.len()),
        format!("take a name of at most {longest}"),
    )
}

/// What is generated, as templates see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name as modules, fields and files are called.
    #[serde(rename = "item_snake")]
    pub snake: String,
    #[serde(rename = "item_kebab")]
    kebab: String,
    /// Its name as types are called.
    #[serde(rename = "item_pascal")]
    pub pascal: String,
    #[serde(rename = "item_upper")]
    upper: String,
    #[serde(rename = "item_words")]
    words: String,
    /// The name of many as modules, fields and files are called.
    #[serde(rename = "items_snake")]
    pub many: String,
    #[serde(rename = "items_kebab")]
    many_kebab: String,
    #[serde(rename = "items_words")]
    many_words: String,
    /// Its number, which is greater than that of any item before.
    pub number: u64,
    /// Its fields, where its generator takes any.
    pub fields: Vec<Field>,
}

impl Item {
    /// The item of this name.
    #[must_use]
    pub fn new(name: &Name, number: u64, fields: Vec<Field>) -> Self {
        let snake = name.snake();
        let many = name.clone().plural();
        Self {
            upper: snake.to_uppercase(),
            snake,
            kebab: name.kebab(),
            pascal: name.pascal(),
            words: name.words(),
            many: many.snake(),
            many_kebab: many.kebab(),
            many_words: many.words(),
            number,
            fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str) -> Item {
        Item::new(&Name::parse(name).unwrap(), 7, Vec::new())
    }

    #[test]
    fn a_name_has_every_form() {
        let variables = serde_json::to_value(item("send-report_2")).unwrap();
        assert_eq!(
            variables,
            serde_json::json!({
                "item_snake": "send_report_2",
                "item_kebab": "send-report-2",
                "item_pascal": "SendReport2",
                "item_upper": "SEND_REPORT_2",
                "item_words": "send report 2",
                "items_snake": "send_report_2s",
                "items_kebab": "send-report-2s",
                "items_words": "send report 2s",
                "number": 7,
                "fields": [],
            })
        );
    }

    #[test]
    fn many_are_called_as_people_expect() {
        for (one, many) in [
            ("product", "products"),
            ("order_item", "order_items"),
            ("category", "categories"),
            ("day", "days"),
            ("y", "ys"),
            ("address", "addresses"),
            ("status", "statuses"),
            ("tax", "taxes"),
            ("batch", "batches"),
            ("news", "news"),
            ("products", "products"),
        ] {
            assert_eq!(item(one).many, many);
        }
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
            assert!(Name::parse(name).is_err(), "{name}");
        }
        let longest = Name::parse("twenty_four_characters_a").unwrap();
        assert!(longest.at_most(20).is_err());
    }
}
