//! The key that secrets of apps are kept with: whoever reads the database alone cannot make codes.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::secret::random;

/// A key for AES-256-GCM.
#[derive(Clone)]
pub struct FactorKey(LessSafeKey);

impl FactorKey {
    /// Takes 32 bytes in base64, as `openssl rand -base64 32` writes them.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// What the database keeps of the secret of an account: a number that is used once, and what AES
    /// makes of the secret.
    ///
    /// # Panics
    ///
    /// If the system has no random source.
    pub fn seal(&self, account: i64, secret: &[u8]) -> Vec<u8> {
        let start = random::<NONCE_LEN>();
        let nonce = Nonce::assume_unique_for_key(start);
        let mut kept = secret.to_vec();
        self.0
            .seal_in_place_append_tag(nonce, owner(account), &mut kept)
            .expect("a secret is short");
        [start.as_slice(), &kept].concat()
    }

    /// The secret of an account, or nothing if it was sealed with another key or for another account.
    pub fn open(&self, account: i64, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, kept) = sealed.split_first_chunk()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut kept = kept.to_vec();
        let secret = self.0.open_in_place(nonce, owner(account), &mut kept);
        secret.ok().map(|secret| secret.to_vec())
    }
}

/// What a secret belongs to, so that the row of one account is worth nothing in that of another.
fn owner(account: i64) -> Aad<[u8; 8]> {
    Aad::from(account.to_be_bytes())
}

impl fmt::Debug for FactorKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FactorKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_opened_with_its_key_and_for_its_account_alone() {
        let key = FactorKey::parse(&BASE64_STANDARD.encode([7; 32])).expect("a key");
        let sealed = key.seal(1, b"a secret");
        assert!(!sealed.windows(8).any(|window| window == b"a secret"));
        assert_ne!(sealed, key.seal(1, b"a secret"));
        assert_eq!(key.open(1, &sealed).as_deref(), Some(&b"a secret"[..]));
        assert_eq!(key.open(2, &sealed), None);
        let other = FactorKey::parse(&BASE64_STANDARD.encode([8; 32])).expect("a key");
        assert_eq!(other.open(1, &sealed), None);
        for damaged in [&sealed[1..], &sealed[..11], &[]] {
            assert_eq!(key.open(1, damaged), None);
        }
        for wrong in ["a", "YQ==", &BASE64_STANDARD.encode([7; 33])] {
            assert!(FactorKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
