//! The routes of the service, written by hand with axum and redis-rs, and nothing besides.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use axum::extract::{ConnectInfo, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use redis::aio::ConnectionManager;
use redis::{AsyncCommands, RedisError, Script};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

const LIMIT: u64 = 1_000_000_000;
const WINDOW: u64 = 60_000;
const TIME_TO_LIVE: u64 = 3600;

/// The script of the service, so that Redis has the same to do.
static COUNT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(include_str!(
        "../../../../../templates/rate-limit/src/redis/rate_limit/window.lua"
    ))
});

#[derive(Clone)]
struct Shared {
    redis: ConnectionManager,
}

/// Serves on a port, with a Redis, and with what `around` puts around the routes.
pub(crate) fn run(port: u16, redis: &str, around: fn(Router) -> Router) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = redis::Client::open(redis).expect("the URL of Redis");
        let redis = client.get_connection_manager().await.expect("Redis");
        let app = Router::new()
            .route("/health/live", get(live))
            .route("/session/visits", get(visits))
            .route("/cached-data", get(cached_data))
            .with_state(Arc::new(Shared { redis }));
        let app = around(app).into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.expect("the port is free").tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, app).await.expect("it serves");
    });
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

async fn live() -> Json<Health> {
    Json(Health { status: "alive" })
}

#[derive(Serialize)]
struct Visits {
    visits: u64,
}

async fn visits(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Result<Json<Visits>, Failure> {
    check_rate_limit(&shared, peer).await?;
    Ok(Json(Visits { visits: 0 }))
}

#[derive(Deserialize)]
struct Parameters {
    key: String,
}

#[derive(Serialize)]
struct CachedData {
    data: String,
    source: &'static str,
}

async fn cached_data(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(Parameters { key }): Query<Parameters>,
) -> Result<Json<CachedData>, Failure> {
    check_rate_limit(&shared, peer).await?;
    let mut redis = shared.redis.clone();
    let cache_key = format!("minimal:{key}");
    if let Some(data) = redis.get(&cache_key).await? {
        let source = "cache";
        return Ok(Json(CachedData { data, source }));
    }
    let data = format!("data for {key}");
    let () = redis.set_ex(&cache_key, &data, TIME_TO_LIVE).await?;
    let source = "computed";
    Ok(Json(CachedData { data, source }))
}

async fn check_rate_limit(shared: &Shared, peer: SocketAddr) -> Result<(), Failure> {
    let mut redis = shared.redis.clone();
    let (fits, _remaining, _retry, _reset): (bool, u64, u64, u64) = COUNT
        .key(format!("minimal:rate_limit:{}", peer.ip()))
        .arg(LIMIT)
        .arg(WINDOW)
        .arg("")
        .invoke_async(&mut redis)
        .await?;
    if !fits {
        return Err(Failure(StatusCode::TOO_MANY_REQUESTS));
    }
    Ok(())
}

struct Failure(StatusCode);

impl From<RedisError> for Failure {
    fn from(_: RedisError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
