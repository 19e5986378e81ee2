//! The connection on which Redis reports changes of keys that were read on it
//! ([CLIENT TRACKING](https://redis.io/docs/latest/commands/client-tracking/)).

use std::sync::{Arc, Mutex};

use redis::aio::SendError;
use redis::{Pipeline, PushInfo, PushKind, RedisResult, Value};

use super::entries::{Entries, lock};
use crate::redis::connection::{self, SharedConnection};
use crate::redis::{RedisManager, async_operations, resp3};

/// The replies to [`get`]: whether tracking is on, the value, and its time to live in milliseconds.
pub(super) type Answer = (
    RedisResult<()>,
    RedisResult<Option<Vec<u8>>>,
    RedisResult<i64>,
);

/// A connection that removes what changes from `entries`. It opens with its first command.
pub(super) fn connect(redis: &RedisManager, entries: Arc<Mutex<Entries>>) -> SharedConnection {
    let timeout = redis.shared.settings.socket_timeout;
    let config = connection::config(timeout).set_push_sender(move |push| {
        hear(&mut lock(&entries), &push);
        Ok::<(), SendError>(())
    });
    // Older protocols have no push messages.
    let client = resp3::client(redis.client()).expect("checked with the settings");
    SharedConnection::new(client, config)
}

/// GET for a value to keep: from then on Redis reports changes of the key. It may report an expiry
/// late, so the time to live is read too ([PTTL](https://redis.io/docs/latest/commands/pttl/)).
/// Tracking is switched on with each read, because the connection may be a new one.
pub(super) fn get(key: &[u8]) -> Pipeline {
    let mut commands = redis::pipe();
    commands.cmd("CLIENT").arg("TRACKING").arg("ON");
    commands.add_command(async_operations::get(key));
    commands.cmd("PTTL").arg(key);
    commands.ignore_errors();
    commands
}

/// Handles invalidations. A lost connection, and a flushed database, for which Redis names no keys,
/// invalidate everything.
fn hear(entries: &mut Entries, push: &PushInfo) {
    match (&push.kind, push.data.as_slice()) {
        (PushKind::Invalidate, [Value::Array(keys)]) => {
            for key in keys {
                if let Value::BulkString(key) = key {
                    entries.forget(key);
                }
            }
        }
        (PushKind::Invalidate | PushKind::Disconnection, _) => entries.clear(),
        _ => {}
    }
}
