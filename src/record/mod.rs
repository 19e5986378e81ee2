//! What a project keeps about its last render: the file `.forge.lock`.
//!
//! It holds a hash and the pristine contents of every file, so that the base of a merge is there
//! offline, without history and without the Forge that rendered it. Contents are kept apart for
//! each file, so that an update changes only the lines that it has to.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read as _;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::DeflateDecoder;
use serde::Deserialize;

use crate::input::answers_file;
use crate::input::value::Value;
use crate::plan::{self, lockfile};
use crate::record::encoding::Encoder;

pub mod encoding;

pub use encoding::hash;

/// Where a project keeps it.
pub const PATH: &str = ".forge.lock";

/// The format that this Forge writes, and the only one there has been.
const FORMAT: i64 = 1;

const HEADER: &str = "\
# How forge last rendered this project: by this, `forge update`, `add`, `remove` and `diff` tell
# your changes from its own. Keep it in version control; there is nothing to edit in it.
# Where two branches have both changed it, take either version whole and run `forge update`.
# `contents` is what was rendered: base64 of raw deflate.
";

/// What was encoded when Forge was built: the hashes of files, in order, and their texts.
static ENCODED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/encoded.rs"));

/// Far more than all templates together; a damaged record must not fill the memory.
const LARGEST_CONTENTS: u64 = 16 << 20;

/// The largest record that is read, in bytes.
pub const LARGEST: u64 = 2 << 20;

/// The most files that a project can have; far more than any does.
const MOST_FILES: usize = 5000;

const LINE: usize = 96;

/// The last render of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The version of Forge that rendered.
    pub forge: String,
    /// The answers that it rendered, without the project's name.
    pub answers: BTreeMap<String, Value>,
    /// Every file by its path, apart from the record itself.
    pub files: BTreeMap<String, Pristine>,
}

/// A file as it was rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pristine {
    /// The SHA-256 of its contents.
    pub hash: String,
    /// Its contents, unless cargo owns them or the record is damaged.
    pub bytes: Option<Vec<u8>>,
}

/// Why a record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A format that this Forge does not know.
    Format(i64),
    /// Not what a Forge has written.
    Damaged(String),
}

#[derive(Deserialize)]
struct Text {
    forge: String,
    #[serde(default)]
    answers: BTreeMap<String, toml::Value>,
    #[serde(default, rename = "file")]
    files: Vec<FileText>,
}

#[derive(Deserialize)]
struct FileText {
    path: String,
    sha256: String,
    contents: Option<String>,
}

#[derive(Deserialize)]
struct FormatText {
    format: i64,
}

impl Record {
    /// The text of `.forge.lock`.
    pub fn to_text(&self) -> Result<String> {
        let mut text = format!(
            "{HEADER}\nformat = {FORMAT}\nforge = {}\n\n[answers]\n",
            quoted(&self.forge)
        );
        for (option, value) in &self.answers {
            let _ = writeln!(text, "{option} = {}", value.to_toml());
        }
        let mut encoder = Encoder::default();
        let mut written = BTreeSet::new();
        for (path, file) in &self.files {
            let (path, hash) = (quoted(path), &file.hash);
            let _ = write!(text, "\n[[file]]\npath = {path}\nsha256 = \"{hash}\"\n");
            // What equals another file is there already.
            if let Some(bytes) = &file.bytes
                && written.insert(hash)
            {
                text.push_str("contents = \"\"\"\n");
                let contents = match ENCODED.binary_search_by_key(&hash.as_str(), |(hash, _)| hash)
                {
                    Ok(index) => Cow::Borrowed(ENCODED[index].1),
                    Err(_) => encoder
                        .encode(bytes)
                        .with_context(|| format!("could not compress {path}"))?
                        .into(),
                };
                let mut rest = contents.as_ref();
                while !rest.is_empty() {
                    let (line, others) = rest.split_at(rest.len().min(LINE));
                    text.push_str(line);
                    text.push('\n');
                    rest = others;
                }
                text.push_str("\"\"\"\n");
            }
        }
        Ok(text)
    }

