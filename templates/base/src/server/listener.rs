//! Accepts connections, as many as the settings allow, and ends them with the service.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::connection::{self, Context};
use crate::settings::AppSettings;

/// How long to wait after a failure to accept that is not the fault of one connection, such as too
/// many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// How often connections are asked to make room while a new one waits.
const ROOM_INTERVAL: Duration = Duration::from_millis(100);

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
    let mut slots = Slots::new(max, Arc::clone(&context.make_room));
    let mut connections = JoinSet::new();
    loop {
        let accepted = async { (accept(&listener).await, slots.next().await) };
        let ((stream, peer), slot) = tokio::select! {
            () = context.stop.cancelled() => break,
            accepted = accepted => accepted,
        };
        connections.spawn(connection::serve(stream, peer, slot, context.clone()));
        while connections.try_join_next().is_some() {}
    }
    // From here on, the system refuses new connections.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small responses go out at once instead of waiting for more.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "could not set TCP_NODELAY");
                }
                return (stream, peer);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "could not accept a connection");
                sleep(PAUSE).await;
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

/// A permit for each connection that may be open. Beyond them, new connections wait.
struct Slots {
    permits: Arc<Semaphore>,
    max: usize,
    make_room: Arc<Notify>,
    warned: Option<Instant>,
}

impl Slots {
    fn new(max: usize, make_room: Arc<Notify>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max)),
            max,
            make_room,
            warned: None,
        }
    }

    async fn next(&mut self) -> OwnedSemaphorePermit {
        let full = self.permits.available_permits() == 0;
        if full && self.warned.is_none_or(|time| time.elapsed() > A_MINUTE) {
            tracing::warn!(max = self.max, "every connection is taken: new ones wait");
            self.warned = Some(Instant::now());
        }
        let mut permit = pin!(Arc::clone(&self.permits).acquire_owned());
        loop {
            tokio::select! {
                biased;
                permit = permit.as_mut() => return permit.expect("the semaphore is never closed"),
                () = sleep(ROOM_INTERVAL) => self.make_room.notify_waiters(),
            }
        }
    }
}
