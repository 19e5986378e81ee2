//! One connection: HTTP/1.1 until either side ends it or the client makes it wait for too long.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::activity::{Activity, Sending, Stream};
use super::client_address::{ClientAddress, TrustedProxies};
use crate::settings::ConnectionSettings;

/// The most that is read ahead of a request, its head included, in bytes.
const BUFFER: usize = 64 * 1024;

/// What all connections share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) app: Router,
    pub(super) trusted_proxies: TrustedProxies,
    pub(super) settings: ConnectionSettings,
    pub(super) stop: CancellationToken,
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
            Ok::<_, Infallible>(response.map(|body| Sending {
                body,
                _request: guard,
            }))
        }
    });
    let stream = Stream {
        stream,
        activity: activity.clone(),
        _slot: slot,
    };
    let connection = http1::Builder::new()
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service)
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
