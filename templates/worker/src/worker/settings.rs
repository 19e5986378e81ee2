//! The settings of the worker.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::WeightedQueue;
use super::registry::is_name;
use crate::redis::RedisSettings;
use crate::settings::{Reader, Variable};

/// How tasks run, and how long their results are kept.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// `WORKER_REDIS_URL`: the Redis of the queue; empty if it is that of the service.
    pub redis_url: SecretString,
    /// `WORKER_REDIS_PASSWORD`: its password, if the URL holds none.
    pub redis_password: SecretString,
    /// `WORKER_CONCURRENCY`: how many tasks one worker runs at once.
    pub concurrency: usize,
    /// `WORKER_QUEUES`: the queues that it takes tasks of; none are all.
    pub queues: Vec<WeightedQueue>,
    /// `WORKER_SHUTDOWN_TIMEOUT`: how long running tasks may take to finish on shut-down.
    pub shutdown_timeout: Duration,
    /// `WORKER_HEARTBEAT_TIMEOUT`: how long without a heartbeat until others take over a worker's tasks.
    pub heartbeat_timeout: Duration,
    /// `TASK_TIMEOUT`: how long a task may run that does not say.
    pub task_timeout: Duration,
    /// `TASK_RESULT_TTL`: how long the result of a finished task is kept.
    pub result_ttl: Duration,
}

impl WorkerSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        let url = Variable::new("WORKER_REDIS_URL", "", RedisSettings::URL_RULE);
        let password = Variable::new("WORKER_REDIS_PASSWORD", "", "a password");
        let queues = Variable::new(
            "WORKER_QUEUES",
            "",
            "names with weights from 1 to 100, like mail:2,default:1",
        );
        Self {
            redis_url: reader.read(url.masked(RedisSettings::mask_url), |text| {
                match text.is_empty() {
                    true => Some(text.into()),
                    false => RedisSettings::parse_url(text),
                }
            }),
            redis_password: reader.read(password.masked(|_| "***".to_owned()), |text| {
                Some(text.into())
            }),
            concurrency: reader.whole_number("WORKER_CONCURRENCY", "8", 1..=256),
            queues: reader.read(queues, parse_queues),
            shutdown_timeout: reader.seconds("WORKER_SHUTDOWN_TIMEOUT", "30"),
            heartbeat_timeout: {
                let seconds = reader.whole_number("WORKER_HEARTBEAT_TIMEOUT", "15", 1..=3600);
                Duration::from_secs(seconds as u64)
            },
            task_timeout: reader.seconds("TASK_TIMEOUT", "300"),
            result_ttl: reader.seconds("TASK_RESULT_TTL", "86400"),
        }
    }

    /// The Redis of the queue, if it has one of its own. All but the place is as for the other one.
    pub(super) fn redis(&self, others: &RedisSettings) -> Option<RedisSettings> {
        let is_given = !self.redis_url.expose_secret().is_empty();
        is_given.then(|| RedisSettings {
            connection_url: self.redis_url.clone(),
            password: self.redis_password.clone(),
            ..others.clone()
        })
    }
}

/// Names, each with a weight after a colon or with that of 1.
fn parse_queues(text: &str) -> Option<Vec<WeightedQueue>> {
    let mut queues: Vec<WeightedQueue> = vec![];
    if text.is_empty() {
        return Some(queues);
    }
    for queue in text.split(',').map(str::trim) {
        let (name, weight) = queue.split_once(':').unwrap_or((queue, "1"));
        let weight = weight.parse().ok()?;
        let is_known = queues.iter().any(|other| other.name == name);
        if is_known || !is_name(name) || !(1..=100).contains(&weight) {
            return None;
        }
        queues.push(WeightedQueue {
            name: name.to_owned(),
            weight,
        });
    }
    Some(queues)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_have_names_and_weights() {
        let parsed = |text| {
            let queues = parse_queues(text)?;
            let pairs = queues.into_iter().map(|queue| (queue.name, queue.weight));
            Some(pairs.collect::<Vec<_>>())
        };
        assert_eq!(parsed(""), Some(vec![]));
        let both = vec![("mail".to_owned(), 2), ("default".to_owned(), 1)];
        assert_eq!(parsed("mail:2, default"), Some(both));
        for wrong in [",", "mail,", "mail:0", "mail:101", "a b", "mail,mail:2"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
