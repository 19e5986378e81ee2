//! The worker process: takes tasks until a signal, whatever happens to Redis.

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
/// If the worker cannot start. Redis being away is no error: it is waited for.
pub async fn run(settings: &Settings, registry: Registry) -> Result<Drain, Error> {
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    let mut settings = settings.clone();
    // Otherwise tasks would wait for each other's connections.
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
    let mut rounds = pin!(run_rounds(&settings, executor, stop.clone()));
    let signal = {
        let work = async { tokio::join!(rounds.as_mut(), schedule::run(&tasks)) };
        tokio::select! {
            signal = signals.next() => signal,
            _ = work => unreachable!("rounds follow each other until they are told to stop"),
        }
    };

    tracing::info!(signal, "draining");
    stop.cancel();
    let deadline = settings.worker.shutdown_timeout;
    let drain = tokio::select! {
        ended = timeout(deadline, rounds) => match ended {
            Ok(_) => Drain::Complete,
            Err(_) => {
                tracing::warn!(
                    ?deadline,
                    "cut off running tasks; another worker makes what attempts are left"
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

/// One round after another. A round takes no more tasks when the engine loses Redis in the middle of
/// taking one, and when Redis was restarted: it may then have forgotten its last moments, and count
/// tasks as taken that this worker is done with. The next round has a new identity: what Redis still
/// counts for the old one goes to whoever notices that it is gone. Until then the old one shows that
/// it is alive, and finishes the tasks that it has begun, so that none runs beside its next attempt.
async fn run_rounds(settings: &Arc<Settings>, executor: Executor, stop: CancellationToken) {
    let mut running = JoinSet::new();
    while !stop.is_cancelled() {
        let stop_round = stop.child_token();
        let over = CancellationToken::new();
        running.spawn(run_round(
            settings.clone(),
            executor.clone(),
            stop_round.clone(),
            over.clone(),
        ));
        tokio::select! {
            () = over.cancelled() => tokio::select! {
                () = sleep(PAUSE) => {}
                () = stop.cancelled() => {}
            },
            () = restart_of(executor.redis()) => {
                tracing::warn!("Redis was restarted: the worker starts over");
                stop_round.cancel();
            }
        }
        while running.try_join_next().is_some() {}
    }
    // A round may have taken tasks that still wait for those of the rounds before.
    executor.stop();
    running.join_all().await;
}

/// Takes tasks until `stop`, or until that fails, cancels `over` then, and finishes what it has begun.
async fn run_round(
    settings: Arc<Settings>,
    executor: Executor,
    stop: CancellationToken,
    over: CancellationToken,
) {
    let over = over.drop_guard();
    let stopped = async move {
        stop.cancelled().await;
        // The engine drops this future as soon as it takes no more, for whatever reason.
        drop(over);
    };
    let ended = match engine::worker_storage(&settings, executor.redis()) {
        Ok(storage) => {
            let worker = engine::worker(&storage, executor, &settings.worker, stopped);
            worker.run().await.map(drop)
        }
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        tracing::warn!(%error, "the worker could not use its queue");
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
