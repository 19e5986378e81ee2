//! What stands at the key of a cached value: the value as JSON, or the lease of the process that is
//! computing it.
//!
//! Because both stand at the same key, deleting the key also ends the lease, and with it the right
//! to store: a value that was computed from an old state cannot come after the invalidation.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{Cmd, Script};
use uuid::Uuid;

/// How long a process may compute before the others forget about it. A value that took longer is
/// given to the caller and not kept.
const LEASE_TIME: Duration = Duration::from_secs(60);

/// How long to wait for another process before computing without it.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The time between two looks at the lease of another process.
pub(super) const POLL: Duration = Duration::from_millis(20);

/// No JSON text begins like this.
const MARK: u8 = b'?';

/// Stores a value in place of the lease.
static STORE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store.lua")));

/// Removes a lease.
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// The right to store a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lease(Vec<u8>);

/// What Redis has at a key.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    Nothing,
    Lease(Lease),
    Value(Vec<u8>),
}

impl Entry {
    pub(super) fn new(stored: Option<Vec<u8>>) -> Self {
        match stored {
            None => Self::Nothing,
            Some(bytes) if bytes.first() == Some(&MARK) => Self::Lease(Lease(bytes)),
            Some(bytes) => Self::Value(bytes),
        }
    }
}

impl Lease {
    pub(super) fn new() -> Self {
        let mark = char::from(MARK);
        Self(format!("{mark}{}", Uuid::new_v4()).into_bytes())
    }

    /// Takes the lease unless there is something at the key, which is the answer
    /// ([SET](https://redis.io/docs/latest/commands/set/) with NX and GET).
    pub(super) fn claim(&self, key: &[u8]) -> Cmd {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(&self.0).arg("NX").arg("GET");
        command.arg("PX").arg(LEASE_TIME.as_millis() as u64);
        command
    }

    /// Stores `value` for this many milliseconds if the lease still stands.
    pub(super) fn store(
        &self,
        key: &[u8],
        value: &[u8],
        milliseconds: i64,
    ) -> redis::ScriptInvocation<'static> {
        let mut script = STORE.prepare_invoke();
        script.key(key).arg(&self.0).arg(value).arg(milliseconds);
        script
    }

    /// Gives the lease back if it still stands.
    pub(super) fn release(&self, key: &[u8]) -> redis::ScriptInvocation<'static> {
        let mut script = RELEASE.prepare_invoke();
        script.key(key).arg(&self.0);
        script
    }
}
