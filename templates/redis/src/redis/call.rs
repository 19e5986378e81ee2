//! The one way to Redis: every command of the manager, and of what is built on it, is a
//! [`call`](RedisManager::call).

use redis::aio::ConnectionManager;
use redis::{Cmd, FromRedisValue, Pipeline, RedisResult, ScriptInvocation};
use tokio::time::timeout;

use super::connection::SharedConnection;
use super::{Error, RedisManager};

/// What a call does, which says whether it may be made twice.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Effect {
    /// It changes nothing, or twice the same as once: it is made again if the connection was broken.
    Read,
    /// It is made once, because it may have gone through although the connection broke.
    Write,
}

impl RedisManager {
    /// Sends a command that may safely run twice: once more if the connection was broken. Its keys must
    /// have passed through [`key`](Self::key).
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, if it refuses, or if its answer is not a `T`.
    pub async fn read_async<T: FromRedisValue>(&self, command: Cmd) -> Result<T, Error> {
        self.send(Effect::Read, &command).await
    }

    /// Sends a command once. Its keys must have passed through [`key`](Self::key).
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, if it refuses, or if its answer is not a `T`.
    pub async fn write_async<T: FromRedisValue>(&self, command: Cmd) -> Result<T, Error> {
        self.send(Effect::Write, &command).await
    }

    async fn send<T: FromRedisValue>(&self, effect: Effect, command: &Cmd) -> Result<T, Error> {
        self.call(self.own(), effect, |mut connection| async move {
            command.query_async(&mut connection).await
        })
        .await
    }

    pub(super) async fn write_all_async<T: FromRedisValue>(
        &self,
        commands: Pipeline,
    ) -> Result<T, Error> {
        let commands = &commands;
        self.call(self.own(), Effect::Write, |mut connection| async move {
            commands.query_async(&mut connection).await
        })
        .await
    }

    /// Runs a [script](redis::Script) by its hash; Redis gets its text only where it does not know it
    /// yet ([EVALSHA](https://redis.io/docs/latest/commands/evalsha/)). The keys that it is given must
    /// have passed through [`key`](Self::key).
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, if the script fails, or if its answer is not a `T`.
    pub async fn run_async<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Error> {
        self.call(self.own(), Effect::Write, |mut connection| async move {
            script.invoke_async(&mut connection).await
        })
        .await
    }

    /// Asks Redis whether it serves data, past the breaker. PING would not tell: a Redis that has lost
    /// its master or a part of its cluster answers that.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        let command = &redis::cmd("GET").arg(self.key("probe")).take();
        self.attempt(self.own(), Effect::Read, |mut connection| async move {
            command.exec_async(&mut connection).await
        })
        .await
    }

    /// Makes a call on `connection`, unless Redis is known to answer nobody, and tells the breaker how
    /// it went.
    pub(super) async fn call<T, F: Future<Output = RedisResult<T>>>(
        &self,
        connection: &SharedConnection,
        effect: Effect,
        send: impl Fn(ConnectionManager) -> F,
    ) -> Result<T, Error> {
        self.shared.breaker.check_not_frozen()?;
        let answer = self.attempt(connection, effect, send).await;
        self.observe(answer)
    }

    /// Bounds the whole of a call: waiting for the connection, the answer, and a second try.
    async fn attempt<T, F: Future<Output = RedisResult<T>>>(
        &self,
        shared: &SharedConnection,
        effect: Effect,
        send: impl Fn(ConnectionManager) -> F,
    ) -> Result<T, Error> {
        let connection = shared.get()?;
        let call = async {
            match send(connection.clone()).await {
                Err(error) if effect == Effect::Read && error.is_connection_dropped() => {
                    send(connection).await
                }
                answer => answer,
            }
        };
        let limit = self.shared.socket_timeout;
        let answer = match timeout(limit, call).await {
            Ok(answer) => answer.map_err(|error| Error::of(error, limit)),
            Err(_) => Err(Error::TimedOut(limit)),
        };
        if answer.as_ref().is_err_and(Error::is_of_set_up) {
            shared.replace();
            // Nobody looks at the answers on this one.
            self.shared.lent.replace();
        }
        answer
    }
}
