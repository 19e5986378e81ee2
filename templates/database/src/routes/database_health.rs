//! Does the service reach its database?

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::database;
use crate::error::{Error, Problem};
use crate::state::AppState;

/// `GET /health/database`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(database_health))
}

#[derive(Serialize, ToSchema)]
struct DatabaseHealth {
    #[schema(example = "healthy")]
    status: &'static str,
    /// How long the database took.
    #[schema(example = 0.21)]
    latency_ms: f64,
}

/// Asks the database, and returns how long it took to answer.
#[utoipa::path(
    get,
    path = "/health/database",
    tag = "health",
    responses(
        (status = 200, description = "The database answers", body = DatabaseHealth),
        (
            status = 503,
            description = "The database does not answer",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
async fn database_health(State(state): State<AppState>) -> Result<Json<DatabaseHealth>, Error> {
    let start = Instant::now();
    database::probe(&state.database).await?;
    Ok(Json(DatabaseHealth {
        status: "healthy",
        latency_ms: start.elapsed().as_secs_f64() * 1000.0,
    }))
}
