//! The profiles of users.
//!
//! The seam to the data source: a database will take the place of what is in memory here. Handlers
//! know only these two functions, and stay as they are when their bodies become queries.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who a user is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema, Validate)]
pub struct Profile {
    /// The name to show: 1 to 200 characters.
    #[schema(
        example = "Ada Lovelace",
        min_length = 1,
        max_length = 200,
        pattern = r"\S"
    )]
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    pub name: String,
    /// The address for mail: 1 to 200 characters.
    #[schema(
        example = "ada@example.com",
        min_length = 1,
        max_length = 200,
        pattern = r"\S"
    )]
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    pub email: String,
}

fn not_blank(text: &str, _: &()) -> garde::Result {
    match text.trim() {
        "" => Err(garde::Error::new("must have more than spaces")),
        _ => Ok(()),
    }
}

/// The profiles of all users; all clones share them.
#[derive(Clone, Debug)]
pub struct Profiles {
    by_user: Arc<RwLock<HashMap<u64, Profile>>>,
}

/// Why the data source could not answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the profiles cannot be read or written now")]
pub struct Unavailable;

impl Default for Profiles {
    /// Two users to begin with.
    fn default() -> Self {
        let profile = |name: &str, email: &str| Profile {
            name: name.to_owned(),
            email: email.to_owned(),
        };
        let by_user = HashMap::from([
            (1, profile("Ada", "ada@example.com")),
            (2, profile("Grace", "grace@example.com")),
        ]);
        Self {
            by_user: Arc::new(RwLock::new(by_user)),
        }
    }
}

impl Profiles {
    /// The profile of a user, if there is such a user.
    ///
    /// # Errors
    ///
    /// If the data source cannot answer.
    pub async fn find(&self, user_id: u64) -> Result<Option<Profile>, Unavailable> {
        let profiles = self.by_user.read().unwrap_or_else(PoisonError::into_inner);
        Ok(profiles.get(&user_id).cloned())
    }

    /// Replaces the profile of a user, and says whether there is such a user.
    ///
    /// # Errors
    ///
    /// If the data source cannot answer.
    pub async fn update(&self, user_id: u64, profile: Profile) -> Result<bool, Unavailable> {
        let mut profiles = self.by_user.write().unwrap_or_else(PoisonError::into_inner);
        Ok(profiles
            .get_mut(&user_id)
            .map(|current| *current = profile)
            .is_some())
    }
}
