//! Sessions in Redis.

use std::marker::PhantomData;
use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, SessionData, SessionId, SessionSettings};
use crate::redis::RedisManager;
use crate::redis::async_operations::milliseconds;

/// The hash tag in braces keeps all sessions in one slot of a cluster, because a script reaches no other:
/// one moves a session together with the index of its user, who has several and ends all of them at
/// once. The node of that slot loads some hundred thousand sessions a second.
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

/// The sessions of all clients, with data of type `D`; cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions<D = SessionData> {
    redis: RedisManager,
    settings: SessionSettings,
    data: PhantomData<fn() -> D>,
}

/// A session that was loaded.
#[derive(Clone, Debug)]
pub struct Session<D = SessionData> {
    /// The id that opened it.
    pub id: SessionId,
    /// Who is logged in, if anybody.
    pub user: Option<String>,
    /// What else is remembered.
    pub data: D,
}

impl<D: Serialize + DeserializeOwned> Sessions<D> {
    /// Sessions in the Redis of `redis`.
    pub fn new(redis: &RedisManager, settings: SessionSettings) -> Self {
        Self {
            redis: redis.clone(),
            settings,
            data: PhantomData,
        }
    }

    /// Begins a session without a user. Send the id with [`set_cookie`](Self::set_cookie).
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or JSON cannot hold the data.
    pub async fn create(&self, data: &D) -> Result<SessionId, Error> {
        self.create_for("", data).await
    }

    /// Begins a session of a user, whose name is not empty.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn create_for(&self, user: &str, data: &D) -> Result<SessionId, Error> {
        let id = SessionId::generate();
        let mut script = CREATE.prepare_invoke();
        script.key(self.session_key(&id));
        // A key that never exists would keep scripts waiting while a cluster moves its slot.
        if !user.is_empty() {
            script.key(self.index_key(user));
        }
        script
            .arg(id.hash())
            .arg(user)
            .arg(encode(data)?)
            .arg(milliseconds(self.settings.lifetime)?)
            .arg(milliseconds(self.settings.idle_timeout)?)
            .arg(self.redis.key(SESSION));
        self.redis.run_async::<()>(&script).await?;
        Ok(id)
    }

    /// Loads a session and restarts its idle time-out, or gives `None` if there is none, or none any
    /// more.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, or the data cannot be decoded.
    pub async fn load(&self, id: SessionId) -> Result<Option<Session<D>>, Error> {
        let Some((user, text)) = self.load_text(&id).await? else {
            return Ok(None);
        };
        let user = Some(user).filter(|user| !user.is_empty());
        let data = decode(&text)?;
        Ok(Some(Session { id, user, data }))
    }

    /// Changes the data of a session and gives the new data, or `None` if there is no such session.
    /// Concurrent updates are all kept: `change` is called again on what another one stored.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, the data cannot be decoded, or JSON cannot hold it.
    pub async fn update(
        &self,
        id: &SessionId,
        change: impl Fn(&mut D),
    ) -> Result<Option<D>, Error> {
        while let Some((_, text)) = self.load_text(id).await? {
            let mut data = decode(&text)?;
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

    /// Gives a session a new id, or `None` if it has ended. The old id is invalid at once: send the new
    /// one with [`set_cookie`](Self::set_cookie).
    ///
    /// With a user, who must have been authenticated, the session is theirs from now on and its
    /// lifetime starts over. Without one, user and lifetime stay.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn rotate(
        &self,
        session: &Session<D>,
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

    /// Ends a session and says whether there was one.
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

    /// Ends all sessions of a user, on every device, and gives their number.
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

fn encode(data: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(data).map_err(Error::Encode)
}

fn decode<D: DeserializeOwned>(text: &str) -> Result<D, Error> {
    serde_json::from_str(text).map_err(Error::Decode)
}
