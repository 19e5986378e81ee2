//! What the engine of an earlier version has left in Redis: the keys of `oxana`, and the list of dead
//! tasks beside it.

use super::Tasks;

impl Tasks {
    /// Warns of tasks that an earlier version has accepted, and that nobody runs any more.
    pub(super) async fn warn_of_former_engine(&self) {
        let redis = self.redis();
        for (command, key, what) in [
            ("HLEN", "worker:jobs", "tasks that wait"),
            ("LLEN", "dead-tasks", "dead tasks"),
        ] {
            let key = String::from_utf8_lossy(&redis.key(key)).into_owned();
            let mut command = redis::cmd(command);
            command.arg(&key);
            // Where that cannot be known, nothing is lost by not saying it.
            if let Ok(count @ 1..) = redis.read_async::<u64>(command).await {
                tracing::warn!(
                    count,
                    key,
                    "an earlier version has left {what}: run its worker until they are gone, or delete the key"
                );
            }
        }
    }
}
