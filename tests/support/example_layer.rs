//! The layer that `docs/layers.md` shows, as a folder.

use std::fs;
use std::path::Path;

const DOCUMENT: &str = include_str!("../../docs/layers.md");

/// The files of the example by their paths: each code block below a line that begins with its path.
pub(crate) fn files() -> Vec<(&'static str, &'static str)> {
    let mut files = Vec::new();
    let mut parts = DOCUMENT.split("\n```");
    let mut before = parts.next().unwrap_or_default();
    while let (Some(block), Some(after)) = (parts.next(), parts.next()) {
        let (_, text) = block.split_once('\n').expect("a language");
        let paragraph = before.trim_end().rsplit("\n\n").next().unwrap_or_default();
        let path = paragraph
            .split('`')
            .nth(1)
            .filter(|path| path.starts_with("platform/"));
        if let Some(path) = path {
            files.push((path, text));
        }
        before = after;
    }
    files
}

/// Writes the example into a directory, as the folder `platform`.
pub(crate) fn write(directory: &Path) {
    for (path, text) in files() {
        let path = directory.join(path);
        let parent = path.parent().expect("a directory");
        fs::create_dir_all(parent).expect("a directory to be made");
        fs::write(path, format!("{text}\n")).expect("a file to be written");
    }
}
