//! What a client sends, checked before the handler sees it.

use std::error::Error as StdError;
use std::iter::successors;
use std::ops::Deref;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use garde::{Report, Validate};
use serde_path_to_error::Segment;

use crate::error::{Error, FieldError, Place};

/// An extractor around another one, as in `Valid<Json<NewUser>>` or `Valid<Query<Page>>`, whose content
/// keeps the rules that it derives with [`garde::Validate`].
///
/// What breaks them is answered with 422, and each field that does is named in the `errors` of the
/// problem document, as it is in Rust: garde does not know names that serde changes. So is a field of
/// the wrong type. The rules that clients have to know stand in `#[schema(…)]` too.
#[derive(Debug)]
pub struct Valid<E>(pub E);

/// For what is in the body.
impl<S, E> FromRequest<S> for Valid<E>
where
    S: Send + Sync,
    E: FromRequest<S, Rejection: StdError + 'static> + Deref<Target: Validate<Context: Default>>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let content = E::from_request(request, state).await.map_err(refuse)?;
        check(content.validate(), Place::in_body).map_err(IntoResponse::into_response)?;
        Ok(Self(content))
    }
}

/// For what is in the path and the query.
impl<S, E> FromRequestParts<S> for Valid<E>
where
    S: Send + Sync,
    E: FromRequestParts<S> + Deref<Target: Validate<Context: Default>>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let content = E::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        check(content.validate(), |keys| Place::Parameter(keys.join(".")))
            .map_err(IntoResponse::into_response)?;
        Ok(Self(content))
    }
}

fn check(validated: Result<(), Report>, place: fn(Vec<String>) -> Place) -> Result<(), Error> {
    let Err(report) = validated else {
        return Ok(());
    };
    let error = Error::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "some fields break their rules",
    );
    Err(report.iter().fold(error, |error, (path, broken)| {
        error.with_field(FieldError {
            place: place(keys(path)),
            detail: broken.to_string(),
        })
    }))
}

/// The answer to a body that cannot be read, which names the field if one is of the wrong type.
fn refuse(rejection: impl IntoResponse + StdError + 'static) -> Response {
    let mut causes = successors(Some(&rejection as &dyn StdError), |error| (*error).source());
    let field = causes.find_map(|error| mistyped(error.downcast_ref()?));
    let mut response = rejection.into_response();
    if let Some(field) = field {
        response.extensions_mut().insert(vec![field]);
    }
    response
}

fn mistyped(error: &serde_path_to_error::Error<serde_json::Error>) -> Option<FieldError> {
    let keys = error.path().iter().filter_map(|segment| match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    error.inner().is_data().then(|| FieldError {
        place: Place::in_body(keys),
        detail: error.inner().to_string(),
    })
}

/// The keys and indexes of a path, which only serde gives one by one, each with its kind.
fn keys(path: &garde::Path) -> Vec<String> {
    let steps: Result<Vec<(String, String)>, _> =
        serde_json::to_value(path).and_then(serde_json::from_value);
    let steps = steps.expect("a path is a list of kinds and keys");
    let keys = steps.into_iter().filter(|(kind, _)| kind != "none");
    keys.map(|(_, key)| key).collect()
}
