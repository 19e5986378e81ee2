//! Forgotten passwords.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::{recovery as pages, with_form};
use super::sign_up::OneAddress;
use crate::accounts::{Client, NewPassword, Token};
use crate::error::Error;
use crate::state::AppState;
use crate::valid::Valid;

/// `GET` and `POST /account/forgot`, `GET` and `POST /account/reset`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(with_form(
            routes!(pages::forgot_page, forgot),
            post(pages::forgot_form),
        ))
        .routes(with_form(
            routes!(pages::reset_page, reset),
            post(pages::reset_form),
        ))
}

/// The token of a mail, and another password.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct PasswordReset {
    /// The token of the link.
    token: Token,
    /// The new password: any characters, but not one that many people have.
    password: NewPassword,
}

/// Asks for a mail with which another password can be set. The answer is the same for every address.
#[utoipa::path(
    post,
    path = "/account/forgot",
    tag = "account",
    request_body = OneAddress,
    responses((status = 202, description = "There will be a mail, if there is such an account")),
)]
async fn forgot(
    State(state): State<AppState>,
    client: Client,
    Valid(Json(OneAddress { email })): Valid<Json<OneAddress>>,
) -> Result<StatusCode, Error> {
    state.accounts.forgot(&client, email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets another password, and ends all sessions of the account.
#[utoipa::path(
    post,
    path = "/account/reset",
    tag = "account",
    request_body = PasswordReset,
    responses(
        (status = 204, description = "The account has the password; log in with it"),
        (status = 403, description = "The token is not valid any more"),
        (status = 422, description = "The password cannot be used"),
    ),
)]
async fn reset(
    State(state): State<AppState>,
    client: Client,
    Valid(Json(reset)): Valid<Json<PasswordReset>>,
) -> Result<StatusCode, Error> {
    let PasswordReset { token, password } = reset;
    state.accounts.reset(&client, &token, &password).await?;
    Ok(StatusCode::NO_CONTENT)
}
