//! What Redis says of itself ([INFO](https://redis.io/docs/latest/commands/info/)).

use std::ops::Sub;

use crate::brpop;

/// What Redis has done since it started.
#[derive(Clone, Copy)]
pub(crate) struct Statistics {
    /// Commands, those of scripts among them.
    pub(crate) commands: f64,
    /// Bytes that it has received.
    pub(crate) bytes: f64,
    /// Seconds of processor time.
    pub(crate) processor: f64,
}

impl Sub for Statistics {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            commands: self.commands - before.commands,
            bytes: self.bytes - before.bytes,
            processor: self.processor - before.processor,
        }
    }
}

pub(crate) async fn read(redis: &str) -> Statistics {
    let info = info(redis).await;
    let calls = info.lines().filter(|line| line.starts_with("cmdstat_"));
    let calls = calls.filter_map(|line| line.split_once("calls=")?.1.split(',').next());
    Statistics {
        commands: calls.map(number).sum(),
        bytes: value(&info, "total_net_input_bytes:"),
        processor: value(&info, "used_cpu_user:") + value(&info, "used_cpu_sys:"),
    }
}

/// The megabytes that its values and buffers take.
pub(crate) async fn memory(redis: &str) -> f64 {
    value(&info(redis).await, "used_memory:") / 1_000_000.0
}

async fn info(redis: &str) -> String {
    let mut connection = brpop::connection(redis).await;
    let info = redis::cmd("INFO")
        .arg("everything")
        .query_async(&mut connection)
        .await;
    info.expect("Redis")
}

fn value(info: &str, name: &str) -> f64 {
    let value = info.lines().find_map(|line| line.strip_prefix(name));
    number(value.expect("a line of INFO"))
}

fn number(text: &str) -> f64 {
    text.trim().parse().expect("a number")
}
