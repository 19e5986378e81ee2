//! Base32 (RFC 4648, section 6): letters that people can type, and that break no word where they are
//! marked.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// How many letters five bytes take.
const LETTERS: u32 = 8;

/// The text of bytes, whose number is a multiple of five, so that nothing has to be filled up.
pub fn encode(bytes: &[u8]) -> String {
    let (groups, rest) = bytes.as_chunks::<5>();
    assert!(rest.is_empty(), "a multiple of five bytes");
    let letters = groups.iter().flat_map(|&[a, b, c, d, e]| {
        let bits = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
        let places = (0..LETTERS).rev();
        places.map(move |place| char::from(ALPHABET[(bits >> (5 * place)) as usize % 32]))
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_the_standard_has_it() {
        assert_eq!(encode(b""), "");
        assert_eq!(encode(b"fooba"), "MZXW6YTB");
        assert_eq!(encode(&[255; 10]), "7777777777777777");
        assert_eq!(
            encode(b"12345678901234567890"),
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
    }
}
