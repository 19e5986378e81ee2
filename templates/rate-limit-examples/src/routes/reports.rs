//! Reports that cost much, so that each user gets a few a minute.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Error;
use crate::state::AppState;

/// `POST /reports/{id}`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(order_report))
}

/// Takes the order of a report, five times a minute from each user.
#[utoipa::path(
    post,
    path = "/reports/{id}",
    tag = "reports",
    params(("id" = i64, Path, description = "The number of the user", example = 1)),
    responses((status = 202, description = "The report will be written")),
)]
async fn order_report(
    State(state): State<AppState>,
    Path(id): Path<i64>,
) -> Result<StatusCode, Error> {
    let limiter = state.rate_limiter.with_quota("reports", 5, 60);
    limiter.check(&id.to_string()).await?;
    Ok(StatusCode::ACCEPTED)
}
