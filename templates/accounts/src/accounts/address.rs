//! Addresses for mail.

use std::fmt;

use serde::Deserialize;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The longest address that can be written to (RFC 5321, section 4.5.3.1.3), in bytes.
const MAX_LENGTH: usize = 254;

/// A name, and the name of a host, as [`is_address`] takes them.
const PATTERN: &str = concat!(
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,62}[A-Za-z0-9!#$%&'*+/=?^_`{|}~-])?",
    r"@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
);

/// An address for mail, of ASCII alone, so that no two look alike. A domain in another alphabet is
/// written as the domain name system has it (`xn--…`).
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
pub struct EmailAddress(String);

/// Why a text is no address.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("is no address for mail of ASCII letters")]
pub struct NoAddress;

impl TryFrom<String> for EmailAddress {
    type Error = NoAddress;

    fn try_from(text: String) -> Result<Self, NoAddress> {
        is_address(&text).then_some(Self(text)).ok_or(NoAddress)
    }
}

/// Only mail to an address shows whether it is one; this finds what was typed wrong. Names are not quoted,
/// and parts have the lengths of RFC 5321, section 4.5.3.1.
fn is_address(text: &str) -> bool {
    let is_sign = |letter: char| "!#$%&'*+/=?^_`{|}~.-".contains(letter);
    let is_name = |name: &str| {
        let mut letters = name.chars();
        let is_plain = letters.all(|letter| letter.is_ascii_alphanumeric() || is_sign(letter));
        let has_ends = !name.starts_with('.') && !name.ends_with('.');
        is_plain && has_ends && (1..=64).contains(&name.len())
    };
    let is_label = |label: &str| {
        let mut letters = label.chars();
        let is_plain = letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        let has_ends = !label.starts_with('-') && !label.ends_with('-');
        is_plain && has_ends && (1..=63).contains(&label.len())
    };
    let parts = text.split_once('@');
    let has_parts =
        parts.is_some_and(|(name, host)| is_name(name) && host.split('.').all(is_label));
    has_parts && text.len() <= MAX_LENGTH
}

impl PartialSchema for EmailAddress {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(3))
            .max_length(Some(MAX_LENGTH))
            .pattern(Some(PATTERN))
            .examples(["ada@example.com"]);
        schema.into()
    }
}

impl ToSchema for EmailAddress {}

impl EmailAddress {
    /// The text of the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        let parse = |text: &str| EmailAddress::try_from(text.to_owned());
        for address in [
            "ada@example.com",
            "A.d+a@xn--bcher-kva.example",
            "ada@localhost",
        ] {
            assert!(parse(address).is_ok(), "{address}");
        }
        for wrong in [
            "",
            "ada",
            "@example.com",
            "ada@",
            " ada@example.com",
            "ada@example.com\r\nBcc: all@example.com",
            "ada@a@example.com",
            ".ada@example.com",
            "ada@-example.com",
            "ada@example.com.",
            "ada@[127.0.0.1]",
            "\"a b\"@example.com",
            "Ada <ada@example.com>",
            // A Cyrillic letter, a dotless i, the sign of Kelvin, and wide letters.
            "\u{430}da@example.com",
            "m\u{131}ke@example.com",
            "\u{212a}@example.com",
            "ａda@example.com",
            "ada@bücher.example",
        ] {
            assert_eq!(parse(wrong), Err(NoAddress), "{wrong}");
        }
        assert!(parse(&format!("{}@example.com", "a".repeat(250))).is_err());
    }
}
