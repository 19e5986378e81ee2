//! Clients that mean harm. Each goes on until it is dropped, and begins anew where the service has
//! closed its connection.

use std::future::pending;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::connection::Connection;

/// Clients that attack until this is dropped.
pub(crate) struct Attack {
    _clients: JoinSet<()>,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Half a head, and then nothing.
    HalfHead,
    /// A head, and then a byte of the body each second.
    SlowBody,
    /// A hundred requests in one piece, of which no answer is read.
    NoReading,
    /// A request and its answer, and then nothing.
    Idle,
}

impl Attack {
    /// Starts so many clients, and waits for a moment in which most of them can connect.
    pub(crate) async fn start(port: u16, kind: Kind, clients: usize) -> Self {
        let mut running = JoinSet::new();
        for _ in 0..clients {
            running.spawn(async move {
                loop {
                    if let Ok(connection) = Connection::open(port).await {
                        let _ = kind.attack(connection).await;
                    }
                    sleep(Duration::from_millis(100)).await;
                }
            });
        }
        sleep(Duration::from_secs(1)).await;
        Self { _clients: running }
    }
}

impl Kind {
    async fn attack(self, mut connection: Connection) -> std::io::Result<()> {
        match self {
            Self::HalfHead => {
                connection
                    .send(b"GET /health/live HTTP/1.1\r\nHost:")
                    .await?;
                connection.closed().await;
            }
            Self::SlowBody => {
                let head = b"POST /tasks/process-data HTTP/1.1\r\nHost: localhost\r\n\
                    Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
                connection.send(head).await?;
                let drip = async {
                    while connection.send(b" ").await.is_ok() {
                        sleep(Duration::from_secs(1)).await;
                    }
                };
                drip.await;
            }
            Self::NoReading => {
                let request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
                connection.send(&request).await?;
                pending::<()>().await;
            }
            Self::Idle => {
                connection.get("/health/live").await?;
                connection.closed().await;
            }
        }
        Ok(())
    }
}
