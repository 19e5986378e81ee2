//! Decides whether a request still fits.

use std::sync::LazyLock;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use redis::Script;

use super::{OnFailure, RateLimitSettings};
use crate::error;
use crate::redis::{Error, RedisManager};

pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

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

    /// Counts a request of `key` in a handler: one line limits what a user may do.
    ///
    /// Gives what was decided, or nothing where Redis cannot count and the settings let that through.
    ///
    /// # Errors
    ///
    /// Beyond the quota, with the answer for the client: 429, `Retry-After` and the RateLimit header
    /// fields. 503 where Redis cannot count and the settings refuse that.
    pub async fn check(&self, key: &str) -> Result<Option<Decision>, error::Error> {
        match (self.decide(key).await, self.on_failure) {
            (Ok(decision), _) if decision.fits => Ok(Some(decision)),
            (Ok(decision), _) => Err(self.too_many_requests(&decision)),
            (Err(_), OnFailure::Allow) => Ok(None),
            (Err(_), OnFailure::Refuse) => {
                let detail = "requests cannot be counted now: try again later";
                Err(error::Error::new(StatusCode::SERVICE_UNAVAILABLE, detail))
            }
        }
    }

    /// Decides about a request of `key`, which becomes a part of the key in Redis.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or does not answer within `REDIS_FALLBACK_TIMEOUT`.
    pub async fn decide(&self, key: &str) -> Result<Decision, Error> {
        self.decide_by("", key).await
    }

    /// Decides as [`decide`](Self::decide) does, but by the caller's own clock, which gives the time
    /// since 1970.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or does not answer within `REDIS_FALLBACK_TIMEOUT`.
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
        let answer = self.redis.optional(self.redis.run_async(&script));
        let (fits, remaining, retry, reset) = answer.await?;
        Ok(Decision {
            fits,
            remaining,
            retry_after: Duration::from_millis(retry),
            reset_after: Duration::from_millis(reset),
        })
    }

    /// What clients are told of the quota and of what is left of it
    /// ([RateLimit header fields](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/)).
    pub(super) fn headers(&self, decision: &Decision) -> [(HeaderName, HeaderValue); 2] {
        let (name, reset) = (self.name, whole_seconds(decision.reset_after));
        let left = format!("\"{name}\";r={};t={reset}", decision.remaining);
        let policy = format!("\"{name}\";q={};w={}", self.limit, self.window);
        [(RATE_LIMIT, left), (RATE_LIMIT_POLICY, policy)].map(|(header, text)| {
            let value = HeaderValue::try_from(text).expect("a name of plain letters, and numbers");
            (header, value)
        })
    }

    fn too_many_requests(&self, decision: &Decision) -> error::Error {
        let seconds = whole_seconds(decision.retry_after);
        let detail = format!("too many requests: try again in {seconds} s");
        let error = error::Error::new(StatusCode::TOO_MANY_REQUESTS, detail);
        let error = error.with_header(header::RETRY_AFTER, seconds);
        let headers = self.headers(decision).into_iter();
        headers.fold(error, |error, (name, value)| error.with_header(name, value))
    }
}

/// Seconds in headers are whole; whoever waits that long has waited long enough.
fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000) as u64
}
