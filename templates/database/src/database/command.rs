//! The commands that migrate the database.

use std::fmt::Display;
use std::process::ExitCode;

use super::migrations::{self, Schema, Status};
use super::{Database, StartError};
use crate::commands::Command;
use crate::settings::Settings;

/// The commands around the schema.
pub const COMMANDS: &[Command] = &[
    Command {
        words: "migrate",
        about: "bring the schema of the database up to date",
        run: migrate,
    },
    Command {
        words: "migrate --status",
        about: "list the migrations, and which of them have run",
        run: status,
    },
    Command {
        words: "migrate --check",
        about: "fail unless the schema is up to date",
        run: check,
    },
];

fn migrate(settings: &Settings, _: &[String]) -> ExitCode {
    with_database::<StartError>(settings, async |database| {
        let applied = migrations::apply(database).await?;
        for name in &applied {
            println!("{name}: applied");
        }
        if applied.is_empty() {
            println!("nothing to do");
        }
        Ok(())
    })
}

fn status(settings: &Settings, _: &[String]) -> ExitCode {
    with_database::<StartError>(settings, async |database| {
        let schema = Schema::read(database).await?;
        for (name, status) in schema.migrations {
            let status = match status {
                Status::Applied => "applied",
                Status::Pending => "pending",
                Status::Changed => "changed after it had run",
            };
            println!("{name}: {status}");
        }
        for version in schema.unknown {
            println!("{version}: not known to this version");
        }
        Ok(())
    })
}

fn check(settings: &Settings, _: &[String]) -> ExitCode {
    with_database::<StartError>(settings, async |database| {
        Ok(Schema::read(database).await?.check()?)
    })
}

/// Does the work of a command with a database, and returns the exit code of the process.
pub fn with_database<E: From<sqlx::Error> + Display>(
    settings: &Settings,
    work: impl AsyncFnOnce(&Database) -> Result<(), E>,
) -> ExitCode {
    let done = async {
        let database = Database::new(&settings.database);
        let outcome = work(&database).await;
        database.close().await;
        outcome
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(done),
        Err(error) => Err(sqlx::Error::Io(error).into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
