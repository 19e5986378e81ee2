//! Profiles of users: a hash through the client, a text that is kept for a while through the manager, and
//! all that is kept of a user forgotten at once.

use std::time::Duration;

use ::redis::AsyncTypedCommands;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{Error, Problem};
use crate::redis::{self, RedisManager};
use crate::state::AppState;
use crate::valid::Valid;

/// How long a card is kept.
const TIME_TO_LIVE: Duration = Duration::from_secs(300);

/// `GET` and `PUT /profiles/{id}`, `GET /profiles/{id}/card` and `DELETE /profiles/{id}/caches`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(profile, put_profile))
        .routes(routes!(card))
        .routes(routes!(forget))
}

#[derive(Deserialize, Serialize, ToSchema, Validate)]
struct Profile {
    #[schema(example = "Ada Lovelace", min_length = 1, max_length = 200)]
    #[garde(length(chars, min = 1, max = 200))]
    name: String,
    #[schema(example = "ada@example.com", min_length = 3, max_length = 254)]
    #[garde(length(chars, min = 3, max = 254))]
    email: String,
}

/// Returns a profile.
#[utoipa::path(
    get,
    path = "/profiles/{id}",
    tag = "profiles",
    params(("id" = i64, Path, description = "The number of the user", example = 1)),
    responses(
        (status = 200, description = "The profile", body = Profile),
        (
            status = 404,
            description = "There is no such profile",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
async fn profile(
    State(state): State<AppState>,
    Path(id): Path<i64>,
) -> Result<Json<Profile>, Error> {
    Ok(Json(load(&state.redis, id).await?))
}

/// Stores a profile.
#[utoipa::path(
    put,
    path = "/profiles/{id}",
    tag = "profiles",
    params(("id" = i64, Path, description = "The number of the user", example = 1)),
    request_body = Profile,
    responses(
        (status = 204, description = "The profile is stored"),
        (
            status = 422,
            description = "A field breaks its rule",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
async fn put_profile(
    State(state): State<AppState>,
    Path(id): Path<i64>,
    Valid(Json(profile)): Valid<Json<Profile>>,
) -> Result<StatusCode, Error> {
    store(&state.redis, id, &profile).await?;
    clear_user_caches(&state.redis, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns a text about the user, which is written once and then comes from Redis.
#[utoipa::path(
    get,
    path = "/profiles/{id}/card",
    tag = "profiles",
    params(("id" = i64, Path, description = "The number of the user", example = 1)),
    responses(
        (status = 200, description = "The text", body = String),
        (
            status = 404,
            description = "There is no such profile",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
async fn card(State(state): State<AppState>, Path(id): Path<i64>) -> Result<String, Error> {
    let key = format!("user:{id}:card");
    if let Some(card) = state.redis.get_async(&key).await? {
        return Ok(card);
    }
    let Profile { name, email } = load(&state.redis, id).await?;
    let card = format!("{name} <{email}>");
    state
        .redis
        .set_async(&key, &card, Some(TIME_TO_LIVE))
        .await?;
    Ok(card)
}

#[derive(Serialize, ToSchema)]
struct Forgotten {
    /// How many values were kept.
    #[schema(example = 1)]
    forgotten: u64,
}

/// Forgets all that is kept of a user, so that it is made anew.
#[utoipa::path(
    delete,
    path = "/profiles/{id}/caches",
    tag = "profiles",
    params(("id" = i64, Path, description = "The number of the user", example = 1)),
    responses((status = 200, description = "What was kept", body = Forgotten)),
)]
async fn forget(
    State(state): State<AppState>,
    Path(id): Path<i64>,
) -> Result<Json<Forgotten>, Error> {
    let forgotten = clear_user_caches(&state.redis, id).await?;
    Ok(Json(Forgotten { forgotten }))
}

/// A number needs no escaping in a pattern; text would.
async fn clear_user_caches(redis: &RedisManager, id: i64) -> Result<u64, redis::Error> {
    redis.delete_pattern_async(&format!("user:{id}:*")).await
}

async fn load(redis: &RedisManager, id: i64) -> Result<Profile, Error> {
    let mut client = redis.get_async_client().await?;
    let fields = client.hgetall(profile_key(redis, id)).await;
    let mut fields = fields.map_err(redis::Error::from)?;
    match (fields.remove("name"), fields.remove("email")) {
        (Some(name), Some(email)) => Ok(Profile { name, email }),
        _ => Err(Error::new(
            StatusCode::NOT_FOUND,
            format!("user {id} has no profile"),
        )),
    }
}

async fn store(redis: &RedisManager, id: i64, profile: &Profile) -> Result<(), redis::Error> {
    let mut client = redis.get_async_client().await?;
    let fields = [("name", &profile.name), ("email", &profile.email)];
    client
        .hset_multiple(profile_key(redis, id), &fields)
        .await?;
    Ok(())
}

/// The client knows nothing of the prefix of the application.
fn profile_key(redis: &RedisManager, id: i64) -> Vec<u8> {
    redis.key(format!("profile:{id}"))
}
