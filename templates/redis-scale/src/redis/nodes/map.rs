//! Which node has what, as far as is known.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redis::{Client, ConnectionAddr, ErrorKind, RedisError, RedisResult, Value};

use super::slot::{SLOTS, Slot};

/// Where a server is.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    /// What MOVED and ASK name; a node that does not know its own host means the one that was asked.
    pub(super) fn parse(text: &str, asked: &Self) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.trim_matches(['[', ']']);
        Some(Self {
            host: known(host).unwrap_or(&asked.host).to_owned(),
            port: port.parse().ok()?,
        })
    }

    /// Where a client connects to.
    pub(super) fn of(client: &Client) -> Self {
        let (host, port) = match client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                (host.clone(), *port)
            }
            other => (other.to_string(), 0),
        };
        Self { host, port }
    }

    /// A client like another one, of the server at this address.
    pub(super) fn client(&self, like: &Client) -> RedisResult<Client> {
        let connection = like.get_connection_info().clone();
        let (host, port) = (self.host.clone(), self.port);
        let address = match connection.addr() {
            ConnectionAddr::TcpTls {
                insecure,
                tls_params,
                ..
            } => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(host, port),
        };
        Client::open(connection.set_addr(address))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(formatter, "[{}]:{}", self.host, self.port),
            false => write!(formatter, "{}:{}", self.host, self.port),
        }
    }
}

/// A server that has data.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) address: Address,
    /// It has answered a call.
    pub(super) answered: AtomicBool,
    /// Its last call found it away, and it has not answered since.
    pub(super) away: AtomicBool,
    /// It has been silent for the socket time-out.
    pub(super) frozen: AtomicBool,
}

impl Node {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address,
            answered: AtomicBool::new(false),
            away: AtomicBool::new(false),
            frozen: AtomicBool::new(false),
        }
    }

    pub(super) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }
}

/// The nodes, and the slots that each of them has.
#[derive(Debug, Default)]
pub(super) struct Map {
    /// How many maps there were before.
    pub(super) version: u64,
    /// By address, so that they stand in the same order each time.
    pub(super) nodes: Vec<Arc<Node>>,
    /// The first and the last slot of each range, in order, and the place of its node.
    ranges: Vec<(Slot, Slot, usize)>,
}

impl Map {
    /// The node that has a slot.
    pub(super) fn owner(&self, slot: Slot) -> Option<&Arc<Node>> {
        let place = self.ranges.partition_point(|(_, last, _)| *last < slot);
        let (first, _, node) = self.ranges.get(place)?;
        (*first <= slot).then(|| &self.nodes[*node])
    }

    pub(super) fn node(&self, address: &Address) -> Option<&Arc<Node>> {
        self.nodes.iter().find(|node| node.address == *address)
    }

    /// The next map, with nodes that stay being the same ones; none if nothing has changed.
    pub(super) fn next(&self, owners: &Owners) -> Option<Self> {
        let mut nodes: Vec<_> = owners.iter().map(|(.., address)| address).collect();
        nodes.sort();
        nodes.dedup();
        let nodes: Vec<_> = nodes
            .into_iter()
            .map(|address| match self.node(address) {
                Some(node) => node.clone(),
                None => Arc::new(Node::new(address.clone())),
            })
            .collect();
        let place = |address: &Address| nodes.binary_search_by(|node| node.address.cmp(address));
        let ranges = owners.iter().filter_map(|(first, last, address)| {
            let node = place(address).ok()?;
            Some((*first, *last, node))
        });
        let mut ranges: Vec<_> = ranges.collect();
        ranges.sort_unstable();
        let same = self.ranges == ranges
            && self.nodes.len() == nodes.len()
            && self
                .nodes
                .iter()
                .zip(&nodes)
                .all(|(a, b)| Arc::ptr_eq(a, b));
        (!same).then(|| Self {
            version: self.version + 1,
            nodes,
            ranges,
        })
    }
}

/// The first and the last slot of each range, and who has it.
pub(super) type Owners = Vec<(Slot, Slot, Address)>;

/// All slots at one address.
pub(super) fn all_at(address: Address) -> Owners {
    vec![(0, SLOTS - 1, address)]
}

