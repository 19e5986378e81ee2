//! URLs that name several servers.

use secrecy::ExposeSecret;

use crate::redis::RedisSettings;

const NODE_PORT: u16 = 6379;

const SENTINEL_PORT: u16 = 26379;

/// What such a URL says.
pub(crate) struct Url {
    pub(super) kind: Kind,
    /// Each server that it names, as a URL of its own: with the user, the password and the database of
    /// the servers that have the data.
    pub(super) servers: Vec<String>,
}

/// What its servers are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Nodes of a cluster.
    Cluster,
    /// Sentinels, which know where the master of this name is.
    Sentinels {
        /// `sentinelMasterId`.
        master: String,
    },
}

impl Url {
    /// The URL of the settings, if it names several servers.
    pub(crate) fn of(settings: &RedisSettings) -> Option<Self> {
        Self::parse(settings.connection_url.expose_secret())?
    }

    /// Whether the text keeps the rule, if it begins with one of the schemes of such URLs.
    pub(crate) fn check(text: &str) -> Option<bool> {
        let url = Self::parse(text)?;
        Some(url.is_some_and(|url| {
            let mut servers = url.servers.iter();
            servers.all(|server| RedisSettings::parse_url(server).is_some())
        }))
    }

    /// Returns nothing where the scheme is another one, and `Some(None)` where the rest breaks the rule.
    fn parse(text: &str) -> Option<Option<Self>> {
        let (scheme, rest) = text.split_once("://")?;
        let (scheme, is_cluster) = match scheme {
            "redis-cluster" => ("redis", true),
            "rediss-cluster" => ("rediss", true),
            "redis-sentinel" => ("redis", false),
            "rediss-sentinel" => ("rediss", false),
            _ => return None,
        };
        Some(if is_cluster {
            Self::of_cluster(scheme, rest)
        } else {
            Self::of_sentinels(scheme, rest)
        })
    }

    /// The first server.
    pub(crate) fn first(&self) -> &str {
        &self.servers[0]
    }

    fn of_cluster(scheme: &str, rest: &str) -> Option<Self> {
        Some(Self {
            kind: Kind::Cluster,
            servers: servers(scheme, rest.trim_end_matches('/'), NODE_PORT, "")?,
        })
    }

    fn of_sentinels(scheme: &str, rest: &str) -> Option<Self> {
        let (rest, parameters) = rest.split_once('?')?;
        let master = parameters.strip_prefix("sentinelMasterId=")?;
        // As Sentinel itself names masters.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if master.is_empty() || !master.bytes().all(is_plain) {
            return None;
        }
        let (authority, database) = match rest.rsplit_once('/') {
            Some((authority, database)) => (authority, format!("/{database}")),
            None => (rest, String::new()),
        };
        Some(Self {
            kind: Kind::Sentinels {
                master: master.to_owned(),
            },
            servers: servers(scheme, authority, SENTINEL_PORT, &database)?,
        })
    }
}

impl RedisSettings {
    /// The settings of one of the servers.
    pub(crate) fn at(&self, server: &str) -> Self {
        Self {
            connection_url: server.into(),
            ..self.clone()
        }
    }
}

/// A URL for each host between the commas.
fn servers(scheme: &str, authority: &str, port: u16, path: &str) -> Option<Vec<String>> {
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    if user.contains(['/', '?', '#']) || hosts.contains(['/', '?', '#']) {
        return None;
    }
    let url = |host: &str| {
        let host = host.trim();
        // An IPv6 address has colons too, between brackets.
        let port = match host.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => String::new(),
            _ => format!(":{port}"),
        };
        (!host.is_empty()).then(|| format!("{scheme}://{user}{host}{port}{path}"))
    };
    hosts.split(',').map(url).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_a_url_of_its_own() {
        for (text, servers) in [
            ("redis-cluster://a", vec!["redis://a:6379"]),
            (
                "rediss-cluster://me:s@a:1,[::1],[::2]:2/",
                vec![
                    "rediss://me:s@a:1",
                    "rediss://me:s@[::1]:6379",
                    "rediss://me:s@[::2]:2",
                ],
            ),
            (
                "redis-sentinel://:s@a,b:1/2?sentinelMasterId=main",
                vec!["redis://:s@a:26379/2", "redis://:s@b:1/2"],
            ),
            (
                "rediss-sentinel://a?sentinelMasterId=main",
                vec!["rediss://a:26379"],
            ),
        ] {
            assert_eq!(Url::check(text), Some(true), "{text}");
            let url = Url::parse(text).flatten().expect(text);
            assert_eq!(url.servers, servers, "{text}");
        }
    }

    #[test]
    fn what_breaks_the_rule_is_refused() {
        for text in [
            "redis-cluster://",
            "redis-cluster://a,,b",
            "redis-cluster://a/1",
            "redis-cluster://a:port",
            "redis-cluster://a?protocol=resp3",
            "rediss-cluster://a#insecure",
            "redis-sentinel://a",
            "redis-sentinel://a?sentinelMasterId=",
            "redis-sentinel://a?sentinelMasterId=a/b",
            "redis-sentinel://a/x?sentinelMasterId=main",
            "rediss-sentinel://a/#insecure?sentinelMasterId=main",
        ] {
            assert_eq!(Url::check(text), Some(false), "{text}");
        }
        for other in ["redis://a", "unix:///a", "redis-clusters://a", ""] {
            assert_eq!(Url::check(other), None, "{other}");
        }
    }
}
