//! The worker process: takes tasks until a signal, whatever happens to Redis.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::executor::Executor;
use super::{Registry, Tasks, engine, schedule};
use crate::lifespan::{Drain, Error, Signals};
use crate::redis::RedisManager;
use crate::settings::Settings;

/// The pause before the next round after one that failed.
const PAUSE: Duration = Duration::from_millis(500);

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

/// One round after another: a round ends when the engine loses Redis in the middle of taking a task.
/// It then waits for the tasks that it has begun, so that none runs beside its next attempt. The next
/// round has a new identity, because tasks on their way to the old one go to whoever notices that it is
/// gone.
async fn rounds(settings: &Settings, executor: Executor, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let round = async {
            let storage = engine::worker_storage(settings, executor.redis())?;
            let stop = stop.clone().cancelled_owned();
            engine::worker(&storage, executor.clone(), &settings.worker, stop)
                .run()
                .await
        };
        if let Err(error) = round.await {
            tracing::warn!(%error, "the worker lost its queue and starts anew");
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}
