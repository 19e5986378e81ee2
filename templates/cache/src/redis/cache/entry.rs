//! What stands at the key of a cached value: the value as JSON, or the lease of whoever computes it.

use uuid::Uuid;

/// No JSON text begins like this.
const MARK: u8 = b'?';

/// What Redis has at a key.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    Nothing,
    /// The token of a lease.
    Lease(Vec<u8>),
    Value(Vec<u8>),
}

impl Entry {
    pub(super) fn new(stored: Option<Vec<u8>>) -> Self {
        match stored {
            None => Self::Nothing,
            Some(bytes) if bytes.first() == Some(&MARK) => Self::Lease(bytes),
            Some(bytes) => Self::Value(bytes),
        }
    }
}

/// A token that no other lease has.
pub(super) fn new_token() -> Vec<u8> {
    format!("{}{}", char::from(MARK), Uuid::new_v4()).into_bytes()
}
