//! The tokens of programs.

use chrono::{DateTime, Utc};

use super::Executor;
use super::statement::{columns, statements};

/// A token, as far as the database knows it.
#[derive(Clone, Debug)]
pub struct ApiToken {
    /// The number of the token.
    pub id: i64,
    /// The account that it belongs to.
    pub account_id: i64,
    /// What its owner calls it.
    pub name: String,
    /// The names of what it is good for, with a space between them.
    pub scopes: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends, if it does.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub used_at: Option<DateTime<Utc>>,
}

columns!(ApiToken: id, account_id, name, scopes, created_at, expires_at, used_at);

statements! {
    INSERT: (i64, String, String, String, DateTime<Utc>, Option<DateTime<Utc>>) => ApiToken = "
        INSERT INTO account_tokens (account_id, name, token_hash, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id, account_id, name, scopes, created_at, expires_at, used_at";
    FIND: (String, DateTime<Utc>) => ApiToken = "
        SELECT id, account_id, name, scopes, created_at, expires_at, used_at FROM account_tokens
        WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > $2)";
    LIST: (i64, DateTime<Utc>) => ApiToken = "
        SELECT id, account_id, name, scopes, created_at, expires_at, used_at FROM account_tokens
        WHERE account_id = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY id";
    TOUCH: (i64, DateTime<Utc>) => () = "UPDATE account_tokens SET used_at = $2 WHERE id = $1";
    DELETE: (i64, i64) => (i64,) = "
        DELETE FROM account_tokens WHERE id = $1 AND account_id = $2 RETURNING id";
    DELETE_EXPIRED: (DateTime<Utc>,) => () = "
        DELETE FROM account_tokens WHERE expires_at <= $1";
}

/// Adds a token to an account.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn insert(
    executor: impl Executor<'_>,
    account_id: i64,
    name: String,
    token_hash: String,
    scopes: String,
    expires_at: Option<DateTime<Utc>>,
) -> Result<ApiToken, sqlx::Error> {
    let parameters = (account_id, name, token_hash, scopes, Utc::now(), expires_at);
    INSERT.one(executor, parameters).await
}

/// The token that has a hash, unless it has expired.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn find(
    executor: impl Executor<'_>,
    token_hash: String,
) -> Result<Option<ApiToken>, sqlx::Error> {
    FIND.optional(executor, (token_hash, Utc::now())).await
}

/// The tokens of an account that have not expired, in the order in which they were made.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn list(
    executor: impl Executor<'_>,
    account_id: i64,
) -> Result<Vec<ApiToken>, sqlx::Error> {
    LIST.all(executor, (account_id, Utc::now())).await
}

/// Takes note that a token is used now.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn touch(executor: impl Executor<'_>, id: i64) -> Result<(), sqlx::Error> {
    TOUCH.optional(executor, (id, Utc::now())).await.map(drop)
}

/// Deletes a token of an account, and returns whether there was one.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete(
    executor: impl Executor<'_>,
    id: i64,
    account_id: i64,
) -> Result<bool, sqlx::Error> {
    Ok(DELETE.optional(executor, (id, account_id)).await?.is_some())
}

/// Deletes what has expired.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete_expired(executor: impl Executor<'_>) -> Result<(), sqlx::Error> {
    DELETE_EXPIRED
        .optional(executor, (Utc::now(),))
        .await
        .map(drop)
}
