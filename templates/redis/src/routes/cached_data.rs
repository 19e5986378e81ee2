//! A value that is computed once and then comes from Redis.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::error::Error;
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

/// Takes the value from Redis or computes it; with Redis away, it is computed each time.
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
    // The prefix keeps callers away from whatever else is in Redis.
    let cache_key = format!("cached-data:{key}");
    let source = match state.redis.get_async(&cache_key).await {
        Ok(Some(data)) => {
            let source = Source::Cache;
            return Ok(Json(CachedData { data, source }));
        }
        Ok(None) => Source::Computed,
        Err(error) => {
            tracing::warn!(%error, "could not read the cache");
            // Writing would only wait for the same Redis once more.
            let (data, source) = (expensive_computation(&key), Source::Computed);
            return Ok(Json(CachedData { data, source }));
        }
    };

    let data = expensive_computation(&key);
    if let Err(error) = state
        .redis
        .set_async(&cache_key, &data, Some(TIME_TO_LIVE))
        .await
    {
        tracing::warn!(%error, "could not write the cache");
    }
    Ok(Json(CachedData { data, source }))
}

/// Stands for the work whose result is worth keeping: a query, a report, a call to another service.
fn expensive_computation(key: &str) -> String {
    format!("data for {key}")
}
