//! Sessions in Redis.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, SessionId, SessionSettings};
use crate::redis::RedisManager;
use crate::redis::commands::milliseconds;

/// The hash tag in braces keeps all keys that a script touches in one slot, as a proxy in front of a
/// cluster requires.
const SESSION: &str = "{session}:id:";
const INDEX: &str = "{session}:user:";

static CREATE: LazyLock<Script> = LazyLock::new(|| {
    let script = concat!(include_str!("index.lua"), include_str!("create.lua"));
    Script::new(script)
});
static LOAD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("load.lua")));
static UPDATE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("update.lua")));
static ROTATE: LazyLock<Script> = LazyLock::new(|| {
    let script = concat!(include_str!("index.lua"), include_str!("rotate.lua"));
    Script::new(script)
});
static DESTROY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("destroy.lua")));
static DESTROY_ALL: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("destroy_all.lua")));

/// The sessions of all clients; cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions {
    redis: RedisManager,
    settings: SessionSettings,
}

/// A session that was loaded.
#[derive(Clone, Debug)]
pub struct Session<T> {
    /// The id that opened it.
    pub id: SessionId,
    /// Who the client has proved to be, if anybody.
    pub user: Option<String>,
    /// What is remembered.
    pub data: T,
}

impl Sessions {
    /// Sessions in the Redis of `redis`.
    pub fn new(redis: &RedisManager, settings: SessionSettings) -> Self {
        let redis = redis.clone();
        Self { redis, settings }
    }

    /// Begins a session that belongs to nobody, and gives its id for the
    /// [cookie](Self::set_cookie).
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or JSON cannot hold the data.
    pub async fn create<T: Serialize>(&self, data: &T) -> Result<SessionId, Error> {
        self.create_for("", data).await
    }

    /// Begins a session of a user, whose name is not empty.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or JSON cannot hold the data.
    pub async fn create_for<T: Serialize>(&self, user: &str, data: &T) -> Result<SessionId, Error> {
        let id = SessionId::generate();
        let mut script = CREATE.prepare_invoke();
        script
            .key(self.session_key(&id))
            .key(self.index_key(user))
            .arg(id.hash())
            .arg(user)
            .arg(encode(data)?)
            .arg(milliseconds(self.settings.lifetime)?)
            .arg(milliseconds(self.settings.idle_timeout)?)
            .arg(self.redis.key(SESSION));
        self.redis.run_async::<()>(&script).await?;
        Ok(id)
    }

    /// Opens a session, if there is one: it may be over, or may never have been. Its idle time
    /// starts over.
    ///
    /// Data of another shape, from another release of the service, is as good as none.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn load<T: DeserializeOwned>(
        &self,
        id: SessionId,
    ) -> Result<Option<Session<T>>, Error> {
        let Some((user, data)) = self.load_text(&id).await? else {
            return Ok(None);
        };
        let user = Some(user).filter(|user| !user.is_empty());
        Ok(decode(&data).map(|data| Session { id, user, data }))
    }

    /// Changes the data of a session and gives the new data, if there is such a session. No change
    /// at the same time is lost: `change` is called again with what the other one left.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or JSON cannot hold the data.
    pub async fn update<T: Serialize + DeserializeOwned>(
        &self,
        id: &SessionId,
        change: impl Fn(&mut T),
    ) -> Result<Option<T>, Error> {
        while let Some((_, text)) = self.load_text(id).await? {
            let Some(mut data) = decode(&text) else {
                break;
            };
            change(&mut data);
            let mut script = UPDATE.prepare_invoke();
            script
                .key(self.session_key(id))
                .arg(text)
                .arg(encode(&data)?);
            if self.redis.run_async(&script).await? {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// Gives a session a new id, if it is not over. The old one opens nothing any more, so the
    /// response has to carry the new one in its [cookie](Self::set_cookie).
    ///
    /// With a user, who must have proved to be that user, the session is theirs from now on and its
    /// lifetime starts over. Without one, both stay as they are.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn rotate<T>(
        &self,
        session: &Session<T>,
        user: Option<&str>,
    ) -> Result<Option<SessionId>, Error> {
        let id = SessionId::generate();
        let owner = user.or(session.user.as_deref()).unwrap_or_default();
        let lifetime = match user {
            Some(_) => milliseconds(self.settings.lifetime)?.to_string(),
            None => String::new(),
        };
        let mut script = ROTATE.prepare_invoke();
        script
            .key(self.session_key(&session.id))
            .key(self.session_key(&id))
            .key(self.index_key(owner))
            .arg(session.id.hash())
            .arg(id.hash())
            .arg(owner)
            .arg(lifetime)
            .arg(milliseconds(self.settings.idle_timeout)?)
            .arg(self.redis.key(SESSION));
        let moved: bool = self.redis.run_async(&script).await?;
        Ok(moved.then_some(id))
    }

    /// Ends a session, and says whether there was one.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn destroy(&self, id: &SessionId) -> Result<bool, Error> {
        let mut script = DESTROY.prepare_invoke();
        script
            .key(self.session_key(id))
            .arg(id.hash())
            .arg(self.redis.key(INDEX));
        Ok(self.redis.run_async(&script).await?)
    }

    /// Ends all sessions of a user, on all devices, and gives their number.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn destroy_all_of(&self, user: &str) -> Result<u64, Error> {
        let mut script = DESTROY_ALL.prepare_invoke();
        script
            .key(self.index_key(user))
            .arg(self.redis.key(SESSION));
        Ok(self.redis.run_async(&script).await?)
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.settings.lifetime
    }

    pub(super) fn cookie_secure(&self) -> bool {
        self.settings.cookie_secure
    }

    async fn load_text(&self, id: &SessionId) -> Result<Option<(String, String)>, Error> {
        let mut script = LOAD.prepare_invoke();
        script
            .key(self.session_key(id))
            .arg(milliseconds(self.settings.idle_timeout)?);
        Ok(self.redis.run_async(&script).await?)
    }

    fn session_key(&self, id: &SessionId) -> Vec<u8> {
        self.redis.key(format!("{SESSION}{}", id.hash()))
    }

    fn index_key(&self, user: &str) -> Vec<u8> {
        self.redis.key(format!("{INDEX}{user}"))
    }
}

fn encode<T: Serialize>(data: &T) -> Result<String, Error> {
    serde_json::to_string(data).map_err(Error::Data)
}

fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::debug!(%error, "a session is of another shape"))
        .ok()
}