    /// What there is too much of for the record to be read back from its text.
    #[must_use]
    pub fn excess(&self, text: &str) -> Option<String> {
        let contents = self.files.values().filter_map(|file| file.bytes.as_ref());
        let contents: usize = contents.map(Vec::len).sum();
        let excess = |have: u64, most: u64, what: &str, unit: &str| {
            let message = format!("{what} {have}{unit}, and at most {most}{unit} are allowed");
            (have > most).then_some(message)
        };
        let files = self.files.len() as u64;
        excess(files, MOST_FILES as u64, "the number of files is", "")
            .or_else(|| {
                excess(
                    contents as u64,
                    LARGEST_CONTENTS,
                    "all files together have",
                    " bytes",
                )
            })
            .or_else(|| excess(text.len() as u64, LARGEST, "`.forge.lock` has", " bytes"))
    }

    /// Reads the text of `.forge.lock`. A file whose contents do not match their hash has none.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let damaged = |error: toml::de::Error| {
            let message = error.message().split_whitespace();
            Fault::Damaged(message.collect::<Vec<_>>().join(" "))
        };
        let FormatText { format } = toml::from_str(text).map_err(damaged)?;
        if format != FORMAT {
            return Err(Fault::Format(format));
        }
        let text: Text = toml::from_str(text).map_err(damaged)?;
        if text.files.len() > MOST_FILES {
            let reason = format!("it has more than {MOST_FILES} files");
            return Err(Fault::Damaged(reason));
        }
        if let Some(file) = text.files.iter().find(|file| !plan::is_inside(&file.path)) {
            return Err(Fault::Damaged(format!(
                "`{}` is not a path inside a project",
                file.path
            )));
        }
        let mut left = LARGEST_CONTENTS;
        let contents: BTreeMap<&str, Vec<u8>> = text
            .files
            .iter()
            .filter_map(|file| {
                let bytes = decode(file.contents.as_deref()?, &mut left)?;
                (hash(&bytes) == file.sha256).then_some((file.sha256.as_str(), bytes))
            })
            .collect();
        // Equal files share what the record has, but not what is merged.
        let mut left = LARGEST_CONTENTS;
        let mut copy = |bytes: &Vec<u8>| {
            left = left.checked_sub(bytes.len() as u64)?;
            Some(bytes.clone())
        };
        let files = text.files.iter().map(|file| {
            let pristine = Pristine {
                hash: file.sha256.clone(),
                bytes: contents
                    .get(file.sha256.as_str())
                    .filter(|_| file.path != lockfile::PATH)
                    .and_then(&mut copy),
            };
            (file.path.clone(), pristine)
        });
        Ok(Self {
            files: files.collect(),
            forge: text.forge,
            answers: text
                .answers
                .into_iter()
                .filter_map(|(option, value)| Some((option, value.try_into().ok()?)))
                .collect(),
        })
    }

    /// The name that the project had.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let answers = self.files.get(answers_file::PATH)?.bytes.as_deref()?;
        let answers: toml::Table = str::from_utf8(answers).ok()?.parse().ok()?;
        let name = answers
            .get(answers_file::ANSWERS)?
            .get(answers_file::NAME)?;
        name.as_str().map(str::to_owned)
    }

    /// The files whose contents should be there and are not.
    pub fn damaged(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter();
        files
            .filter(|(path, file)| file.bytes.is_none() && *path != lockfile::PATH)
            .map(|(path, _)| path.as_str())
    }
}

/// Decodes contents that are no longer than what is `left`, which shrinks by what comes of them.
fn decode(text: &str, left: &mut u64) -> Option<Vec<u8>> {
    let encoded: String = text.split_ascii_whitespace().collect();
    let compressed = STANDARD.decode(encoded).ok()?;
    let mut bytes = Vec::new();
    let mut decoder = DeflateDecoder::new(compressed.as_slice()).take(*left);
    let end = decoder.read_to_end(&mut bytes);
    *left -= bytes.len() as u64;
    end.ok()?;
    Some(bytes)
}

