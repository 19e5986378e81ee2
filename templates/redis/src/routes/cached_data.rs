//! A value that is computed once and then comes from Redis.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::redis::cache;
use crate::state::AppState;

/// How long a computed value is kept.
const TIME_TO_LIVE: Duration = Duration::from_secs(3600);

/// The longest `key` of a request, in bytes.
const LONGEST_KEY: usize = 256;

/// `GET /cached-data?key=`.
pub fn router() -> Router<AppState> {
    Router::new().route("/cached-data", get(cached_data))
}

#[derive(Deserialize)]
struct Parameters {
    key: String,
}

#[derive(Serialize)]
struct CachedData {
    data: String,
    source: Source,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Cache,
    Computed,
}

/// Takes the value from the cache or computes it; with Redis away, it is computed each time.
async fn cached_data(
    State(state): State<AppState>,
    Query(Parameters { key }): Query<Parameters>,
) -> Result<Json<CachedData>, Error> {
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(Error::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`key` must have 1 to {LONGEST_KEY} bytes"),
        ));
    }
    // What is not UTF-8 arrives as U+FFFD, so that different keys would become the same.
    if key.contains(|letter: char| letter.is_control() || letter == char::REPLACEMENT_CHARACTER) {
        return Err(Error::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "`key` must be UTF-8 without control characters",
        ));
    }
    // The prefix keeps callers away from whatever else is cached.
    let cache_key = format!("data:{key}");
    let cached = state
        .cache
        .get_or_compute_async(&cache_key, TIME_TO_LIVE, || expensive_computation(&key))
        .await?;
    Ok(Json(CachedData {
        data: cached.value,
        source: match cached.source {
            cache::Source::Cache => Source::Cache,
            cache::Source::Computed => Source::Computed,
        },
    }))
}

/// Stands for the work whose result is worth keeping: a query, a report, a call to another service.
async fn expensive_computation(key: &str) -> Result<String, Error> {
    Ok(format!("data for {key}"))
}
