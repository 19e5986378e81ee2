//! The worker process: runs tasks until a signal, whatever happens to Redis.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use redis::InfoDict;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::executor::Executor;
use super::{Registry, Tasks, engine, schedule};
use crate::lifespan::{Drain, Error, Signals};
use crate::redis::{Error as RedisError, RedisManager};
use crate::settings::Settings;

/// The pause before an engine that failed is replaced.
const RESTART_PAUSE: Duration = Duration::from_millis(500);

/// How often a worker checks whether Redis was restarted.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Runs tasks until SIGTERM or Ctrl-C, then finishes those that it has started.
///
/// [`Drain::CutOff`] tells the caller to exit at once: a task that is still running would otherwise
/// overlap with its next attempt in another worker.
///
/// # Errors
///
/// If the worker cannot start. Redis being away is no error: it is waited for.
pub async fn run(settings: &Settings, registry: Registry) -> Result<Drain, Error> {
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    let mut settings = settings.clone();
    // A connection for each running task.
    let connections = settings.redis.pool_size.max(settings.worker.concurrency);
    settings.redis.pool_size = connections;
    let settings = Arc::new(settings);
    let redis = RedisManager::new(&settings.redis)?;
    let tasks = Tasks::new(&settings, &redis, registry)?;
    let executor = Executor::new(tasks.clone(), settings.clone());
    tokio::select! {
        connected = crate::redis::start(&redis) => connected?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped while starting");
            return Ok(Drain::Complete);
        }
    }
    let names: Vec<_> = tasks.registry().names().collect();
    tracing::info!(tasks = ?names, concurrency = settings.worker.concurrency, "worker ready");

    let stop = CancellationToken::new();
    let mut engines = pin!(supervise(&settings, executor, stop.clone()));
    let signal = {
        let work = async { tokio::join!(engines.as_mut(), schedule::run(&tasks)) };
        tokio::select! {
            signal = signals.next() => signal,
            _ = work => unreachable!("engines are replaced until they are told to stop"),
        }
    };

    tracing::info!(signal, "draining");
    stop.cancel();
    let deadline = settings.worker.shutdown_timeout;
    let drain = tokio::select! {
        ended = timeout(deadline, engines) => match ended {
            Ok(_) => Drain::Complete,
            Err(_) => {
                tracing::warn!(
                    ?deadline,
                    "cut off running tasks; another worker retries them"
                );
                Drain::CutOff
            }
        },
        signal = signals.next() => {
            tracing::warn!(signal, "stopped without waiting for running tasks");
            Drain::CutOff
        }
    };
    crate::redis::stop(&redis).await;
    tracing::info!("stopped");
    Ok(drain)
}

/// Keeps an engine running. It is replaced when it loses Redis while it takes a job, and when Redis was
/// restarted: Redis may then have forgotten its last moments, and count jobs as taken that this worker
/// has finished. The new engine has a new identity, so that what Redis still counts for the old one is
/// delivered again once that one is gone. Until then the old one sends heartbeats and finishes the tasks
/// that it has started, so that none overlaps with its next attempt.
async fn supervise(settings: &Arc<Settings>, executor: Executor, stop: CancellationToken) {
    let mut running = JoinSet::new();
    while !stop.is_cancelled() {
        let stop_engine = stop.child_token();
        let stopped = CancellationToken::new();
        running.spawn(run_engine(
            settings.clone(),
            executor.clone(),
            stop_engine.clone(),
            stopped.clone(),
        ));
        tokio::select! {
            () = stopped.cancelled() => tokio::select! {
                () = sleep(RESTART_PAUSE) => {}
                () = stop.cancelled() => {}
            },
            () = restart_of(executor.redis()) => {
                tracing::warn!("Redis was restarted: the worker starts over");
                stop_engine.cancel();
            }
        }
        while running.try_join_next().is_some() {}
    }
    // An engine may have taken jobs that still wait for the tasks of its predecessors.
    executor.stop();
    running.join_all().await;
}

/// Takes jobs until `stop`, or until that fails. Cancels `stopped` then, and finishes what has started.
async fn run_engine(
    settings: Arc<Settings>,
    executor: Executor,
    stop: CancellationToken,
    stopped: CancellationToken,
) {
    let stopped = stopped.drop_guard();
    let until_stop = async move {
        stop.cancelled().await;
        // The engine drops this future as soon as it takes no more jobs, for whatever reason.
        drop(stopped);
    };
    let ended = match engine::worker_storage(&settings, executor.redis()) {
        Ok(storage) => {
            let worker = engine::worker(&storage, executor, &settings.worker, until_stop);
            worker.run().await.map(drop)
        }
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        tracing::warn!(%error, "the worker could not use its queue");
    }
}

/// Waits until Redis answers with another run id than at first.
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
