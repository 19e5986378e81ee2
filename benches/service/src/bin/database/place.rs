//! Databases of the engine that the project was made for.

use my_project::database::{Database, DatabaseSettings, Engine, migrations};
use my_project::settings::Reader;
use tempfile::TempDir;

use crate::USERS;
use crate::postgres::Postgres;

/// Where databases are made.
pub(crate) enum Place {
    Server(Postgres),
    Directory(TempDir),
}

impl Place {
    pub(crate) const ENGINE: &'static str = <Engine as sqlx::Database>::NAME;

    pub(crate) fn new() -> Self {
        match Self::ENGINE {
            "PostgreSQL" => Self::Server(Postgres::start("").expect("a server")),
            _ => Self::Directory(tempfile::tempdir().expect("a directory")),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Server(server) => server.url(),
            Self::Directory(directory) => {
                format!("sqlite://{}/test.db", directory.path().display())
            }
        }
    }

    /// The database, with the connections that the project comes with.
    pub(crate) fn open(&self) -> Database {
        let mut reader = Reader::from_variables([("DATABASE_URL", self.url())]);
        let settings = DatabaseSettings::read(&mut reader);
        Database::new(&reader.finish(settings).expect("settings"))
    }

    /// Fills the database with users.
    pub(crate) async fn fill(database: &Database) {
        migrations::apply(database).await.expect("a new database");
        let mut transaction = database.begin().await.expect("a connection");
        for number in 0..USERS {
            let (email, name) = (format!("{number}@example.com"), "Somebody".to_owned());
            let user = my_project::database::users::insert(&mut *transaction, email, name);
            user.await.expect("a new address");
        }
        transaction.commit().await.expect("all of them");
    }
}
