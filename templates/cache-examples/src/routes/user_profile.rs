//! A resource whose reads are cached and whose writes invalidate.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::profiles::{Profile, Unavailable};
use crate::redis::cache::TimeToLive;
use crate::state::AppState;
use crate::valid::Valid;

/// How long a profile is kept.
const TIME_TO_LIVE: Duration = Duration::from_secs(300);

/// How long it is kept that there is no such user.
const TIME_TO_LIVE_OF_NONE: Duration = Duration::from_secs(30);

/// `GET` and `PUT /users/{id}/profile`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(profile, update_profile))
}

/// Gives the profile of a user, from the cache if it is there.
#[utoipa::path(
    get,
    path = "/users/{id}/profile",
    tag = "users",
    params(("id" = u64, Path, description = "The user", example = 1)),
    responses(
        (status = 200, description = "The profile", body = Profile),
        (status = 404, description = "There is no such user"),
    ),
)]
async fn profile(
    State(state): State<AppState>,
    Path(user_id): Path<u64>,
) -> Result<Json<Profile>, Error> {
    let time_to_live = TimeToLive::from(TIME_TO_LIVE).none_for(TIME_TO_LIVE_OF_NONE);
    let cached = state
        .cache
        .get_or_compute_async(&cache_key(user_id), time_to_live, || {
            state.profiles.find(user_id)
        })
        .await?;
    cached.value.map(Json).ok_or_else(|| no_user(user_id))
}

/// Replaces the profile of a user and invalidates the cached one. Reads from then on give the new
/// one, except those that wait in another instance for a read that began before.
#[utoipa::path(
    put,
    path = "/users/{id}/profile",
    tag = "users",
    params(("id" = u64, Path, description = "The user", example = 1)),
    request_body = Profile,
    responses(
        (status = 200, description = "The profile as it is now", body = Profile),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "The profile breaks its rules"),
    ),
)]
async fn update_profile(
    State(state): State<AppState>,
    Path(user_id): Path<u64>,
    Valid(Json(profile)): Valid<Json<Profile>>,
) -> Result<Json<Profile>, Error> {
    let (profiles, updated) = (state.profiles.clone(), profile.clone());
    let write = async move { profiles.update(user_id, updated).await };
    let key = cache_key(user_id);
    if !state.cache.write_then_delete_async(&[&key], write).await? {
        return Err(no_user(user_id));
    }
    Ok(Json(profile))
}

fn cache_key(user_id: u64) -> String {
    format!("user:profile:{user_id}")
}

fn no_user(user_id: u64) -> Error {
    Error::new(
        StatusCode::NOT_FOUND,
        format!("there is no user `{user_id}`"),
    )
}

impl From<Unavailable> for Error {
    fn from(error: Unavailable) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "no profiles now").caused_by(error)
    }
}
