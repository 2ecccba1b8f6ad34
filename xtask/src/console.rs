//! A client of the Console API, as the page is one: one kept connection, a session cookie, the origin in each request.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_mins(5);

/// A visitor, or somebody who signed in.
pub(crate) struct Console {
    agent: Agent,
    base_url: String,
    cookie: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).context("the answer is not JSON")
    }
}

impl Console {
    /// Without a session.
    pub(crate) fn visit(base_url: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(LIMIT)).build();
        Self { agent: Agent::new_with_config(config), base_url: base_url.to_owned(), cookie: String::new() }
    }

    /// Signs in.
    pub(crate) fn sign_in(base_url: &str, email: &str, password: &str) -> Result<Self> {
        let mut console = Self::visit(base_url);
        let response = console.send("POST", "/api/session", Some(&json!({ "email": email, "password": password })))?;
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|value| value.split(';').next());
        cookie.with_context(|| format!("{email} can't sign in: the server answers {}", response.status()))?.clone_into(&mut console.cookie);
        Ok(console)
    }

    /// Redeems a one-time link.
    pub(crate) fn set_password(&self, link: &str, password: &str) -> Result<()> {
        let answer = self.ask("POST", "/api/password", Some(&json!({ "link": link, "password": password })))?;
        if answer.status != 204 {
            bail!("the password can't be set: the server answers {}: {}", answer.status, answer.body);
        }
        Ok(())
    }

    /// A request and its whole answer.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut response = self.send(method, path, body)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(u64::MAX).read_to_string()?;
        Ok(Answer { status, body })
    }

    /// A request whose answer is counted, not kept: its status and lines.
    pub(crate) fn drain(&self, path: &str) -> Result<(u16, u64)> {
        let mut response = self.send("GET", path, None)?;
        let status = response.status().as_u16();
        let mut reader = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0_u8; 1 << 16];
        let mut lines = 0_u64;
        loop {
            let length = reader.read(&mut buffer)?;
            if length == 0 {
                return Ok((status, lines));
            }
            let read = buffer.get(..length).unwrap_or_default();
            lines += u64::try_from(memchr::memchr_iter(b'\n', read).count())?;
        }
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<ureq::http::Response<ureq::Body>> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.base_url));
        let request = request.header("origin", &self.base_url).header("cookie", &self.cookie);
        let sent = match body {
            Some(body) => self.agent.run(request.header("content-type", "application/json").body(serde_json::to_vec(body)?)?),
            None => self.agent.run(request.body(())?),
        };
        sent.with_context(|| format!("{method} {path} got no answer"))
    }
}
