//! The way back from a backup of SQLite.

use std::fs::File;
use std::io;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::sqlite_database::empty;

/// What the names of backups end with.
pub const KIND: &str = "db.gz";

/// Restores a backup into a new file, as docs/database.md says, and returns its URL.
pub fn restore(backup: &Path) -> String {
    let url = empty();
    let mut copy = File::create(url.trim_start_matches("sqlite://")).unwrap();
    let mut backup = GzDecoder::new(File::open(backup).unwrap());
    io::copy(&mut backup, &mut copy).unwrap();
    url
}
