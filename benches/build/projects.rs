//! The projects that are built: those of Forge whose crates differ, and starters that offer the same
//! choice.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run;

/// Where `benches/generate/install` puts the other generators.
const LOCO: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/benches/generators/bin/loco"
);

/// Everyone makes a project of this name.
const NAME: &str = "my_project";

/// A generated project, and what is to know about it.
pub(crate) struct Project {
    /// What the table calls it.
    pub(crate) name: &'static str,
    pub(crate) directory: PathBuf,
    /// The file of a route.
    pub(crate) route: &'static str,
    pub(crate) binary: &'static str,
    /// The arguments that start the web service.
    pub(crate) start: &'static [&'static str],
    /// The path that answers as soon as it has started.
    pub(crate) ready: &'static str,
}

/// Makes all projects below a directory, those of each comparison side by side.
pub(crate) fn all(directory: &Path) -> Vec<Project> {
    let installed = Path::new(LOCO).exists();
    if !installed {
        eprintln!("loco is not installed: run benches/generate/install");
    }
    let forge = |name, options: &str| Some(forge(directory, name, options));
    let loco = |name, database, queue| installed.then(|| loco(directory, name, database, queue));
    let projects = [
        forge("forge, no option", "--database none --no-redis"),
        loco("loco, no database, no queue", "none", "async"),
        forge("forge, Redis", "--database none --no-worker"),
        forge("forge, Redis and worker", "--database none"),
        loco("loco, no database, Redis queue", "none", "queue-redis"),
        forge("forge, SQLite", "--database sqlite --no-redis"),
        forge("forge, PostgreSQL", "--database postgres --no-redis"),
        forge("forge, PostgreSQL, Redis, worker", "--database postgres"),
        loco("loco, PostgreSQL, Redis queue", "postgres", "queue-redis"),
    ];
    projects.into_iter().flatten().collect()
}

fn forge(directory: &Path, name: &'static str, options: &str) -> Project {
    let directory = directory.join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_forge"));
    command.args(["new", "--yes", "--quiet", "--vcs", "none", "--name", NAME]);
    command.args(options.split(' ')).arg(&directory);
    run(command);
    Project {
        name,
        directory,
        route: "src/routes/health.rs",
        binary: NAME,
        start: &["serve"],
        ready: "/health/live",
    }
}

fn loco(directory: &Path, name: &'static str, database: &str, queue: &str) -> Project {
    let parent = directory.join(name);
    std::fs::create_dir(&parent).expect("a writable directory");
    let mut command = Command::new(LOCO);
    command.args(["new", "--db", database, "--assets", "none", "--bg", queue]);
    command.args(["--name", NAME, "--path"]).arg(&parent);
    run(command);
    Project {
        name,
        directory: parent.join(NAME),
        route: match database {
            "none" => "src/controllers/home.rs",
            _ => "src/controllers/auth.rs",
        },
        binary: "my_project-cli",
        start: &["start"],
        ready: "/_ping",
    }
}
