//! Is the process alive, and does it want requests?

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::error::Error;
use crate::readiness::Phase;
use crate::state::AppState;

/// `GET /health/live` and `GET /health/ready`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Answers as long as the process can answer at all: a supervisor restarts it when it does not.
async fn live() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// 503 while starting or draining, so that a load balancer sends requests elsewhere.
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
