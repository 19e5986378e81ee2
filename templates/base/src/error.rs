//! One error type for every handler, answered as a problem document (RFC 9457).

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest text of another layer's error that is worth passing on, in bytes.
const MAX_DETAIL: usize = 4096;

/// What went wrong with a request: a status, what the client is told, and, for the log alone, the cause.
#[derive(Clone, Debug)]
pub struct Error {
    status: StatusCode,
    detail: String,
    fields: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error with a sentence that the client may read.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            fields: vec![],
            headers: vec![],
            cause: None,
        }
    }

    /// Names a field of the request that is to blame.
    #[must_use]
    pub fn with_field(mut self, field: FieldError) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds the cause, which is logged and never sent.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
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

/// Gives the sentence as plain text, and the fields beside it; [`into_problem`] makes the document of
/// both.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self.cause.as_deref() {
            Some(cause) if self.status.is_server_error() => {
                tracing::error!(status = self.status.as_u16(), cause, "{}", self.detail);
            }
            Some(cause) => {
                tracing::debug!(status = self.status.as_u16(), cause, "{}", self.detail);
            }
            None => {}
        }
        let mut response = (self.status, self.detail).into_response();
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        if !self.fields.is_empty() {
            response.extensions_mut().insert(self.fields);
        }
        response
    }
}

/// A field of a request that breaks a rule.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where the field is.
    #[serde(flatten)]
    pub place: Place,
    /// Which rule it breaks.
    #[schema(example = "length is greater than 200")]
    pub detail: String,
}

/// Where a field of a request is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the body, as a JSON pointer in a URI fragment (RFC 6901, section 6).
    #[schema(example = "#/items/0/name")]
    Pointer(String),
    /// The name of a parameter in the path or the query.
    #[schema(example = "limit")]
    Parameter(String),
}

impl Place {
    /// The place in the body that these keys and indexes lead to, from the outside in.
    pub fn in_body<T: AsRef<str>>(keys: impl IntoIterator<Item = T>) -> Self {
        let mut pointer = "#".to_owned();
        for key in keys {
            pointer.push('/');
            for byte in key.as_ref().bytes() {
                match byte {
                    b'~' => pointer.push_str("~0"),
                    b'/' => pointer.push_str("~1"),
                    b'-' | b'.' | b'_' => pointer.push(byte.into()),
                    _ if byte.is_ascii_alphanumeric() => pointer.push(byte.into()),
                    _ => pointer.push_str(&format!("%{byte:02X}")),
                }
            }
        }
        Self::Pointer(pointer)
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
    /// The fields that are to blame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The id under which the log has more.
    pub request_id: String,
}

/// Turns an error response into a problem document with the id of the request, whoever made it: a
/// handler, an extractor, a layer, or the router itself. One that is not plain text is a document
/// already, and stays as it is.
pub async fn into_problem(response: Response, request_id: &HeaderValue) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || !is_plain(&response) {
        return response;
    }

    let (mut parts, body) = response.into_parts();
    let detail = match to_bytes(body, MAX_DETAIL).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    };
    let errors = parts.extensions.remove().unwrap_or_default();
    let problem = Problem {
        r#type: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail,
        errors,
        request_id: String::from_utf8_lossy(request_id.as_bytes()).into_owned(),
    };
    let document = serde_json::to_vec(&problem).expect("a problem is made of strings and a number");
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    Response::from_parts(parts, Body::from(document))
}

fn is_plain(response: &Response) -> bool {
    match response.headers().get(header::CONTENT_TYPE) {
        Some(content_type) => content_type.as_bytes().starts_with(b"text/plain"),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_to_any_key() {
        let pointer = |pointer: &str| Place::Pointer(pointer.to_owned());
        assert_eq!(Place::in_body([""; 0]), pointer("#"));
        assert_eq!(Place::in_body(["items", "0"]), pointer("#/items/0"));
        assert_eq!(
            Place::in_body(["a/b~c%", "é"]),
            pointer("#/a~1b~0c%25/%C3%A9")
        );
    }
}
