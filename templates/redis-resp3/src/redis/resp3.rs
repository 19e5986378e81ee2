//! RESP3, in which Redis sends messages that nobody has asked for, and the end of a connection is heard at once
//! ([HELLO](https://redis.io/docs/latest/commands/hello/)).

use redis::{Client, ProtocolVersion, RedisResult};

/// A client of the same server whose connections speak RESP3.
pub(super) fn client(client: &Client) -> RedisResult<Client> {
    let connection = client.get_connection_info().clone();
    let settings = connection.redis_settings().clone();
    let settings = settings.set_protocol(ProtocolVersion::RESP3);
    Client::open(connection.set_redis_settings(settings))
}
