//! The cookie that carries the id of a session (RFC 6265).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::AppendHeaders;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use super::{SessionId, Sessions};
use crate::state::AppState;

/// A header for a response.
type SetCookie = AppendHeaders<[(HeaderName, HeaderValue); 1]>;

impl<D: Serialize + DeserializeOwned> Sessions<D> {
    /// The header that sends the id to the client: put it before the body of a response.
    pub fn set_cookie(&self, id: &SessionId) -> SetCookie {
        self.cookie(&id.expose(), self.settings.lifetime)
    }

    /// The header that makes the client forget the id.
    pub fn remove_cookie(&self) -> SetCookie {
        self.cookie("", Duration::ZERO)
    }

    /// The id in the request's cookie, if it has a valid one.
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

    /// Documents the cookie of `api`, as the security scheme `session`.
    pub fn document(&self, mut api: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
        let cookie = ApiKeyValue::with_description(self.cookie_name(), "Opens the session");
        let components = &mut api.get_openapi_mut().components;
        components
            .get_or_insert_default()
            .add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        api
    }

    /// With the prefix `__Host-`, browsers accept the cookie only from this host and over HTTPS, so
    /// that no sibling domain can set it.
    fn cookie_name(&self) -> &'static str {
        if self.settings.cookie_secure {
            "__Host-session"
        } else {
            "session"
        }
    }

    fn cookie(&self, value: &str, age: Duration) -> SetCookie {
        let name = self.cookie_name();
        // Rounded up, because an age of 0 removes the cookie.
        let age = age.as_millis().div_ceil(1000);
        let mut cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}");
        if self.settings.cookie_secure {
            cookie.push_str("; Secure");
        }
        let value = HeaderValue::try_from(cookie).expect("a cookie is plain ASCII");
        AppendHeaders([(header::SET_COOKIE, value)])
    }
}
