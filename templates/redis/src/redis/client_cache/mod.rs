//! Values that were read before and are kept in this process until Redis says that they changed
//! ([client-side caching](https://redis.io/docs/latest/develop/reference/client-side-caching/)).
//!
//! The reads travel on a connection of their own that Redis tracks: after each change of a key that
//! was read on it, Redis sends the key's name. Nothing outlives the connection that it came from,
//! because the next one is not told of changes before it was opened.

mod entries;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig, SendError};
use redis::{Client, FromRedisValue, ProtocolVersion, PushInfo, PushKind, RedisResult, Value};

use self::entries::{Entries, Known, Stored};
use super::commands::{self, TrackedAnswer};
use super::{Error, RedisManager};

/// The tracked connection and what was read on it; all clones share both.
#[derive(Clone)]
pub(super) struct ClientCache {
    connection: ConnectionManager,
    entries: Arc<Mutex<Entries>>,
}

impl ClientCache {
    /// A cache of at most `limit` bytes, which are believed for the time `trust` after Redis
    /// answered last: a network that swallows everything breaks no connection. Opens nothing: the
    /// first read does.
    pub(super) fn new(
        client: &Client,
        config: ConnectionManagerConfig,
        limit: usize,
        trust: Duration,
    ) -> RedisResult<Self> {
        let entries = Arc::new(Mutex::new(Entries::new(limit, trust)));
        let told = entries.clone();
        let config = config.set_push_sender(move |push| {
            hear(&mut lock(&told), &push);
            Ok::<(), SendError>(())
        });
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(messaging(client)?, config)?,
            entries,
        })
    }

    /// Gives the value at `key`, asking Redis only if it is not known.
    pub(super) async fn get<T: FromRedisValue>(
        &self,
        redis: &RedisManager,
        key: &[u8],
    ) -> Result<Option<T>, Error> {
        let asked = Instant::now();
        let known = self.entries().look_up(key, asked);
        let read = match known {
            Known::Stored(stored) => return value(stored.as_deref().map(<[u8]>::to_vec)),
            Known::Nothing(read) => read,
        };
        let command = &commands::get_tracked(key);
        let answer = redis.read_async_on(&self.connection, |mut connection| async move {
            let answer = command.query_async(&mut connection).await;
            // Errors of the commands are in the answer: this one is the connection's.
            let answer: TrackedAnswer = answer.inspect_err(|_| self.entries().clear())?;
            let (tracking, bytes, time_left) = answer;
            tracking?;
            Ok((bytes?, time_left?))
        });
        let (bytes, time_left) = answer.await?;
        // Negative if there is no key, or no end to it.
        let time_left = u64::try_from(time_left).ok().map(Duration::from_millis);
        let stored: Stored = bytes.as_deref().map(Arc::from);
        self.entries().answer(key, read, stored, asked, time_left);
        value(bytes)
    }

    /// Forgets what is kept at these keys, because this process wrote them: Redis says so too, but
    /// later than it answers.
    pub(super) fn forget(&self, keys: &[Vec<u8>]) {
        let mut entries = self.entries();
        for key in keys {
            entries.forget(key);
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        lock(&self.entries)
    }
}

/// The client of connections on which Redis may send what nobody asked for: the protocol RESP3.
fn messaging(client: &Client) -> RedisResult<Client> {
    let connection = client.get_connection_info().clone();
    let settings = connection.redis_settings().clone();
    let settings = settings.set_protocol(ProtocolVersion::RESP3);
    Client::open(connection.set_redis_settings(settings))
}

fn lock(entries: &Mutex<Entries>) -> MutexGuard<'_, Entries> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The value as the caller wants it.
fn value<T: FromRedisValue>(bytes: Option<Vec<u8>>) -> Result<Option<T>, Error> {
    let value = bytes.map_or(Value::Nil, Value::BulkString);
    redis::from_redis_value(value).map_err(|error| Error::Redis(error.into()))
}
