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
    match redis.initialize_async().await {
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

/// Refuses a server that does not know all commands, and tells of one that has only a part of the keys.
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
    let [version, mode] = ["redis_version", "redis_mode"].map(|field| server.get::<String>(field));
    if let Some(version) = version
        && let Some((major, _)) = version.split_once('.')
        && major.parse().is_ok_and(|major: u32| major < OLDEST)
    {
        return Err(Error::TooOld(version));
    }
    if mode.as_deref() == Some("cluster") {
        tracing::warn!(
            "this Redis is a node of a cluster, and the keys of its other nodes are out of reach: \
            name a single server in REDIS_CONNECTION_URL, or a proxy in front of the cluster"
        );
    }
    Ok(())
}
