//! The document of the API (OpenAPI 3.1), and the page that shows it.
//!
//! The document is made of the same declarations as the routes, so that it cannot fall behind them.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, Redirect};
use axum::routing::get;
use swagger_ui_dist::{ApiDefinition, OpenApiSource};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Components, ContentBuilder, Info, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::error::{FieldError, Place, Problem};
use crate::server::request_id::REQUEST_ID;
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

/// Completes the document of `router` with what is true of every route: its errors are problem
/// documents, and its responses have an id.
pub fn documented(router: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    let info = Info::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let components = Components::builder().schemas_from_iter([
        (Problem::name(), Problem::schema()),
        (FieldError::name(), FieldError::schema()),
        (Place::name(), Place::schema()),
    ]);
    let document = OpenApiBuilder::new()
        .info(info)
        .components(Some(components.build()));
    let router = OpenApiRouter::with_openapi(document.build()).merge(router);
    let router = with_response(
        router,
        "503",
        "The service, or what it depends on, cannot answer now",
    );
    let router = with_response(router, "default", "Any other error");
    let mut router = with_header(
        router,
        None,
        &REQUEST_ID,
        "The id of the request in the log",
    );
    for (status, response) in responses(&mut router) {
        if !status.starts_with(['1', '2', '3']) && response.content.is_empty() {
            let schema = Ref::from_schema_name(Problem::name());
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let content_type = "application/problem+json".to_owned();
            response.content.insert(content_type, content.into());
        }
    }
    router
}

/// Documents a response that each route of `router` may give.
pub fn with_response(
    mut router: OpenApiRouter<AppState>,
    status: &str,
    description: &str,
) -> OpenApiRouter<AppState> {
    for operation in operations(&mut router) {
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_owned())
            .or_insert_with(|| Response::new(description).into());
    }
    router
}

/// Documents a header of all responses of `router` so far, or of those with a status.
pub fn with_header(
    mut router: OpenApiRouter<AppState>,
    only: Option<&str>,
    name: &HeaderName,
    description: &str,
) -> OpenApiRouter<AppState> {
    let header = HeaderBuilder::new().description(Some(description)).build();
    for (status, response) in responses(&mut router) {
        if only.is_none_or(|only| only == status) {
            response
                .headers
                .insert(name.to_string(), header.clone().into());
        }
    }
    router
}

fn responses(
    router: &mut OpenApiRouter<AppState>,
) -> impl Iterator<Item = (&String, &mut Response)> {
    let responses = operations(router).flat_map(|operation| &mut operation.responses.responses);
    responses.filter_map(|(status, response)| match response {
        RefOr::T(response) => Some((status, response)),
        RefOr::Ref(_) => None,
    })
}

fn operations(router: &mut OpenApiRouter<AppState>) -> impl Iterator<Item = &mut Operation> {
    let paths = router.get_openapi_mut().paths.paths.values_mut();
    paths.flat_map(|path| {
        [
            &mut path.get,
            &mut path.put,
            &mut path.post,
            &mut path.patch,
            &mut path.delete,
        ]
        .into_iter()
        .flatten()
    })
}

/// `GET /openapi.json` and, for people, `GET /docs`, to which `GET /` leads unless the API has it.
pub fn router(document: OpenApi) -> Router<AppState> {
    let has_root = document.paths.paths.contains_key("/");
    let document = document.to_json().expect("it is made of strings and lists");
    let json = [(header::CONTENT_TYPE, "application/json")];
    let index = Html(include_str!("docs/index.html"));
    let initializer = include_str!("docs/swagger-initializer.js");
    let javascript = [(header::CONTENT_TYPE, "text/javascript")];
    let routes = Router::new()
        .route(DOCUMENT, get((json, Bytes::from(document))))
        .route(PAGE, get(index))
        .route("/docs/", get(Redirect::permanent("../docs")))
        .route(
            "/docs/swagger-initializer.js",
            get((javascript, initializer)),
        );

    let routes = match has_root {
        true => routes,
        false => routes.route("/", get(Redirect::temporary("docs"))),
    };

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
