//! SQLite: a file, with one writer and several readers.

use std::time::{Duration, Instant};

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{Sqlite, SqliteConnection, Transaction};
pub use sqlx::{Sqlite as Engine, SqliteExecutor as Executor};

use super::statement::statements;
use super::{DatabaseSettings, migrations};

statements! {
    PING: () => (i64,) = "SELECT 1";
    HAS_TABLE: (String,) => (bool,) =
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)";
}

/// How many steps of a statement pass between two looks at the clock, which is some hundred
/// microseconds.
const STEPS: i32 = 10_000;

/// The file of the database; cheap to clone.
///
/// Only one connection writes, so that writers wait for each other here, in turn. SQLite would let
/// them try again and again, and refuse the unlucky ones with "database is locked".
#[derive(Clone, Debug)]
pub struct Database {
    readers: SqlitePool,
    writer: SqlitePool,
}

impl Database {
    pub(super) const DEFAULT_URL: &str = concat!("sqlite://", env!("CARGO_PKG_NAME"), ".db");
    pub(super) const URL_RULE: &str = "the path of a file, as sqlite://path";
    pub(super) const POOL_SIZE: &str = "4";
    pub(super) const MIGRATE_ON_START: &str = "true";

    /// The database that the settings name; the file is opened, and made if need be, on first use.
    pub fn new(settings: &DatabaseSettings) -> Self {
        let options = settings.url.0.clone();
        let options = options
            // Readers do not wait for the writer, nor it for them.
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            // How long to wait for the lock of another process.
            .busy_timeout(settings.acquire_timeout);
        let limit = settings.statement_timeout;
        let pool = |size| {
            SqlitePoolOptions::new()
                .max_connections(size)
                .acquire_timeout(settings.acquire_timeout)
                .after_connect(move |connection, _| Box::pin(interrupt_after(connection, limit)))
                .before_acquire(move |connection, _| {
                    Box::pin(async move {
                        interrupt_after(connection, limit).await?;
                        Ok(true)
                    })
                })
                // It is no server that could have gone.
                .test_before_acquire(false)
                // There is no server that would like its connections back.
                .idle_timeout(None::<Duration>)
                .max_lifetime(None::<Duration>)
        };
        let writer = options.clone().create_if_missing(true);
        let readers = options.pragma("query_only", "on");
        Self {
            readers: pool(settings.pool_size).connect_lazy_with(readers),
            writer: pool(1).connect_lazy_with(writer),
        }
    }

    /// Connections for statements that only read.
    pub fn read(&self) -> &SqlitePool {
        &self.readers
    }

    /// Connections for any statement.
    pub fn write(&self) -> &SqlitePool {
        &self.writer
    }

    /// Begins a transaction that may write. It is rolled back when it is dropped before its commit.
    ///
    /// # Errors
    ///
    /// If the database cannot answer.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        // A transaction that reads before it writes could not begin to write after others have.
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Reads a URL. Each connection would have a database of its own in memory.
    pub(super) fn parse_url(text: &str) -> Option<SqliteConnectOptions> {
        let path = text.strip_prefix("sqlite://")?;
        let mut memory = [":memory:", "mode=memory"].into_iter();
        let is_file = !path.is_empty() && !memory.any(|word| path.contains(word));
        is_file.then(|| text.parse().ok())?
    }

    /// Whether a code of SQLite (<https://sqlite.org/rescode.html>) says that it cannot be done
    /// now: busy, locked, interrupted, or no space left.
    pub(super) fn is_outage(code: &str) -> bool {
        let code: Option<u32> = code.parse().ok();
        code.is_some_and(|code| matches!(code & 0xff, 5 | 6 | 9 | 13))
    }

    pub(super) async fn ping(&self) -> Result<(), sqlx::Error> {
        PING.one(&self.readers, ()).await.map(drop)
    }

    pub(super) async fn has_table(&self, name: &str) -> Result<bool, sqlx::Error> {
        let (has,) = HAS_TABLE.one(&self.writer, (name.to_owned(),)).await?;
        Ok(has)
    }

    /// Runs migrations in one transaction, for which other processes wait.
    pub(super) async fn migrate(&self) -> Result<Vec<&'static str>, MigrateError> {
        let mut transaction = self.begin().await?;
        // They may take longer than statements.
        transaction.lock_handle().await?.remove_progress_handler();
        let names = migrations::run(&mut transaction).await?;
        transaction.commit().await?;
        Ok(names)
    }

    /// Closes all connections, and waits for those that are in use.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Interrupts what the connection does from now on, once it has taken this long. It would go on when
/// nobody waits for it any more.
async fn interrupt_after(
    connection: &mut SqliteConnection,
    limit: Duration,
) -> Result<(), sqlx::Error> {
    let start = Instant::now();
    let is_in_time = move || limit.is_zero() || start.elapsed() < limit;
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(STEPS, is_in_time);
    Ok(())
}
