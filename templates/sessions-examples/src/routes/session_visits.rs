//! A session without a user: it counts the visits of an anonymous client.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::redis::session::{CurrentSession, SessionData};
use crate::state::AppState;

/// `GET` and `POST /session/visits`, and `DELETE /session`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(visits, count_visit))
        .routes(routes!(end))
}

#[derive(Serialize, ToSchema)]
struct Visits {
    #[schema(example = 1)]
    visits: u64,
}

impl From<SessionData> for Visits {
    fn from(data: SessionData) -> Self {
        Self {
            visits: data.visits,
        }
    }
}

/// Returns how often the client was counted.
#[utoipa::path(
    get,
    path = "/session/visits",
    tag = "session",
    security((), ("session" = [])),
    responses((status = 200, description = "The count of this client", body = Visits)),
)]
async fn visits(CurrentSession(session): CurrentSession) -> Json<Visits> {
    let data = session.map(|session| session.data).unwrap_or_default();
    Json(data.into())
}

/// Counts a visit. The first one begins a session.
#[utoipa::path(
    post,
    path = "/session/visits",
    tag = "session",
    security((), ("session" = [])),
    responses((
        status = 200,
        description = "The new count",
        body = Visits,
        headers(("set-cookie" = Option<String>, description = "The session, if it has just begun")),
    )),
)]
async fn count_visit(
    State(state): State<AppState>,
    CurrentSession(session): CurrentSession,
) -> Result<Response, Error> {
    let count = |data: &mut SessionData| data.visits += 1;
    if let Some(session) = session
        && let Some(data) = state.sessions.update(&session.id, count).await?
    {
        return Ok(Json(Visits::from(data)).into_response());
    }
    let mut data = SessionData::default();
    count(&mut data);
    let id = state.sessions.create(&data).await?;
    Ok((state.sessions.set_cookie(&id), Json(Visits::from(data))).into_response())
}

/// Ends the session, if there is one, and removes the cookie.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "session",
    security((), ("session" = [])),
    responses((
        status = 204,
        description = "The session has ended",
        headers(("set-cookie" = String, description = "Removes the cookie")),
    )),
)]
async fn end(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Error> {
    // It is not loaded, so that one whose data cannot be decoded ends as well.
    if let Some(id) = state.sessions.id_from(&headers) {
        state.sessions.destroy(&id).await?;
    }
    Ok((StatusCode::NO_CONTENT, state.sessions.remove_cookie()).into_response())
}
