//! Does the service reach Redis?

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::redis::Error;
use crate::state::AppState;
use crate::telemetry::milliseconds;

/// A probe wants to know now, and not after the time-out of ordinary calls.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// `GET /health/redis`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(redis_health))
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "lowercase")]
enum RedisHealth {
    Healthy { latency_ms: f64 },
    Unhealthy { error: &'static str },
}

/// 200 and `healthy` with the time that Redis took, or 503 and `unhealthy`. The cause is in the
/// log alone: it may name hosts and users.
#[utoipa::path(
    get,
    path = "/health/redis",
    tag = "health",
    responses(
        (
            status = 200,
            description = "Redis answers",
            body = RedisHealth,
            example = json!({"status": "healthy", "latency_ms": 0.21}),
        ),
        (
            status = 503,
            description = "Redis does not answer",
            body = RedisHealth,
            example = json!({"status": "unhealthy", "error": "Redis cannot be reached"}),
        ),
    ),
)]
async fn redis_health(State(state): State<AppState>) -> (StatusCode, Json<RedisHealth>) {
    let start = Instant::now();
    let redis = &state.redis;
    let serves = async {
        redis.async_test_connection().await?;
        redis.observe(redis.probe().await)
    };
    let answer = timeout(MAX_WAIT, serves).await;
    let answer = answer.unwrap_or_else(|_| redis.observe(Err(Error::TimedOut(MAX_WAIT))));
    let error = match answer {
        Ok(()) => {
            let latency_ms = milliseconds(start.elapsed());
            return (StatusCode::OK, Json(RedisHealth::Healthy { latency_ms }));
        }
        Err(Error::TimedOut(_)) => "Redis did not answer in time",
        Err(error) => {
            if !error.is_outage() {
                tracing::warn!(%error, "Redis is unhealthy");
            }
            "Redis cannot be reached"
        }
    };
    let body = RedisHealth::Unhealthy { error };
    (StatusCode::SERVICE_UNAVAILABLE, Json(body))
}
