//! What secrets have in common: nobody can guess them, and the database knows no more than their hash.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// Bytes from the random source of the system. It panics if there is none.
pub fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has a random source");
    bytes
}

/// What is kept in place of a text. A secret has so many bits that a hash without salt cannot be reversed
/// by trying.
pub fn hash(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}
