//! Accounts over HTTP: `/account` is that of whoever asks.
//!
//! - `pages`: the same for people without a program of their own
//!
//! Links in mails lead to pages that change nothing before somebody sends the token with `POST`, because
//! programs that look for harm in mails follow links.

mod changes;
mod devices;
mod log_in;
mod pages;
mod recovery;
mod second_factor;
mod sign_up;
mod tokens;

use axum::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::RequireScope;
use crate::accounts::scope::ReadProfile;
use crate::database::accounts::Account;
use crate::state::AppState;

/// Everything below `/account`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(account, changes::rename, changes::delete))
        .merge(sign_up::router())
        .merge(log_in::router())
        .merge(recovery::router())
        .merge(changes::router())
        .merge(devices::router())
        .merge(second_factor::router())
        .merge(tokens::router())
}

/// An account, as its owner sees it.
#[derive(Serialize, ToSchema)]
struct OwnAccount {
    /// The number of the account.
    #[schema(example = 1)]
    id: i64,
    /// The address for mail.
    #[schema(example = "ada@example.com")]
    email: String,
    /// The name to show; empty if none was given.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// Whether the owner may do what administrators may.
    is_admin: bool,
    /// When the address was verified.
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
}

impl From<Account> for OwnAccount {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            name: account.name,
            is_admin: account.is_admin,
            created_at: account.created_at,
        }
    }
}

/// Shows the account of whoever is logged in, or has given a token to a program.
#[utoipa::path(
    get,
    path = "/account",
    tag = "account",
    security(("session" = []), ("token" = ["profile:read"])),
    responses(
        (status = 200, description = "The account", body = OwnAccount),
        (status = 401, description = "Nobody is logged in, and there is no valid token"),
        (status = 403, description = "The token lacks the scope"),
    ),
)]
async fn account(RequireScope(account, _): RequireScope<ReadProfile>) -> Json<OwnAccount> {
    Json(account.into())
}
