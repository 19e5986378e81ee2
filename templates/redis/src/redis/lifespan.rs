//! What a process does with Redis when it starts and when it stops.

use super::{Error, RedisManager};

/// Connects. Redis being away is no error: the manager connects as soon as it is back.
///
/// # Errors
///
/// If Redis does not accept the password.
pub async fn start(redis: &RedisManager) -> Result<(), Error> {
    match redis.initialize_async().await {
        Ok(()) => tracing::info!("connected to Redis"),
        Err(error) if error.is_wrong_password() => return Err(error),
        Err(error) => tracing::warn!(%error, "Redis is away; connecting as soon as it is back"),
    }
    Ok(())
}

/// Closes all connections.
pub async fn stop(redis: &RedisManager) {
    redis.close().await;
    tracing::info!("closed the connections to Redis");
}
