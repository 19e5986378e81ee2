//! A connection that blocking code has to itself.

use std::time::Duration;

use redis::{Cmd, Connection, ConnectionLike, ErrorKind, Pipeline, RedisResult, Value};
use tokio::time::timeout;

use super::router::Router;
use super::slot;
use crate::redis::runtime::block_on;
use crate::redis::{Error, RedisManager, connection, sync_operations};

/// A connection to one server, or one of one's own to each of those that have data.
///
/// With several servers it sends commands as [`AsyncClient`](super::AsyncClient) does, and knows WATCH too:
/// a transaction whose keys have moved meanwhile is one whose keys have changed. Send transactions as atomic
/// pipelines, as [`redis::transaction`] does, and not command by command.
pub struct OwnConnection(Route);

enum Route {
    Server(Box<Connection>),
    Nodes { nodes: Router, _close: Close },
}

impl OwnConnection {
    /// Opens a connection in the time that is `left`.
    pub(in crate::redis) fn open(redis: &RedisManager, left: Duration) -> Result<Self, Error> {
        let limit = redis.shared.settings.socket_timeout;
        let Some(topology) = redis.topology() else {
            let connection = sync_operations::open(redis.client(), left, limit)?;
            return Ok(Self(Route::Server(Box::new(connection))));
        };
        // Those to the nodes open with their first commands.
        match block_on(async { timeout(left, topology.map()).await }) {
            Ok(map) => drop(map?),
            Err(_) => return Err(Error::TimedOut(limit)),
        }
        let config = connection::config(limit).set_response_timeout(Some(limit));
        Ok(Self(Route::Nodes {
            nodes: Router::of_one_caller(topology, redis.client(), &config),
            _close: Close,
        }))
    }
}

impl ConnectionLike for OwnConnection {
    fn req_command(&mut self, command: &Cmd) -> RedisResult<Value> {
        match &mut self.0 {
            Route::Server(connection) => connection.req_command(command),
            Route::Nodes { nodes, .. } => send(nodes, command),
        }
    }

    fn req_packed_command(&mut self, packed: &[u8]) -> RedisResult<Value> {
        match &mut self.0 {
            Route::Server(connection) => connection.req_packed_command(packed),
            Route::Nodes { nodes, .. } => match unpack(packed)?.first() {
                Some(command) => send(nodes, command),
                None => Err(not_packed()),
            },
        }
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        match &mut self.0 {
            Route::Server(connection) => connection.req_packed_commands(packed, offset, count),
            Route::Nodes { nodes, .. } => {
                let pipeline = pipeline(unpack(packed)?);
                block_on(nodes.pipeline(&pipeline, offset, count))
            }
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Route::Server(connection) => connection.get_db(),
            Route::Nodes { nodes, .. } => nodes.database(),
        }
    }

    fn check_connection(&mut self) -> bool {
        self.req_command(&redis::cmd("PING")).is_ok()
    }

    fn is_open(&self) -> bool {
        match &self.0 {
            Route::Server(connection) => connection.is_open(),
            // They open by themselves.
            Route::Nodes { .. } => true,
        }
    }
}

fn send(nodes: &mut Router, command: &Cmd) -> RedisResult<Value> {
    let answer = block_on(nodes.command(command))?;
    match slot::argument(command, 0) {
        Some(b"WATCH") => nodes.watched = slot::of(command).zip(nodes.last.clone()),
        Some(b"UNWATCH") => nodes.watched = None,
        _ => {}
    }
    Ok(answer)
}

/// Closes connections when it is dropped after them: their runtime stands still while no thread waits for a
/// call.
struct Close;

impl Drop for Close {
    fn drop(&mut self) {
        // The dropping thread may be an async one.
        std::thread::spawn(|| block_on(tokio::task::yield_now()));
    }
}

/// The commands that were packed, as a transaction if they were one.
fn pipeline(mut commands: Vec<Cmd>) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(commands.len());
    let first = commands.first();
    if first.and_then(|first| slot::argument(first, 0)) == Some(b"MULTI") {
        pipeline.atomic();
        // EXEC is the last one.
        commands.pop();
        commands.remove(0);
    }
    for command in commands {
        pipeline.add_command(command);
    }
    pipeline
}

/// Commands from what is sent for them: blocking code gets them packed.
fn unpack(mut packed: &[u8]) -> RedisResult<Vec<Cmd>> {
    let mut commands = vec![];
    while !packed.is_empty() {
        commands.push(unpack_one(&mut packed).ok_or_else(not_packed)?);
    }
    Ok(commands)
}

fn unpack_one(packed: &mut &[u8]) -> Option<Cmd> {
    let mut command = Cmd::new();
    for _ in 0..unpack_number(packed, b'*')? {
        let length = unpack_number(packed, b'$')?;
        let (argument, rest) = packed.split_at_checked(length)?;
        command.arg(argument);
        *packed = rest.strip_prefix(b"\r\n")?;
    }
    Some(command)
}

fn unpack_number(packed: &mut &[u8], mark: u8) -> Option<usize> {
    let end = packed.iter().position(|byte| *byte == b'\r')?;
    let (line, rest) = packed.split_at(end);
    *packed = rest.strip_prefix(b"\r\n")?;
    let digits = line.strip_prefix(&[mark])?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn not_packed() -> redis::RedisError {
    (ErrorKind::Client, "what was packed is no command").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_commands_are_what_they_were() {
        let mut commands = redis::pipe();
        commands.cmd("SET").arg("key").arg("two\r\nlines");
        commands.cmd("GET").arg("");
        for is_transaction in [false, true] {
            if is_transaction {
                commands.atomic();
            }
            let packed = commands.get_packed_pipeline();
            let unpacked = pipeline(unpack(&packed).expect("commands"));
            assert_eq!(unpacked.is_transaction(), is_transaction);
            assert_eq!(unpacked.len(), 2);
            assert_eq!(unpacked.get_packed_pipeline(), packed);
        }
    }

    #[test]
    fn what_is_no_command_is_an_error() {
        for nonsense in ["PING\r\n", "*1\r\n", "*1\r\n$4\r\nPI", "*x\r\n"] {
            unpack(nonsense.as_bytes()).expect_err(nonsense);
        }
    }
}
