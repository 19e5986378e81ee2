//! The commands of the worker.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use chrono::SecondsFormat;
use tokio::time::sleep;

use super::workers::Worker;
use super::{DeadTask, TaskId, Tasks, process, tasks};
use crate::commands::{self, Command};
use crate::redis::RedisManager;
use crate::settings::Settings;

/// How often `drain` looks.
const DRAIN_INTERVAL: Duration = Duration::from_millis(500);

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
        words: "worker status",
        about: "tell what waits, what runs, and which workers there are",
        run: status,
    },
    Command {
        words: "worker status --json",
        about: "the same as JSON",
        run: status_as_json,
    },
    Command {
        words: "worker pause <queue>",
        about: "let the tasks of a queue wait, from two seconds later on",
        run: |settings, values| set_paused(settings, &values[0], true),
    },
    Command {
        words: "worker resume <queue>",
        about: "let them run again",
        run: |settings, values| set_paused(settings, &values[0], false),
    },
    Command {
        words: "worker drain",
        about: "wait until no task waits for a worker or runs",
        run: drain,
    },
    Command {
        words: "worker dead list",
        about: "list the tasks that failed for good",
        run: list_dead,
    },
    Command {
        words: "worker dead show <id>",
        about: "print everything that is known of one of them, as JSON",
        run: show_dead,
    },
    Command {
        words: "worker dead retry [id]",
        about: "enqueue all of them again, or one",
        run: retry_dead,
    },
    Command {
        words: "worker dead clear [id]",
        about: "forget all of them, or one",
        run: clear_dead,
    },
];

fn work(settings: &Settings, _: &[String]) -> ExitCode {
    commands::run_to_end(settings, process::run(settings, tasks::all()))
}

fn status(settings: &Settings, _: &[String]) -> ExitCode {
    with_tasks(settings, async |tasks| {
        print(&tasks.overview().await?.to_string())
    })
}

fn status_as_json(settings: &Settings, _: &[String]) -> ExitCode {
    with_tasks(settings, async |tasks| {
        let overview = tasks.overview().await?;
        print(&(serde_json::to_string_pretty(&overview)? + "\n"))
    })
}

fn set_paused(settings: &Settings, queue: &str, pause: bool) -> ExitCode {
    with_tasks(settings, async |tasks| {
        tasks.pause(queue, pause).await?;
        let state = if pause { "paused" } else { "resumed" };
        print(&format!("{queue}: {state}\n"))
    })
}

/// Delayed tasks may come in meanwhile, and whoever enqueues is not held up.
fn drain(settings: &Settings, _: &[String]) -> ExitCode {
    with_tasks(settings, async |tasks| {
        while !tasks.overview().await?.is_idle() {
            sleep(DRAIN_INTERVAL).await;
        }
        print("no task waits or runs\n")
    })
}

/// Prints the tasks that failed for good, one a line, newest first.
fn list_dead(settings: &Settings, _: &[String]) -> ExitCode {
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
        print(&lines)
    })
}

fn show_dead(settings: &Settings, values: &[String]) -> ExitCode {
    with_tasks(settings, async |tasks| {
        let dead = tasks.dead().await?;
        let wanted = id(values)?;
        let task = dead.iter().find(|task| Some(&task.id) == wanted.as_ref());
        let task = task.ok_or_else(|| format!("no dead task has the id `{}`", values[0]))?;
        print(&(serde_json::to_string_pretty(task)? + "\n"))
    })
}

fn retry_dead(settings: &Settings, values: &[String]) -> ExitCode {
    with_tasks(settings, async |tasks| {
        let retried = tasks.retry_dead(id(values)?.as_ref()).await?;
        found(values, retried)?;
        print(&format!("dead tasks enqueued again: {retried}\n"))
    })
}

fn clear_dead(settings: &Settings, values: &[String]) -> ExitCode {
    with_tasks(settings, async |tasks| {
        let removed = tasks.clear_dead(id(values)?.as_ref()).await?;
        found(values, removed)?;
        print(&format!("dead tasks removed: {removed}\n"))
    })
}

/// The id among the values, if there is one.
fn id(values: &[String]) -> Result<Option<TaskId>, String> {
    let parse = |value: &String| {
        TaskId::parse(value).ok_or_else(|| format!("`{value}` is not the id of a task"))
    };
    values.first().map(parse).transpose()
}

/// A failure where a task was named and is not there.
fn found(values: &[String], number: usize) -> Result<(), String> {
    match (values.first(), number) {
        (Some(id), 0) => Err(format!(
            "no dead task has the id `{id}`, or the queue still has it"
        )),
        _ => Ok(()),
    }
}

fn print(text: &str) -> Result<(), Box<dyn StdError>> {
    match io::stdout().write_all(text.as_bytes()) {
        // The reader has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Succeeds if a worker on this host sent a heartbeat within the last five seconds, and not all of the tasks
/// that it may run at once have gone beyond their time limit.
fn healthcheck(settings: &Settings, _: &[String]) -> ExitCode {
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
                "no worker on `{host}` makes progress: all its permits are held by tasks beyond their time limit"
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
