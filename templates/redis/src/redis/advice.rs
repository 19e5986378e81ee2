//! What helps against an error that Redis answers.

use redis::{ErrorKind, RedisError};

/// What somebody has to do, if that is known.
pub(super) fn on(error: &RedisError) -> Option<&'static str> {
    const PASSWORD: &str = "REDIS_PASSWORD must be that of the user in the URL";
    if error.kind() == ErrorKind::AuthenticationFailed {
        // Unless it says so already.
        return (!error.to_string().contains("REDIS_PASSWORD")).then_some(PASSWORD);
    }
    Some(match error.code()? {
        "NOAUTH" | "WRONGPASS" => PASSWORD,
        "NOPERM" => "allow its user what docs/redis.md lists",
        "READONLY" | "MASTERDOWN" => "it is a replica: the URL must lead to the master",
        "LOADING" => "it is still reading its data",
        "BUSY" => "a script runs for too long: send it SCRIPT KILL",
        "CLUSTERDOWN" => "a part of the cluster is missing: see CLUSTER INFO",
        "OOM" => "raise its maxmemory, or let it evict keys with maxmemory-policy",
        _ => return None,
    })
}

/// Whether the password is wrong or missing.
pub(super) fn is_of_password(error: &RedisError) -> bool {
    error.kind() == ErrorKind::AuthenticationFailed
        || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"))
}

/// What follows the words of an error.
pub(super) fn after(error: &RedisError) -> String {
    on(error).map_or_else(String::new, |advice| format!(": {advice}"))
}
