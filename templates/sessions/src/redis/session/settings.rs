//! The settings of sessions.

use std::time::Duration;

use crate::settings::{Reader, Variable};

/// How long sessions last, and how their cookie travels.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// `SESSION_LIFETIME`: how long a session lasts at most.
    pub lifetime: Duration,
    /// `SESSION_IDLE_TIMEOUT`: how long a session lasts without a request.
    pub idle_timeout: Duration,
    /// `SESSION_COOKIE_SECURE`: whether the cookie travels over HTTPS alone.
    pub cookie_secure: bool,
}

impl SessionSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        let secure = Variable::new("SESSION_COOKIE_SECURE", "true", "`true` or `false`");
        Self {
            lifetime: reader.seconds("SESSION_LIFETIME", "86400"),
            idle_timeout: reader.seconds("SESSION_IDLE_TIMEOUT", "86400"),
            cookie_secure: reader.read(secure, |text| text.parse().ok()),
        }
    }
}
