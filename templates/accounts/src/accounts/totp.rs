//! Codes that an app makes of a secret and the time (RFC 6238), with what all apps know: SHA-1, six
//! digits, thirty seconds. As a code by HMAC, SHA-1 has no known weakness.

use chrono::{DateTime, Utc};
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

use super::base32;

/// The bytes of a secret: as many as a hash has (RFC 4226, section 4).
pub const SECRET_BYTES: usize = 20;

/// How many digits a code has.
pub const DIGITS: usize = 6;

/// How long a code is shown, in seconds.
const STEP: i64 = 30;

/// How many steps a clock may be ahead or behind.
const SKEW: i64 = 1;

/// The step that a time is in.
pub fn step_at(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(STEP)
}

/// The code that an app shows in a step.
pub fn code(secret: &[u8], step: i64) -> String {
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let hash = sign(&key, &step.to_be_bytes());
    let hash = hash.as_ref();
    // Where to take the number from, is in the number's own end (RFC 4226, section 5.3).
    let offset = usize::from(hash[hash.len() - 1] & 15);
    let word = hash[offset..].first_chunk().expect("twenty bytes");
    let number = u32::from_be_bytes(*word) & 0x7fff_ffff;
    format!("{:0DIGITS$}", number % 1_000_000)
}

/// The step whose code this is, if it is about the one of this time.
pub fn step_of(secret: &[u8], given: &str, now: DateTime<Utc>) -> Option<i64> {
    let now = step_at(now);
    (now - SKEW..=now + SKEW).find(|step| code(secret, *step) == given)
}

/// What an app is told, as the text of a QR code.
pub fn uri(secret: &[u8], email: &str) -> String {
    let service = env!("CARGO_PKG_NAME");
    let mut name = String::new();
    for byte in email.bytes() {
        match byte {
            _ if byte.is_ascii_alphanumeric() => name.push(byte.into()),
            b'-' | b'.' | b'_' => name.push(byte.into()),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    let secret = base32::encode(secret);
    format!("otpauth://totp/{service}:{name}?secret={secret}&issuer={service}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_secs(seconds).expect("a time")
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: the last six of eight digits.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = step_at(at(seconds));
            assert_eq!(code(SECRET, step), expected);
            assert_eq!(step_of(SECRET, expected, at(seconds)), Some(step));
        }
    }

    #[test]
    fn a_clock_may_be_wrong_by_one_step() {
        let given = code(SECRET, 1000);
        for seconds in [29_970, 29_999, 30_000, 30_029, 30_059] {
            assert_eq!(
                step_of(SECRET, &given, at(seconds)),
                Some(1000),
                "{seconds}"
            );
        }
        for seconds in [0, 29_969, 30_060, 1_000_000] {
            assert_eq!(step_of(SECRET, &given, at(seconds)), None, "{seconds}");
        }
        assert_eq!(step_of(b"another secret", &given, at(30_000)), None);
        assert_eq!(step_of(SECRET, "", at(30_000)), None);
    }

    #[test]
    fn an_app_learns_all_it_needs() {
        let uri = uri(SECRET, "ada+1@example.com");
        let (label, rest) = uri.split_once('?').expect("parameters");
        let service = env!("CARGO_PKG_NAME");
        let expected = format!("otpauth://totp/{service}:ada%2B1%40example.com");
        assert_eq!(label, expected);
        let secret = "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(rest, format!("{secret}&issuer={service}"));
    }
}
