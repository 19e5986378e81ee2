//! Forms, beside the routes for programs.

use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use utoipa_axum::router::{UtoipaMethodRouter, UtoipaMethodRouterExt};

use super::page;
use crate::error::Error;
use crate::state::AppState;

/// Lets `form` answer what a page sends to the path of `routes`. Browsers get pages for errors, too.
///
/// A form is refused if a page of another origin sends it, with a cookie or without: a log-in needs none,
/// and would make the visitor somebody else. So `APP_CORS_ORIGINS` does not count here.
pub fn with_form(
    routes: UtoipaMethodRouter<AppState>,
    form: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let protection = CsrfLayer::new().with_rejection_response(refuse as fn(ProtectionError) -> _);
    let form = form.layer(protection);
    routes.map(|routes| {
        any(
            async move |State(state): State<AppState>, request: Request| {
                let is_for_people = shows_pages(request.headers());
                if is_form(&request) {
                    return page::of(form.call(request, state).await).await;
                }
                let response = routes.call(request, state).await;
                match is_for_people {
                    true => page::of(response).await,
                    false => response,
                }
            },
        )
    })
}

fn is_form(request: &Request) -> bool {
    let content_type = text(request.headers(), header::CONTENT_TYPE);
    let (essence, _) = content_type.split_once(';').unwrap_or((content_type, ""));
    let is_form = essence
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded");
    is_form && request.method() == Method::POST
}

fn shows_pages(headers: &HeaderMap) -> bool {
    text(headers, header::ACCEPT).contains("text/html")
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn refuse(_: ProtectionError) -> Response {
    let detail = "a page of another origin may not send a form here";
    Error::new(StatusCode::FORBIDDEN, detail).into_response()
}
