//! Who asks, as far as a request tells.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use ipnet::Ipv6Net;

use crate::server::client_address::ClientAddress;

/// The networks of one household or host in IPv6: whoever has one of its addresses has them all.
const IPV6_NETWORK: u8 = 64;

/// How much of a `User-Agent` is kept, in characters.
const MAX_AGENT: usize = 200;

/// From where a request comes, and with what.
#[derive(Clone, Debug)]
pub struct Client {
    /// The address, if it is known.
    pub address: Option<IpAddr>,
    /// What the browser or the program says of itself.
    pub agent: String,
}

impl Client {
    /// The address as text, empty if it is not known.
    pub fn address(&self) -> String {
        let address = self.address.map(|address| address.to_string());
        address.unwrap_or_default()
    }

    /// The address or, in IPv6, its network, as text; empty if it is not known.
    pub fn network(&self) -> String {
        match self.address {
            Some(IpAddr::V6(address)) => Ipv6Net::new_assert(address, IPV6_NETWORK)
                .trunc()
                .to_string(),
            _ => self.address(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get();
        let agent = parts.headers.get(USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        Ok(Self {
            address: address.map(|ClientAddress(address)| *address),
            agent: agent.unwrap_or_default().chars().take(MAX_AGENT).collect(),
        })
    }
}
