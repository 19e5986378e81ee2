//! Accepts connections, as many as the settings allow, and ends them with the service.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::connection::{self, Context};
use crate::settings::AppSettings;

/// How long a new connection waits before it asks for room, and asks again.
const PAUSE: Duration = Duration::from_millis(100);

/// How often the log says that new connections wait, at most.
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
            make_room: Arc::default(),
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
    let mut gate = Gate {
        listener,
        permits: Arc::new(Semaphore::new(max)),
        make_room: Arc::clone(&context.make_room),
        warned: None,
    };
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer, slot) = tokio::select! {
            () = context.stop.cancelled() => break,
            accepted = gate.next() => accepted,
        };
        connections.spawn(connection::serve(stream, peer, slot, context.clone()));
        while connections.try_join_next().is_some() {}
    }
    // From here on, the system refuses new connections.
    drop(gate);
    while connections.join_next().await.is_some() {}
}

/// Where connections come in, each with a permit. Beyond the limit, they wait.
struct Gate {
    listener: TcpListener,
    permits: Arc<Semaphore>,
    make_room: Arc<Notify>,
    warned: Option<Instant>,
}

impl Gate {
    async fn next(&mut self) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        let (stream, peer) = self.accept().await;
        loop {
            let permit = Arc::clone(&self.permits).acquire_owned();
            match timeout(PAUSE, permit).await {
                Ok(permit) => return (stream, peer, permit.expect("it is never closed")),
                Err(_) => self.make_room(&"every connection is taken"),
            }
        }
    }

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    // Small responses go out at once instead of waiting for more.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "could not set TCP_NODELAY");
                    }
                    return (stream, peer);
                }
                Err(error) if is_of_one_connection(&error) => {}
                // Such as too many open files.
                Err(error) => {
                    self.make_room(&error);
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Asks connections to make room, and logs why, once a minute.
    fn make_room(&mut self, reason: &dyn Display) {
        self.make_room.notify_waiters();
        if self.warned.is_none_or(|time| time.elapsed() > A_MINUTE) {
            tracing::warn!(%reason, "new connections wait");
            self.warned = Some(Instant::now());
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
