//! Passwords: what may be one, and their hashes.
//!
//! As NIST SP 800-63B-4 has it: a length, a list of common ones, what anybody would try for this account, and
//! no rules about kinds of letters.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Error;

/// The fewest characters of a new password.
pub const MIN_LENGTH: usize = 12;

/// The most characters of a new password.
pub const MAX_LENGTH: usize = 128;

/// So many digits cannot be guessed, whatever stands beside them.
const MIN_DIGITS: usize = 8;

/// How long a request waits until a password can be hashed for it.
pub const MAX_WAIT: Duration = Duration::from_secs(2);

/// The parameters of Argon2id, as OWASP recommends them: 19 MiB, two passes, one lane. Hashes with
/// others are replaced when their owners log in.
pub const PARAMS: Params = match Params::new(19 * 1024, 2, 1, None) {
    Ok(params) => params,
    Err(_) => panic!("the parameters are valid"),
};

/// The commonest ten thousand of those that are long enough, in order, in small letters: from the ten
/// million passwords that Mark Burnett has given to the public domain.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password as somebody typed it, in the form (NFKC) that all keyboards lead to.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(format = Password)]
#[serde(from = "String")]
pub struct Password(String);

impl From<String> for Password {
    fn from(text: String) -> Self {
        let normalizer = ComposingNormalizerBorrowed::new_nfkc();
        Self(normalizer.normalize(&text).into_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A password that may be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct NewPassword(Password);

/// Why a password may not be set.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// It can be guessed by trying.
    #[error("a password has at least {MIN_LENGTH} characters")]
    Short,
    /// It is longer than anybody types.
    #[error("a password has at most {MAX_LENGTH} characters")]
    Long,
    /// It is among those that are tried first.
    #[error("many people have this password: take another one")]
    Common,
    /// It is made of the name of the service or the address of the account.
    #[error("a password is more than the name of the service or the address: take another one")]
    Expected,
}

impl TryFrom<String> for NewPassword {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let password = Password::from(text);
        match password.0.chars().count() {
            ..MIN_LENGTH => return Err(Unfit::Short),
            MIN_LENGTH..=MAX_LENGTH => {}
            _ => return Err(Unfit::Long),
        }
        if is_common(&password.0.to_lowercase()) {
            return Err(Unfit::Common);
        }
        Ok(Self(password))
    }
}

impl PartialSchema for NewPassword {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .min_length(Some(MIN_LENGTH))
            .max_length(Some(MAX_LENGTH))
            .description(Some(
                "Any characters, but not a password that many people have",
            ));
        schema.into()
    }
}

impl ToSchema for NewPassword {}

impl NewPassword {
    /// The password, for the account of an address. Every new one comes through here.
    ///
    /// # Errors
    ///
    /// If it is what anybody would try for that account.
    pub fn for_account(&self, email: &str) -> Result<&Password, Unfit> {
        let Self(password) = self;
        match is_expected(&password.0.to_lowercase(), &email.to_lowercase()) {
            true => Err(Unfit::Expected),
            false => Ok(password),
        }
    }
}

/// Whether a password is words of the service's name and of the address, a few digits, and no more but
/// signs between them.
fn is_expected(password: &str, email: &str) -> bool {
    let context = [env!("CARGO_PKG_NAME"), email].into_iter();
    let words = context.flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words
        .iter()
        .fold(password.to_owned(), |rest, word| rest.replace(word, " "));
    let digits = rest.chars().filter(|letter| letter.is_numeric()).count();
    rest != password && !rest.contains(char::is_alphabetic) && digits < MIN_DIGITS
}

/// Looks for a line, which are in the order of their bytes.
fn is_common(password: &str) -> bool {
    let (mut low, mut high) = (0, COMMON.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = COMMON.as_bytes()[..middle]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let line = COMMON[start..].lines().next().unwrap_or_default();
        match line.cmp(password) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// What became of a password that was held against a hash.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// It is another one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and this is its hash with the parameters of today.
    Outdated(String),
}

/// Hashes passwords, a few at once: each takes 19 MiB, and all the time of a core. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// Hashes so many at once.
    pub fn new(at_once: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// The hash of a password, in the PHC string format, with a salt of its own.
    ///
    /// # Errors
    ///
    /// If too many others wait for theirs.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let password = password.clone();
        self.in_turn(move || hash(&password)).await
    }

    /// Holds a password against a hash. Without one, it takes as long and is wrong.
    ///
    /// # Errors
    ///
    /// If too many others wait for theirs.
    pub async fn verify(&self, password: &Password, hash: Option<&str>) -> Result<Verdict, Error> {
        let (password, hash) = (password.clone(), hash.map(str::to_owned));
        self.in_turn(move || verify(&password, hash.as_deref()))
            .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = timeout(MAX_WAIT, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Error::Busy)?;
        let done = spawn_blocking(move || {
            // Until the memory is free again, even if nobody waits for the hash any more.
            let _turn = turn;
            work()
        });
        done.await.map_err(Error::Hash)
    }
}

