//! Copies the file of SQLite while it is in use.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::runtime::Handle;

use super::DatabaseSettings;
use super::backup::{Error, PARTIAL};
use super::statement::statements;

/// What the names of backups end with.
pub(super) const KIND: &str = "db.gz";

statements! {
    COPY: (String,) => () = "VACUUM INTO $1";
}

/// Copies the database into a file, compressed.
pub(super) fn dump(database: &DatabaseSettings, path: &Path) -> Result<(), Error> {
    let plain = path.with_extension(format!("plain-{PARTIAL}"));
    let copied = Handle::current().block_on(async {
        // A connection of its own, so that nobody has to wait for it.
        let mut connection = database.url.0.connect().await?;
        let to = plain.display().to_string();
        COPY.optional(&mut connection, (to,)).await?;
        connection.close().await
    });
    copied.map_err(|error| Error::Copy(error.into()))?;
    let mut compressed = GzEncoder::new(File::create(path)?, Compression::default());
    io::copy(&mut File::open(&plain)?, &mut compressed)?;
    compressed.finish()?;
    Ok(fs::remove_file(plain)?)
}
