//! Encodes, for the records of projects, the templates that every project gets as they are.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a build script prints for cargo, and writes what it makes"
)]

#[path = "src/record/encoding.rs"]
#[expect(unreachable_pub, reason = "in the library it can be reached")]
mod encoding;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

use encoding::Encoder;

/// The folder of templates that is no layer.
const NO_LAYER: &str = "versions";

/// What a layer says of itself, which is no file of projects.
const MANIFEST: &str = "layer.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=src/record/encoding.rs");
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir("templates")? {
        let entry = entry?;
        if entry.file_name() != NO_LAYER && entry.file_type()?.is_dir() {
            encode(&entry.path(), &mut Encoder::default(), &mut texts)?;
        }
    }
    let texts: Vec<_> = texts.into_iter().collect();
    let path = Path::new(&env::var("OUT_DIR")?).join("encoded.rs");
    fs::write(path, format!("&{texts:?}"))?;
    Ok(())
}

/// Adds the text of each file below a directory that is not rendered, by its hash.
fn encode(
    directory: &Path,
    encoder: &mut Encoder,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            encode(&path, encoder, texts)?;
        } else if path.extension().is_none_or(|suffix| suffix != "tera")
            && !path.ends_with(MANIFEST)
        {
            let bytes = fs::read(path)?;
            texts.insert(encoding::hash(&bytes), encoder.encode(&bytes)?);
        }
    }
    Ok(())
}
