//! The sessions of one user: where they are logged in.

use std::sync::LazyLock;

use redis::Script;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::SESSION;
use super::{Error, SessionId, Sessions};

static DEVICES: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("devices.lua")));
static DESTROY: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("destroy_device.lua")));

/// The name of a session that does not open it: its user may see it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Device(String);

impl Device {
    /// The device of a session.
    pub fn of(id: &SessionId) -> Self {
        Self(id.hash())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<D: Serialize + DeserializeOwned> Sessions<D> {
    /// The sessions of a user that have not ended, with their data. One whose data cannot be decoded is
    /// left out.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn devices_of(&self, user: &str) -> Result<Vec<(Device, D)>, Error> {
        let mut script = DEVICES.prepare_invoke();
        script
            .key(self.index_key(user))
            .arg(self.redis.key(SESSION));
        let found: Vec<(String, String)> = self.redis.run_async(&script).await?;
        let devices = found
            .into_iter()
            .filter_map(|(hash, text)| Some((Device(hash), serde_json::from_str(&text).ok()?)));
        Ok(devices.collect())
    }

    /// Ends a session of a user, and returns whether there was one.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn destroy_device(&self, user: &str, device: &Device) -> Result<bool, Error> {
        let session = self.redis.key(format!("{SESSION}{}", device.0));
        let mut script = DESTROY.prepare_invoke();
        script.key(session).key(self.index_key(user)).arg(&device.0);
        Ok(self.redis.run_async(&script).await?)
    }
}
