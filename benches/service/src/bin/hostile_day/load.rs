//! Well-behaved clients that send requests at a fixed rate, whatever becomes of those before.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use crate::connection::Connection;

/// Requests that become due in a second.
pub(crate) const RATE: u64 = 200;

/// How long a client waits for its answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What became of a request.
pub(crate) struct Outcome {
    /// When the request was due, from the start of the load on.
    pub(crate) due: Duration,
    /// How long after that its answer had come, or its client given up.
    pub(crate) took: Duration,
    /// The status of the answer; `None` without one.
    pub(crate) status: Option<u16>,
}

/// Asks for `paths` in turn, for so long.
pub(crate) async fn run(port: u16, paths: &[&'static str], length: Duration) -> Vec<Outcome> {
    let idle: Arc<Mutex<Vec<Connection>>> = Arc::default();
    let mut requests = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(RATE).expect("a small rate"));
    let start = Instant::now();
    let mut paths = paths.iter().copied().cycle();
    while start.elapsed() < length {
        let due = ticks.tick().await;
        let (idle, path) = (Arc::clone(&idle), paths.next().expect("a path"));
        requests.spawn(async move {
            let request = request(port, path, &idle);
            let status = timeout(PATIENCE, request).await.ok().flatten();
            Outcome {
                due: due - start,
                took: due.elapsed(),
                status,
            }
        });
    }
    requests.join_all().await
}

/// Sends a request on a connection that is idle, or on a new one where there is none, or where the
/// service has closed it meanwhile, as clients do.
async fn request(port: u16, path: &str, idle: &Mutex<Vec<Connection>>) -> Option<u16> {
    let take = || idle.lock().expect("no panic").pop();
    while let Some(mut connection) = take() {
        if let Ok(status) = connection.get(path).await {
            idle.lock().expect("no panic").push(connection);
            return Some(status);
        }
    }
    let mut connection = Connection::open(port).await.ok()?;
    let status = connection.get(path).await.ok()?;
    idle.lock().expect("no panic").push(connection);
    Some(status)
}
