//! A real browser, driven by the protocol of the W3C that `chromedriver` speaks.
//!
//! Its few commands go through curl: a client library would be most of what Forge's tests build.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use serde_json::{Value, json};

const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Chromium, under the names that systems give it.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Whether there are a browser and its driver.
pub(crate) fn is_installed() -> bool {
    let installed = |program: &str| {
        let mut version = Command::new(program);
        version
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    installed("chromedriver") && BROWSERS.into_iter().any(installed)
}

/// A browser window, closed at the end of the test.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) fn start() -> Result<Self, Failed> {
        let profile = tempfile::tempdir()?;
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()?;
        let log = BufReader::new(driver.stdout.take().ok_or("no output")?);
        // From here on, dropping the browser ends the driver.
        let mut browser = Self {
            driver,
            session: String::new(),
            profile,
        };
        let mut lines = log.lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| {
                line.rsplit_once("successfully on port ")
                    .map(|(_, port)| port.to_owned())
            })
            .ok_or("chromedriver does not say its port")?;
        std::thread::spawn(move || lines.for_each(drop));
        let server = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));

        let data = format!("--user-data-dir={}", browser.profile.path().display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,1600",
            &data,
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = send("POST", &format!("{server}/session"), &wanted)?;
        let id = session["sessionId"].as_str().ok_or("no session")?;
        browser.session = format!("{server}/session/{id}");
        Ok(browser)
    }

    pub(crate) fn open(&self, url: &str) -> Result<(), Failed> {
        self.command("url", &json!({ "url": url })).map(drop)
    }

    /// Clicks on the first element that a CSS selector finds, once it is there.
    pub(crate) fn click(&self, selector: &str) -> Result<(), Failed> {
        self.with(selector, |element| {
            self.command(&format!("{element}/click"), &json!({}))
        })
        .map(drop)
    }

    /// The text of the first element that a CSS selector finds, once it is there.
    pub(crate) fn text(&self, selector: &str) -> Result<String, Failed> {
        let text = self.with(selector, |element| {
            send(
                "GET",
                &format!("{}/{element}/text", self.session),
                &Value::Null,
            )
        })?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Types into the first element that a CSS selector finds, once it is there.
    pub(crate) fn fill(&self, selector: &str, text: &str) -> Result<(), Failed> {
        self.with(selector, |element| {
            self.command(&format!("{element}/value"), &json!({"text": text}))
        })
        .map(drop)
    }

    /// The address of the page.
    pub(crate) fn url(&self) -> Result<String, Failed> {
        let url = send("GET", &format!("{}/url", self.session), &Value::Null)?;
        Ok(url.as_str().unwrap_or_default().to_owned())
    }

    /// What a script says that the test runs in the page.
    pub(crate) fn ask(&self, script: &str) -> Result<Value, Failed> {
        self.command("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Makes the window so wide, in CSS pixels.
    pub(crate) fn narrow(&self, width: u32) -> Result<(), Failed> {
        let size = json!({"width": width, "height": 1600, "deviceScaleFactor": 1, "mobile": true});
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": size});
        self.command("goog/cdp/execute", &command).map(drop)
    }

    /// What the page wrote to the console, and what the browser complained about there.
    pub(crate) fn console(&self) -> Result<Vec<Value>, Failed> {
        let entries = self.command("se/log", &json!({"type": "browser"}))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    /// Does something with the first element that a CSS selector finds, once it is there: again where the
    /// page has drawn it anew in between.
    fn with(
        &self,
        selector: &str,
        act: impl Fn(&str) -> Result<Value, Failed>,
    ) -> Result<Value, Failed> {
        let wanted = json!({"using": "css selector", "value": selector});
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let done = self.command("element", &wanted).and_then(|element| {
                let id = element.as_object().and_then(|ids| ids.values().next());
                act(&format!(
                    "element/{}",
                    id.and_then(Value::as_str).unwrap_or_default()
                ))
            });
            if done.is_ok() || Instant::now() > deadline {
                return done;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn command(&self, command: &str, body: &Value) -> Result<Value, Failed> {
        send("POST", &format!("{}/{command}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = send("DELETE", &self.session, &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn send(method: &str, url: &str, body: &Value) -> Result<Value, Failed> {
    let mut curl = Command::new("curl");
    curl.args([
        "--silent",
        "--show-error",
        "--max-time",
        "60",
        "--request",
        method,
    ]);
    if !body.is_null() {
        curl.args(["--header", "content-type: application/json", "--data"]);
        curl.arg(body.to_string());
    }
    let output = curl.arg(url).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let mut answer: Value = serde_json::from_slice(&output.stdout)?;
    let value = answer["value"].take();
    match value.get("error") {
        Some(error) => Err(format!("{url}: {error}: {}", value["message"]).into()),
        None => Ok(value),
    }
}