/// # Panics
///
/// If the system has no random source.
fn hash(Password(password): &Password) -> String {
    let hash = Argon2::from(PARAMS).hash_password(password.as_bytes());
    hash.expect("the system has a random source").to_string()
}

fn verify(password: &Password, kept: Option<&str>) -> Verdict {
    let Some(kept) = kept.and_then(|kept| PasswordHash::new(kept).ok()) else {
        black_box(hash(password));
        return Verdict::Wrong;
    };
    // It is hashed with the parameters of the other hash.
    let verified = Argon2::default().verify_password(password.0.as_bytes(), &kept);
    if verified.is_err() {
        return Verdict::Wrong;
    }
    match Params::try_from(&kept) {
        Ok(params) if is_as_today(&params, &kept) => Verdict::Right,
        _ => Verdict::Outdated(hash(password)),
    }
}

fn is_as_today(params: &Params, kept: &PasswordHash) -> bool {
    let numbers = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    kept.algorithm == argon2::ARGON2ID_IDENT && numbers(params) == numbers(&PARAMS)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::SeqCst;

    use tokio::task::JoinSet;

    use super::*;

    fn new(text: &str) -> Result<NewPassword, Unfit> {
        NewPassword::try_from(text.to_owned())
    }

    #[test]
    fn every_line_of_the_list_is_found_in_any_case_and_nothing_else() {
        assert_eq!(COMMON.lines().count(), 10_000);
        assert!(COMMON.lines().is_sorted());
        for line in COMMON.lines() {
            assert_eq!(
                new(&line.to_uppercase()).err(),
                Some(Unfit::Common),
                "{line}"
            );
        }
        for other in ["", "!", "a", "\u{10ffff}", "correct horse battery"] {
            assert!(!is_common(other), "{other}");
        }
    }

    #[test]
    fn a_password_is_measured_in_characters_of_any_alphabet() {
        assert_eq!(new("elevenchars").err(), Some(Unfit::Short));
        assert!(new("twelve chars").is_ok());
        assert!(new("ключ от дома").is_ok());
        assert!(new(&"ü".repeat(128)).is_ok());
        assert_eq!(new(&"ü".repeat(129)).err(), Some(Unfit::Long));
    }

    #[test]
    fn a_password_is_measured_as_it_is_kept() {
        // One character of the keyboard, and three of the password.
        assert!(new("ﬃﬃﬃﬃ").is_ok());
        // Two of the keyboard, and one of the password.
        assert_eq!(new(&"u\u{308}".repeat(11)).err(), Some(Unfit::Short));
        assert!(new(&"u\u{308}".repeat(128)).is_ok());
    }

    #[test]
    fn a_password_is_more_than_what_anybody_would_try_for_the_account() {
        let service = env!("CARGO_PKG_NAME");
        let unfit = |text: &str| {
            let password = new(text).expect("a password of some length");
            password.for_account("Ada.Lovelace@example.com").err()
        };
        for expected in [
            "ada@example.com",
            "AdaLovelace1815",
            "Lovelace, Ada!",
            "example.com 2026",
            &format!("{}123!", service.repeat(12 / service.len() + 1)),
            &format!("ada-lovelace-{service}"),
        ] {
            assert_eq!(unfit(expected), Some(Unfit::Expected), "{expected}");
        }
        for other in [
            "adalovelacewrites",
            "ada 8462 9173 5528",
            "1815 1852 1843",
            "correct horse battery",
        ] {
            assert_eq!(unfit(other), None, "{other}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_are_hashed_at_once_than_said_even_if_nobody_waits_for_them() {
        const TURNS: usize = 3;
        let passwords = Passwords::new(TURNS);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut calls = JoinSet::new();
        for number in 0..60 {
            let (passwords, running, most) = (passwords.clone(), running.clone(), most.clone());
            let call = calls.spawn(async move {
                let work = move || {
                    most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    running.fetch_sub(1, SeqCst);
                };
                passwords.in_turn(work).await.is_ok()
            });
            if number % 3 == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
                call.abort();
            }
        }
        let mut done = 0;
        while let Some(outcome) = calls.join_next().await {
            done += usize::from(matches!(outcome, Ok(true)));
        }
        assert!(done > TURNS, "{done}");
        assert_eq!(most.load(SeqCst), TURNS);
    }

    #[test]
    fn a_password_that_another_keyboard_types_is_the_same() {
        let typed = |text: &str| Password::from(text.to_owned()).0;
        assert_eq!(typed("u\u{308}ber ﬁfty"), typed("über fifty"));
        assert_eq!(typed("ｆｕｌｌ"), typed("full"));
        assert_ne!(typed("Full"), typed("full"));
    }

    #[test]
    fn nothing_shows_a_password() {
        let password = new("twelve chars").expect("a password");
        assert_eq!(format!("{password:?}"), "NewPassword(***)");
    }
}
