//! A circuit breaker around Redis.
//!
//! It opens with the first call that finds Redis away. While it is open, calls that can be done
//! without are not made, and a task of its own probes Redis twice a second. Once a probe has waited
//! for `REDIS_SOCKET_TIMEOUT` in vain, all other calls fail at once as well. A probe that is answered
//! within `REDIS_FALLBACK_TIMEOUT` closes the breaker.
//!
//! The log has one line when an outage begins, one a minute, and one when it ends.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::runtime::background;
use super::{Error, RedisManager};

const PROBE_INTERVAL: Duration = Duration::from_millis(500);

const LOG_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Breaker {
    open: AtomicBool,
    frozen: AtomicBool,
    /// Calls that failed or were not made since the breaker opened.
    failures: AtomicU64,
    refusals: Mutex<Throttle>,
}

impl Breaker {
    /// Fails while Redis is away.
    pub(super) fn check_closed(&self) -> Result<(), Error> {
        self.fail_if(&self.open)
    }

    /// Fails while Redis does not answer at all.
    pub(super) fn check_not_frozen(&self) -> Result<(), Error> {
        self.fail_if(&self.frozen)
    }

    fn fail_if(&self, away: &AtomicBool) -> Result<(), Error> {
        if !away.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.failures.fetch_add(1, Ordering::Relaxed);
        Err(Error::BreakerOpen)
    }
}

impl RedisManager {
    /// Makes a call that its caller can do without: not while the breaker is open, and for at most
    /// `REDIS_FALLBACK_TIMEOUT`. What goes wrong is logged here.
    ///
    /// # Errors
    ///
    /// Those of the call, [`Error::BreakerOpen`], and [`Error::TimedOut`], which opens the breaker.
    pub async fn optional<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.shared.breaker.check_closed()?;
        let limit = self.shared.fallback_timeout;
        let answer = match timeout(limit, call).await {
            Ok(answer) => answer,
            Err(_) => self.observe(Err(Error::TimedOut(limit))),
        };
        if let Err(error) = &answer
            && !error.is_outage()
        {
            let refusals = &self.shared.breaker.refusals;
            let mut refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(unlogged) = refusals.pass(Instant::now()) {
                tracing::warn!(%error, unlogged, "Redis refused; going on without");
            }
        }
        answer
    }

    /// Takes note of how a call ended: an outage opens the breaker.
    pub(crate) fn observe<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &answer
            && error.is_outage()
        {
            let breaker = &self.shared.breaker;
            breaker.failures.fetch_add(1, Ordering::Relaxed);
            if !breaker.open.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "Redis is away");
                background(probe(Closing(breaker.clone()), self.downgrade()));
            }
        }
        answer
    }
}

/// Probes Redis until it is back, or until nobody uses the manager any more.
async fn probe(breaker: Closing, manager: impl Fn() -> Option<RedisManager>) {
    let breaker = &breaker.0;
    let mut log = Throttle::default();
    log.pass(Instant::now());
    loop {
        sleep(PROBE_INTERVAL).await;
        let Some(redis) = manager() else { return };
        let asked = Instant::now();
        let answer = redis.probe().await;
        let in_time = asked.elapsed() <= redis.shared.fallback_timeout;
        match &answer {
            Err(Error::Closed) => return,
            Err(error) if error.is_outage() => {}
            _ if in_time => {
                let calls = breaker.failures.load(Ordering::Relaxed);
                tracing::info!(calls, "Redis is back");
                return;
            }
            _ => {}
        }
        let frozen = matches!(answer, Err(Error::TimedOut(_)));
        breaker.frozen.store(frozen, Ordering::Relaxed);
        if log.pass(Instant::now()).is_some() {
            let calls = breaker.failures.load(Ordering::Relaxed);
            tracing::warn!(calls, "Redis is still away");
        }
    }
}

/// Closes the breaker when the probe ends, also where its runtime ends before Redis is back: the next
/// call then finds out anew.
struct Closing(Arc<Breaker>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.frozen.store(false, Ordering::Relaxed);
        self.0.failures.store(0, Ordering::Relaxed);
        self.0.open.store(false, Ordering::Relaxed);
    }
}

/// Lets the first line pass, and then one a minute.
#[derive(Debug, Default)]
struct Throttle {
    passed: Option<Instant>,
    held_back: u64,
}

impl Throttle {
    /// Whether a line passes at the time `now`: the number of those that were held back before it.
    fn pass(&mut self, now: Instant) -> Option<u64> {
        let next = self.passed.map(|passed| passed + LOG_INTERVAL);
        if next.is_some_and(|next| now < next) {
            self.held_back += 1;
            return None;
        }
        self.passed = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_passes_at_once_and_then_one_a_minute() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let mut passes = |second| throttle.pass(start + Duration::from_secs(second));
        assert_eq!(passes(0), Some(0));
        assert_eq!(passes(1), None);
        assert_eq!(passes(59), None);
        assert_eq!(passes(60), Some(2));
        assert_eq!(passes(119), None);
        assert_eq!(passes(500), Some(1));
    }
}
