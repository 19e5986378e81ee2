//! The second factor of an owner.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::{Client, Code, RequireRecent, RequireUser};
use crate::error::Error;
use crate::state::AppState;
use crate::valid::Valid;

/// `GET` and `POST /account/second-factor`, and what is below it.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(second_factor, propose_second_factor))
        .routes(routes!(confirm_second_factor))
        .routes(routes!(renew_recovery_codes))
        .routes(routes!(remove_second_factor))
}

/// Whether there is a second factor.
#[derive(Serialize, ToSchema)]
struct SecondFactor {
    /// Whether a log-in asks for a code.
    is_on: bool,
    /// How many recovery codes are left.
    recovery_codes: i64,
}

/// What an app has to know.
#[derive(Serialize, ToSchema)]
struct ProposedFactor {
    /// The secret, to be typed.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// All of it, to be shown as a QR code.
    #[schema(example = "otpauth://totp/service:ada%40example.com?secret=GEZDGNBVGY3TQOJQ")]
    uri: String,
}

/// A code of the app, or a recovery code.
#[derive(Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
struct OneCode {
    /// The code.
    code: Code,
}

/// What opens the account without the app, each once.
#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    /// The codes, which are not shown again.
    recovery_codes: Vec<String>,
}

impl From<Vec<Code>> for RecoveryCodes {
    fn from(codes: Vec<Code>) -> Self {
        Self {
            recovery_codes: codes.iter().map(Code::expose).collect(),
        }
    }
}

/// Returns whether there is a second factor.
#[utoipa::path(
    get,
    path = "/account/second-factor",
    tag = "account",
    security(("session" = [])),
    responses(
        (status = 200, description = "The second factor", body = SecondFactor),
        (status = 401, description = "Nobody is logged in"),
    ),
)]
async fn second_factor(
    State(state): State<AppState>,
    RequireUser(user): RequireUser,
) -> Result<Json<SecondFactor>, Error> {
    let left = state.accounts.recovery_codes(&user).await?;
    Ok(Json(SecondFactor {
        is_on: left.is_some(),
        recovery_codes: left.unwrap_or_default(),
    }))
}

/// Makes a secret for an app, after a recent log-in. It is not asked for before it was confirmed.
#[utoipa::path(
    post,
    path = "/account/second-factor",
    tag = "account",
    security(("session" = [])),
    responses(
        (status = 201, description = "What the app has to know", body = ProposedFactor),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago"),
        (status = 404, description = "Second factors are switched off"),
        (status = 409, description = "There is one already"),
    ),
)]
async fn propose_second_factor(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
) -> Result<(StatusCode, Json<ProposedFactor>), Error> {
    let proposal = state.accounts.propose_factor(&user).await?;
    let proposed = ProposedFactor {
        secret: proposal.secret,
        uri: proposal.uri,
    };
    Ok((StatusCode::CREATED, Json(proposed)))
}

/// Switches the second factor on, with a code of the app, after a recent log-in.
#[utoipa::path(
    post,
    path = "/account/second-factor/confirm",
    tag = "account",
    security(("session" = [])),
    request_body = OneCode,
    responses(
        (status = 200, description = "It is asked for from now on", body = RecoveryCodes),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago, or the code is wrong"),
        (status = 409, description = "There is no secret to confirm"),
        (status = 429, description = "There were too many wrong codes"),
    ),
)]
async fn confirm_second_factor(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
    client: Client,
    Valid(Json(OneCode { code })): Valid<Json<OneCode>>,
) -> Result<Json<RecoveryCodes>, Error> {
    let codes = state.accounts.activate_factor(&client, &user, &code);
    Ok(Json(codes.await?.into()))
}

/// Makes the recovery codes anew, with a code, after a recent log-in.
#[utoipa::path(
    post,
    path = "/account/second-factor/recovery-codes",
    tag = "account",
    security(("session" = [])),
    request_body = OneCode,
    responses(
        (status = 200, description = "Those from before are worth nothing", body = RecoveryCodes),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago, or the code is wrong"),
        (status = 409, description = "There is no second factor"),
        (status = 429, description = "There were too many wrong codes"),
    ),
)]
async fn renew_recovery_codes(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
    client: Client,
    Valid(Json(OneCode { code })): Valid<Json<OneCode>>,
) -> Result<Json<RecoveryCodes>, Error> {
    let codes = state.accounts.renew_recovery_codes(&client, &user, &code);
    Ok(Json(codes.await?.into()))
}

/// Switches the second factor off, with a code, after a recent log-in.
#[utoipa::path(
    post,
    path = "/account/second-factor/remove",
    tag = "account",
    security(("session" = [])),
    request_body = OneCode,
    responses(
        (status = 204, description = "The password is enough"),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago, or the code is wrong"),
        (status = 409, description = "There is no second factor"),
        (status = 429, description = "There were too many wrong codes"),
    ),
)]
async fn remove_second_factor(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
    client: Client,
    Valid(Json(OneCode { code })): Valid<Json<OneCode>>,
) -> Result<StatusCode, Error> {
    state.accounts.remove_factor(&client, &user, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}
