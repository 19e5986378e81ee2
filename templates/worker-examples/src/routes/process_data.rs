//! Work that takes too long for a request: it is accepted here, and done by a worker.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::state::AppState;
use crate::valid::Valid;
use crate::worker::TaskState;
use crate::worker::tasks::process_data::{ProcessData, ProcessDataPayload};

/// `POST /tasks/process-data`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(process_data))
}

/// The longest key that a client may give.
const MAX_KEY: usize = 255;

/// An accepted task: its state, and where to ask for it from now on.
type Accepted = (StatusCode, [(HeaderName, String); 1], Json<TaskState>);

/// Accepts data to be processed by a worker.
#[utoipa::path(
    post,
    path = "/tasks/process-data",
    tag = "tasks",
    params((
        "idempotency-key" = Option<String>,
        Header,
        max_length = 255,
        description = "A key of the client's own choice, like a UUID: a request with the same one gives the \
            same task, until its result has expired",
    )),
    request_body = ProcessDataPayload,
    responses(
        (
            status = 202,
            description = "The task is in the queue",
            body = TaskState,
            headers(("location" = String, description = "Where to ask for the task")),
        ),
        (status = 400, description = "The idempotency key is too long"),
        (status = 422, description = "The key breaks its rules"),
        (status = 503, description = "No answer from the queue, which may have the task all the same"),
    ),
)]
async fn process_data(
    State(state): State<AppState>,
    headers: HeaderMap,
    Valid(Json(payload)): Valid<Json<ProcessDataPayload>>,
) -> Result<Accepted, Error> {
    let tasks = &state.tasks;
    let (id, known) = match key_of(&headers)? {
        Some(key) => {
            let id = tasks.enqueue_once::<ProcessData>(key, &payload).await?;
            let known = tasks.state(&id).await?;
            (id, known)
        }
        None => (tasks.enqueue::<ProcessData>(&payload).await?, None),
    };
    let location = format!("/tasks/{id}");
    let task = known.unwrap_or_else(|| TaskState::pending(id));
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(task),
    ))
}

/// The key by which the client knows its request, if it gives one.
fn key_of(headers: &HeaderMap) -> Result<Option<&[u8]>, Error> {
    let key = headers.get("idempotency-key").map(HeaderValue::as_bytes);
    match key.filter(|key| !key.is_empty()) {
        Some(key) if key.len() > MAX_KEY => Err(Error::new(
            StatusCode::BAD_REQUEST,
            "the header `Idempotency-Key` must have 255 characters at most",
        )),
        key => Ok(key),
    }
}
