//! Contents as a record keeps them: a hash, and base64 of raw deflate.
//!
//! `build.rs` shares this module: files that every project gets as they are need not be encoded
//! again for each of them.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest as _, Sha256};

/// Better ones take longer for a file that is hardly smaller.
const COMPRESSION: Compression = Compression::new(2);

/// The SHA-256 of some bytes in hexadecimal digits.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Encodes one file after another in the same memory, which is most of the work for small ones.
pub struct Encoder {
    deflate: DeflateEncoder<Vec<u8>>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            deflate: DeflateEncoder::new(Vec::new(), COMPRESSION),
        }
    }
}

impl Encoder {
    /// The text for the contents of a file.
    pub fn encode(&mut self, bytes: &[u8]) -> io::Result<String> {
        self.deflate.write_all(bytes)?;
        let compressed = self.deflate.reset(Vec::new())?;
        Ok(STANDARD.encode(compressed))
    }
}
