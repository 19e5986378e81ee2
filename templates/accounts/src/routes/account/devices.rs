//! Where an account is logged in.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::{Client, RequireRecent, RequireUser};
use crate::error::Error;
use crate::redis::session::Device;
use crate::state::AppState;

/// `GET /account/devices` and `DELETE /account/devices/{device}`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_devices))
        .routes(routes!(end_device))
}

/// A log-in that has not ended.
#[derive(Serialize, ToSchema)]
struct LoggedIn {
    /// The name of the log-in.
    device: Device,
    /// When it was.
    #[schema(value_type = String, format = DateTime)]
    at: DateTime<Utc>,
    /// From which address it came.
    #[schema(example = "192.0.2.1")]
    address: String,
    /// What the browser or the program said of itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0")]
    agent: String,
    /// Whether it is that of whoever asks.
    is_current: bool,
}

/// Where somebody is logged in.
#[derive(Serialize, ToSchema)]
struct Devices {
    /// The log-ins, the last one first.
    devices: Vec<LoggedIn>,
}

/// Lists where the account is logged in.
#[utoipa::path(
    get,
    path = "/account/devices",
    tag = "account",
    security(("session" = [])),
    responses(
        (status = 200, description = "The log-ins that have not ended", body = Devices),
        (status = 401, description = "Nobody is logged in"),
    ),
)]
async fn list_devices(
    State(state): State<AppState>,
    RequireUser(user): RequireUser,
) -> Result<Json<Devices>, Error> {
    let current = Device::of(&user.session.id);
    let log_ins = state.accounts.devices(&user).await?.into_iter();
    let devices = log_ins.map(|(device, log_in)| LoggedIn {
        is_current: device == current,
        device,
        at: log_in.at,
        address: log_in.address,
        agent: log_in.agent,
    });
    let devices = devices.collect();
    Ok(Json(Devices { devices }))
}

/// Ends one of the log-ins of the account, after a recent one.
#[utoipa::path(
    delete,
    path = "/account/devices/{device}",
    tag = "account",
    security(("session" = [])),
    params(("device" = String, Path, description = "The name of the log-in")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 401, description = "Nobody is logged in"),
        (status = 403, description = "The log-in was too long ago"),
        (status = 404, description = "The account has no such log-in"),
    ),
)]
async fn end_device(
    State(state): State<AppState>,
    RequireRecent(user): RequireRecent,
    client: Client,
    Path(device): Path<Device>,
) -> Result<StatusCode, Error> {
    match state.accounts.end_device(&client, &user, &device).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Error::new(
            StatusCode::NOT_FOUND,
            "the account is not logged in there",
        )),
    }
}
