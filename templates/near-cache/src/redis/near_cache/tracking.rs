//! The connection on which Redis tells which of the keys that were read have changed
//! ([CLIENT TRACKING](https://redis.io/docs/latest/commands/client-tracking/)).

use std::sync::{Arc, Mutex};

use redis::aio::{ConnectionManager, SendError};
use redis::{Client, Pipeline, ProtocolVersion, PushInfo, PushKind, RedisResult, Value};

use super::entries::{Entries, lock};
use crate::redis::{RedisManager, commands};

/// What Redis answers to [`get`]: whether it tracks, the value, and the milliseconds that it lives.
pub(super) type Answer = (
    RedisResult<()>,
    RedisResult<Option<Vec<u8>>>,
    RedisResult<i64>,
);

/// A connection that lets `entries` forget what changes. It opens with its first command.
pub(super) fn connect(
    redis: &RedisManager,
    entries: Arc<Mutex<Entries>>,
) -> RedisResult<ConnectionManager> {
    let config = redis.connection_config().set_push_sender(move |push| {
        hear(&mut lock(&entries), &push);
        Ok::<(), SendError>(())
    });
    ConnectionManager::new_lazy_with_config(messaging(redis.client())?, config)
}

/// GET for a value that is to be kept: from then on Redis says when the key changes. How long it lives
/// must be asked as well ([PTTL](https://redis.io/docs/latest/commands/pttl/)), because Redis may say
/// late that a key has expired. Tracking is switched on with each read, because the connection may
/// be a new one.
pub(super) fn get(key: &[u8]) -> Pipeline {
    let mut commands = redis::pipe();
    commands.cmd("CLIENT").arg("TRACKING").arg("ON");
    commands.add_command(commands::get(key));
    commands.cmd("PTTL").arg(key);
    commands.ignore_errors();
    commands
}

/// The client of connections on which Redis may send what nobody asked for: the protocol RESP3.
fn messaging(client: &Client) -> RedisResult<Client> {
    let connection = client.get_connection_info().clone();
    let settings = connection.redis_settings().clone();
    let settings = settings.set_protocol(ProtocolVersion::RESP3);
    Client::open(connection.set_redis_settings(settings))
}

/// Hears which keys have changed, or that no more will be said: the connection is gone, or the
/// database was emptied, for which Redis names no keys.
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
