//! From where owners of accounts have come.

use super::Executor;
use super::statement::statements;

statements! {
    HAS_COME_FROM: (String, String, String) => (bool,) = "
        SELECT EXISTS (
            SELECT 1 FROM account_events JOIN accounts ON accounts.id = account_id
            WHERE lower(email) = lower($1) AND event = $2 AND client = $3)";
}

/// Whether the event has happened to the account of an address from a network.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn has_come_from(
    executor: impl Executor<'_>,
    email: String,
    event: &str,
    client: String,
) -> Result<bool, sqlx::Error> {
    let parameters = (email, event.to_owned(), client);
    let (has,) = HAS_COME_FROM.one(executor, parameters).await?;
    Ok(has)
}
