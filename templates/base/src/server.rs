//! The router with the layers that every request passes, outermost first.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{self, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, Any as AnyValue, CorsLayer};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::docs;
use crate::error::{Error, into_problems};
use crate::routes;
use crate::settings::{AppSettings, CorsOrigins};
use crate::state::AppState;
use crate::telemetry::{REQUEST_ID, trace_request};

/// How long a browser may keep the answer to a CORS preflight request.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

/// Headers for an API that is not meant to be framed, sniffed or kept by caches; a handler that
/// sets one of them itself has the last word.
const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// The whole application.
pub fn app(state: AppState, settings: &AppSettings) -> Router {
    let (mut routes, document) = routes::router(&state).split_for_parts();
    if settings.docs {
        routes = routes.merge(docs::router(document));
    }
    with_layers(routes.with_state(state), settings)
}

/// Puts the layers of the application around `router`.
///
/// They are one stack because the router makes of each layer that it is given by itself a service of
/// its own, which every request copies together with all that is in it.
pub fn with_layers(router: Router, settings: &AppSettings) -> Router {
    router.layer(
        ServiceBuilder::new()
            .map_response(with_security_headers)
            .layer(CompressionLayer::new())
            // The id that it names is the one that the layer below puts into the response.
            .and_then(into_problems)
            .layer(from_fn(trace_request))
            .option_layer(cors(&settings.cors_origins))
            .layer(CatchPanicLayer::custom(answer_panic))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                settings.request_timeout,
            ))
            // The layer below also limits handlers that read the body by themselves.
            .layer(DefaultBodyLimit::disable())
            .layer(RequestBodyLimitLayer::new(settings.body_limit))
            .option_layer(cross_site(&settings.cors_origins)),
    )
}

fn with_security_headers<B>(mut response: http::Response<B>) -> http::Response<B> {
    for (name, value) in SECURITY_HEADERS {
        let header = response.headers_mut().entry(name);
        header.or_insert(HeaderValue::from_static(value));
    }
    response
}

fn cors(origins: &CorsOrigins) -> Option<CorsLayer> {
    let origins: AllowOrigin = match origins {
        CorsOrigins::None => return None,
        CorsOrigins::Any => AnyValue.into(),
        CorsOrigins::Listed(origins) => origins.clone().into(),
    };
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(AnyValue)
        .allow_headers(AnyValue)
        .expose_headers([REQUEST_ID])
        .max_age(PREFLIGHT_AGE);
    Some(layer)
}

/// What is answered to a request that another origin's page may not send.
type AnswerCrossSite = fn(ProtectionError) -> Response;

/// Refuses requests that change something and that a browser sends for a page of another origin,
/// which would carry the cookies of this one; see [`tower_http::csrf`]. Origins that may call this
/// service are believed, and where any may, there is nothing to refuse.
fn cross_site(origins: &CorsOrigins) -> Option<CsrfLayer<AnswerCrossSite>> {
    let listed = match origins {
        CorsOrigins::None => &[][..],
        CorsOrigins::Any => return None,
        CorsOrigins::Listed(origins) => origins,
    };
    let trusted = listed.iter().filter_map(|origin| origin.to_str().ok());
    let layer = trusted.fold(CsrfLayer::new(), |layer, origin| {
        layer
            .add_trusted_origin(origin)
            .expect("the settings take only what is an origin")
    });
    Some(layer.with_rejection_response(answer_cross_site as _))
}

fn answer_cross_site(_error: ProtectionError) -> Response {
    let detail = "a page of another origin may not change anything here";
    Error::new(StatusCode::FORBIDDEN, detail).into_response()
}

/// The panic itself is in the log; the client learns nothing of it.
fn answer_panic(_panic: Box<dyn Any + Send>) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
