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
        // The breaker has logged it, and finds out when Redis is back.
        Err(error) if error.is_outage() => {}
        Err(error) => tracing::warn!(%error, "Redis refuses the service"),
    }
    Ok(())
}

/// Closes all connections.
pub async fn stop(redis: &RedisManager) {
    redis.close().await;
    tracing::info!("closed the connections to Redis");
}
