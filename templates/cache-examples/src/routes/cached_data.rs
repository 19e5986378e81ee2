//! A value that is computed once and then comes from Redis.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::redis::cache;
use crate::state::AppState;
use crate::valid::Valid;

/// How long a computed value is kept.
const TIME_TO_LIVE: Duration = Duration::from_secs(3600);

/// `GET /cached-data?key=`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(cached_data))
}

#[derive(Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// What the data is about: text of 1 to 256 characters without control characters.
    #[param(
        example = "report",
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f\ufffd]*$"
    )]
    #[garde(length(chars, min = 1, max = 256), custom(is_plain))]
    key: String,
}

/// What is not UTF-8 arrives as U+FFFD, so that different keys would become the same.
fn is_plain(text: &str, _: &()) -> garde::Result {
    if text.contains(|letter: char| letter.is_control() || letter == char::REPLACEMENT_CHARACTER) {
        return Err(garde::Error::new(
            "must be UTF-8 without control characters",
        ));
    }
    Ok(())
}

#[derive(Serialize, ToSchema)]
struct CachedData {
    #[schema(example = "data for report")]
    data: String,
    source: Source,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Source {
    Cache,
    Computed,
}

/// Takes the value from the cache or computes it; with Redis away, it is computed each time.
#[utoipa::path(
    get,
    path = "/cached-data",
    tag = "cache",
    params(Parameters),
    responses(
        (status = 200, description = "The data, and where it came from", body = CachedData),
        (status = 400, description = "There is no `key`"),
        (status = 422, description = "`key` breaks its rule"),
    ),
)]
async fn cached_data(
    State(state): State<AppState>,
    Valid(Query(Parameters { key })): Valid<Query<Parameters>>,
) -> Result<Json<CachedData>, Error> {
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
