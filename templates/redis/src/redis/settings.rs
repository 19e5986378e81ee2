//! The settings of the connection to Redis.

use std::time::Duration;

use redis::IntoConnectionInfo;
use secrecy::{ExposeSecret, SecretString};

use crate::settings::{Reader, Variable};

/// How to reach Redis, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// `REDIS_CONNECTION_URL`: `redis://`, `rediss://` (TLS) or `unix://`. It may hold a password.
    pub connection_url: SecretString,
    /// `REDIS_PASSWORD`: the password, where the URL holds none; empty for none at all. Unlike in a
    /// URL, every character stands for itself.
    pub password: SecretString,
    /// `REDIS_POOL_SIZE`: the most connections that blocking calls open at once. Async calls of
    /// all tasks share one connection.
    pub pool_size: usize,
    /// `REDIS_SOCKET_TIMEOUT`: how long a call may take, connecting included.
    pub socket_timeout: Duration,
    /// `REDIS_DEFAULT_TTL`: how long a value is kept when the caller does not say.
    pub default_ttl: Duration,
}

impl RedisSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            connection_url: reader.read(
                Variable::new(
                    "REDIS_CONNECTION_URL",
                    "redis://localhost:6379",
                    "a URL that begins with redis://, rediss:// or unix://",
                )
                .masked(mask_url),
                |text| text.into_connection_info().ok().map(|_| text.into()),
            ),
            password: reader.read(
                Variable::new("REDIS_PASSWORD", "", "a password").masked(|_| "***".to_owned()),
                |text| Some(text.into()),
            ),
            pool_size: reader.whole_number("REDIS_POOL_SIZE", "5", 1..=1000),
            socket_timeout: reader.seconds("REDIS_SOCKET_TIMEOUT", "10"),
            default_ttl: reader.seconds("REDIS_DEFAULT_TTL", "3600"),
        }
    }

    /// The client that opens connections as these settings say.
    pub(super) fn client(&self) -> redis::RedisResult<redis::Client> {
        let connection = self.connection_url.expose_secret().into_connection_info()?;
        let password = self.password.expose_secret();
        if password.is_empty() || connection.redis_settings().password().is_some() {
            return redis::Client::open(connection);
        }
        let settings = connection.redis_settings().clone().set_password(password);
        redis::Client::open(connection.set_redis_settings(settings))
    }
}

/// Hides what may be a secret in a URL: the user and the password before the host, and the
/// parameters after `?`, where `unix://` URLs carry the password.
fn mask_url(url: &str) -> String {
    let (url, parameters) = match url.split_once('?') {
        Some((url, _)) => (url, "?***"),
        None => (url, ""),
    };
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}{parameters}"),
        (None, Some((_, host))) => format!("***@{host}{parameters}"),
        (_, None) => format!("{url}{parameters}"),
    }
}
