//! The accounts.

use chrono::{DateTime, Utc};

use super::Executor;
use super::statement::{columns, statements};

/// An account, whose address is verified.
#[derive(Clone, Debug)]
pub struct Account {
    /// The number of the account.
    pub id: i64,
    /// The address for mail, as its owner writes it.
    pub email: String,
    /// The name to show; empty if none was given.
    pub name: String,
    /// The hash of the password, in the PHC string format.
    pub password_hash: String,
    /// Whether its owner may do what administrators may.
    pub is_admin: bool,
    /// Whether nobody can log in.
    pub is_disabled: bool,
    /// Sessions of another generation have ended.
    pub generation: i64,
    /// When its address was verified.
    pub created_at: DateTime<Utc>,
}

columns!(Account: id, email, name, password_hash, is_admin, is_disabled, generation, created_at);

statements! {
    FIND: (i64,) => Account = "
        SELECT id, email, name, password_hash, is_admin, is_disabled, generation, created_at
        FROM accounts WHERE id = $1";
    FIND_BY_EMAIL: (String,) => Account = "
        SELECT id, email, name, password_hash, is_admin, is_disabled, generation, created_at
        FROM accounts WHERE lower(email) = lower($1)";
    INSERT: (String, String, DateTime<Utc>) => Account = "
        INSERT INTO accounts
            (email, name, password_hash, is_admin, is_disabled, generation, created_at)
        VALUES ($1, '', $2, false, false, 0, $3)
        ON CONFLICT DO NOTHING
        RETURNING id, email, name, password_hash, is_admin, is_disabled, generation, created_at";
    RENAME: (i64, String) => Account = "
        UPDATE accounts SET name = $2 WHERE id = $1
        RETURNING id, email, name, password_hash, is_admin, is_disabled, generation, created_at";
    SET_EMAIL: (i64, String) => () = "UPDATE accounts SET email = $2 WHERE id = $1";
    SET_PASSWORD: (i64, String, String) => Account = "
        UPDATE accounts SET password_hash = $3, generation = generation + 1
        WHERE id = $1 AND password_hash = $2
        RETURNING id, email, name, password_hash, is_admin, is_disabled, generation, created_at";
    REHASH: (i64, String, String) => () = "
        UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    END_SESSIONS: (i64,) => () = "
        UPDATE accounts SET generation = generation + 1 WHERE id = $1";
    DELETE: (i64,) => () = "DELETE FROM accounts WHERE id = $1";
    SET_ADMIN: (i64,) => () = "UPDATE accounts SET is_admin = true WHERE id = $1";
    SET_DISABLED: (i64, bool) => () = "
        UPDATE accounts SET is_disabled = $2, generation = generation + 1 WHERE id = $1";
    LIST: (String, i64, i64) => Account = r"
        SELECT id, email, name, password_hash, is_admin, is_disabled, generation, created_at
        FROM accounts WHERE lower(email) LIKE lower($1) ESCAPE '\' AND id > $2
        ORDER BY id LIMIT $3";
}

/// The account of this number.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn find(executor: impl Executor<'_>, id: i64) -> Result<Option<Account>, sqlx::Error> {
    FIND.optional(executor, (id,)).await
}

/// The account that has this address, in whichever letters.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn find_by_email(
    executor: impl Executor<'_>,
    email: String,
) -> Result<Option<Account>, sqlx::Error> {
    FIND_BY_EMAIL.optional(executor, (email,)).await
}

/// Creates an account, unless another one has the address.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn insert(
    executor: impl Executor<'_>,
    email: String,
    password_hash: String,
) -> Result<Option<Account>, sqlx::Error> {
    let parameters = (email, password_hash, Utc::now());
    INSERT.optional(executor, parameters).await
}

/// Gives an account another name, if it is there.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn rename(
    executor: impl Executor<'_>,
    id: i64,
    name: String,
) -> Result<Option<Account>, sqlx::Error> {
    RENAME.optional(executor, (id, name)).await
}

/// Gives an account another address.
///
/// # Errors
///
/// If another account has it, and if the database cannot answer.
pub async fn set_email(
    executor: impl Executor<'_>,
    id: i64,
    email: String,
) -> Result<(), sqlx::Error> {
    SET_EMAIL.optional(executor, (id, email)).await.map(drop)
}

/// Replaces a password and ends all sessions, unless the password is another one by now.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn set_password(
    executor: impl Executor<'_>,
    account: &Account,
    password_hash: String,
) -> Result<Option<Account>, sqlx::Error> {
    let parameters = (account.id, account.password_hash.clone(), password_hash);
    SET_PASSWORD.optional(executor, parameters).await
}

/// Keeps another hash of the same password, unless the password is another one by now.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn rehash(
    executor: impl Executor<'_>,
    account: &Account,
    password_hash: String,
) -> Result<(), sqlx::Error> {
    let parameters = (account.id, account.password_hash.clone(), password_hash);
    REHASH.optional(executor, parameters).await.map(drop)
}

/// Ends all sessions of an account.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn end_sessions(executor: impl Executor<'_>, id: i64) -> Result<(), sqlx::Error> {
    END_SESSIONS.optional(executor, (id,)).await.map(drop)
}

/// Deletes an account, together with what was requested for it.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete(executor: impl Executor<'_>, id: i64) -> Result<(), sqlx::Error> {
    DELETE.optional(executor, (id,)).await.map(drop)
}

/// Makes an account that of an administrator.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn set_admin(executor: impl Executor<'_>, id: i64) -> Result<(), sqlx::Error> {
    SET_ADMIN.optional(executor, (id,)).await.map(drop)
}

/// Ends all sessions of an account, and returns whether it may have others.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn set_disabled(
    executor: impl Executor<'_>,
    id: i64,
    is_disabled: bool,
) -> Result<(), sqlx::Error> {
    SET_DISABLED
        .optional(executor, (id, is_disabled))
        .await
        .map(drop)
}

/// The accounts that have a text in their address, in whichever letters, and a greater number than `after`,
/// in order, at most `limit` of them.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn list(
    executor: impl Executor<'_>,
    text: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Account>, sqlx::Error> {
    let text = text
        .replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_");
    LIST.all(executor, (format!("%{text}%"), after, limit))
        .await
}
