//! A connection for commands that wait, which would hold up everybody on a shared one.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisResult, ScriptInvocation};

use crate::redis::{Error, RedisManager};

/// A connection of its owner alone; it is opened when it is needed, and again after an error.
pub(super) struct Connection {
    client: Client,
    config: AsyncConnectionConfig,
    timeout: Duration,
    open: Option<MultiplexedConnection>,
}

impl Connection {
    /// A connection whose commands wait for `wait` at most, and are then answered within `timeout`.
    pub(super) fn new(redis: &RedisManager, wait: Duration, timeout: Duration) -> Self {
        let timeout = wait + timeout;
        Self {
            client: redis.client().clone(),
            config: AsyncConnectionConfig::new()
                .set_connection_timeout(Some(timeout))
                .set_response_timeout(Some(timeout)),
            timeout,
            open: None,
        }
    }

    /// Sends a command.
    pub(super) async fn send<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, Error> {
        self.call(async |connection| command.query_async(connection).await)
            .await
    }

    /// Runs a script.
    pub(super) async fn run<T: FromRedisValue>(
        &mut self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Error> {
        self.call(async |connection| script.invoke_async(connection).await)
            .await
    }

    async fn call<T>(
        &mut self,
        call: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Error> {
        let answer = async {
            let mut connection = match self.open.take() {
                Some(connection) => connection,
                None => {
                    let client = &self.client;
                    client
                        .get_multiplexed_async_connection_with_config(&self.config)
                        .await?
                }
            };
            let answer = call(&mut connection).await?;
            self.open = Some(connection);
            Ok(answer)
        };
        answer.await.map_err(|error: redis::RedisError| {
            if error.is_timeout() {
                Error::TimedOut(self.timeout)
            } else {
                Error::Redis(error)
            }
        })
    }
}
