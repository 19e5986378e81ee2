//! The secret that opens a session.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};

const BYTES: usize = 32;

/// 256 bits from the random source of the system, known to the client alone: the store knows only
/// their hash, so that whoever reads the store cannot open a session.
#[derive(Clone, PartialEq)]
pub struct SessionId([u8; BYTES]);

impl SessionId {
    /// An id that nobody can guess.
    ///
    /// # Panics
    ///
    /// If the system has no random source.
    pub fn generate() -> Self {
        let mut bytes = [0; BYTES];
        SystemRandom::new()
            .fill(&mut bytes)
            .expect("the system has a random source");
        Self(bytes)
    }

    /// Takes the text of an id, as it stands in the cookie.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text of the id, for the cookie and nothing else.
    pub fn expose(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the store knows of it. The id has so many bits that a hash without salt cannot be
    /// reversed by trying.
    pub(super) fn hash(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &self.0))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionId(***)")
    }
}
