//! SCAN over all nodes: the cursor that the caller gets has the place of the node in its upper bits.

use std::sync::Arc;

use redis::{Arg, Cmd, ErrorKind, RedisError, RedisResult, Value};

use super::map::{Map, Node};
use super::slot;

/// The bits of the cursor of one node. Those of servers are about as long as their number of keys.
const CURSOR_BITS: u32 = 44;

const NODE_BITS: u32 = 12;

/// Where a scan is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scan {
    /// What is left of the version of the map in the rest of the bits. Where data has moved, the scan
    /// begins anew: giving a key twice is allowed, and leaving one out is not.
    version: u64,
    node: usize,
    cursor: u64,
}

impl Scan {
    pub(super) fn of(command: &Cmd, map: &Map) -> RedisResult<Self> {
        let packed = command.get_packed_command();
        let cursor = match slot::argument(command, 1) {
            Some(cursor) => cursor,
            // The cursor of an iterator is known only to the command itself: the fifth line of
            // `*2 $4 SCAN $1 0`.
            None => packed.split(|byte| *byte == b'\n').nth(4).unwrap_or(b""),
        };
        let cursor = std::str::from_utf8(cursor).ok();
        let cursor = cursor.and_then(|cursor| cursor.trim().parse().ok());
        let cursor = cursor.ok_or((ErrorKind::Client, "the cursor of SCAN is no number"))?;
        Ok(Self::decode(cursor, map))
    }

    fn decode(cursor: u64, map: &Map) -> Self {
        let version = map.version & ((1 << (64 - CURSOR_BITS - NODE_BITS)) - 1);
        let node = usize::try_from((cursor >> CURSOR_BITS) & ((1 << NODE_BITS) - 1));
        match node {
            Ok(node) if cursor >> (CURSOR_BITS + NODE_BITS) == version => Self {
                version,
                node: node.min(map.nodes.len().saturating_sub(1)),
                cursor: cursor & ((1 << CURSOR_BITS) - 1),
            },
            _ => Self {
                version,
                node: 0,
                cursor: 0,
            },
        }
    }

    fn encode(self) -> u64 {
        (self.version << (CURSOR_BITS + NODE_BITS))
            | ((self.node as u64) << CURSOR_BITS)
            | self.cursor
    }

    pub(super) fn node(self, map: &Map) -> &Arc<Node> {
        &map.nodes[self.node]
    }

    /// The command for the node.
    pub(super) fn command(self, command: &Cmd) -> Cmd {
        let mut own = redis::cmd("SCAN");
        own.arg(self.cursor);
        for argument in command.args_iter().skip(2) {
            if let Arg::Simple(argument) = argument {
                own.arg(argument);
            }
        }
        own
    }

    /// The answer for the caller, whose cursor leads to the next node after the last page of this one.
    pub(super) fn after(self, answer: Value, map: &Map) -> RedisResult<Value> {
        let (cursor, keys): (u64, Value) = redis::from_redis_value(answer)?;
        if cursor >> CURSOR_BITS != 0 {
            let error = "a cursor of SCAN is too large to be told from those of other nodes";
            return Err(RedisError::from((ErrorKind::Client, error)));
        }
        let next = match cursor {
            0 if self.node + 1 == map.nodes.len() => 0,
            0 => Self {
                node: self.node + 1,
                cursor: 0,
                ..self
            }
            .encode(),
            cursor => Self { cursor, ..self }.encode(),
        };
        let next = Value::BulkString(next.to_string().into_bytes());
        Ok(Value::Array(vec![next, keys]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::map::Address;
    use super::*;

    fn map(ports: &[u16]) -> Map {
        let owners = ports.iter().zip(0..).map(|(port, slot)| {
            let host = "host".to_owned();
            (slot, slot, Address { host, port: *port })
        });
        Map::default().next(&owners.collect()).expect("another map")
    }

    fn scan(cursor: u64) -> Cmd {
        redis::cmd("SCAN").arg(cursor).arg("COUNT").arg(10).take()
    }

    fn page(cursor: u64) -> Value {
        let cursor = Value::BulkString(cursor.to_string().into_bytes());
        Value::Array(vec![cursor, Value::Array(vec![])])
    }

    #[test]
    fn a_scan_goes_from_node_to_node_and_ends_after_the_last() {
        let map = map(&[1, 2]);
        let (mut cursor, mut visited) = (0, vec![]);
        for of_server in [7, 0, 9, 0] {
            let place = Scan::of(&scan(cursor), &map).expect("a cursor");
            visited.push((place.node(&map).address.port, place.cursor));
            let answer = place.after(page(of_server), &map).expect("a page");
            (cursor, _) = redis::from_redis_value::<(u64, Vec<String>)>(answer).expect("a page");
        }
        assert_eq!(visited, [(1, 0), (1, 7), (2, 0), (2, 9)]);
        assert_eq!(cursor, 0);
        let own = Scan::of(&scan(0), &map)
            .expect("a cursor")
            .command(&scan(0));
        assert_eq!(own.get_packed_command(), scan(0).get_packed_command());
    }

    #[test]
    fn a_scan_begins_anew_where_data_has_moved() {
        let map = map(&[1, 2]);
        let place = Scan::of(&scan(0), &map).expect("a cursor");
        let answer = place.after(page(7), &map).expect("a page");
        let (cursor, _): (u64, Vec<String>) = redis::from_redis_value(answer).expect("a page");
        let moved = map.next(&vec![]).expect("another map");
        let again = Scan::of(&scan(cursor), &moved).expect("a cursor");
        assert_eq!((again.node, again.cursor), (0, 0));
    }

    #[test]
    fn the_cursor_of_an_iterator_is_read_too() {
        let map = map(&[1, 2]);
        let mut command = redis::cmd("SCAN");
        command.cursor_arg(0).arg("MATCH").arg("a*");
        let place = Scan::of(&command, &map).expect("a cursor");
        assert_eq!((place.node, place.cursor), (0, 0));
        let own = place.command(&command).get_packed_command();
        assert!(own.ends_with(b"MATCH\r\n$2\r\na*\r\n"), "{own:?}");
    }
}
