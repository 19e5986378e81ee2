//! A page: a file in `html/`, with texts where it has their names in braces.

use std::sync::LazyLock;

use axum::body::to_bytes;
use axum::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest;

use crate::accounts;
use crate::error::{Error, FieldError, Place};
use crate::mail::escape;

const LAYOUT: &str = include_str!("html/layout.html");
const STYLE: &str = include_str!("html/style.css");

/// The longest sentence that is shown, in bytes.
const MAX_DETAIL: usize = 4096;

/// Nothing but the style, known by its hash, and forms that are sent to this origin. The icon is the one
/// that browsers ask for wherever they are.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy is plain ASCII")
});

/// The path, which may hold a token, goes nowhere. The origin does: without it, browsers would say that a
/// form comes from nowhere (`Origin: null`).
const REFERRER: HeaderValue = HeaderValue::from_static("strict-origin");

/// A page, from a file: its title, an empty line, and what stands below the heading. Where the file has
/// `{email}`, the value of that name is shown; `{email-problem}` is what is wrong with it, and
/// `{email-invalid}` whether something is.
pub struct Page {
    file: &'static str,
    values: Vec<(&'static str, String)>,
    notice: &'static str,
}

/// Why a form is shown again.
pub enum Refusal {
    /// A field breaks a rule, and how.
    Field(&'static str, String),
    /// What a program would be told.
    Answer(Box<Response>),
}

impl From<accounts::Error> for Refusal {
    fn from(error: accounts::Error) -> Self {
        Self::Answer(Box::new(Error::from(error).into_response()))
    }
}

/// What is wrong, and with which field.
struct Problem {
    field: String,
    text: String,
}

impl Page {
    pub fn new(file: &'static str) -> Self {
        Self {
            file,
            values: vec![],
            notice: "",
        }
    }

    /// A value, as somebody may have made it up.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.values.push((name, value.to_owned()));
        self
    }

    /// A sentence above everything else.
    pub fn with_notice(mut self, notice: &'static str) -> Self {
        self.notice = notice;
        self
    }

    /// The page, with what is wrong on top of it, and the status that a program would get.
    pub async fn refused(self, refusals: Vec<Refusal>) -> Response {
        let mut problems = vec![];
        let mut status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut headers = HeaderMap::new();
        for refusal in refusals {
            match refusal {
                Refusal::Field(field, text) => problems.push(Problem {
                    field: field.to_owned(),
                    text,
                }),
                Refusal::Answer(answer) => {
                    (status, headers) = (answer.status(), answer.headers().clone());
                    problems.extend(problems_of(*answer).await);
                }
            }
        }
        headers.remove(CONTENT_TYPE);
        headers.remove(CONTENT_LENGTH);
        (status, headers, self.html(&problems)).into_response()
    }

    fn html(&self, problems: &[Problem]) -> impl IntoResponse + use<> {
        let (title, body) = self.file.split_once("\n\n").unwrap_or((self.file, ""));
        let page = fill(LAYOUT, |name| match name {
            "error" if !problems.is_empty() => "Error: ".to_owned(),
            "title" => escape(title),
            "service" => escape(env!("CARGO_PKG_NAME")),
            "style" => STYLE.to_owned(),
            "notice" => escape(self.notice),
            "summary" => self.summary(problems),
            "body" => fill(body, |name| escape(self.value(name, problems))),
            _ => String::new(),
        });
        let headers = [
            (CONTENT_SECURITY_POLICY, POLICY.clone()),
            (REFERRER_POLICY, REFERRER),
        ];
        (headers, Html(page))
    }

    fn value<'a>(&'a self, name: &str, problems: &'a [Problem]) -> &'a str {
        let problem = |field: &str| problems.iter().find(|problem| problem.field == field);
        if let Some(field) = name.strip_suffix("-problem") {
            return problem(field).map_or("", |problem| &problem.text);
        }
        if let Some(field) = name.strip_suffix("-invalid") {
            return problem(field).map_or("false", |_| "true");
        }
        let value = self.values.iter().find(|(known, _)| *known == name);
        value.map_or("", |(_, value)| value)
    }

