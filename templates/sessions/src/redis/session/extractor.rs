//! The session of the client, for handlers.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Session;
use crate::error::Error;
use crate::state::AppState;

/// The session that the client's cookie opens. A cookie that is malformed, or whose session is over,
/// is as good as none.
#[derive(Debug)]
pub struct CurrentSession<T>(pub Option<Session<T>>);

impl<T: DeserializeOwned> FromRequestParts<AppState> for CurrentSession<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        match state.sessions.id_from(&parts.headers) {
            Some(id) => Ok(Self(state.sessions.load(id).await?)),
            None => Ok(Self(None)),
        }
    }
}
