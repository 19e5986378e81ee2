//! One error type for every handler, answered as a problem document (RFC 9457).

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::telemetry::REQUEST_ID;

/// The longest text of another layer's error that is worth passing on, in bytes.
const LONGEST_DETAIL: usize = 4096;

/// What went wrong with a request: a status, a sentence for the client and, for the log alone, the
/// cause.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    detail: String,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error with a sentence that the client may read.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            cause: None,
        }
    }

    /// Adds the cause, which is logged and never sent.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.status, self.detail)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause
            .as_deref()
            .map(|cause| cause as &(dyn StdError + 'static))
    }
}

/// An error and its causes in one line: `no report: no connection: connection refused`.
pub fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some errors tell their cause themselves.
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    text
}

/// Gives the sentence as plain text; [`into_problems`] makes the document of it.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match &self.cause {
            Some(cause) if self.status.is_server_error() => {
                tracing::error!(status = self.status.as_u16(), cause, "{}", self.detail);
            }
            Some(cause) => {
                tracing::debug!(status = self.status.as_u16(), cause, "{}", self.detail);
            }
            None => {}
        }
        (self.status, self.detail).into_response()
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "nothing is at `/nowhere`",
    "request_id": "0d4f3c52-6a0e-4a43-9a52-1f6c7c7b8f10",
}))]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    pub r#type: String,
    /// The standard words for the status.
    pub title: String,
    /// The status, as in the response.
    pub status: u16,
    /// A sentence about this occurrence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The id under which the log has more.
    pub request_id: String,
}

/// Turns every error response into a problem document with the id of the request, whoever made
/// it: a handler, an extractor, a layer, or the router itself. One that is not plain text is a
/// document already, and stays as it is.
///
/// # Errors
///
/// Never: layers want a `Result`.
pub async fn into_problems(response: Response) -> Result<Response, Infallible> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || !is_plain(&response) {
        return Ok(response);
    }

    let (mut parts, body) = response.into_parts();
    let detail = match to_bytes(body, LONGEST_DETAIL).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    };
    let id = parts.headers.get(REQUEST_ID).map(HeaderValue::as_bytes);
    let problem = Problem {
        r#type: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail,
        request_id: String::from_utf8_lossy(id.unwrap_or_default()).into_owned(),
    };
    let document = serde_json::to_vec(&problem).expect("a problem is made of strings and a number");
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    Ok(Response::from_parts(parts, Body::from(document)))
}

fn is_plain(response: &Response) -> bool {
    match response.headers().get(header::CONTENT_TYPE) {
        Some(content_type) => content_type.as_bytes().starts_with(b"text/plain"),
        None => true,
    }
}
