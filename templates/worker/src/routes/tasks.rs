//! Tasks that workers run: enqueueing them, and asking what became of them.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::error::Error;
use crate::state::AppState;
use crate::worker::tasks::{ProcessData, process_data};
use crate::worker::{Status, TaskId, TaskState, Tasks};

/// The longest `key` of a request, in bytes.
const LONGEST_KEY: usize = 256;

/// `POST /tasks/process-data` and `GET /tasks/{id}`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/tasks/process-data", post(process_data))
        .route("/tasks/{id}", get(task))
}

/// An accepted task: its state, and where to ask for it from now on.
type Accepted = (StatusCode, [(HeaderName, String); 1], Json<TaskState>);

/// Accepts data to be processed by a worker; 503 where the queue cannot take it.
async fn process_data(
    State(tasks): State<Tasks>,
    Json(payload): Json<process_data::Payload>,
) -> Result<Accepted, Error> {
    if payload.key.is_empty() || payload.key.len() > LONGEST_KEY {
        return Err(Error::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`key` must have 1 to {LONGEST_KEY} bytes"),
        ));
    }
    let id = tasks
        .enqueue::<ProcessData>(&payload)
        .await
        .map_err(unavailable)?;
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

/// How far a task has come; 404 where there is none, or its result has expired.
async fn task(
    State(tasks): State<Tasks>,
    Path(id): Path<String>,
) -> Result<Json<TaskState>, Error> {
    let state = match TaskId::parse(&id) {
        Some(id) => tasks.state(&id).await.map_err(unavailable)?,
        None => None,
    };
    state.map(Json).ok_or_else(|| {
        Error::new(
            StatusCode::NOT_FOUND,
            "there is no such task, or its result has expired",
        )
    })
}

/// Nothing that a client can do about: the queue is away, or the service is put together wrongly.
fn unavailable(error: crate::worker::Error) -> Error {
    Error::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the queue of tasks cannot be reached",
    )
    .caused_by(error)
}
