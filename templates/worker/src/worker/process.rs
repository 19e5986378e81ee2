//! The worker process: takes tasks until a signal, whatever happens to Redis.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use redis::InfoDict;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::executor::Executor;
use super::{Registry, Tasks, engine, schedule};
use crate::lifespan::{Drain, Error, Signals};
use crate::redis::{Error as RedisError, RedisManager};
use crate::settings::Settings;

/// The pause before the next round after one that failed.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a worker looks whether Redis was restarted.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Runs tasks until SIGTERM or Ctrl-C, then finishes those that it has begun.
///
/// [`Drain::CutOff`] tells the caller to end the process at once: a task that is still running would
/// otherwise go on beside its next attempt in another worker.
///
/// # Errors
///
/// Where the worker cannot start. Redis being away is no error: it is waited for.
pub async fn run(settings: &Settings, registry: Registry) -> Result<Drain, Error> {
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    let mut settings = settings.clone();
    // Otherwise tasks would wait for each other's connections.
    let connections = settings.redis.pool_size.max(settings.worker.concurrency);
    settings.redis.pool_size = connections;
    let settings = Arc::new(settings);
    let redis = RedisManager::new(&settings.redis)?;
    let tasks = Tasks::new(&settings, redis.clone(), registry)?;
    let executor = Executor::new(tasks.registry().clone(), settings.clone(), redis.clone());
    match redis.initialize_async().await {
        Err(error) if error.is_wrong_password() => return Err(error.into()),
        Err(error) => tracing::warn!(%error, "Redis is away; waiting for it"),
        Ok(()) => {}
    }
    let names: Vec<_> = tasks.registry().names().collect();
    tracing::info!(tasks = ?names, concurrency = settings.worker.concurrency, "worker ready");

    let stop = CancellationToken::new();
    let mut rounds = pin!(rounds(&settings, executor, stop.clone()));
    let signal = {
        let work = async { tokio::join!(rounds.as_mut(), schedule::run(&tasks)) };
        tokio::select! {
            signal = signals.next() => signal,
            // Rounds follow each other until they are told to stop.
            _ = work => return Ok(Drain::Complete),
        }
    };

    tracing::info!(signal, "draining");
    stop.cancel();
    let deadline = settings.worker.shutdown_timeout;
    let drain = tokio::select! {
        ended = timeout(deadline, rounds) => match ended {
            Ok(_) => Drain::Complete,
            Err(_) => {
                tracing::warn!(?deadline, "cut off running tasks; another worker takes them");
                Drain::CutOff
            }
        },
        signal = signals.next() => {
            tracing::warn!(signal, "stopped without waiting for running tasks");
            Drain::CutOff
        }
    };
    redis.close().await;
    tracing::info!("stopped");
    Ok(drain)
}

/// One round after another. A round ends when the engine loses Redis in the middle of taking a task,
/// and when Redis was restarted: it may then have forgotten its last moments, and count tasks as taken
/// that this worker is done with. Each round waits for the tasks that it has begun, so that none runs
/// beside its next attempt. The next one has a new identity: what Redis still counts for the old one
/// goes to whoever notices that it is gone.
async fn rounds(settings: &Settings, executor: Executor, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let stop_round = stop.child_token();
        let round = async {
            let storage = engine::worker_storage(settings, executor.redis())?;
            let stopped = stop_round.clone().cancelled_owned();
            engine::worker(&storage, executor.clone(), &settings.worker, stopped)
                .run()
                .await
        };
        let watch = async {
            restart_of(executor.redis()).await;
            tracing::warn!("Redis was restarted: the worker starts anew");
            stop_round.cancel();
            pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = round => ended,
            () = watch => unreachable!("it waits for ever"),
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "the worker lost its queue and starts anew");
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

/// Waits until another run of Redis answers than at first.
async fn restart_of(redis: &RedisManager) {
    let mut first = None;
    loop {
        if let Ok(run) = run_of(redis).await
            && *first.get_or_insert_with(|| run.clone()) != run
        {
            return;
        }
        sleep(WATCH_INTERVAL).await;
    }
}

/// The id of this run of Redis, new with every start
/// ([INFO](https://redis.io/docs/latest/commands/info/)).
async fn run_of(redis: &RedisManager) -> Result<Option<String>, RedisError> {
    let mut command = redis::cmd("INFO");
    command.arg("server");
    let info: InfoDict = redis.read_async(command).await?;
    Ok(info.get("run_id"))
}
