//! Users that come from the cache, and writes that invalidate it.

use std::time::Duration;

use crate::database::users::User;
use crate::error::Error;
use crate::state::Shared;

/// How long a user is kept.
const TIME_TO_LIVE: Duration = Duration::from_secs(300);

/// Returns a user from the cache, or reads it. An error, such as that there is no such user, is not kept.
pub(super) async fn through_cache(
    state: &Shared,
    id: i64,
    read: impl Future<Output = Result<User, Error>>,
) -> Result<User, Error> {
    let cached = state
        .cache
        .get_or_compute_async(&cache_key(id), TIME_TO_LIVE, || read)
        .await?;
    Ok(cached.value)
}

/// Changes a user, and forgets the cached one. Nothing comes between the two, even if the client goes
/// away.
pub(super) async fn invalidate_after<T: Send + 'static>(
    state: &Shared,
    id: i64,
    write: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let key = cache_key(id);
    state.cache.write_then_delete_async(&[&key], write).await
}

fn cache_key(id: i64) -> String {
    format!("user:{id}")
}
