//! Mails of a developer's own service: they leave nothing but lines in the log and, if the settings say
//! so, a page at `/dev/mail`.

use ::redis::AsyncTypedCommands;
use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::letter::escape;
use super::{Error, Mail, MailSettings, Sending, Transport};
use crate::redis::RedisManager;
use crate::state::AppState;

/// Where mails are kept, because other processes may send them as well.
const KEY: &str = "dev-mail";

/// How many mails are kept.
const MOST: isize = 50;

/// Mails have styles beside their elements, and the page shows each in a frame of its own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Writes mails into the log, and keeps them for the page if there is one.
#[derive(Debug)]
pub struct Development {
    page: Option<RedisManager>,
}

impl Development {
    /// The transport for a service without a server for mails.
    pub fn new(settings: &MailSettings, redis: &RedisManager) -> Self {
        Self {
            page: settings.dev_page.then(|| redis.clone()),
        }
    }
}

impl Transport for Development {
    fn send(&self, mail: Mail) -> Sending<'_> {
        Box::pin(async move {
            tracing::info!(to = mail.to, subject = mail.subject, "mail\n{}", mail.text);
            let Some(redis) = &self.page else {
                return Ok(());
            };
            keep(redis, mail)
                .await
                .map_err(|error| Error::Temporary(error.to_string()))
        })
    }
}

async fn keep(redis: &RedisManager, mail: Mail) -> Result<(), crate::redis::Error> {
    let text = serde_json::to_string(&mail).expect("a mail is made of strings");
    let (mut client, key) = (redis.get_async_client().await?, redis.key(KEY));
    client.lpush(&key, text).await?;
    client.ltrim(&key, 0, MOST - 1).await?;
    Ok(())
}

/// The last mails, the newest first.
///
/// # Errors
///
/// If Redis cannot be reached.
pub async fn kept(redis: &RedisManager) -> Result<Vec<Mail>, crate::redis::Error> {
    let mut client = redis.get_async_client().await?;
    let texts = client.lrange(redis.key(KEY), 0, -1).await?;
    let mails = texts
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok());
    Ok(mails.collect())
}

/// Adds the page to `api`, if the settings say so.
pub fn with_page(api: OpenApiRouter<AppState>, settings: &MailSettings) -> OpenApiRouter<AppState> {
    match settings.dev_page {
        true => api.merge(OpenApiRouter::new().routes(routes!(page))),
        false => api,
    }
}

/// Shows the last mails.
#[utoipa::path(
    get,
    path = "/dev/mail",
    tag = "development",
    responses((status = 200, description = "The last mails", content_type = "text/html")),
)]
async fn page(State(state): State<AppState>) -> Result<impl IntoResponse, crate::error::Error> {
    let mails = kept(&state.redis).await?;
    let mails = mails.iter().map(|mail| {
        let (to, subject) = (escape(&mail.to), escape(&mail.subject));
        let (text, html) = (escape(&mail.text), escape(&mail.html));
        format!(
            "<article><h2>{subject}</h2><p>to {to}</p><pre>{text}</pre>\
             <iframe title=\"{subject}\" sandbox=\"\" srcdoc=\"{html}\"></iframe></article>\n"
        )
    });
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Mail</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:50em;margin:auto;padding:1em;\
         overflow-wrap:anywhere}}pre{{white-space:pre-wrap}}\
         iframe{{width:100%;height:26em;border:1px solid}}</style>\n<h1>Mail</h1>\n{}",
        mails.collect::<String>()
    );
    Ok(([(CONTENT_SECURITY_POLICY, POLICY)], Html(page)))
}
