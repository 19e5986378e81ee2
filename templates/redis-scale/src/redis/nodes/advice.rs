//! What to do about servers that are not what the settings say.

use std::io;

use redis::{Client, ConnectionAddr, ErrorKind, RedisError, ServerErrorKind};

use super::map::Address;
use super::url::Kind;
use crate::redis::advice::{self, is_of_password};

/// What helps against an error of a server, if that is known.
pub(super) fn on(kind: &Kind, error: &RedisError) -> Option<&'static str> {
    let is_cluster = *kind == Kind::Cluster;
    Some(match error.kind() {
        _ if is_of_password(error) && is_cluster => {
            "every node must take the user of the URL and REDIS_PASSWORD"
        }
        _ if is_of_password(error) => {
            "REDIS_PASSWORD must be that of the servers, and REDIS_SENTINEL_PASSWORD that of the sentinels"
        }
        ErrorKind::Server(ServerErrorKind::NoPerm) if is_cluster => "allow the user +cluster|slots",
        ErrorKind::Server(ServerErrorKind::NoPerm) => {
            "allow the user +sentinel|get-master-addr-by-name"
        }
        ErrorKind::Server(ServerErrorKind::ResponseError) if is_cluster => {
            "it is no node of a cluster: begin the URL with redis:// or, for sentinels, redis-sentinel://"
        }
        ErrorKind::Server(ServerErrorKind::ResponseError) => {
            "it is no sentinel: begin the URL with redis:// or, for a cluster, redis-cluster://"
        }
        ErrorKind::MasterNameNotFoundBySentinel => "name one of its masters as sentinelMasterId",
        _ => return advice::on(error),
    })
}

/// The error of a server that was asked where the data is, with what helps against it.
pub(super) fn explain(kind: &Kind, server: &Client, error: RedisError) -> RedisError {
    let address = Address::of(server);
    let advice = on(kind, &error).or_else(|| of_tls(server, &error));
    let text = match advice {
        Some(advice) if is_of_password(&error) => {
            // Nothing helps before somebody changes the settings, so the service need not wait.
            let detail = format!("{address}: {error}");
            return (ErrorKind::AuthenticationFailed, advice, detail).into();
        }
        Some(advice) => format!("{address}: {error}: {advice}"),
        None => format!("{address}: {error}"),
    };
    io::Error::other(text).into()
}

/// What may help where one side speaks TLS and the other does not: both then wait, or hang up.
pub(super) fn of_tls(server: &Client, error: &RedisError) -> Option<&'static str> {
    if !error.is_io_error() || error.is_connection_refusal() {
        return None;
    }
    let is_of_certificates = error.to_string().to_lowercase().contains("certificate");
    Some(match server.get_connection_info().addr() {
        ConnectionAddr::TcpTls { .. } if is_of_certificates => {
            "look at REDIS_TLS_CA, REDIS_TLS_CERTIFICATE and REDIS_TLS_KEY"
        }
        ConnectionAddr::TcpTls { .. } => "if it speaks no TLS, begin the URL with redis-",
        _ if error.is_timeout() => return None,
        _ => "if it speaks TLS, begin the URL with rediss-",
    })
}
