//! The generated project's manager of the Redis of a benchmark.

use my_project::redis::{RedisManager, RedisSettings};
use my_project::settings::Reader;

/// What every key of the manager begins with.
pub const KEY_PREFIX: &str = "my_project:";

/// How many connections each pool has.
pub const POOL_SIZE: usize = 5;

/// A manager with the project's own defaults, but for these variables.
///
/// # Panics
///
/// Where the URL or a variable cannot be used.
#[must_use]
pub fn manager(url: &str, variables: &[(&str, &str)]) -> RedisManager {
    let pool_size = POOL_SIZE.to_string();
    let own = [
        ("REDIS_CONNECTION_URL", url),
        ("REDIS_KEY_PREFIX", KEY_PREFIX),
        ("REDIS_POOL_SIZE", &pool_size),
    ];
    let mut reader = Reader::from_variables(own.iter().chain(variables).copied());
    let settings = RedisSettings::read(&mut reader);
    let settings = reader.finish(settings).expect("settings");
    RedisManager::new(&settings).expect("a manager")
}
