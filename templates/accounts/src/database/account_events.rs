//! What happened to accounts.

use chrono::{DateTime, Utc};

use super::Executor;
use super::statement::statements;

statements! {
    INSERT: (Option<i64>, String, String, DateTime<Utc>) => () = "
        INSERT INTO account_events (account_id, event, client, at) VALUES ($1, $2, $3, $4)";
    FORGET_CLIENTS: (i64,) => () = "
        UPDATE account_events SET client = '' WHERE account_id = $1";
    DELETE_BEFORE: (DateTime<Utc>,) => () = "DELETE FROM account_events WHERE at < $1";
}

/// Adds an event.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn insert(
    executor: impl Executor<'_>,
    account_id: Option<i64>,
    event: &str,
    client: String,
) -> Result<(), sqlx::Error> {
    let parameters = (account_id, event.to_owned(), client, Utc::now());
    INSERT.optional(executor, parameters).await.map(drop)
}

/// Forgets from where an account was used.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn forget_clients(
    executor: impl Executor<'_>,
    account_id: i64,
) -> Result<(), sqlx::Error> {
    let parameters = (account_id,);
    FORGET_CLIENTS
        .optional(executor, parameters)
        .await
        .map(drop)
}

/// Deletes the events before a time.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete_before(
    executor: impl Executor<'_>,
    time: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    DELETE_BEFORE.optional(executor, (time,)).await.map(drop)
}
