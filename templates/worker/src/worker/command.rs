//! The commands of the worker.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

use chrono::SecondsFormat;

use super::workers::Worker;
use super::{DeadTask, Tasks, process, tasks};
use crate::commands::{self, Command};
use crate::redis::RedisManager;
use crate::settings::Settings;

/// The commands of the worker.
pub const COMMANDS: &[Command] = &[
    Command {
        words: "worker",
        about: "run background tasks until SIGTERM or Ctrl-C",
        run: work,
    },
    Command {
        words: "healthcheck worker",
        about: "ask Redis whether a worker on this host is alive and makes progress",
        run: healthcheck,
    },
    Command {
        words: "worker dead list",
        about: "list the tasks that failed for good",
        run: list_dead,
    },
    Command {
        words: "worker dead retry",
        about: "enqueue all of them again",
        run: retry_dead,
    },
    Command {
        words: "worker dead clear",
        about: "forget all of them",
        run: clear_dead,
    },
];

fn work(settings: &Settings) -> ExitCode {
    commands::run_to_end(settings, process::run(settings, tasks::all()))
}

/// Prints the tasks that failed for good, one a line, newest first.
fn list_dead(settings: &Settings) -> ExitCode {
    with_tasks(settings, async |tasks| {
        let mut lines = String::new();
        for dead in tasks.dead().await? {
            let time = dead.failed_at.to_rfc3339_opts(SecondsFormat::Secs, true);
            // An error of several lines stays on one.
            let error = dead.error.escape_debug();
            let DeadTask {
                id, task, attempts, ..
            } = dead;
            writeln!(lines, "{id}\t{task}\t{time}\t{attempts}\t{error}")?;
        }
        match io::stdout().write_all(lines.as_bytes()) {
            // The reader has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    })
}

fn retry_dead(settings: &Settings) -> ExitCode {
    with_tasks(settings, async |tasks| {
        println!("dead tasks enqueued again: {}", tasks.retry_dead().await?);
        Ok(())
    })
}

fn clear_dead(settings: &Settings) -> ExitCode {
    with_tasks(settings, async |tasks| {
        println!("dead tasks removed: {}", tasks.clear_dead().await?);
        Ok(())
    })
}

/// Succeeds if a worker on this host gave a sign of life within the last five seconds, and not all of its
/// places are taken by tasks that have gone beyond their time limit.
fn healthcheck(settings: &Settings) -> ExitCode {
    with_tasks(settings, async |tasks| {
        let host = gethostname::gethostname();
        let host = host.to_string_lossy();
        let workers = tasks.workers().await?;
        let is_here = |worker: &&Worker| worker.host == host && worker.is_alive();
        let mut here = workers.iter().filter(is_here).peekable();
        if here.peek().is_none() {
            return Err(format!("no worker on `{host}` is alive").into());
        }
        match here.any(Worker::makes_progress) {
            true => Ok(()),
            false => Err(format!(
                "no worker on `{host}` makes progress: tasks beyond their time limit take all its places"
            )
            .into()),
        }
    })
}

fn with_tasks(
    settings: &Settings,
    work: impl AsyncFnOnce(Tasks) -> Result<(), Box<dyn StdError>>,
) -> ExitCode {
    let done = async {
        let redis = RedisManager::new(&settings.redis)?;
        work(Tasks::new(settings, &redis, tasks::all())?).await
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(done))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
