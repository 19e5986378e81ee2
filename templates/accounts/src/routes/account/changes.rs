//! What owners of accounts change.

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
use super::pages::{address as pages, with_form};
use super::sign_up::OneAddress;
use crate::accounts::scope::WriteProfile;
use crate::accounts::{
    Client, NewPassword, Password, RequireRecent, RequireScope, RequireUser, Token,
};
use crate::error::Error;
use crate::state::AppState;
use crate::valid::Valid;

/// `PUT /account/password`, `PUT /account/address`, and `GET` and `POST /account/address/verify`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(change_password))
        .routes(routes!(change_address))
        .routes(with_form(
            routes!(pages::verify_address_page, verify_address),
            post(pages::verify_address_form),
        ))
}

/// What owners of accounts say of themselves.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountChange {
    /// The name to show, in at most 200 characters.
    #[schema(
        example = "Ada Lovelace",
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"
    )]
    #[garde(length(chars, max = 200), custom(is_printable))]
    name: String,
}

pub(super) fn is_printable(text: &str, _: &()) -> garde::Result {
    match text.contains(char::is_control) {
        true => Err(garde::Error::new("must have no control characters")),
        false => Ok(()),
    }
}

/// The password as it is, and as it shall be.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    /// The password as it is.
    password: Password,
    /// The new password: any characters, but not one that many people have.
    new_password: NewPassword,
}

/// The token of a mail.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct AddressVerification {
    /// The token of the link.
    token: Token,
}

/// Changes what the owner says of themselves.
#[utoipa::path(
    patch,
    path = "/account",
    tag = "account",
    security(("session" = []), ("token" = ["profile:write"])),
    request_body = AccountChange,
    responses(
        (status = 200, description = "The account", body = OwnAccount),
        (status = 401, description = "Nobody is logged in, and there is no valid token"),
        (status = 403, description = "The token lacks the scope"),
        (status = 422, description = "The name cannot be shown"),
    ),
)]
pub(super) async fn rename(
    State(state): State<AppState>,
    RequireScope(account, _): RequireScope<WriteProfile>,
    Valid(Json(AccountChange { name })): Valid<Json<AccountChange>>,
) -> Result<Json<OwnAccount>, Error> {
    let account = state.accounts.rename(&account, name).await?;
    Ok(Json(account.into()))
}

/// Deletes the account, after a recent log-in.
#[utoipa::path(
    delete,
    path = "/account",
    tag = "account",
    security(("session" = [])),
    responses(
        (
            status = 204,
            description = "The account is gone",
            headers(("set-cookie" = String, description = "Removes the cookie")),
        ),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
    client: Client,
) -> Result<impl IntoResponse, Error> {
    state.accounts.delete(&client, &user).await?;
    Ok((StatusCode::NO_CONTENT, state.sessions.remove_cookie()))
}

/// Sets another password, and ends all other sessions.
#[utoipa::path(
    put,
    path = "/account/password",
    tag = "account",
    security(("session" = [])),
    request_body = PasswordChange,
    responses(
        (
            status = 204,
            description = "The account has the new password",
            headers(("set-cookie" = String, description = "The session")),
        ),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The old password is another one"),
        (status = 422, description = "The new password cannot be used"),
    ),
)]
async fn change_password(
    State(state): State<AppState>,
    RequireUser(user): RequireUser,
    client: Client,
    Valid(Json(change)): Valid<Json<PasswordChange>>,
) -> Result<impl IntoResponse, Error> {
    let (old, new) = (change.password, change.new_password);
    let changed = state.accounts.change_password(&client, &user, &old, &new);
    let session = changed.await?;
    Ok((StatusCode::NO_CONTENT, state.sessions.set_cookie(&session)))
}

/// Asks for another address, after a recent log-in. A mail to it says how to confirm that.
#[utoipa::path(
    put,
    path = "/account/address",
    tag = "account",
    security(("session" = [])),
    request_body = OneAddress,
    responses(
        (status = 202, description = "There will be a mail to both addresses"),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago"),
        (status = 422, description = "It is no address"),
    ),
)]
async fn change_address(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
    client: Client,
    Valid(Json(OneAddress { email })): Valid<Json<OneAddress>>,
) -> Result<StatusCode, Error> {
    state.accounts.change_address(&client, &user, email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Gives the account its new address.
#[utoipa::path(
    post,
    path = "/account/address/verify",
    tag = "account",
    security(("session" = [])),
    request_body = AddressVerification,
    responses(
        (status = 204, description = "The account has the address"),
        (status = 401, description = "Nobody is logged in"),
        (status = 409, description = "Another account has the address by now"),
        (status = 403, description = "The token is not valid any more, or is that of another account"),
    ),
)]
async fn verify_address(
    State(state): State<AppState>,
    RequireUser(user): RequireUser,
    client: Client,
    Valid(Json(AddressVerification { token })): Valid<Json<AddressVerification>>,
) -> Result<StatusCode, Error> {
    state
        .accounts
        .verify_address(&client, &user, &token)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
