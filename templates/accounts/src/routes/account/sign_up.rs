//! Signing up.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OwnAccount;
use super::pages::{sign_up as pages, with_form};
use crate::accounts::{Client, EmailAddress, NewPassword, Password, Token};
use crate::error::Error;
use crate::redis::session::CurrentSession;
use crate::state::AppState;
use crate::valid::Valid;

/// `GET` and `POST /account/register`, `/account/resend` and `/account/verify`, and `GET /account/mail-sent`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(with_form(
            routes!(pages::register_page, register),
            post(pages::register_form),
        ))
        .routes(with_form(
            routes!(pages::resend_page, resend),
            post(pages::resend_form),
        ))
        .routes(with_form(
            routes!(pages::verify_page, verify),
            post(pages::verify_form),
        ))
        .routes(routes!(pages::mail_sent_page))
}

/// What somebody says who wants an account.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct Registration {
    /// The address for mail.
    email: EmailAddress,
    /// The password: any characters, but not one that many people have.
    password: NewPassword,
}

/// An address.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(super) struct OneAddress {
    /// The address for mail.
    pub(super) email: EmailAddress,
}

/// The token of a mail, and the password that was chosen when it was asked for.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct Verification {
    /// The token of the link.
    token: Token,
    /// The password.
    password: Password,
}

/// Asks for an account. The answer is the same for every address: a mail says more.
#[utoipa::path(
    post,
    path = "/account/register",
    tag = "account",
    request_body = Registration,
    responses(
        (status = 202, description = "There will be a mail"),
        (status = 422, description = "The address or the password cannot be used"),
    ),
)]
async fn register(
    State(state): State<AppState>,
    client: Client,
    Valid(Json(registration)): Valid<Json<Registration>>,
) -> Result<StatusCode, Error> {
    let Registration { email, password } = registration;
    state.accounts.register(&client, email, &password).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Asks for the mail of a registration again.
#[utoipa::path(
    post,
    path = "/account/resend",
    tag = "account",
    request_body = OneAddress,
    responses((status = 202, description = "There will be a mail, if there is anything to confirm")),
)]
async fn resend(
    State(state): State<AppState>,
    client: Client,
    Valid(Json(OneAddress { email })): Valid<Json<OneAddress>>,
) -> Result<StatusCode, Error> {
    state.accounts.resend(&client, email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Creates the account, and logs its owner in.
#[utoipa::path(
    post,
    path = "/account/verify",
    tag = "account",
    request_body = Verification,
    responses(
        (
            status = 201,
            description = "The account",
            body = OwnAccount,
            headers(("set-cookie" = String, description = "The session")),
        ),
        (status = 403, description = "The token is not valid any more, or the password is another one"),
    ),
)]
async fn verify(
    State(state): State<AppState>,
    CurrentSession(current): CurrentSession,
    client: Client,
    Valid(Json(verification)): Valid<Json<Verification>>,
) -> Result<impl IntoResponse, Error> {
    let Verification { token, password } = verification;
    let account = state.accounts.verify(&client, &token, &password).await?;
    let session = state
        .accounts
        .begin_session(&client, &account, current)
        .await?;
    let account = OwnAccount::from(account);
    let cookie = state.sessions.set_cookie(&session);
    Ok((StatusCode::CREATED, cookie, Json(account)))
}
