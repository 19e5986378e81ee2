//! The secret of a program.

use std::fmt;

use ring::digest::{SHA256, digest};

use super::{base32, secret};

/// What tokens begin with, so that people and scanners for secrets know one when they see it.
const PREFIX: &str = concat!(env!("CARGO_PKG_NAME"), "_");

/// 280 bits, which are a multiple of five bytes.
const BYTES: usize = 35;

/// How many bytes of a hash stand at the end.
const CHECK_BYTES: usize = 5;

/// 280 bits from the random source of the system, behind the name of the service, and before letters that
/// show whether the others were copied as they are. The database knows only its hash.
#[derive(Clone)]
pub struct ApiToken(String);

impl ApiToken {
    /// A token that nobody can guess.
    ///
    /// # Panics
    ///
    /// If the system has no random source.
    pub fn generate() -> Self {
        let bytes = secret::random::<BYTES>();
        let text = format!("{PREFIX}{}", base32::encode(&bytes).to_lowercase());
        let check = check(&text);
        Self(text + &check)
    }

    /// Takes the text of a token, if it can be one.
    pub fn parse(text: &str) -> Option<Self> {
        let length = text.len().checked_sub(CHECK_BYTES * 8 / 5)?;
        let (secret, given) = text.split_at_checked(length)?;
        (check(secret) == given).then(|| Self(text.to_owned()))
    }

    /// The text of the token, for its owner and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database knows of it.
    pub fn hash(&self) -> String {
        secret::hash(&self.0)
    }
}

/// What has to stand after a text.
fn check(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    base32::encode(&hash.as_ref()[..CHECK_BYTES]).to_lowercase()
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiToken(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_look_and_by_its_last_letters() {
        let token = ApiToken::generate();
        let text = token.expose();
        let (name, letters) = text.rsplit_once('_').expect("a prefix");
        assert_eq!(name, env!("CARGO_PKG_NAME"));
        let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        assert!(letters.len() == 64 && letters.chars().all(is_letter));
        let parsed = ApiToken::parse(text).expect("a token");
        assert_eq!(parsed.hash(), token.hash());
        assert_ne!(ApiToken::generate().hash(), token.hash());
        assert!(!format!("{token:?}").contains(letters));
        assert!(!token.hash().contains(letters));

        let upper = text.to_uppercase();
        let long = format!("{text}a");
        let short = &text[..text.len() - 1];
        for wrong in ["", "a", "éééééééé", &text[1..], short, &upper, &long] {
            assert!(ApiToken::parse(wrong).is_none(), "{wrong}");
        }
    }
}
