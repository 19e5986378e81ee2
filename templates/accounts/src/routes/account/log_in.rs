//! Logging in and out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OwnAccount;
use crate::accounts::{Client, EmailAddress, Password, RequireRecent, RequireUser};
use crate::error::Error;
use crate::redis::session::CurrentSession;
use crate::state::AppState;
use crate::valid::Valid;

/// `POST /account/log-in`, `/account/confirm`, `/account/log-out` and `/account/log-out-everywhere`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(log_in))
        .routes(routes!(confirm))
        .routes(routes!(log_out))
        .routes(routes!(log_out_everywhere))
}

/// Who somebody is, and what shows it.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct Credentials {
    /// The address of the account.
    email: EmailAddress,
    /// The password.
    password: Password,
}

/// The password of whoever is logged in.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// The password.
    password: Password,
}

/// Begins a session.
#[utoipa::path(
    post,
    path = "/account/log-in",
    tag = "account",
    request_body = Credentials,
    responses(
        (
            status = 200,
            description = "The account",
            body = OwnAccount,
            headers(("set-cookie" = String, description = "The session")),
        ),
        (status = 401, description = "The address or the password is wrong"),
    ),
)]
async fn log_in(
    State(state): State<AppState>,
    CurrentSession(current): CurrentSession,
    client: Client,
    Valid(Json(credentials)): Valid<Json<Credentials>>,
) -> Result<impl IntoResponse, Error> {
    let Credentials { email, password } = credentials;
    let logged_in = state.accounts.log_in(&client, email, &password, current);
    let (account, session) = logged_in.await?;
    let account = OwnAccount::from(account);
    Ok((state.sessions.set_cookie(&session), Json(account)))
}

/// Shows the password again, before a change of what matters.
#[utoipa::path(
    post,
    path = "/account/confirm",
    tag = "account",
    security(("session" = [])),
    request_body = Confirmation,
    responses(
        (
            status = 204,
            description = "The log-in is recent again",
            headers(("set-cookie" = String, description = "The session")),
        ),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The password is another one"),
    ),
)]
async fn confirm(
    State(state): State<AppState>,
    RequireUser(user): RequireUser,
    client: Client,
    Valid(Json(Confirmation { password })): Valid<Json<Confirmation>>,
) -> Result<impl IntoResponse, Error> {
    let session = state.accounts.confirm(&client, &user, &password).await?;
    Ok((StatusCode::NO_CONTENT, state.sessions.set_cookie(&session)))
}

/// Ends the session, if there is one.
#[utoipa::path(
    post,
    path = "/account/log-out",
    tag = "account",
    security((), ("session" = [])),
    responses((
        status = 204,
        description = "The session has ended",
        headers(("set-cookie" = String, description = "Removes the cookie")),
    )),
)]
async fn log_out(
    State(state): State<AppState>,
    client: Client,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    if let Some(id) = state.sessions.id_from(&headers) {
        state.accounts.log_out(&client, &id).await?;
    }
    Ok((StatusCode::NO_CONTENT, state.sessions.remove_cookie()))
}

/// Ends all sessions of the account, this one included, after a recent log-in.
#[utoipa::path(
    post,
    path = "/account/log-out-everywhere",
    tag = "account",
    security(("session" = [])),
    responses(
        (
            status = 204,
            description = "All sessions have ended",
            headers(("set-cookie" = String, description = "Removes the cookie")),
        ),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago"),
    ),
)]
async fn log_out_everywhere(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
    client: Client,
) -> Result<impl IntoResponse, Error> {
    state.accounts.log_out_everywhere(&client, &user).await?;
    Ok((StatusCode::NO_CONTENT, state.sessions.remove_cookie()))
}
