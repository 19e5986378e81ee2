//! Where blocking code runs the async calls, and where tasks run that nobody waits for.

use std::sync::LazyLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// It has no thread of its own: one of the threads that wait for a call does the work for all of them,
/// so that a single one waits for no other thread. A connection lives in the runtime that opened it, so
/// blocking code has one apart from that of async code, and depends on no runtime that ends or stands
/// still.
static BLOCKING: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("the system gives file descriptors")
});

/// Runs a call to its end on the calling thread.
pub(super) fn block_on<T>(call: impl Future<Output = T>) -> T {
    BLOCKING.block_on(call)
}

/// Whether the caller runs inside of [`block_on`].
pub(super) fn is_blocking() -> bool {
    Handle::try_current().is_ok_and(|current| current.id() == BLOCKING.handle().id())
}

/// Runs a task that nobody waits for.
pub(super) fn background(task: impl Future<Output = ()> + Send + 'static) {
    match Handle::try_current() {
        Ok(runtime) if !is_blocking() => drop(runtime.spawn(task)),
        // The runtime of blocking code stands still while no thread waits for a call.
        _ => drop(std::thread::spawn(|| block_on(task))),
    }
}
