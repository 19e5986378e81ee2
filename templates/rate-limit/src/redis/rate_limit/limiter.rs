//! Decides whether a request still fits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::Script;

use super::client_address::TrustedProxies;
use super::{OnFailure, RateLimitSettings};
use crate::redis::{Error, RedisManager};

/// How long a decision may take: a limit must not be what makes the service slow.
const LONGEST_DECISION: Duration = Duration::from_millis(500);

static WINDOW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("window.lua")));

/// Counts requests in Redis, in a sliding window; all clones and all instances of the service share
/// the counts.
///
/// Each key takes one small hash that expires by itself, however many requests there are. The
/// window slides over two counters: never more than the limit fits into it, assuming that the
/// requests of the window before were evenly spread.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    redis: RedisManager,
    name: &'static str,
    limit: usize,
    window: usize,
    on_failure: OnFailure,
    trusted_proxies: TrustedProxies,
    /// The number of requests that could not be counted since the last one that was.
    uncounted: Arc<AtomicU64>,
}

/// What was decided about a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// Whether the request fits, and so was counted.
    pub fits: bool,
    /// How many more would fit now.
    pub remaining: u64,
    /// How long until the next one fits.
    pub retry_after: Duration,
    /// How long until as many fit as the limit says, if none is sent.
    pub reset_after: Duration,
}

impl RateLimiter {
    /// A limiter with the quota of the settings, named `default`.
    pub fn new(redis: &RedisManager, settings: &RateLimitSettings) -> Self {
        Self {
            redis: redis.clone(),
            name: "default",
            limit: settings.requests,
            window: settings.window,
            on_failure: settings.on_failure,
            trusted_proxies: settings.trusted_proxies.clone(),
            uncounted: Arc::default(),
        }
    }

    /// A limiter with a quota of its own: `limit` requests in `window` seconds, both at least one.
    /// Its counts stand apart under its name, of plain letters, which clients see.
    #[must_use]
    pub fn with_quota(&self, name: &'static str, limit: usize, window: usize) -> Self {
        Self {
            name,
            limit,
            window,
            ..self.clone()
        }
    }

    /// Decides about a request of `key`, which becomes a part of the key in Redis.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or does not answer within half a second.
    pub async fn decide(&self, key: &str) -> Result<Decision, Error> {
        self.decide_by("", key).await
    }

    /// Decides as [`decide`](Self::decide) does, but by the caller's own clock, which gives the time
    /// since 1970.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or does not answer within half a second.
    pub async fn decide_at(&self, now: Duration, key: &str) -> Result<Decision, Error> {
        self.decide_by(&now.as_millis().to_string(), key).await
    }

    async fn decide_by(&self, now: &str, key: &str) -> Result<Decision, Error> {
        // Counts are kept by window, and those of another length have other windows.
        let key = format!("rate_limit:{}:{}:{key}", self.name, self.window);
        let mut script = WINDOW.prepare_invoke();
        script
            .key(self.redis.key(key))
            .arg(self.limit)
            .arg(self.window * 1000)
            .arg(now);
        let answer = self.redis.run_async::<(bool, u64, u64, u64)>(&script);
        let (fits, remaining, retry, reset) = tokio::time::timeout(LONGEST_DECISION, answer)
            .await
            .unwrap_or(Err(Error::TimedOut(LONGEST_DECISION)))?;
        Ok(Decision {
            fits,
            remaining,
            retry_after: Duration::from_millis(retry),
            reset_after: Duration::from_millis(reset),
        })
    }

    /// Decides, and takes note of failures: the beginning and the end of a row of them are logged.
    pub(super) async fn decide_or_note(&self, key: &str) -> Option<Decision> {
        match self.decide(key).await {
            Ok(decision) => {
                // Looking first spares all calls but one the writing to memory that they share.
                if self.uncounted.load(Ordering::Relaxed) > 0 {
                    let uncounted = self.uncounted.swap(0, Ordering::Relaxed);
                    tracing::warn!(uncounted, limit = self.name, "requests are counted again");
                }
                Some(decision)
            }
            Err(error) => {
                if self.uncounted.fetch_add(1, Ordering::Relaxed) == 0 {
                    let then = self.on_failure;
                    tracing::warn!(%error, limit = self.name, ?then, "requests are not counted");
                }
                None
            }
        }
    }

    pub(super) fn trusted_proxies(&self) -> &TrustedProxies {
        &self.trusted_proxies
    }

    pub(super) fn on_failure(&self) -> OnFailure {
        self.on_failure
    }

    /// The policy as clients are told
    /// ([RateLimit header fields](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/)).
    pub(super) fn policy(&self) -> String {
        format!("\"{}\";q={};w={}", self.name, self.limit, self.window)
    }

    /// What is left of the quota as clients are told.
    pub(super) fn left(&self, decision: &Decision) -> String {
        let reset = whole_seconds(decision.reset_after);
        format!("\"{}\";r={};t={reset}", self.name, decision.remaining)
    }
}

/// Seconds in headers are whole; whoever waits that long has waited long enough.
pub(super) fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000) as u64
}
