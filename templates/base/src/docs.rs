//! The document of the API (OpenAPI 3.1), and the page that shows it.
//!
//! The document is made of the same declarations as the routes, so that it cannot fall behind them.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{Html, Redirect};
use axum::routing::get;
use axum::{Json, Router};
use swagger_ui_dist::{ApiDefinition, OpenApiSource};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Components, ContentBuilder, Info, OpenApi, OpenApiBuilder, PathItem, Ref, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::error::Problem;
use crate::state::AppState;

/// Everything that the page needs comes from this service. Swagger UI writes styles into the page,
/// and draws its icons as `data:` images.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = "/docs";
const DOCUMENT: &str = "/openapi.json";

/// What the page takes from [Swagger UI](https://swagger.io/tools/swagger-ui/).
const SWAGGER_UI: [&str; 2] = ["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"];

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

/// Documents that each route of `router` may answer with a problem of this `status`.
pub fn with_problem(
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
    let index = Html(include_str!("docs/index.html"));
    let initializer = include_str!("docs/swagger-initializer.js");
    let javascript = [(header::CONTENT_TYPE, "text/javascript")];
    let routes = Router::new()
        .route(DOCUMENT, get(|| async { Json(document) }))
        .route(PAGE, get(index))
        .route("/docs/", get(Redirect::permanent("../docs")))
        .route(
            "/docs/swagger-initializer.js",
            get((javascript, initializer)),
        );

    // Its routes have a page as well, but with a script in it, which the policy forbids.
    let swagger_ui = swagger_ui_dist::generate_routes(ApiDefinition {
        uri_prefix: PAGE,
        api_definition: OpenApiSource::Uri(DOCUMENT),
        title: None,
    });
    let swagger_ui = swagger_ui.into_service::<Body>();
    let routes = SWAGGER_UI.into_iter().fold(routes, |routes, file| {
        routes.route_service(file, swagger_ui.clone())
    });
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    routes.layer(SetResponseHeaderLayer::overriding(
        header::CONTENT_SECURITY_POLICY,
        policy,
    ))
}
