//! A limiter in front of routes.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ipnet::Ipv6Net;
use tower::{Layer, Service};
use utoipa_axum::router::OpenApiRouter;

use super::RateLimiter;
use super::limiter::{RATE_LIMIT, RATE_LIMIT_POLICY};
use crate::docs;
use crate::server::client_address::ClientAddress;
use crate::state::AppState;

/// The networks of one household or host in IPv6: whoever has one of its addresses has them all.
const IPV6_NETWORK: u8 = 64;

/// What the layer tells clients besides `Retry-After`.
pub const HEADERS: [HeaderName; 2] = [RATE_LIMIT, RATE_LIMIT_POLICY];

/// What the requests of one client have in common.
type Key = Arc<dyn Fn(&Request) -> String + Send + Sync>;

/// Limits the requests of each client to `router`, those to paths where nothing is included, and
/// documents the answer beyond the quota.
pub fn limit(router: OpenApiRouter<AppState>, limiter: &RateLimiter) -> OpenApiRouter<AppState> {
    let router = router.layer(RateLimitLayer::by_client(limiter.clone()));
    let status = StatusCode::TOO_MANY_REQUESTS;
    let router = docs::with_response(router, status.as_str(), "Too many requests");
    let router = docs::with_header(
        router,
        Some(status.as_str()),
        &header::RETRY_AFTER,
        "Seconds to wait",
    );
    let router = docs::with_header(router, None, &RATE_LIMIT, "What is left of the quotas");
    docs::with_header(router, None, &RATE_LIMIT_POLICY, "The quotas")
}

/// Answers requests beyond the quota with 429, `Retry-After` and the RateLimit header fields, which
/// other responses carry as well.
#[derive(Clone)]
pub struct RateLimitLayer {
    limiter: RateLimiter,
    key: Key,
}

impl RateLimitLayer {
    /// Counts requests by the address of the client.
    pub fn by_client(limiter: RateLimiter) -> Self {
        Self::by(limiter, key_of_client)
    }

    /// Counts requests by what `key` makes of them. Keep it short: it goes to Redis. What can be
    /// written in many ways, like a path, would give a client one quota for each of them.
    pub fn by(
        limiter: RateLimiter,
        key: impl Fn(&Request) -> String + Send + Sync + 'static,
    ) -> Self {
        let key = Arc::new(key);
        Self { limiter, key }
    }
}

impl fmt::Debug for RateLimitLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RateLimitLayer")
            .field("limiter", &self.limiter)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, inner: S) -> RateLimit<S> {
        let layer = self.clone();
        RateLimit { layer, inner }
    }
}

/// The service that [`RateLimitLayer`] makes.
#[derive(Clone, Debug)]
pub struct RateLimit<S> {
    layer: RateLimitLayer,
    inner: S,
}

impl<S> Service<Request> for RateLimit<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The service that was polled is the one to call; the clone waits for its own turn.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let limiter = self.layer.limiter.clone();
        let key = (self.layer.key)(&request);
        Box::pin(async move {
            let decision = match limiter.check(&key).await {
                Ok(decision) => decision,
                Err(error) => return Ok(error.into_response()),
            };
            let mut response = inner.call(request).await?;
            for (name, value) in decision
                .iter()
                .flat_map(|decision| limiter.headers(decision))
            {
                // Both are lists, to which every limiter on the way adds its quota.
                response.headers_mut().append(name, value);
            }
            Ok(response)
        })
    }
}

/// The address of the client, or its network in IPv6. Requests whose client is unknown count together.
fn key_of_client(request: &Request) -> String {
    match request.extensions().get() {
        None => "unknown".to_owned(),
        Some(ClientAddress(IpAddr::V4(address))) => address.to_string(),
        Some(ClientAddress(IpAddr::V6(address))) => Ipv6Net::new_assert(*address, IPV6_NETWORK)
            .trunc()
            .to_string(),
    }
}
