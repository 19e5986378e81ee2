//! What was asked for and is answered by mail.

use chrono::{DateTime, Utc};

use super::Executor;
use super::statement::{columns, statements};

/// Something that was asked for.
#[derive(Debug)]
pub struct Request {
    /// The number of the request.
    pub id: i64,
    /// What it is about.
    pub kind: String,
    /// Where the mail goes.
    pub email: String,
    /// The network that it was asked from.
    pub client: String,
    /// The hash of the password, if it is about an account that is not there yet.
    pub password_hash: Option<String>,
    /// The account that it is about.
    pub account_id: Option<i64>,
}

columns!(Request: id, kind, email, client, password_hash, account_id);

statements! {
    INSERT: (String, String, String, Option<String>, Option<i64>, DateTime<Utc>) => (i64,) = "
        INSERT INTO account_requests (kind, email, client, password_hash, account_id, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    FIND: (i64, DateTime<Utc>) => Request = "
        SELECT id, kind, email, client, password_hash, account_id FROM account_requests
        WHERE id = $1 AND expires_at > $2";
    LATEST: (String, String, DateTime<Utc>) => Request = "
        SELECT id, kind, email, client, password_hash, account_id FROM account_requests
        WHERE kind = $1 AND lower(email) = lower($2) AND expires_at > $3
        ORDER BY id DESC LIMIT 1";
    SET_TOKEN: (i64, String, Option<i64>, DateTime<Utc>) => () = "
        UPDATE account_requests SET token_hash = $2, account_id = $3, expires_at = $4
        WHERE id = $1";
    FIND_BY_TOKEN: (String, String, DateTime<Utc>) => Request = "
        SELECT id, kind, email, client, password_hash, account_id FROM account_requests
        WHERE token_hash = $1 AND kind = $2 AND expires_at > $3";
    TAKE: (i64, String) => (i64,) = "
        DELETE FROM account_requests WHERE id = $1 AND token_hash = $2 RETURNING id";
    DELETE: (i64,) => () = "DELETE FROM account_requests WHERE id = $1";
    DELETE_OF_ACCOUNT: (i64,) => () = "DELETE FROM account_requests WHERE account_id = $1";
    DELETE_OF_EMAIL: (String, String) => () = "
        DELETE FROM account_requests WHERE kind = $1 AND lower(email) = lower($2)";
    DELETE_EXPIRED: (DateTime<Utc>,) => () = "
        DELETE FROM account_requests WHERE expires_at <= $1";
}

/// Writes a request down, and returns its number.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn insert(
    executor: impl Executor<'_>,
    kind: &str,
    email: String,
    client: String,
    password_hash: Option<String>,
    account_id: Option<i64>,
    expires_at: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    let parameters = (
        kind.to_owned(),
        email,
        client,
        password_hash,
        account_id,
        expires_at,
    );
    let (id,) = INSERT.one(executor, parameters).await?;
    Ok(id)
}

/// The request of this number, unless it has expired.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn find(executor: impl Executor<'_>, id: i64) -> Result<Option<Request>, sqlx::Error> {
    FIND.optional(executor, (id, Utc::now())).await
}

/// The last request of a kind for an address that has not expired.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn latest(
    executor: impl Executor<'_>,
    kind: &str,
    email: String,
) -> Result<Option<Request>, sqlx::Error> {
    let parameters = (kind.to_owned(), email, Utc::now());
    LATEST.optional(executor, parameters).await
}

/// Makes a token open a request, which is about this account, until a time.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn set_token(
    executor: impl Executor<'_>,
    id: i64,
    token_hash: String,
    account_id: Option<i64>,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let parameters = (id, token_hash, account_id, expires_at);
    SET_TOKEN.optional(executor, parameters).await.map(drop)
}

/// The request of a kind that a token opens, unless it has expired.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn find_by_token(
    executor: impl Executor<'_>,
    token_hash: String,
    kind: &str,
) -> Result<Option<Request>, sqlx::Error> {
    let parameters = (token_hash, kind.to_owned(), Utc::now());
    FIND_BY_TOKEN.optional(executor, parameters).await
}

/// Deletes a request that a token opens, and returns whether this call did.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn take(
    executor: impl Executor<'_>,
    id: i64,
    token_hash: String,
) -> Result<bool, sqlx::Error> {
    Ok(TAKE.optional(executor, (id, token_hash)).await?.is_some())
}

/// Deletes a request.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete(executor: impl Executor<'_>, id: i64) -> Result<(), sqlx::Error> {
    DELETE.optional(executor, (id,)).await.map(drop)
}

/// Deletes what was requested for an account.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete_of_account(
    executor: impl Executor<'_>,
    account_id: i64,
) -> Result<(), sqlx::Error> {
    let parameters = (account_id,);
    DELETE_OF_ACCOUNT
        .optional(executor, parameters)
        .await
        .map(drop)
}

/// Deletes the requests of a kind for an address.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete_of_email(
    executor: impl Executor<'_>,
    kind: &str,
    email: String,
) -> Result<(), sqlx::Error> {
    let parameters = (kind.to_owned(), email);
    DELETE_OF_EMAIL
        .optional(executor, parameters)
        .await
        .map(drop)
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
