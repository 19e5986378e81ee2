//! What programs may be allowed to do.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Something that a token may be good for: the type that [`RequireScope`](super::RequireScope) takes.
pub trait Scope: Send + Sync + 'static {
    /// Its name, as clients write it.
    const NAME: &'static str;
}

/// Declares scopes, and the list of their names.
macro_rules! scopes {
    ($($(#[doc = $about:literal])+ $scope:ident = $name:literal;)+) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug)]
            pub struct $scope;

            impl Scope for $scope {
                const NAME: &'static str = $name;
            }
        )+

        /// The names of all scopes.
        pub const NAMES: &[&str] = &[$($name),+];
    };
}

scopes! {
    // One line per scope, below what it allows: add yours here.
    /// Reads the account of the owner.
    ReadProfile = "profile:read";
    /// Changes what the owner says of themselves.
    WriteProfile = "profile:write";
}

/// What a token is good for: one scope or more.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Vec<String>")]
pub struct Scopes(Vec<&'static str>);

/// Why a list of names is none of scopes.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum NoScopes {
    /// It is empty.
    #[error("must name at least one scope")]
    Empty,
    /// A name means nothing.
    #[error("there is no scope `{0}`")]
    Unknown(String),
}

impl TryFrom<Vec<String>> for Scopes {
    type Error = NoScopes;

    fn try_from(given: Vec<String>) -> Result<Self, NoScopes> {
        if given.is_empty() {
            return Err(NoScopes::Empty);
        }
        match given.iter().find(|name| !NAMES.contains(&name.as_str())) {
            Some(unknown) => Err(NoScopes::Unknown(unknown.clone())),
            None => Ok(Self::among(|name| given.iter().any(|given| given == name))),
        }
    }
}

impl Scopes {
    /// Those in a text of the database; one that is not known any more is none.
    pub fn parse(text: &str) -> Self {
        Self::among(|name| text.split(' ').any(|word| word == name))
    }

    /// Their names with a space between them, as OAuth writes them too (RFC 6749, section 3.3).
    pub fn text(&self) -> String {
        self.0.join(" ")
    }

    /// Whether a scope is among them.
    pub fn have<S: Scope>(&self) -> bool {
        self.0.contains(&S::NAME)
    }

    fn among(is_in: impl Fn(&str) -> bool) -> Self {
        let names = NAMES.iter().copied();
        Self(names.filter(|name| is_in(name)).collect())
    }
}

impl PartialSchema for Scopes {
    fn schema() -> RefOr<Schema> {
        let name = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(NAMES.iter().copied()));
        ArrayBuilder::new().items(name).min_items(Some(1)).into()
    }
}

impl ToSchema for Scopes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_those_that_were_given_and_no_others() {
        let scopes = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned());
            Scopes::try_from(names.collect::<Vec<_>>())
        };
        let one = scopes(&["profile:read", "profile:read"]).expect("a scope");
        assert!(one.have::<ReadProfile>() && !one.have::<WriteProfile>());
        assert_eq!(one.text(), "profile:read");
        assert_eq!(Scopes::parse("gone profile:read"), one);
        assert!(!Scopes::parse("").have::<ReadProfile>());
        // The name of one is not the beginning of another.
        assert!(!Scopes::parse("profile:read:all").have::<ReadProfile>());
        assert_eq!(scopes(&[]), Err(NoScopes::Empty));
        for unknown in ["", "profile", "*", "PROFILE:READ", "profile:read x"] {
            let refused = scopes(&["profile:read", unknown]);
            assert_eq!(refused, Err(NoScopes::Unknown(unknown.to_owned())));
        }
    }
}
