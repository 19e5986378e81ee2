//! The document of the API (OpenAPI 3.1), and the page that shows it.
//!
//! The document is made of the same declarations as the routes, so that it cannot fall behind them.

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Components, ContentBuilder, Info, OpenApi, OpenApiBuilder, PathItem, Ref, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::error::Problem;
use crate::state::AppState;

/// Everything that the page needs comes from this service. Swagger UI writes styles into the page,
/// and draws its icons as `data:` images.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A router whose document has the name and the version of this service, and says that every error
/// is a problem document.
pub fn documented(router: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    let info = Info::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let components = Components::builder().schema(Problem::name(), Problem::schema());
    let document = OpenApiBuilder::new()
        .info(info)
        .components(Some(components.build()));
    let router = OpenApiRouter::with_openapi(document.build()).merge(router);
    with_problem(router, "default", "Any other error")
}

/// Documents that each route of `router` may answer with `status`, because of a layer around it.
pub fn with_status(
    router: OpenApiRouter<AppState>,
    status: StatusCode,
    description: &str,
) -> OpenApiRouter<AppState> {
    with_problem(router, status.as_str(), description)
}

fn with_problem(
    mut router: OpenApiRouter<AppState>,
    status: &str,
    description: &str,
) -> OpenApiRouter<AppState> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
    let response = ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content.build())
        .build();
    let paths = &mut router.get_openapi_mut().paths.paths;
    for operation in paths.values_mut().flat_map(operations) {
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_owned())
            .or_insert_with(|| response.clone().into());
    }
    router
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut path.get,
        &mut path.put,
        &mut path.post,
        &mut path.patch,
        &mut path.delete,
    ]
    .into_iter()
    .flatten()
}

/// `GET /openapi.json` and, for people, `GET /docs`.
pub fn router(document: OpenApi) -> Router<AppState> {
    let page = SwaggerUi::new("/docs")
        .url("/openapi.json", document)
        // The validator that badges come from is a service of somebody else.
        .config(Config::default().validator_url("none"));
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    Router::from(page).layer(SetResponseHeaderLayer::overriding(
        header::CONTENT_SECURITY_POLICY,
        policy,
    ))
}
