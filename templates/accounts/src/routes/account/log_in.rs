//! Logging in and out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OwnAccount;
use super::pages::{log_in as pages, with_form};
use crate::accounts::{
    Client, Code, EmailAddress, LogInStep, Password, RequireRecent, RequireUser, Token,
};
use crate::error::Error;
use crate::redis::session::CurrentSession;
use crate::state::AppState;
use crate::valid::Valid;

/// `GET` and `POST /account/log-in`, and `POST /account/log-in/code`, `/account/confirm`, `/account/log-out` and
/// `/account/log-out-everywhere`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(with_form(
            routes!(pages::log_in_page, log_in),
            post(pages::log_in_form),
        ))
        .routes(routes!(log_in_with_code))
        .routes(routes!(confirm))
        .routes(with_form(routes!(log_out), post(pages::log_out_form)))
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

/// A log-in that is half done: it opens nothing without a code.
#[derive(Serialize, ToSchema)]
struct HalfDone {
    /// What to send with the code to `/account/log-in/code`, within five minutes.
    log_in: String,
}

/// The second half of a log-in.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct SecondHalf {
    /// What the first half was answered with.
    log_in: Token,
    /// The code of the app, or a recovery code.
    code: Code,
}

/// The password of whoever is logged in.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// The password.
    password: Password,
    /// A code, if there is a second factor.
    code: Option<Code>,
}

/// Begins a session, or asks for a code where there is a second factor.
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
        (status = 202, description = "The password is right, and a code is missing", body = HalfDone),
        (status = 401, description = "The address or the password is wrong"),
    ),
)]
async fn log_in(
    State(state): State<AppState>,
    CurrentSession(current): CurrentSession,
    client: Client,
    Valid(Json(credentials)): Valid<Json<Credentials>>,
) -> Result<Response, Error> {
    let Credentials { email, password } = credentials;
    let step = state.accounts.log_in(&client, email, &password, current);
    Ok(match step.await? {
        LogInStep::Done(account, session) => {
            let account = OwnAccount::from(account);
            (state.sessions.set_cookie(&session), Json(account)).into_response()
        }
        LogInStep::Code(log_in) => {
            let log_in = log_in.expose().to_owned();
            (StatusCode::ACCEPTED, Json(HalfDone { log_in })).into_response()
        }
    })
}

/// Begins a session, with a code after the password.
#[utoipa::path(
    post,
    path = "/account/log-in/code",
    tag = "account",
    request_body = SecondHalf,
    responses(
        (
            status = 200,
            description = "The account",
            body = OwnAccount,
            headers(("set-cookie" = String, description = "The session")),
        ),
        (status = 401, description = "The log-in is over: begin again with the password"),
        (status = 403, description = "The code is wrong, or was used before"),
        (status = 429, description = "There were too many wrong codes"),
    ),
)]
async fn log_in_with_code(
    State(state): State<AppState>,
    CurrentSession(current): CurrentSession,
    client: Client,
    Valid(Json(SecondHalf { log_in, code })): Valid<Json<SecondHalf>>,
) -> Result<impl IntoResponse, Error> {
    let logged_in = state
        .accounts
        .log_in_with_code(&client, &log_in, &code, current);
    let (account, session) = logged_in.await?;
    let account = OwnAccount::from(account);
    Ok((state.sessions.set_cookie(&session), Json(account)))
}

/// Shows the password again, and a code if there is a second factor, before a change of what matters.
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
        (status = 403, description = "The password or the code is wrong, or there is no code"),
        (status = 429, description = "There were too many wrong codes"),
    ),
)]
async fn confirm(
    State(state): State<AppState>,
    RequireUser(user): RequireUser,
    client: Client,
    Valid(Json(Confirmation { password, code })): Valid<Json<Confirmation>>,
) -> Result<impl IntoResponse, Error> {
    let confirmed = state
        .accounts
        .confirm(&client, &user, &password, code.as_ref());
    let session = confirmed.await?;
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
    end_session(&state, &client, &headers).await?;
    Ok((StatusCode::NO_CONTENT, state.sessions.remove_cookie()))
}

/// Ends the session of a request, if it has one.
pub(super) async fn end_session(
    state: &AppState,
    client: &Client,
    headers: &HeaderMap,
) -> Result<(), Error> {
    match state.sessions.id_from(headers) {
        Some(id) => Ok(state.accounts.log_out(client, &id).await?),
        None => Ok(()),
    }
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
