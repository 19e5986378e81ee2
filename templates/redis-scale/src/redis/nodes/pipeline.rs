//! Sends pipelines, whose commands may belong to several nodes.

use std::sync::Arc;

use futures_util::future::join_all;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::time::sleep;

use super::map::Node;
use super::router::{MOVING_PAUSE, Router, Target, Way, no_node};
use super::slot::{self, Slot};

/// What EXEC answers where a watched key has changed. One that has moved is watched no more.
const CHANGED: Value = Value::Nil;

impl Router {
    pub(super) async fn pipeline(
        &mut self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        let slots: Vec<_> = pipeline.cmd_iter().map(slot::of).collect();
        let Some(first) = slots.iter().flatten().next().copied() else {
            let map = self.topology().map().await?;
            let last = self.last.clone();
            let node = last.as_ref().or(map.nodes.first()).ok_or_else(no_node)?;
            return self
                .send_all(&Target::owner(node.clone()), pipeline, offset, count)
                .await;
        };
        // What has no key goes with the rest: it may be about the connection.
        if slots.iter().flatten().all(|slot| *slot == first) {
            return self.in_one_slot(first, pipeline, offset, count).await;
        }
        if pipeline.is_transaction() {
            return Err(in_several_slots());
        }
        self.in_many_slots(first, &slots, pipeline).await
    }

    /// Sends commands of one slot together, also when they have to follow it.
    async fn in_one_slot(
        &mut self,
        slot: Slot,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        let watched = self.watched.take_if(|_| pipeline.is_transaction());
        let is_watched = watched.is_some();
        let node = match watched {
            Some((watched, _)) if watched != slot => return Err(in_several_slots()),
            Some((_, node)) => node,
            None => self.topology().owner(slot).await?,
        };
        let mut target = Target::owner(node);
        let mut way = Way::new();
        loop {
            let error = match self.send_all(&target, pipeline, offset, count).await {
                Ok(values) if pipeline.is_transaction() => return Ok(values),
                Ok(values) => match Self::nothing_done(pipeline, &values) {
                    Some(error) => error,
                    None => return self.follow_up(pipeline.cmd_iter(), values).await,
                },
                Err(error) => aborted_by(error),
            };
            target = self.after(error, slot, target, &mut way).await?;
            if is_watched {
                return Ok(vec![CHANGED]);
            }
            if target.is_asked && pipeline.is_transaction() {
                sleep(MOVING_PAUSE).await;
                target = Target::owner(self.topology().owner(slot).await?);
            }
        }
    }

    /// The error of the commands with keys, if the node had none of those.
    fn nothing_done(pipeline: &Pipeline, values: &[Value]) -> Option<RedisError> {
        let answers = pipeline.cmd_iter().zip(values);
        let mut with_keys = answers.filter(|(command, _)| slot::of(command).is_some());
        let first = with_keys.next().and_then(|(_, value)| elsewhere(value))?;
        with_keys
            .all(|(_, value)| elsewhere(value).is_some())
            .then_some(first)
    }

    /// Sends those commands again that their node did not have the keys for.
    async fn follow_up<'a>(
        &mut self,
        commands: impl Iterator<Item = &'a Cmd>,
        mut values: Vec<Value>,
    ) -> RedisResult<Vec<Value>> {
        for (command, value) in commands.zip(&mut values) {
            if elsewhere(value).is_some() {
                *value = match self.command(command).await {
                    Err(error) => match error.clone().into_server_errors() {
                        // It belongs among the answers, as all errors of commands do.
                        Some(errors) if !errors.is_empty() => {
                            Value::ServerError(errors[0].1.clone())
                        }
                        _ => return Err(error),
                    },
                    Ok(value) => value,
                };
            }
        }
        Ok(values)
    }

    /// Sends each node its commands, all at once.
    async fn in_many_slots(
        &mut self,
        first: Slot,
        slots: &[Option<Slot>],
        pipeline: &Pipeline,
    ) -> RedisResult<Vec<Value>> {
        let mut parts: Vec<(Arc<Node>, Vec<usize>, Pipeline)> = vec![];
        for (place, (command, slot)) in pipeline.cmd_iter().zip(slots).enumerate() {
            let node = self.topology().owner(slot.unwrap_or(first)).await?;
            let known = parts
                .iter()
                .position(|(other, ..)| Arc::ptr_eq(other, &node));
            let known = known.unwrap_or_else(|| {
                parts.push((node, vec![], Pipeline::new()));
                parts.len() - 1
            });
            let (_, places, part) = &mut parts[known];
            places.push(place);
            part.add_command(command.clone());
        }
        let sent = parts.iter().map(|(node, _, part)| {
            let mut nodes = self.clone();
            async move {
                let target = Target::owner(node.clone());
                let answer = nodes.send_all(&target, part, 0, part.len()).await;
                match answer {
                    Ok(values) => nodes.follow_up(part.cmd_iter(), values).await,
                    Err(error) => {
                        if nodes.note(node, &error) && !error.is_timeout() {
                            let _ = nodes.topology().ask(None).await;
                        }
                        Err(error)
                    }
                }
            }
        });
        let answers = join_all(sent).await;
        let mut values = vec![Value::Nil; slots.len()];
        for ((_, places, _), answer) in parts.iter().zip(answers) {
            for (place, value) in places.iter().zip(answer?) {
                values[*place] = value;
            }
        }
        Ok(values)
    }
}

fn in_several_slots() -> RedisError {
    let kind = ErrorKind::Server(ServerErrorKind::CrossSlot);
    (kind, "the keys of a transaction are in several slots").into()
}

/// The error that says that another node has the keys.
fn elsewhere(value: &Value) -> Option<RedisError> {
    let Value::ServerError(error) = value else {
        return None;
    };
    let is_elsewhere = matches!(
        error.kind(),
        Some(ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::TryAgain)
    );
    is_elsewhere.then(|| error.clone().into())
}

/// The error of the command for which a transaction was aborted, if it says that another node has the
/// keys.
fn aborted_by(error: RedisError) -> RedisError {
    if error.kind() != ErrorKind::Server(ServerErrorKind::ExecAbort) {
        return error;
    }
    let errors = error.clone().into_server_errors();
    let mut errors = errors.iter().flat_map(|errors| errors.iter());
    let reason = errors.find_map(|(_, reason)| elsewhere(&Value::ServerError(reason.clone())));
    reason.unwrap_or(error)
}