/// What a node answers to [CLUSTER SLOTS](https://redis.io/docs/latest/commands/cluster-slots/).
pub(super) fn owners(answer: Value, asked: &Address) -> RedisResult<Owners> {
    let ranges: Vec<Vec<Value>> = redis::from_redis_value(answer)?;
    let mut owners = Owners::with_capacity(ranges.len());
    for range in ranges {
        let mut range = range.into_iter();
        let (Some(first), Some(last), Some(Value::Array(master))) =
            (range.next(), range.next(), range.next())
        else {
            return Err(unexpected());
        };
        let mut master = master.into_iter();
        let (Some(host), Some(port)) = (master.next(), master.next()) else {
            return Err(unexpected());
        };
        let host: Option<String> = redis::from_redis_value(host)?;
        let host = host.as_deref().and_then(known).unwrap_or(&asked.host);
        owners.push((
            redis::from_redis_value(first)?,
            redis::from_redis_value(last)?,
            Address {
                host: host.to_owned(),
                port: redis::from_redis_value(port)?,
            },
        ));
    }
    Ok(owners)
}

/// A host, unless it stands for one that the node does not know.
fn known(host: &str) -> Option<&str> {
    (!matches!(host, "" | "?")).then_some(host)
}

fn unexpected() -> RedisError {
    (
        ErrorKind::UnexpectedReturnType,
        "CLUSTER SLOTS has another form",
    )
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str, port: u16) -> Address {
        Address {
            host: host.to_owned(),
            port,
        }
    }

    fn range(first: i64, last: i64, host: Value, port: i64) -> Value {
        let id = Value::BulkString(b"id".to_vec());
        let replica = Value::Array(vec![host.clone(), Value::Int(9), id.clone()]);
        let master = Value::Array(vec![host, Value::Int(port), id]);
        Value::Array(vec![Value::Int(first), Value::Int(last), master, replica])
    }

    #[test]
    fn a_host_that_a_node_does_not_know_is_that_of_the_node() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let answer = Value::Array(vec![
            range(0, 5, text("a"), 1),
            range(6, 7, Value::Nil, 2),
            range(8, 8, text(""), 3),
            range(9, 16383, text("?"), 4),
        ]);
        let asked = address("asked", 0);
        let owners = owners(answer, &asked).expect("an answer that is understood");
        assert_eq!(
            owners,
            [
                (0, 5, address("a", 1)),
                (6, 7, address("asked", 2)),
                (8, 8, address("asked", 3)),
                (9, 16383, address("asked", 4)),
            ]
        );
        let moved = |text| Address::parse(text, &asked);
        assert_eq!(moved("a:1"), Some(address("a", 1)));
        assert_eq!(moved(":1"), Some(address("asked", 1)));
        assert_eq!(moved("::1:1"), Some(address("::1", 1)));
        assert_eq!(moved("a"), None);
        owners_of_nonsense(&asked);
    }

    fn owners_of_nonsense(asked: &Address) {
        for answer in [Value::Okay, Value::Array(vec![Value::Array(vec![])])] {
            owners(answer, asked).expect_err("no answer");
        }
    }

    #[test]
    fn each_slot_is_found_and_nodes_that_stay_are_the_same() {
        let (a, b) = (address("a", 1), address("b", 1));
        let first = Map::default();
        let owners = vec![(8, 9, a.clone()), (0, 5, a.clone()), (10, 16383, b.clone())];
        let second = first.next(&owners).expect("another map");
        let owner = |map: &Map, slot| map.owner(slot).map(|node| node.address.clone());
        for (slot, expected) in [(0, &a), (5, &a), (8, &a), (9, &a), (10, &b), (16383, &b)] {
            assert_eq!(owner(&second, slot).as_ref(), Some(expected), "{slot}");
        }
        assert_eq!(owner(&second, 6), None);
        assert!(second.next(&owners).is_none());
        let third = second.next(&all_at(b.clone())).expect("another map");
        assert_eq!(third.version, 2);
        assert_eq!(owner(&third, 6), Some(b.clone()));
        assert!(Arc::ptr_eq(
            second.node(&b).expect("a node"),
            third.node(&b).expect("a node")
        ));
        assert!(third.node(&a).is_none());
    }
}
