//! What a process does with Redis when it starts and when it stops.

use redis::InfoDict;

use super::{Error, RedisManager};

/// The oldest release that works: SET takes NX and GET together since then, for example.
const OLDEST: u32 = 7;

/// Connects. Redis being away is no error: the manager connects as soon as it is back.
///
/// # Errors
///
/// If Redis does not accept the password, or is too old.
pub async fn start(redis: &RedisManager) -> Result<(), Error> {
    let serves = async {
        redis.initialize_async().await?;
        redis.observe(redis.probe().await)
    };
    match serves.await {
        Ok(()) => {
            tracing::info!("connected to Redis");
            look_at_server(redis).await?;
        }
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

/// Refuses a server that does not know all commands.
async fn look_at_server(redis: &RedisManager) -> Result<(), Error> {
    let command = redis::cmd("INFO").arg("server").take();
    let server: InfoDict = match redis.read_async(command).await {
        Ok(server) => server,
        Err(error) if error.is_outage() => return Ok(()),
        Err(error) => {
            tracing::warn!(%error, "Redis does not tell its release, which must be {OLDEST} or newer");
            return Ok(());
        }
    };
    if let Some(version) = server.get::<String>("redis_version")
        && let Some((major, _)) = version.split_once('.')
        && major.parse().is_ok_and(|major: u32| major < OLDEST)
    {
        return Err(Error::TooOld(version));
    }
    Ok(())
}
