//! PostgreSQL: a pool of connections to a server.

use secrecy::ExposeSecret;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Postgres, Transaction};
pub use sqlx::{PgExecutor as Executor, Postgres as Engine};

use super::statement::statements;
use super::{DatabaseSettings, migrations};

statements! {
    PING: () => (i32,) = "SELECT 1";
    HAS_TABLE: (String,) => (bool,) = "SELECT to_regclass($1) IS NOT NULL";
}

/// The connections to the server; cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
}

impl Database {
    pub(super) const DEFAULT_URL: &str = concat!(
        "postgres://postgres@localhost:5432/",
        env!("CARGO_CRATE_NAME")
    );
    pub(super) const URL_RULE: &str = "a URL, as postgres://user@host:5432/database";
    pub(super) const POOL_SIZE: &str = "10";
    pub(super) const MIGRATE_ON_START: &str = "false";

    /// The database that the settings name; connections are opened on first use.
    pub fn new(settings: &DatabaseSettings) -> Self {
        let options = settings.url.0.clone();
        let mut options = options.application_name(env!("CARGO_PKG_NAME"));
        let password = settings.password.expose_secret();
        if !password.is_empty() {
            options = options.password(password);
        }
        if !settings.statement_timeout.is_zero() {
            let milliseconds = settings.statement_timeout.as_millis();
            options = options.options([("statement_timeout", milliseconds)]);
        }
        // A connection is tried out before it is handed on, so that the time-out covers servers that
        // were restarted or froze in the meantime.
        let pool = PgPoolOptions::new()
            .max_connections(settings.pool_size)
            .acquire_timeout(settings.acquire_timeout);
        Self {
            pool: pool.connect_lazy_with(options),
        }
    }

    /// Connections for statements that only read.
    pub fn read(&self) -> &PgPool {
        &self.pool
    }

    /// Connections for any statement.
    pub fn write(&self) -> &PgPool {
        &self.pool
    }

    /// Begins a transaction that may write. It is rolled back when it is dropped before its commit.
    ///
    /// # Errors
    ///
    /// If the database cannot answer.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool.begin().await
    }

    pub(super) fn parse_url(text: &str) -> Option<PgConnectOptions> {
        let schemes = ["postgres://", "postgresql://"];
        let is_url = schemes.iter().any(|scheme| text.starts_with(scheme));
        is_url.then(|| text.parse().ok())?
    }

    /// Whether a code of PostgreSQL (<https://www.postgresql.org/docs/current/errcodes-appendix.html>)
    /// says that the server cannot do it now: no connection, a standby, rolled back for others, no
    /// resources, or cancelled.
    pub(super) fn is_outage(code: &str) -> bool {
        let classes = ["08", "25", "40", "53", "57"];
        classes.iter().any(|class| code.starts_with(class))
    }

    pub(super) async fn ping(&self) -> Result<(), sqlx::Error> {
        PING.one(&self.pool, ()).await.map(drop)
    }

    pub(super) async fn has_table(&self, name: &str) -> Result<bool, sqlx::Error> {
        let (has,) = HAS_TABLE.one(&self.pool, (name.to_owned(),)).await?;
        Ok(has)
    }

    /// Runs migrations, for which other processes wait, on a connection of their own: a failure would
    /// leave their lock to whoever gets the connection next.
    pub(super) async fn migrate(&self) -> Result<Vec<&'static str>, MigrateError> {
        let options = (*self.pool.connect_options()).clone();
        // Migrations, and waiting for those of another process, may take longer than statements.
        let patient = options.options([("statement_timeout", 0)]);
        let mut connection = patient.connect().await?;
        let names = migrations::run(&mut connection).await?;
        connection.close().await?;
        Ok(names)
    }

    /// Closes all connections, and waits for those that are in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
