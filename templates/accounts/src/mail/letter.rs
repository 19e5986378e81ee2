//! What the service writes to people.
//!
//! A letter is a file in `letters/`: its subject, an empty line, and paragraphs, one of which may be the
//! link. The HTML is made of the same text, so that both always say the same.

use super::Mail;

/// A letter, with the token of its link.
#[derive(Clone, Debug)]
pub enum Letter {
    /// Somebody wants an account with this address.
    Verify(String),
    /// Somebody wants an account with an address that has one.
    Registered,
    /// Somebody has forgotten the password.
    Reset(String),
    /// The owner of an account wants to have this address.
    VerifyAddress(String),
    /// The account will have another address.
    AddressChanging,
    /// The account has another address.
    AddressChanged,
    /// The password is another one.
    PasswordChanged,
    /// There is a second factor.
    FactorAdded,
    /// There is no second factor any more.
    FactorRemoved,
    /// Somebody knows the password, and guesses at codes.
    CodesGuessed,
    /// A program may use the account.
    TokenCreated,
    /// The account is gone.
    Deleted,
}

const LAYOUT: &str = include_str!("layout.html");

impl Letter {
    /// The mail to an address, whose links begin with `links`.
    pub(super) fn to(&self, to: &str, links: &str) -> Mail {
        let (file, link) = match self {
            Self::Verify(token) => (
                include_str!("letters/verify.txt"),
                format!("{links}/account/verify?token={token}"),
            ),
            Self::Registered => (
                include_str!("letters/registered.txt"),
                format!("{links}/account/forgot"),
            ),
            Self::Reset(token) => (
                include_str!("letters/reset.txt"),
                format!("{links}/account/reset?token={token}"),
            ),
            Self::VerifyAddress(token) => (
                include_str!("letters/verify_address.txt"),
                format!("{links}/account/address/verify?token={token}"),
            ),
            Self::AddressChanging => (include_str!("letters/address_changing.txt"), String::new()),
            Self::AddressChanged => (include_str!("letters/address_changed.txt"), String::new()),
            Self::PasswordChanged => (include_str!("letters/password_changed.txt"), String::new()),
            Self::FactorAdded => (include_str!("letters/factor_added.txt"), String::new()),
            Self::FactorRemoved => (include_str!("letters/factor_removed.txt"), String::new()),
            Self::CodesGuessed => (include_str!("letters/codes_guessed.txt"), String::new()),
            Self::TokenCreated => (include_str!("letters/token_created.txt"), String::new()),
            Self::Deleted => (include_str!("letters/deleted.txt"), String::new()),
        };
        let file = file.replace("{service}", env!("CARGO_PKG_NAME"));
        let (subject, text) = file.split_once("\n\n").unwrap_or((&file, ""));
        let paragraphs = text
            .trim_end()
            .split("\n\n")
            .map(|paragraph| match paragraph {
                "{link}" => format!("<p><a href=\"{0}\">{0}</a></p>", escape(&link)),
                words => format!("<p>{}</p>", escape(words)),
            });
        let body = paragraphs.collect::<Vec<_>>().join("\n");
        Mail {
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: text.replace("{link}", &link),
            html: LAYOUT
                .replace("{subject}", &escape(subject))
                .replace("{body}", &body),
        }
    }
}

/// The text as it stands in HTML, between elements and in their attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_says_the_same_as_text_and_as_html() {
        let token = || "a-token".to_owned();
        for letter in [
            Letter::Verify(token()),
            Letter::Registered,
            Letter::Reset(token()),
            Letter::VerifyAddress(token()),
            Letter::AddressChanging,
            Letter::AddressChanged,
            Letter::PasswordChanged,
            Letter::FactorAdded,
            Letter::FactorRemoved,
            Letter::CodesGuessed,
            Letter::TokenCreated,
            Letter::Deleted,
        ] {
            let mail = letter.to("ada@example.com", "https://example.com");
            assert!(!mail.subject.contains('\n') && !mail.subject.is_empty());
            for paragraph in mail.text.trim_end().split("\n\n") {
                assert!(mail.html.contains(&escape(paragraph)), "{}", mail.html);
            }
            for text in [&mail.subject, &mail.text, &mail.html] {
                assert!(
                    !text.contains("{link}") && !text.contains("{service}"),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_link_leads_to_where_its_token_is_taken() {
        let mail = Letter::Reset("a-token".to_owned()).to("ada@example.com", "https://example.com");
        let link = "https://example.com/account/reset?token=a-token";
        assert!(
            mail.text.contains(&format!("\n\n{link}\n\n")),
            "{}",
            mail.text
        );
        assert!(
            mail.html.contains(&format!("<a href=\"{link}\">")),
            "{}",
            mail.html
        );
    }

    #[test]
    fn html_shows_what_was_written() {
        assert_eq!(
            escape("<a href=\"x\" id='y'>&"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;"
        );
    }
}
