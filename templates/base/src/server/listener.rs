//! Accepts connections, as many as the settings allow, and ends them with the service.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connection::{self, Context};
use crate::settings::AppSettings;

/// How long to wait after a failure to accept that is not the fault of one connection, such as too
/// many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// How often the log says that there are too many connections, at most.
const A_MINUTE: Duration = Duration::from_secs(60);

/// A server that listens. Dropping it closes all connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    /// One task, which owns those of the connections.
    task: JoinSet<()>,
}

impl Server {
    /// Serves `app` to whoever connects.
    ///
    /// # Errors
    ///
    /// If the address of the listener is unknown.
    pub fn start(listener: TcpListener, app: Router, settings: &AppSettings) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let context = Context {
            app,
            trusted_proxies: settings.trusted_proxies.clone(),
            settings: settings.connections,
            stop: stop.clone(),
        };
        let mut task = JoinSet::new();
        task.spawn(run(listener, context, settings.connections.max));
        Ok(Self {
            address,
            stop,
            task,
        })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, closes every connection without a request under way, and waits for the
    /// others. Dropping the future closes these as well.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.task.join_next().await;
    }
}

async fn run(listener: TcpListener, context: Context, max: usize) {
    let mut slots = Slots::new(max);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = context.stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, slot) = accept(&listener, &mut slots) => {
                connections.spawn(connection::serve(stream, peer, slot, context.clone()));
            }
        }
    }
    // From here on, the system refuses new connections.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept(
    listener: &TcpListener,
    slots: &mut Slots,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let slot = slots.next().await;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small responses go out at once instead of waiting for more.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "could not set TCP_NODELAY");
                }
                return (stream, peer, slot);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "could not accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// A permit for each connection that may be open. Beyond them, new connections wait in the queue of
/// the system.
struct Slots {
    permits: Arc<Semaphore>,
    max: usize,
    warned: Option<Instant>,
}

impl Slots {
    fn new(max: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max)),
            max,
            warned: None,
        }
    }

    async fn next(&mut self) -> OwnedSemaphorePermit {
        let full = self.permits.available_permits() == 0;
        if full && self.warned.is_none_or(|time| time.elapsed() > A_MINUTE) {
            tracing::warn!(max = self.max, "every connection is taken: new ones wait");
            self.warned = Some(Instant::now());
        }
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        permit.expect("the semaphore is never closed")
    }
}
