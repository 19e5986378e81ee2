//! Backs the database up.

use std::time::Duration;

use crate::database::backup::{self, Backup};
use crate::worker::{BlockingTask, Context, Schedule, TaskError};

/// Backs the database up every night, if there is a directory for backups.
///
/// Running it twice does no harm: there is another backup.
#[derive(Debug)]
pub struct BackupDatabase;

impl BlockingTask for BackupDatabase {
    type Payload = ();
    type Output = Option<Backup>;

    const NAME: &'static str = "backup-database";
    // A database may be large.
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(3600));

    fn schedule() -> Option<Schedule<()>> {
        Some(Schedule {
            cron: "0 0 3 * * *",
            payload: (),
        })
    }

    fn run((): (), context: &Context) -> Result<Option<Backup>, TaskError> {
        let settings = &context.settings;
        let Some(directory) = &settings.backup.directory else {
            return Ok(None);
        };
        let backup = backup::run(&settings.database, directory, settings.backup.keep)?;
        let Backup { path, bytes } = &backup;
        tracing::info!(path = %path.display(), bytes, "backed the database up");
        Ok(Some(backup))
    }
}
