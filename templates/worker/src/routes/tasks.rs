//! Tasks that workers run: enqueueing them, and asking what became of them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{Error, Problem};
use crate::state::AppState;
use crate::worker::tasks::{ProcessData, process_data};
use crate::worker::{Status, TaskId, TaskState};

/// The longest `key` of a request, in bytes.
const LONGEST_KEY: usize = 256;

/// `POST /tasks/process-data` and `GET /tasks/{id}`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(process_data))
        .routes(routes!(task))
}

/// An accepted task: its state, and where to ask for it from now on.
type Accepted = (StatusCode, [(HeaderName, String); 1], Json<TaskState>);

/// Accepts data to be processed by a worker.
#[utoipa::path(
    post,
    path = "/tasks/process-data",
    tag = "tasks",
    request_body = process_data::Payload,
    responses(
        (
            status = 202,
            description = "The task is in the queue",
            body = TaskState,
            headers(("location" = String, description = "Where to ask for the task")),
        ),
        (
            status = 422,
            description = "The key breaks its rules",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 503,
            description = "The queue cannot be reached; the task may have been accepted all the same",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
async fn process_data(
    State(state): State<AppState>,
    Json(payload): Json<process_data::Payload>,
) -> Result<Accepted, Error> {
    if payload.key.is_empty() || payload.key.len() > LONGEST_KEY {
        return Err(Error::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`key` must have 1 to {LONGEST_KEY} bytes"),
        ));
    }
    let id = state.tasks.enqueue::<ProcessData>(&payload).await?;
    let location = format!("/tasks/{id}");
    let state = TaskState {
        id,
        attempts: 0,
        status: Status::Pending,
    };
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(state),
    ))
}

/// Tells how far a task has come, and its result once it is done.
#[utoipa::path(
    get,
    path = "/tasks/{id}",
    tag = "tasks",
    params(("id" = String, Path, description = "The id of the task")),
    responses(
        (status = 200, description = "The state of the task", body = TaskState),
        (
            status = 404,
            description = "There is no such task, or its result has expired",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 503,
            description = "The queue cannot be reached",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
async fn task(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<TaskState>, Error> {
    let state = match TaskId::parse(&id) {
        Some(id) => state.tasks.state(&id).await?,
        None => None,
    };
    state.map(Json).ok_or_else(|| {
        Error::new(
            StatusCode::NOT_FOUND,
            "there is no such task, or its result has expired",
        )
    })
}
