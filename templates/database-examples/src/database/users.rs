//! The users.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Executor;
use super::statement::{columns, statements};

/// A user.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct User {
    /// The number of the user.
    #[schema(example = 1)]
    pub id: i64,
    /// The address for mail, which no other user has.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// The name to show.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// When the user was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTime<Utc>,
    /// When the user was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
    /// How often the user was changed, the creation included.
    #[schema(example = 1)]
    pub version: i64,
}

columns!(User: id, email, name, created_at, updated_at, version);

statements! {
    LIST: (i64, i64) => User = "
        SELECT id, email, name, created_at, updated_at, version FROM users
        WHERE id > $1 ORDER BY id LIMIT $2";
    FIND: (i64,) => User = "
        SELECT id, email, name, created_at, updated_at, version FROM users WHERE id = $1";
    INSERT: (String, String, DateTime<Utc>) => User = "
        INSERT INTO users (email, name, created_at, updated_at, version) VALUES ($1, $2, $3, $3, 1)
        RETURNING id, email, name, created_at, updated_at, version";
    UPDATE: (i64, Option<i64>, String, String, DateTime<Utc>) => User = "
        UPDATE users SET email = $3, name = $4, updated_at = $5, version = version + 1
        WHERE id = $1 AND version = coalesce($2, version)
        RETURNING id, email, name, created_at, updated_at, version";
    DELETE: (i64,) => (i64,) = "DELETE FROM users WHERE id = $1 RETURNING id";
}

/// The users with a greater number than `after`, in order, at most `limit` of them.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn list(
    executor: impl Executor<'_>,
    after: i64,
    limit: i64,
) -> Result<Vec<User>, sqlx::Error> {
    LIST.all(executor, (after, limit)).await
}

/// The user of this number.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn find(executor: impl Executor<'_>, id: i64) -> Result<Option<User>, sqlx::Error> {
    FIND.optional(executor, (id,)).await
}

/// Creates a user.
///
/// # Errors
///
/// If another user has the address, and if the database cannot answer.
pub async fn insert(
    executor: impl Executor<'_>,
    email: String,
    name: String,
) -> Result<User, sqlx::Error> {
    INSERT.one(executor, (email, name, Utc::now())).await
}

/// Changes the user of this number, if there is one and it has this version, or any if none is given.
///
/// # Errors
///
/// If another user has the address, and if the database cannot answer.
pub async fn update(
    executor: impl Executor<'_>,
    id: i64,
    version: Option<i64>,
    email: String,
    name: String,
) -> Result<Option<User>, sqlx::Error> {
    let parameters = (id, version, email, name, Utc::now());
    UPDATE.optional(executor, parameters).await
}

/// Deletes the user of this number, and returns whether there was one.
///
/// # Errors
///
/// If the database cannot answer.
pub async fn delete(executor: impl Executor<'_>, id: i64) -> Result<bool, sqlx::Error> {
    Ok(DELETE.optional(executor, (id,)).await?.is_some())
}
