//! Is the process alive, and does it want requests?

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::readiness::Phase;
use crate::state::AppState;

/// `GET /health/live` and `GET /health/ready`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(live))
        .routes(routes!(ready))
}

#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(example = "ready")]
    status: &'static str,
}

/// Answers as long as the process can answer at all: a supervisor restarts it when it does not.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "health",
    responses((status = 200, description = "The process is alive", body = Health)),
)]
async fn live() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// 503 while starting or draining, so that a load balancer sends requests elsewhere.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "health",
    responses(
        (status = 200, description = "The service wants requests", body = Health),
        (status = 503, description = "The service is starting or draining"),
    ),
)]
async fn ready(State(state): State<AppState>) -> Response {
    let phase = match state.readiness.phase() {
        Phase::Ready => return Json(Health { status: "ready" }).into_response(),
        Phase::Starting => "starting",
        Phase::Draining => "draining",
    };
    Error::new(
        StatusCode::SERVICE_UNAVAILABLE,
        format!("the service is {phase}"),
    )
    .into_response()
}
