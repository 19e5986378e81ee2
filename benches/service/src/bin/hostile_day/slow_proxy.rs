//! A way to Redis that takes its time: each piece arrives later by a fixed delay.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// Ends with this value, connections included.
pub(crate) struct SlowProxy {
    pub(crate) port: u16,
    listening: AbortHandle,
}

impl SlowProxy {
    /// Listens on a free port and passes on to `target`, with a delay that the caller may change.
    pub(crate) async fn start(target: u16, delay: tokio::sync::watch::Receiver<Duration>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else {
                    continue;
                };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass_on(from_client, to_server, delay.clone()));
                tokio::spawn(pass_on(from_server, to_client, delay.clone()));
            }
        });
        Self {
            port,
            listening: listening.abort_handle(),
        }
    }
}

impl Drop for SlowProxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn pass_on(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    delay: tokio::sync::watch::Receiver<Duration>,
) {
    let (pieces, mut waiting) = unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((due, piece)) = waiting.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
    let mut piece = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let due = Instant::now() + *delay.borrow();
        if pieces.send((due, piece[..length].to_vec())).is_err() {
            return;
        }
    }
}
