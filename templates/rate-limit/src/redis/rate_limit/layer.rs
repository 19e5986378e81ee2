//! A limiter in front of routes.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use ipnet::Ipv6Net;
use utoipa_axum::router::OpenApiRouter;

use super::{HEADERS, RateLimiter};
use crate::docs;
use crate::error::Error;
use crate::server::client_address::ClientAddress;
use crate::state::AppState;

/// The networks of one household or host in IPv6: whoever has one of its addresses has them all.
const IPV6_NETWORK: u8 = 64;

/// Limits the requests of each client to `router`, those to paths where nothing is included, and
/// documents the answer beyond the quota.
pub fn limit(router: OpenApiRouter<AppState>, limiter: &RateLimiter) -> OpenApiRouter<AppState> {
    let router = router.layer(from_fn_with_state(limiter.clone(), by_client));
    let router = docs::with_response(router, "429", "Too many requests");
    let ([left, policy], retry_after) = (HEADERS, header::RETRY_AFTER);
    let router = docs::with_header(router, Some("429"), &retry_after, "Seconds to wait");
    let router = docs::with_header(router, None, &left, "What is left of the quotas");
    docs::with_header(router, None, &policy, "The quotas")
}

/// Counts requests by the address of the client, or its network in IPv6; those whose client is unknown
/// count together. A middleware for [`from_fn_with_state`], which fails as [`RateLimiter::check`] does.
pub async fn by_client(
    State(limiter): State<RateLimiter>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let key = match request.extensions().get() {
        None => "unknown".to_owned(),
        Some(ClientAddress(IpAddr::V4(address))) => address.to_string(),
        Some(ClientAddress(IpAddr::V6(address))) => Ipv6Net::new_assert(*address, IPV6_NETWORK)
            .trunc()
            .to_string(),
    };
    limiter.pass(&key, request, next).await
}
