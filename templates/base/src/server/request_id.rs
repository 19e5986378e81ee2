//! The id of a request, which ties a response to the lines of the log.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::fmt::Hyphenated;

/// The header that carries the id, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_LENGTH: usize = 64;

/// The id that the client sent if it is short and plain, because it goes into the log and into the
/// response; or else a new one.
pub(super) fn of(headers: &HeaderMap) -> HeaderValue {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let harmless = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        (1..=MAX_LENGTH).contains(&bytes.len()) && bytes.iter().all(plain)
    };
    let sent = headers.get(REQUEST_ID).filter(harmless).cloned();
    sent.unwrap_or_else(generate)
}

/// A UUID. The keyed hash of a counter is as hard to guess as a random number, and does not ask the
/// system for one each time.
fn generate() -> HeaderValue {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let [high, low] = KEYS.each_ref().map(|key| key.hash_one(count).to_ne_bytes());
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high);
    bytes[8..].copy_from_slice(&low);
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let mut text = [0; Hyphenated::LENGTH];
    let id = id.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(id).expect("a UUID is plain ASCII")
}
