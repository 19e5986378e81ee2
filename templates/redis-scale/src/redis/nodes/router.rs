//! Sends a command to the node that has its keys, and follows them where they move.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::time::sleep;

use super::connections::Connections;
use super::map::{Address, Node};
use super::scan::Scan;
use super::slot::{self, Slot};
use super::topology::Topology;
use super::watch::Call;
use crate::redis::Error;
use crate::redis::advice::is_of_password;
use crate::redis::runtime::background;

/// How often a command follows nodes that name another one: they may contradict each other.
const MAX_REDIRECTIONS: u32 = 5;

/// The pause while the keys of a command are on their way from one node to another.
pub(super) const MOVING_PAUSE: Duration = Duration::from_millis(20);

#[derive(Clone)]
pub(super) struct Router {
    connections: Arc<Connections>,
    /// Where the last command went: a script is loaded where it was not known.
    pub(super) last: Option<Arc<Node>>,
    /// Whether nobody else sends commands on it, so that one may wait for as long as its caller likes.
    is_of_one_caller: bool,
    /// The slot of the keys that are watched for the next transaction, and the node that does so.
    pub(super) watched: Option<(Slot, Arc<Node>)>,
}

/// How far a command has come.
pub(super) struct Way {
    since: Instant,
    redirections: u32,
}

impl Way {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            redirections: 0,
        }
    }
}

/// Where a command goes next.
pub(super) struct Target {
    pub(super) node: Arc<Node>,
    /// The node has the keys that have moved already, of a slot that is moving to it.
    pub(super) is_asked: bool,
}

impl Target {
    pub(super) fn owner(node: Arc<Node>) -> Self {
        Self {
            node,
            is_asked: false,
        }
    }
}

impl Router {
    pub(super) fn new(
        topology: &Arc<Topology>,
        client: &Client,
        config: &ConnectionManagerConfig,
    ) -> Self {
        Self {
            connections: Arc::new(Connections::new(topology, client, config)),
            last: None,
            is_of_one_caller: false,
            watched: None,
        }
    }

    /// One that a single caller has.
    pub(super) fn of_one_caller(
        topology: &Arc<Topology>,
        client: &Client,
        config: &ConnectionManagerConfig,
    ) -> Self {
        Self {
            is_of_one_caller: true,
            ..Self::new(topology, client, config)
        }
    }

    pub(super) fn database(&self) -> i64 {
        let connection = self.connections.client.get_connection_info();
        connection.redis_settings().db()
    }

    pub(super) fn topology(&self) -> &Arc<Topology> {
        &self.connections.topology
    }

    pub(super) async fn command(&mut self, command: &Cmd) -> RedisResult<Value> {
        let Some(slot) = slot::of(command) else {
            return self.without_key(command).await;
        };
        let mut target = Target::owner(self.topology().owner(slot).await?);
        let mut way = Way::new();
        loop {
            let error = match self.send(&target, command).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            target = self.after(error, slot, target, &mut way).await?;
        }
    }

    async fn without_key(&mut self, command: &Cmd) -> RedisResult<Value> {
        let name = slot::argument(command, 0).unwrap_or_default();
        if name.eq_ignore_ascii_case(b"PING") {
            return self.ask_all(command).await;
        }
        let map = self.topology().map().await?;
        if name.eq_ignore_ascii_case(b"SCAN") {
            let scan = Scan::of(command, &map)?;
            let answer = self
                .send_once(scan.node(&map), &scan.command(command))
                .await?;
            return scan.after(answer, &map);
        }
        let last = self.last.clone();
        let here = || {
            map.nodes
                .iter()
                .find(|node| !node.is_away())
                .or(map.nodes.first())
        };
        let node = last.as_ref().or_else(here).ok_or_else(no_node)?;
        self.send_once(node, command).await
    }

    /// Sends a command to all nodes at once, and returns the answer of the first, or the error of any.
    async fn ask_all(&mut self, command: &Cmd) -> RedisResult<Value> {
        let map = self.topology().map().await?;
        let answers = map.nodes.iter().map(|node| {
            let mut nodes = self.clone();
            async move { nodes.send_once(node, command).await }
        });
        let answers = join_all(answers).await;
        let some_answered = answers.iter().any(Result::is_ok);
        let mut first = None;
        for (node, answer) in map.nodes.iter().zip(answers) {
            match answer {
                Ok(value) => first = first.or(Some(value)),
                // It says nothing about the others: whoever starts now need not give up.
                Err(error) if some_answered && is_of_password(&error) => {
                    let text = format!("{}: {error}", node.address);
                    return Err(io::Error::other(text).into());
                }
                Err(error) => return Err(error),
            }
        }
        first.ok_or_else(no_node)
    }

    pub(super) async fn send_once(
        &mut self,
        node: &Arc<Node>,
        command: &Cmd,
    ) -> RedisResult<Value> {
        let answer = self.send(&Target::owner(node.clone()), command).await;
        if let Err(error) = &answer
            && self.note(node, error)
            && !error.is_timeout()
        {
            let _ = self.topology().ask(None).await;
        }
        answer
    }

