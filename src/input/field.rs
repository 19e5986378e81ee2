//! A field of something that is generated, as in `price:integer?`.

use std::fmt;

use serde::Serialize;

use crate::error::Refusal;
use crate::input::item::Name;

/// Words that one of the databases does not take for the name of a table or a column, and columns that
/// it has itself; those that Rust reserves, too, are refused before.
const SQL_WORDS: &str = "
    add all alter analyse analyze and any array asc asymmetric authorization autoincrement between
    binary both case cast check cmax cmin collate collation column commit concurrently constraint
    create cross ctid current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable delete desc distinct drop end escape except
    exists fetch foreign freeze from full grant group having ilike index initially inner insert
    intersect into is isnull join lateral leading left like limit localtime localtimestamp natural
    not nothing notnull null offset on only or order outer overlaps placing primary raise
    references returning right rowid select session_user set similar some symmetric system_user
    table tableoid tablesample then to trailing transaction union unique update user using values
    variadic verbose when window with xmax xmin";

/// Whether databases keep a word for themselves.
#[must_use]
pub fn is_sql(word: &str) -> bool {
    SQL_WORDS.split_whitespace().any(|known| known == word)
}

/// A field, as templates see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What it is called in Rust, in JSON and in SQL.
    pub name: String,
    /// The same for people.
    pub words: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whether it may be missing.
    pub optional: bool,
    /// Whether no two items have the same.
    pub unique: bool,
    /// Its type in Rust, which is an `Option` where it may be missing.
    pub rust: String,
}

/// The type of a field: what means the same in every database, in JSON and in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A line of text.
    String,
    /// A text of several lines.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number of 64 bits with a fraction.
    Float,
    /// Yes or no.
    Boolean,
    /// A moment.
    Timestamp,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::String,
        Self::Text,
        Self::Integer,
        Self::Float,
        Self::Boolean,
        Self::Timestamp,
    ];

    fn rust(self) -> &'static str {
        match self {
            Self::String | Self::Text => "String",
            Self::Integer => "i64",
            Self::Float => "f64",
            Self::Boolean => "bool",
            Self::Timestamp => "DateTime<Utc>",
        }
    }

    /// Whether values are short enough for an index, and compare as people expect.
    fn can_be_unique(self) -> bool {
        matches!(self, Self::String | Self::Integer | Self::Timestamp)
    }
}

/// As it is written in a field.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "string",
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Timestamp => "timestamp",
        })
    }
}

impl Field {
    /// Reads `name:type`, with `:optional`, for which a question mark is short, and `:unique`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut parts = text.split(':');
        let name = Name::parse(parts.next().unwrap_or_default())?;
        let given = parts.next().unwrap_or_default();
        let mut optional = given.ends_with('?');
        let given = given.strip_suffix('?').unwrap_or(given);
        let kind = Kind::ALL.into_iter().find(|kind| kind.to_string() == given);
        let Some(kind) = kind else {
            let all = Kind::ALL.map(|kind| format!("`{kind}`")).join(", ");
            return Err(Refusal::usage(
                format!("`{text}` has no type that there is"),
                format!("write `{}:type`; types are {all}", name.snake()),
            ));
        };
        let mut unique = false;
        for word in parts {
            match word {
                "optional" => optional = true,
                "unique" if kind.can_be_unique() => unique = true,
                "unique" => {
                    return Err(Refusal::usage(
                        format!("`{text}`: a {kind} cannot be unique"),
                        "strings, integers and timestamps can",
                    ));
                }
                _ => {
                    return Err(Refusal::usage(
                        format!("`{text}`: `{word}` says nothing about a field"),
                        "after the type, there may be `optional` and `unique`",
                    ));
                }
            }
        }
        if is_sql(&name.snake()) {
            return Err(Refusal::usage(
                format!("`{}` is a word of SQL", name.snake()),
                "take another name for the field",
            ));
        }
        let rust = kind.rust();
        Ok(Self {
            name: name.snake(),
            words: name.words(),
            kind,
            optional,
            unique,
            rust: if optional {
                format!("Option<{rust}>")
            } else {
                rust.to_owned()
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_a_name_a_type_and_what_else_holds() {
        let field = Field::parse("released-at:timestamp?:unique").unwrap();
        assert_eq!(field.name, "released_at");
        assert_eq!(field.words, "released at");
        assert_eq!(field.kind, Kind::Timestamp);
        assert_eq!(field.rust, "Option<DateTime<Utc>>");
        assert!(field.optional && field.unique);
        assert_eq!(
            Field::parse("note:text:optional").unwrap(),
            Field::parse("note:text?").unwrap()
        );
        assert_eq!(Field::parse("price:integer").unwrap().rust, "i64");
    }

    #[test]
    fn what_cannot_be_a_field_is_refused() {
        for (text, message) in [
            ("price", "`price` has no type that there is"),
            ("price:", "has no type"),
            ("price:money", "has no type"),
            ("price:integer??", "has no type"),
            ("price:integer:indexed", "`indexed` says nothing"),
            ("note:text:unique", "a text cannot be unique"),
            ("paid:boolean:unique", "a boolean cannot be unique"),
            ("weight:float:unique", "a float cannot be unique"),
            (":integer", "it is empty"),
            ("Price:integer", "is upper case"),
            ("type:string", "it is a Rust keyword"),
            ("order:string", "`order` is a word of SQL"),
            ("xmin:integer", "`xmin` is a word of SQL"),
        ] {
            let refusal = Field::parse(text).unwrap_err().to_string();
            assert!(refusal.contains(message), "{text}: {refusal}");
        }
    }

    #[test]
    fn the_words_of_sql_are_sorted_and_none_of_rust() {
        assert!(SQL_WORDS.split_whitespace().is_sorted());
        for word in SQL_WORDS.split_whitespace() {
            assert!(Name::parse(word).is_ok(), "{word}");
        }
    }
}
