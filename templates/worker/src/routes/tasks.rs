//! Tasks that workers run: asking what became of them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::state::AppState;
use crate::worker::{TaskId, TaskState};

/// `GET /tasks/{id}`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(task))
}

/// Tells how far a task has come, and its result once it is done.
#[utoipa::path(
    get,
    path = "/tasks/{id}",
    tag = "tasks",
    params(("id" = String, Path, max_length = 36, description = "The id of the task")),
    responses(
        (status = 200, description = "The state of the task", body = TaskState),
        (status = 404, description = "There is no such task, or its result has expired"),
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
