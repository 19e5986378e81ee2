//! The second factors of accounts, and their recovery codes.

use chrono::{DateTime, Utc};

use super::Executor;
use super::statement::{columns, statements};

/// The second factor of an account.
#[derive(Clone, Debug)]
pub struct Factor {
    /// The account.
    pub account_id: i64,
    /// The secret of the app, as [`FactorKey`](crate::accounts::FactorKey) has sealed it.
    pub sealed: Vec<u8>,
    /// Whether it is asked for: the owner has shown once that the app has the secret.
    pub is_active: bool,
    /// How many wrong codes there were since the last right one.
    pub failures: i64,
    /// Before this time, no code is looked at.
    pub retry_at: DateTime<Utc>,
}

columns!(Factor: account_id, sealed, is_active, failures, retry_at);

statements! {
    FIND: (i64,) => Factor = "
        SELECT account_id, sealed, is_active, failures, retry_at FROM account_factors
        WHERE account_id = $1";
    PROPOSE: (i64, Vec<u8>, DateTime<Utc>) => (i64,) = "
        INSERT INTO account_factors (account_id, sealed, is_active, last_step, failures, retry_at)
        VALUES ($1, $2, false, 0, 0, $3)
        ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed, last_step = 0
        WHERE NOT account_factors.is_active
        RETURNING account_id";
    ACTIVATE: (i64, Vec<u8>) => (i64,) = "
        UPDATE account_factors SET is_active = true
        WHERE account_id = $1 AND sealed = $2 AND NOT is_active RETURNING account_id";
    ATTEMPT: (i64, i64, DateTime<Utc>) => (i64,) = "
        UPDATE account_factors SET failures = failures + 1, retry_at = $3
        WHERE account_id = $1 AND failures = $2 RETURNING account_id";
    ACCEPT: (i64, i64, DateTime<Utc>) => (i64,) = "
        UPDATE account_factors SET last_step = $2, failures = 0, retry_at = $3
        WHERE account_id = $1 AND last_step < $2 RETURNING account_id";
    DELETE: (i64,) => (i64,) = "
        DELETE FROM account_factors WHERE account_id = $1 RETURNING account_id";
    ADD_CODE: (i64, String) => () = "
        INSERT INTO account_recovery_codes (account_id, code_hash) VALUES ($1, $2)";
    TAKE_CODE: (i64, String) => (i64,) = "
        DELETE FROM account_recovery_codes WHERE account_id = $1 AND code_hash = $2
        RETURNING account_id";
    COUNT_CODES: (i64,) => (i64,) = "
        SELECT COUNT(*) FROM account_recovery_codes WHERE account_id = $1";
    DELETE_CODES: (i64,) => () = "DELETE FROM account_recovery_codes WHERE account_id = $1";
}

/// The second factor of an account, if it has one, active or not.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn find(
    executor: impl Executor<'_>,
    account_id: i64,
) -> Result<Option<Factor>, sqlx::Error> {
    FIND.optional(executor, (account_id,)).await
}

/// Gives an account a secret that is not active, and returns whether it could: an active one stays.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn propose(
    executor: impl Executor<'_>,
    account_id: i64,
    sealed: Vec<u8>,
) -> Result<bool, sqlx::Error> {
    let parameters = (account_id, sealed, Utc::now());
    Ok(PROPOSE.optional(executor, parameters).await?.is_some())
}

/// Makes a secret active, and returns whether it was still there and was not.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn activate(executor: impl Executor<'_>, factor: &Factor) -> Result<bool, sqlx::Error> {
    let parameters = (factor.account_id, factor.sealed.clone());
    Ok(ACTIVATE.optional(executor, parameters).await?.is_some())
}

/// Counts a code as a wrong one before anybody looks at it, and returns whether no other one was counted
/// since the factor was read. The next one is looked at from a time on.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn attempt(
    executor: impl Executor<'_>,
    factor: &Factor,
    retry_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let parameters = (factor.account_id, factor.failures, retry_at);
    Ok(ATTEMPT.optional(executor, parameters).await?.is_some())
}

/// Takes the code of a step, counts anew, and returns whether neither this code nor a later one was taken
/// before.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn accept(
    executor: impl Executor<'_>,
    account_id: i64,
    step: i64,
) -> Result<bool, sqlx::Error> {
    let parameters = (account_id, step, Utc::now());
    Ok(ACCEPT.optional(executor, parameters).await?.is_some())
}

/// Removes the second factor of an account, and returns whether there was one.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete(executor: impl Executor<'_>, account_id: i64) -> Result<bool, sqlx::Error> {
    Ok(DELETE.optional(executor, (account_id,)).await?.is_some())
}

/// Adds a recovery code to an account.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn add_code(
    executor: impl Executor<'_>,
    account_id: i64,
    code_hash: String,
) -> Result<(), sqlx::Error> {
    let parameters = (account_id, code_hash);
    ADD_CODE.optional(executor, parameters).await.map(drop)
}

/// Uses a recovery code of an account up, and returns whether there was such a one.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn take_code(
    executor: impl Executor<'_>,
    account_id: i64,
    code_hash: String,
) -> Result<bool, sqlx::Error> {
    let parameters = (account_id, code_hash);
    Ok(TAKE_CODE.optional(executor, parameters).await?.is_some())
}

/// How many recovery codes an account has left.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn count_codes(executor: impl Executor<'_>, account_id: i64) -> Result<i64, sqlx::Error> {
    let (count,) = COUNT_CODES.one(executor, (account_id,)).await?;
    Ok(count)
}

/// Removes all recovery codes of an account.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete_codes(executor: impl Executor<'_>, account_id: i64) -> Result<(), sqlx::Error> {
    DELETE_CODES
        .optional(executor, (account_id,))
        .await
        .map(drop)
}