    /// All that is wrong, each with a link to its field; it has the focus, so that it is read out first.
    fn summary(&self, problems: &[Problem]) -> String {
        if problems.is_empty() {
            return String::new();
        }
        let items = problems.iter().map(|Problem { field, text }| {
            let text = escape(text);
            match self.file.contains(&format!("id=\"{field}\"")) {
                true => format!("<li><a href=\"#{field}\">{text}</a></li>\n"),
                false => format!("<li>{text}</li>\n"),
            }
        });
        let items: String = items.collect();
        format!(
            "<div class=\"summary\" role=\"alert\" tabindex=\"-1\" autofocus>\n\
             <h2>That did not work</h2>\n<ul>\n{items}</ul>\n</div>"
        )
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        self.html(&[]).into_response()
    }
}

/// An error as a page, whoever made it. Pages, and what is no error, stay as they are.
pub async fn of(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(CONTENT_TYPE);
    let is_page = content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_error || is_page {
        return response;
    }
    let page = Page::new(include_str!("html/problem.html"));
    page.refused(vec![Refusal::Answer(Box::new(response))])
        .await
}

/// The value of a field, or what is wrong with it.
pub fn parse<T: TryFrom<String>>(
    field: &'static str,
    text: &str,
    wrong: impl Fn(T::Error) -> String,
) -> Result<T, Refusal> {
    T::try_from(text.to_owned()).map_err(|error| Refusal::Field(field, wrong(error)))
}

async fn problems_of(answer: Response) -> Vec<Problem> {
    let (parts, body) = answer.into_parts();
    let detail = to_bytes(body, MAX_DETAIL).await.unwrap_or_default();
    let detail = sentence(&String::from_utf8_lossy(&detail));
    let fields: &[FieldError] = match parts.extensions.get::<Vec<FieldError>>() {
        Some(fields) => fields,
        None => &[],
    };
    let problems = fields.iter().map(|error| Problem {
        field: match &error.place {
            Place::Pointer(pointer) => pointer.trim_start_matches("#/").to_owned(),
            Place::Parameter(name) => name.clone(),
        },
        text: sentence(&error.detail),
    });
    let mut problems: Vec<_> = problems.collect();
    if problems.is_empty() {
        problems.push(Problem {
            field: String::new(),
            text: detail,
        });
    }
    problems
}

/// What programs are told begins with a small letter, and has no full stop.
pub fn sentence(detail: &str) -> String {
    let mut letters = detail.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => "Something is wrong here. Try again later.".to_owned(),
    }
}

/// The template with values where it has names in braces. No value is looked at again.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').expect("a name between braces");
        filled += &value(name);
        filled += rest;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_text_and_nothing_else() {
        let page = Page::new("Title\n\n<input value=\"{email}\">{other}");
        let hostile = "\"><script>alert('{other}')</script>{style}&";
        let page = page.with("email", hostile).with("other", "seen");
        let body = fill("<input value=\"{email}\">{other}", |name| {
            escape(page.value(name, &[]))
        });
        assert_eq!(
            body,
            "<input value=\"&quot;&gt;&lt;script&gt;alert(&#39;{other}&#39;)&lt;/script&gt;{style}&amp;\">seen"
        );
    }

    #[test]
    fn a_problem_leads_to_its_field_if_there_is_one() {
        let page = Page::new("Title\n\n<input id=\"email\">");
        let problem = |field: &str| Problem {
            field: field.to_owned(),
            text: "<wrong>".to_owned(),
        };
        let summary = page.summary(&[problem("email"), problem("token"), problem("")]);
        assert!(summary.contains("<li><a href=\"#email\">&lt;wrong&gt;</a></li>"));
        assert_eq!(summary.matches("<li>&lt;wrong&gt;</li>").count(), 2);
        assert!(page.summary(&[]).is_empty());
    }

    #[test]
    fn a_detail_becomes_a_sentence() {
        assert_eq!(sentence("the link is old"), "The link is old.");
        assert_eq!(sentence(""), "Something is wrong here. Try again later.");
    }
}
