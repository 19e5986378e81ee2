//! Somebody gets an account, loses the password and sets another one, on the pages of a service alone.

use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use serde_json::Value;

use crate::browser::Browser;

const ADDRESS: &str = "ada@example.com";
const PASSWORD: &str = "a horse, a staple, a battery";
const OTHER_PASSWORD: &str = "two horses and their battery";

/// The narrowest that a page may have to be read at without scrolling sideways (WCAG 2.2, 1.4.10), in CSS
/// pixels.
const NARROW: u32 = 320;

const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Uses the pages of the service at an address, whose mails are shown at `/dev/mail`.
pub(crate) fn use_one(address: &str) -> Result<(), Failed> {
    let visitor = Visitor {
        browser: Browser::start()?,
        site: format!("http://{address}"),
    };
    visitor.browser.narrow(NARROW)?;

    visitor.open("/account/register")?;
    visitor.send(&[("email", ADDRESS), ("password", "too short")])?;
    visitor.sees("A password has at least 12 characters.")?;
    let focused = visitor
        .browser
        .ask("return document.activeElement.className")?;
    if focused != "summary" {
        return Err(format!("`{focused}` has the focus, and not what is wrong").into());
    }
    visitor.browser.click(".summary a")?;
    let focused = visitor.browser.ask("return document.activeElement.id")?;
    if focused != "password" {
        return Err(format!("what is wrong leads to `{focused}`").into());
    }
    visitor.send(&[("password", PASSWORD)])?;
    visitor.sees("Check your mail")?;

    visitor.follow("/account/verify?token=")?;
    visitor.send(&[("password", PASSWORD)])?;
    visitor.sees(&format!("You are logged in as {ADDRESS}."))?;
    visitor.send(&[])?;
    visitor.sees("You are logged out.")?;
    visitor.send(&[("email", ADDRESS), ("password", OTHER_PASSWORD)])?;
    visitor.sees("The address or the password is wrong.")?;
    visitor.send(&[("password", PASSWORD)])?;
    visitor.sees(&format!("You are logged in as {ADDRESS}."))?;
    visitor.send(&[])?;

    visitor.browser.click("a[href=forgot]")?;
    visitor.sees("Forgotten password")?;
    visitor.send(&[("email", ADDRESS)])?;
    visitor.sees("Check your mail")?;
    visitor.follow("/account/reset?token=")?;
    visitor.send(&[("password", OTHER_PASSWORD)])?;
    visitor.sees("Your password is set.")?;
    if visitor.browser.url()?.contains("token") {
        return Err("the token is in the address of the next page".into());
    }
    visitor.send(&[("email", ADDRESS), ("password", OTHER_PASSWORD)])?;
    visitor.sees(&format!("You are logged in as {ADDRESS}."))
}

struct Visitor {
    browser: Browser,
    site: String,
}

impl Visitor {
    fn open(&self, path: &str) -> Result<(), Failed> {
        self.browser.open(&format!("{}{path}", self.site))
    }

    /// Fills the fields of the form in and sends it.
    fn send(&self, fields: &[(&str, &str)]) -> Result<(), Failed> {
        for (name, value) in fields {
            self.browser.fill(&format!("input[name={name}]"), value)?;
        }
        self.browser.click("button")
    }

    /// Waits until the page has some words, and looks whether it fits the window and breaks no rule.
    fn sees(&self, words: &str) -> Result<(), Failed> {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let text = self.browser.text("main")?;
            if text.contains(words) {
                break;
            }
            if Instant::now() > deadline {
                return Err(format!("no `{words}` in `{text}`").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let overflow = "return document.documentElement.scrollWidth - window.innerWidth";
        let overflow = self.browser.ask(overflow)?;
        if overflow != 0 {
            return Err(format!("`{words}` is {overflow} pixels too wide").into());
        }
        // What was refused is an error there, and recommendations are no complaints.
        let complaints = self.browser.console()?;
        let is_refusal = |entry: &Value| entry["message"].to_string().contains("status of 4");
        let is_complaint = |entry: &&Value| entry["level"] != "DEBUG" && !is_refusal(entry);
        match complaints.iter().find(is_complaint) {
            Some(complaint) => Err(format!("the console of the browser says {complaint}").into()),
            None => Ok(()),
        }
    }

    /// Waits for the mail with a link to some path, and opens that one here.
    fn follow(&self, begin: &str) -> Result<(), Failed> {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            self.open("/dev/mail")?;
            let mails = self.browser.text("body")?;
            if let Some((_, rest)) = mails.split_once(begin) {
                let token = rest.split_whitespace().next().unwrap_or_default();
                return self.open(&format!("{begin}{token}"));
            }
            if Instant::now() > deadline {
                return Err(format!("no mail with {begin}").into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
