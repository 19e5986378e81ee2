//! A session without a user: it counts the visits of a client that nobody knows.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::redis::session::CurrentSession;
use crate::state::AppState;

/// `GET` and `POST /session/visits`, and `DELETE /session`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(visits, count_visit))
        .routes(routes!(end))
}

/// What is remembered of a client.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
struct Visits {
    #[schema(example = 1)]
    visits: u64,
}

/// Says how often the client was counted.
#[utoipa::path(
    get,
    path = "/session/visits",
    tag = "session",
    responses((status = 200, description = "The count of this client", body = Visits)),
)]
async fn visits(CurrentSession(session): CurrentSession<Visits>) -> Json<Visits> {
    Json(session.map(|session| session.data).unwrap_or_default())
}

/// Counts a visit. The first one begins a session, always with an id of the service's own making.
#[utoipa::path(
    post,
    path = "/session/visits",
    tag = "session",
    responses((
        status = 200,
        description = "The new count; the first answer sets the cookie",
        body = Visits,
    )),
)]
async fn count_visit(
    State(state): State<AppState>,
    CurrentSession(session): CurrentSession<Visits>,
) -> Result<Response, Error> {
    if let Some(session) = session {
        let count = |data: &mut Visits| data.visits += 1;
        if let Some(visits) = state.sessions.update(&session.id, count).await? {
            return Ok(Json(visits).into_response());
        }
    }
    let visits = Visits { visits: 1 };
    let id = state.sessions.create(&visits).await?;
    Ok((state.sessions.set_cookie(&id), Json(visits)).into_response())
}

/// Ends the session and takes the cookie away, whether or not there was a session.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "session",
    responses((status = 204, description = "Nothing is remembered of this client any more")),
)]
async fn end(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Error> {
    // It is not loaded, so that one whose data is of another shape ends as well.
    if let Some(id) = state.sessions.id_from(&headers) {
        state.sessions.destroy(&id).await?;
    }
    Ok((StatusCode::NO_CONTENT, state.sessions.remove_cookie()).into_response())
}
