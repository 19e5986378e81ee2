//! Gathers what is embedded, and encodes, for the records of projects, the templates that every project
//! gets as they are.

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
use std::path::{Path, PathBuf};
use std::{env, fs};

use encoding::Encoder;

/// The folder of templates that is no layer.
const VERSIONS: &str = "versions";

/// Its files, and their names in `packaged/`. Cargo leaves a folder with a `Cargo.toml` out of the package,
/// but follows links to its files.
const PACKAGED: [(&str, &str); 3] = [
    ("Cargo.toml", "manifest.toml"),
    ("Cargo.lock", "Cargo.lock"),
    ("features.toml", "features.toml"),
];

/// What a layer says of itself, which is no file of projects.
const MANIFEST: &str = "layer.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=src/record/encoding.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let embedded = out.join("templates");
    if embedded.exists() {
        fs::remove_dir_all(&embedded)?;
    }
    gather_versions(&embedded.join(VERSIONS))?;
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir("templates")? {
        let entry = entry?;
        let name = entry.file_name();
        if name != VERSIONS && entry.file_type()?.is_dir() {
            let encoder = &mut Encoder::default();
            gather(&entry.path(), &embedded.join(name), encoder, &mut texts)?;
        }
    }
    let texts: Vec<_> = texts.into_iter().collect();
    fs::write(out.join("encoded.rs"), format!("&{texts:?}"))?;
    Ok(())
}

/// Copies the versions of dependencies from where they are: in the repository or in the package.
fn gather_versions(embedded: &Path) -> Result<(), Box<dyn Error>> {
    let templates = Path::new("templates").join(VERSIONS);
    fs::create_dir_all(embedded)?;
    for (name, packaged) in PACKAGED {
        let original = templates.join(name);
        // Not the link: where git makes none, it is a text file that holds a path.
        let source = if original.exists() {
            original
        } else {
            Path::new("packaged").join(packaged)
        };
        fs::copy(source, embedded.join(name))?;
    }
    Ok(())
}

/// Copies a layer, and adds the text of each file that is not rendered, by its hash.
fn gather(
    directory: &Path,
    embedded: &Path,
    encoder: &mut Encoder,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(embedded)?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), embedded.join(entry.file_name()));
        if path.is_dir() {
            gather(&path, &copy, encoder, texts)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        fs::write(copy, &bytes)?;
        if path.extension().is_none_or(|suffix| suffix != "tera") && !path.ends_with(MANIFEST) {
            texts.insert(encoding::hash(&bytes), encoder.encode(&bytes)?);
        }
    }
    Ok(())
}