/// A string of TOML, whose escapes are those of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::embedded;

    fn pristine(bytes: &[u8]) -> Pristine {
        Pristine {
            hash: hash(bytes),
            bytes: Some(bytes.to_vec()),
        }
    }

    fn record() -> Record {
        let long: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
        Record {
            forge: "0.1.0".to_owned(),
            answers: BTreeMap::from([
                ("redis".to_owned(), true.into()),
                ("team".to_owned(), "a \"b\"".into()),
            ]),
            files: BTreeMap::from([
                (
                    "Cargo.lock".to_owned(),
                    Pristine {
                        bytes: None,
                        ..pristine(b"lock")
                    },
                ),
                ("a é'b'".to_owned(), pristine(b"text\n")),
                ("binary".to_owned(), pristine(b"\xff\0\xfe")),
                ("copy".to_owned(), pristine(b"text\n")),
                ("empty".to_owned(), pristine(b"")),
                ("long".to_owned(), pristine(&long)),
            ]),
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        assert_eq!(Record::parse(&record().to_text().unwrap()), Ok(record()));
    }

    #[test]
    fn line_breaks_of_another_system_do_not_matter() {
        let text = record().to_text().unwrap().replace('\n', "\r\n");
        assert_eq!(Record::parse(&text), Ok(record()));
    }

    #[test]
    fn lines_are_short_and_equal_contents_are_kept_once() {
        let text = record().to_text().unwrap();
        assert!(text.lines().all(|line| line.len() <= 100));
        assert_eq!(text.matches("contents = ").count(), 4);
    }

    #[test]
    fn files_that_are_copied_were_encoded_when_forge_was_built() {
        assert!(ENCODED.is_sorted());
        for (sha256, text) in ENCODED {
            assert_eq!(
                hash(&decode(text, &mut LARGEST_CONTENTS.clone()).unwrap()),
                *sha256
            );
        }
        for layer in &embedded::layers().unwrap() {
            let mut copied = layer.templates.iter();
            let missing = copied.find(|template| {
                let sha256 = hash(&template.bytes);
                let place = ENCODED.binary_search_by_key(&sha256.as_str(), |(sha256, _)| sha256);
                !template.is_rendered() && place.is_err()
            });
            assert!(missing.is_none(), "{missing:?}");
        }
    }

    #[test]
    fn the_format_is_looked_at_before_anything_else() {
        assert_eq!(Record::parse("format = 2\nx = []\n"), Err(Fault::Format(2)));
        assert_eq!(Record::parse("format = 0\n"), Err(Fault::Format(0)));
    }

    #[test]
    fn what_is_no_record_is_damaged() {
        let conflict = format!("<<<<<<< HEAD\n{}", record().to_text().unwrap());
        for text in ["", "forge = \"0.1.0\"\n", "format = 1\n", &conflict] {
            assert!(
                matches!(Record::parse(text), Err(Fault::Damaged(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_project_is_damage() {
        let text = record().to_text().unwrap();
        for path in ["../copy", "/copy", ".git/config"] {
            let text = text.replace("\"copy\"", &format!("\"{path}\""));
            let fault = Fault::Damaged(format!("`{path}` is not a path inside a project"));
            assert_eq!(Record::parse(&text), Err(fault));
        }
    }

    #[test]
    fn contents_that_do_not_match_their_hash_are_not_used() {
        let text = record().to_text().unwrap();
        let [bytes, other] =
            [b"text\n", b"TEXT\n"].map(|bytes| Encoder::default().encode(bytes).unwrap());
        assert!(text.contains(&bytes));
        for wrong in [other.as_str(), "not base64!", "AAAA"] {
            let record = Record::parse(&text.replace(&bytes, wrong)).unwrap();
            assert_eq!(record.damaged().collect::<Vec<_>>(), ["a é'b'", "copy"]);
            assert_eq!(record.files["copy"].hash, hash(b"text\n"));
        }
        assert_eq!(record().damaged().count(), 0);
    }
}
