//! The client's session, for handlers.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Session, SessionData, Sessions};
use crate::error::Error;
use crate::state::AppState;

/// The session that the client's cookie opens, or `None` without a cookie, and where the session has
/// ended. The answer is 503 if Redis cannot be reached, and 500 if the data cannot be decoded.
#[derive(Debug)]
pub struct CurrentSession<D = SessionData>(pub Option<Session<D>>);

impl FromRef<AppState> for Sessions {
    fn from_ref(state: &AppState) -> Self {
        state.sessions.clone()
    }
}

impl<S, D> FromRequestParts<S> for CurrentSession<D>
where
    S: Send + Sync,
    D: Serialize + DeserializeOwned + Send,
    Sessions<D>: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let sessions = Sessions::from_ref(state);
        match sessions.id_from(&parts.headers) {
            Some(id) => Ok(Self(sessions.load(id).await?)),
            None => Ok(Self(None)),
        }
    }
}
