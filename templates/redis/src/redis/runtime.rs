//! Where tasks run that blocking code starts.

use std::sync::LazyLock;

use tokio::runtime::{Handle, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("the system gives threads"));

/// The runtime of the calling thread, or one of this module for threads that have none.
pub(super) fn runtime() -> Handle {
    Handle::try_current().unwrap_or_else(|_| RUNTIME.handle().clone())
}
