//! Who sent a request, even from behind proxies.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Once};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client, which every request has among its extensions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClientAddress(pub IpAddr);

/// The proxies that are believed when they say on whose behalf they ask.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// Takes addresses and networks, separated by commas.
    pub fn parse(text: &str) -> Option<Self> {
        let network = |text: &str| {
            let address = text.parse().map(|address: IpAddr| address.to_canonical());
            address.map(IpNet::from).or_else(|_| text.parse()).ok()
        };
        text.split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(network)
            .collect::<Option<_>>()
            .map(Self)
    }

    /// The address of the client: the peer or, if that is a trusted proxy, the last address in
    /// `X-Forwarded-For` that no trusted proxy has.
    ///
    /// Each proxy appends the address that it sees, so the list is true from its end up to there, and
    /// whatever stands before may be the client's own invention. Anything but an address ends it.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trust(client) {
            warn_if_forwarded(client, headers);
        }
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let mut forwarded = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        while self.trust(client) {
            match forwarded.next().and_then(parse_address) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Says once that somebody forwards requests and is not believed: either a client that tries its
/// luck, or a proxy that the settings do not name, behind which all clients look like one.
fn warn_if_forwarded(peer: IpAddr, headers: &HeaderMap) {
    static WARNING: Once = Once::new();
    if headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(header::FORWARDED) {
        WARNING.call_once(|| {
            tracing::warn!(
                %peer,
                "ignored a forwarded address: if a proxy of yours sent it, name it in APP_TRUSTED_PROXIES"
            );
        });
    }
}

/// Takes an address, with or without a port, as some proxies add it.
fn parse_address(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse()
        .or_else(|_| text.parse().map(|address: SocketAddr| address.ip()))
        .map(|address: IpAddr| address.to_canonical())
        .ok()
}
