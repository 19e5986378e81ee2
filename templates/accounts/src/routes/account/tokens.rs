//! The tokens of an owner's programs.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changes::is_printable;
use crate::accounts::{Client, RequireRecent, RequireUser, Scopes};
use crate::database::account_tokens;
use crate::error::Error;
use crate::state::AppState;
use crate::valid::Valid;

/// `GET` and `POST /account/tokens`, and `DELETE /account/tokens/{token}`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_tokens, create_token))
        .routes(routes!(revoke_token))
}

/// A token that somebody wants.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What to call it, in 1 to 100 characters.
    #[schema(
        example = "nightly report",
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"
    )]
    #[garde(length(chars, min = 1, max = 100), custom(is_printable))]
    name: String,
    /// What it is good for.
    scopes: Scopes,
    /// When it ends; without that, when it is taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<DateTime<Utc>>,
}

/// A token, as its owner sees it.
#[derive(Serialize, ToSchema)]
struct ListedToken {
    /// The number of the token.
    #[schema(example = 1)]
    id: i64,
    /// What its owner calls it.
    #[schema(example = "nightly report")]
    name: String,
    /// What it is good for.
    scopes: Scopes,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    /// When it ends, if it does.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<DateTime<Utc>>,
}

impl From<account_tokens::ApiToken> for ListedToken {
    fn from(token: account_tokens::ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: Scopes::parse(&token.scopes),
            created_at: token.created_at,
            expires_at: token.expires_at,
            used_at: token.used_at,
        }
    }
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
struct CreatedToken {
    /// The token itself, which is not shown again. Send it as `Authorization: Bearer …`.
    token: String,
    /// What is known of it.
    #[serde(flatten)]
    listed: ListedToken,
}

/// The tokens of an account.
#[derive(Serialize, ToSchema)]
struct Tokens {
    /// The tokens, in the order in which they were made.
    tokens: Vec<ListedToken>,
}

/// Makes a token for a program, after a recent log-in.
#[utoipa::path(
    post,
    path = "/account/tokens",
    tag = "account",
    security(("session" = [])),
    request_body = NewToken,
    responses(
        (status = 201, description = "The token, which is not shown again", body = CreatedToken),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago"),
        (status = 409, description = "The account has as many tokens as it may have"),
        (status = 422, description = "The name, a scope or the time cannot be used"),
    ),
)]
async fn create_token(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
    client: Client,
    Valid(Json(new)): Valid<Json<NewToken>>,
) -> Result<(StatusCode, Json<CreatedToken>), Error> {
    let NewToken {
        name,
        scopes,
        expires_at,
    } = new;
    let created = state
        .accounts
        .create_token(&client, &user, name, &scopes, expires_at);
    let (token, kept) = created.await?;
    let created = CreatedToken {
        token: token.expose().to_owned(),
        listed: kept.into(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Lists the tokens that have not expired.
#[utoipa::path(
    get,
    path = "/account/tokens",
    tag = "account",
    security(("session" = [])),
    responses(
        (status = 200, description = "The tokens", body = Tokens),
        (status = 401, description = "Nobody is logged in"),
    ),
)]
async fn list_tokens(
    State(state): State<AppState>,
    RequireUser(user): RequireUser,
) -> Result<Json<Tokens>, Error> {
    let tokens = state.accounts.tokens(&user).await?.into_iter();
    let tokens = tokens.map(ListedToken::from).collect();
    Ok(Json(Tokens { tokens }))
}

/// Takes a token back.
#[utoipa::path(
    delete,
    path = "/account/tokens/{token}",
    tag = "account",
    security(("session" = [])),
    params(("token" = i64, Path, description = "The number of the token", example = 1)),
    responses(
        (status = 204, description = "It opens nothing any more"),
        (status = 401, description = "Nobody is logged in"),
        (status = 404, description = "The account has no such token"),
    ),
)]
async fn revoke_token(
    State(state): State<AppState>,
    RequireUser(user): RequireUser,
    client: Client,
    Path(token): Path<i64>,
) -> Result<StatusCode, Error> {
    match state.accounts.revoke_token(&client, &user, token).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Error::new(
            StatusCode::NOT_FOUND,
            format!("the account has no token `{token}`"),
        )),
    }
}
