//! The accounts of others, for administrators.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::{Client, RequireAdmin};
use crate::database::accounts::Account;
use crate::error::Error;
use crate::state::AppState;
use crate::valid::Valid;

/// `GET /accounts`, `POST /accounts/{id}/disable` and `/enable`, `DELETE /accounts/{id}/sessions` and
/// `/second-factor`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_accounts))
        .routes(routes!(disable_account))
        .routes(routes!(enable_account))
        .routes(routes!(end_sessions))
        .routes(routes!(reset_second_factor))
}

/// Which accounts to list.
#[derive(Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
struct AccountSearch {
    /// What the address has in it, in whichever letters.
    #[param(default = "", max_length = 254)]
    #[garde(length(chars, max = 254), custom(is_text))]
    #[serde(default)]
    search: String,
    /// The most accounts to list: 1 to 100.
    #[param(default = 20, minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    limit: i64,
    /// The number after which to begin: `next` of the page before.
    #[param(default = 0, minimum = 0)]
    #[garde(range(min = 0))]
    #[serde(default)]
    after: i64,
}

fn default_limit() -> i64 {
    20
}

/// PostgreSQL takes no texts with a zero.
fn is_text(text: &str, _: &()) -> garde::Result {
    match text.contains(char::is_control) {
        true => Err(garde::Error::new("must have no control characters")),
        false => Ok(()),
    }
}

/// An account, as administrators see it.
#[derive(Serialize, ToSchema)]
struct ListedAccount {
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
    /// Whether nobody can log in.
    is_disabled: bool,
    /// When the address was verified.
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
}

impl From<Account> for ListedAccount {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            name: account.name,
            is_admin: account.is_admin,
            is_disabled: account.is_disabled,
            created_at: account.created_at,
        }
    }
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
struct AccountList {
    /// The accounts, in the order of their numbers.
    accounts: Vec<ListedAccount>,
    /// Where the next page begins, if there is one.
    next: Option<i64>,
}

/// Lists accounts in the order of their numbers.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "accounts",
    security(("session" = [])),
    params(AccountSearch),
    responses(
        (status = 200, description = "A page of accounts", body = AccountList),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "Only administrators may do that"),
        (status = 422, description = "A parameter breaks its rule"),
    ),
)]
async fn list_accounts(
    State(state): State<AppState>,
    RequireAdmin(_): RequireAdmin,
    Valid(Query(page)): Valid<Query<AccountSearch>>,
) -> Result<Json<AccountList>, Error> {
    let AccountSearch {
        search,
        limit,
        after,
    } = page;
    // One more shows whether there is another page.
    let mut accounts = state.accounts.list(&search, after, limit + 1).await?;
    let count = usize::try_from(limit).expect("at most 100");
    let has_more = accounts.len() > count;
    accounts.truncate(count);
    let last = accounts.last().map(|account| account.id);
    Ok(Json(AccountList {
        next: last.filter(|_| has_more),
        accounts: accounts.into_iter().map(ListedAccount::from).collect(),
    }))
}

/// Ends all sessions of an account, and allows no others.
#[utoipa::path(
    post,
    path = "/accounts/{id}/disable",
    tag = "accounts",
    security(("session" = [])),
    params(("id" = i64, Path, description = "The number of the account", example = 1)),
    responses(
        (status = 204, description = "Nobody can log in"),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "Only administrators may do that"),
        (status = 404, description = "There is no such account"),
        (status = 409, description = "It is the administrator's own"),
    ),
)]
async fn disable_account(
    State(state): State<AppState>,
    RequireAdmin(admin): RequireAdmin,
    client: Client,
    Path(id): Path<i64>,
) -> Result<StatusCode, Error> {
    state.accounts.disable(&client, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Allows sessions of an account again.
#[utoipa::path(
    post,
    path = "/accounts/{id}/enable",
    tag = "accounts",
    security(("session" = [])),
    params(("id" = i64, Path, description = "The number of the account", example = 1)),
    responses(
        (status = 204, description = "The owner can log in"),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "Only administrators may do that"),
        (status = 404, description = "There is no such account"),
    ),
)]
async fn enable_account(
    State(state): State<AppState>,
    RequireAdmin(admin): RequireAdmin,
    client: Client,
    Path(id): Path<i64>,
) -> Result<StatusCode, Error> {
    state.accounts.enable(&client, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of an account.
#[utoipa::path(
    delete,
    path = "/accounts/{id}/sessions",
    tag = "accounts",
    security(("session" = [])),
    params(("id" = i64, Path, description = "The number of the account", example = 1)),
    responses(
        (status = 204, description = "All sessions have ended"),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "Only administrators may do that"),
        (status = 404, description = "There is no such account"),
    ),
)]
async fn end_sessions(
    State(state): State<AppState>,
    RequireAdmin(admin): RequireAdmin,
    client: Client,
    Path(id): Path<i64>,
) -> Result<StatusCode, Error> {
    state.accounts.end_sessions_of(&client, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the second factor of an account whose owner cannot use it, and ends all sessions.
#[utoipa::path(
    delete,
    path = "/accounts/{id}/second-factor",
    tag = "accounts",
    security(("session" = [])),
    params(("id" = i64, Path, description = "The number of the account", example = 1)),
    responses(
        (status = 204, description = "The password is enough"),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "Only administrators may do that"),
        (status = 404, description = "There is no such account"),
        (status = 409, description = "The account has no second factor"),
    ),
)]
async fn reset_second_factor(
    State(state): State<AppState>,
    RequireAdmin(admin): RequireAdmin,
    client: Client,
    Path(id): Path<i64>,
) -> Result<StatusCode, Error> {
    state.accounts.reset_factor(&client, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
