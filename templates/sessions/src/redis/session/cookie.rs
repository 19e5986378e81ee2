//! The cookie that carries the id of a session (RFC 6265).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::AppendHeaders;

use super::{SessionId, Sessions};

/// A header for a response.
type SetCookie = AppendHeaders<[(HeaderName, HeaderValue); 1]>;

impl Sessions {
    /// The header that gives the client its id: put it before the body of a response.
    pub fn set_cookie(&self, id: &SessionId) -> SetCookie {
        self.cookie(&id.expose(), self.lifetime())
    }

    /// The header that takes the id away from the client.
    pub fn remove_cookie(&self) -> SetCookie {
        self.cookie("", Duration::ZERO)
    }

    /// The id that the client sent, if it is one.
    pub fn id_from(&self, headers: &HeaderMap) -> Option<SessionId> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter(|(name, _)| *name == self.cookie_name())
            .find_map(|(_, value)| SessionId::parse(value))
    }

    /// Browsers take a cookie of the first name from its own host alone, over HTTPS alone, so that
    /// no neighbouring host can set it.
    fn cookie_name(&self) -> &'static str {
        if self.cookie_secure() {
            "__Host-session"
        } else {
            "session"
        }
    }

    fn cookie(&self, value: &str, age: Duration) -> SetCookie {
        let name = self.cookie_name();
        let secure = if self.cookie_secure() { "; Secure" } else { "" };
        // Seconds are whole, and none at all would remove the cookie.
        let age = age.as_millis().div_ceil(1000);
        let cookie =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
        let value = HeaderValue::try_from(cookie).expect("a cookie is plain ASCII");
        AppendHeaders([(header::SET_COOKIE, value)])
    }
}
