//! One connection: HTTP/1.1 until either side ends it or the client makes it wait for too long.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::sleep;
use tokio_io_timeout::TimeoutWriter;
use tokio_util::io::InspectReader;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::activity::Activity;
use super::client_address::{ClientAddress, TrustedProxies};
use crate::settings::ConnectionSettings;

/// The most that is read ahead of a request, its head included, in bytes.
const BUFFER: usize = 64 * 1024;

/// How long a client may do nothing while another one waits for a connection.
const MAX_WAIT_WHEN_FULL: Duration = Duration::from_secs(1);

/// What all connections share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) app: Router,
    pub(super) trusted_proxies: TrustedProxies,
    pub(super) settings: ConnectionSettings,
    pub(super) stop: CancellationToken,
    /// Tells connections that a new one waits because there are too many.
    pub(super) make_room: Arc<Notify>,
}

/// Serves a connection to its end, which frees its slot.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    slot: OwnedSemaphorePermit,
    context: Context,
) {
    let activity = Activity::new(context.settings);
    let service = service_fn(|request: Request<Incoming>| {
        let guard = activity.begin_request();
        let client = context.trusted_proxies.client(peer.ip(), request.headers());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(ClientAddress(client));
        let response = context.app.clone().call(request);
        async move {
            let response = response.await?;
            // The closure keeps the guard for as long as there is a body to send.
            let body = |body: Body| {
                body.map_err(move |error| {
                    let _guard = &guard;
                    error
                })
            };
            Ok::<_, Infallible>(response.map(body))
        }
    });
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(context.settings.write_timeout));
    let reading = activity.clone();
    // The stream keeps the slot, also after an upgrade to another protocol.
    let stream = InspectReader::new(stream, move |_| {
        let _slot = &slot;
        reading.note_read();
    });
    let connection = http1::Builder::new()
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();

    let mut connection = pin!(connection);
    let mut timer = pin!(sleep(context.settings.header_timeout));
    let mut stopping = false;
    loop {
        tokio::select! {
            biased;
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%peer, error = &error as &dyn Error, "a connection broke");
                }
                return;
            }
            () = poll_fn(|context| activity.poll_expired(timer.as_mut(), context)) => {
                tracing::debug!(%peer, "closed a connection whose client kept it waiting");
                return;
            }
            () = context.make_room.notified() => {
                if activity.has_waited(MAX_WAIT_WHEN_FULL) {
                    tracing::debug!(%peer, "closed a connection to make room for another");
                    return;
                }
            }
            () = context.stop.cancelled(), if !stopping => {
                stopping = true;
                // Half of a first request would be waited for; half of a later one is not.
                if activity.is_new() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
