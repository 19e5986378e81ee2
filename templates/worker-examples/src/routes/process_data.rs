//! Work that takes too long for a request: it is accepted here, and done by a worker.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::state::AppState;
use crate::valid::Valid;
use crate::worker::tasks::process_data::{ProcessData, ProcessDataPayload};
use crate::worker::{Status, TaskState};

/// `POST /tasks/process-data`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(process_data))
}

/// An accepted task: its state, and where to ask for it from now on.
type Accepted = (StatusCode, [(HeaderName, String); 1], Json<TaskState>);

/// Accepts data to be processed by a worker.
#[utoipa::path(
    post,
    path = "/tasks/process-data",
    tag = "tasks",
    request_body = ProcessDataPayload,
    responses(
        (
            status = 202,
            description = "The task is in the queue",
            body = TaskState,
            headers(("location" = String, description = "Where to ask for the task")),
        ),
        (status = 422, description = "The key breaks its rules"),
        (status = 503, description = "No answer from the queue, which may have the task all the same"),
    ),
)]
async fn process_data(
    State(state): State<AppState>,
    Valid(Json(payload)): Valid<Json<ProcessDataPayload>>,
) -> Result<Accepted, Error> {
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