    /// Returns where a command goes after an error, if it has surely not been done and can be elsewhere.
    pub(super) async fn after(
        &self,
        error: RedisError,
        slot: Slot,
        target: Target,
        way: &mut Way,
    ) -> RedisResult<Target> {
        let topology = self.topology();
        let may_go_on = way.redirections < MAX_REDIRECTIONS;
        let named = error.redirect_node();
        let named = named.and_then(|(to, _)| Address::parse(to, &target.node.address));
        match (error.kind(), named) {
            (ErrorKind::Server(ServerErrorKind::Moved), Some(named)) if may_go_on => {
                way.redirections += 1;
                let _ = topology.ask(Some(&named)).await;
                Ok(Target::owner(topology.named_node(named)))
            }
            (ErrorKind::Server(ServerErrorKind::Ask), Some(named)) if may_go_on => {
                way.redirections += 1;
                Ok(Target {
                    node: topology.named_node(named),
                    is_asked: true,
                })
            }
            (ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask), _) => {
                let text = format!("the nodes contradict each other about slot {slot}: {error}");
                Err(io::Error::other(text).into())
            }
            // A part of the keys has moved, and the rest will for as long as a call may take.
            (ErrorKind::Server(ServerErrorKind::TryAgain), _)
                if way.since.elapsed() < topology.socket_timeout =>
            {
                way.redirections = 0;
                sleep(MOVING_PAUSE).await;
                Ok(Target::owner(topology.owner(slot).await?))
            }
            (kind, _) => {
                // After a time-out, a task of its own asks.
                if !self.note(&target.node, &error) || error.is_timeout() {
                    return Err(error);
                }
                let asked = topology.ask(None).await;
                let not_done = error.is_connection_refusal()
                    || kind == ErrorKind::Server(ServerErrorKind::ReadOnly);
                if not_done && may_go_on && asked.is_ok() {
                    let owner = topology.owner(slot).await?;
                    // It may be the same one, and back: the connection was refused some time ago.
                    if !Arc::ptr_eq(&owner, &target.node) || way.redirections == 0 {
                        way.redirections += 1;
                        return Ok(Target::owner(owner));
                    }
                }
                Err(error)
            }
        }
    }

    /// Takes note of an error that a node gave: whether it is worth asking who has its slots now.
    pub(super) fn note(&self, node: &Arc<Node>, error: &RedisError) -> bool {
        if self.is_of_one_caller && error.is_timeout() {
            // Perhaps the caller wanted to wait for longer, and the node is well.
            let topology = self.topology().clone();
            background(async move { drop(topology.ask(None).await) });
            return false;
        }
        self.topology().note(node, error)
    }

    async fn send(&mut self, target: &Target, command: &Cmd) -> RedisResult<Value> {
        if target.is_asked {
            let mut asked = Pipeline::with_capacity(2);
            asked.cmd("ASKING").add_command(command.clone());
            let owner = Target::owner(target.node.clone());
            let answers = self.send_all(&owner, &asked, 1, 1);
            return answers.await?.pop().map_or_else(|| Err(no_node()), flat);
        }
        let (mut connection, call) = self.prepare(&target.node)?;
        let answer = connection.send_packed_command(command).await;
        call.ended();
        self.judge(&target.node, answer.and_then(flat))
    }

    pub(super) async fn send_all(
        &mut self,
        target: &Target,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        let (mut connection, call) = self.prepare(&target.node)?;
        let answer = if target.is_asked && !pipeline.is_transaction() {
            let mut asked = Pipeline::with_capacity(2 * pipeline.len());
            for command in pipeline.cmd_iter() {
                asked.cmd("ASKING").add_command(command.clone());
            }
            let answers = connection
                .send_packed_commands(&asked, 0, asked.len())
                .await;
            answers.map(|answers| answers.into_iter().skip(1).step_by(2).collect())
        } else {
            connection
                .send_packed_commands(pipeline, offset, count)
                .await
        };
        call.ended();
        self.judge(&target.node, answer)
    }

    fn prepare(&mut self, node: &Arc<Node>) -> RedisResult<(ConnectionManager, Call)> {
        self.last = Some(node.clone());
        Topology::check(node)?;
        let connection = self.connections.to(node)?;
        let call = Call::new(self.topology(), node, self.connections.is_bounded());
        Ok((connection, call))
    }

    /// Takes note of how a node has answered.
    fn judge<T>(&self, node: &Node, answer: RedisResult<T>) -> RedisResult<T> {
        match &answer {
            Ok(_) => {
                if !node.answered.load(Ordering::Relaxed) {
                    node.answered.store(true, Ordering::Relaxed);
                }
            }
            Err(error) => {
                let told = Error::of(error.clone(), self.topology().socket_timeout);
                // Redis is asked again where the last attempt to connect is what failed.
                let is_not_open = error.is_connection_refusal() || told.is_of_set_up();
                if error.is_timeout() || is_not_open {
                    self.connections.replace(node);
                }
            }
        }
        answer
    }
}

/// Errors of commands are among the answers of a connection.
fn flat(value: Value) -> RedisResult<Value> {
    match value {
        Value::ServerError(error) => Err(error.into()),
        value => Ok(value),
    }
}

pub(super) fn no_node() -> RedisError {
    io::Error::other("no node has data").into()
}
