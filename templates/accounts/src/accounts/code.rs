//! What somebody types who has a second factor: the code of an app, or a recovery code.

use std::fmt;

use serde::Deserialize;
use utoipa::ToSchema;

use super::{base32, secret, totp};

/// The bytes of a recovery code: more bits than need a slow hash (ASVS 6.5.2).
const BYTES: usize = 15;

/// How many letters stand together.
const GROUP: usize = 4;

/// A code, without what people put between its letters.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(from = "String")]
pub struct Code(String);

impl From<String> for Code {
    fn from(text: String) -> Self {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        Self(letters.map(|letter| letter.to_ascii_lowercase()).collect())
    }
}

impl Code {
    /// A recovery code that nobody can guess: 120 bits from the random source of the system.
    ///
    /// # Panics
    ///
    /// If the system has no random source.
    pub fn generate() -> Self {
        Self::from(base32::encode(&secret::random::<BYTES>()))
    }

    /// The text of the code, for its owner and nobody else.
    pub fn expose(&self) -> String {
        let groups = self.0.as_bytes().chunks(GROUP);
        let groups = groups.map(|group| String::from_utf8_lossy(group));
        groups.collect::<Vec<_>>().join("-")
    }

    /// Its digits, if it is one of an app.
    pub(super) fn digits(&self) -> Option<&str> {
        let is_number = self.0.bytes().all(|letter| letter.is_ascii_digit());
        (is_number && self.0.len() == totp::DIGITS).then_some(&self.0)
    }

    /// What the database knows of a recovery code.
    pub(super) fn hash(&self) -> String {
        secret::hash(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Code(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let code = |text: &str| Code::from(text.to_owned());
        assert_eq!(code(" 123 456").digits(), Some("123456"));
        for other in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(code(other).digits(), None, "{other}");
        }
        let recovery = Code::generate();
        let text = recovery.expose();
        assert_eq!(text.len(), 29);
        assert_eq!(text.split('-').count(), 6);
        for typed in [text.to_uppercase(), text.replace('-', " ")] {
            assert_eq!(code(&typed).hash(), recovery.hash(), "{typed}");
        }
        assert_ne!(Code::generate().hash(), recovery.hash());
        assert!(!format!("{recovery:?}").contains(&text));
    }
}
