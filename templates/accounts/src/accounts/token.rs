//! The secret in the link of a mail.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::ToSchema;

use super::secret;

const BYTES: usize = 32;

/// 256 bits from the random source of the system. The database knows only their hash, so that whoever
/// reads it cannot use them.
#[derive(Clone, Deserialize, ToSchema)]
pub struct Token(String);

impl Token {
    /// A token that nobody can guess.
    ///
    /// # Panics
    ///
    /// If the system has no random source.
    pub fn generate() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(secret::random::<BYTES>()))
    }

    /// The text of the token, for its link and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database knows of it.
    pub fn hash(&self) -> String {
        secret::hash(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(***)")
    }
}
