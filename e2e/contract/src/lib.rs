//! The edge's HTTP contract: what every host answers, put to it as plain requests, and what each host can do.
//!
//! Deliberately absent: anything about a particular host; a [`Host`] is reached by its trait only.

mod cases;
mod duties;
mod expected;
mod hostile;
mod log;
mod rights;
mod skew;
mod strain;
mod table;

use http::Method;
use serde_json::Value;

pub use expected::unexpected;
pub use table::table;

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; 0 where the connection broke.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it arrived, content encoding undone or not as the client does.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// The body as JSON, null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// One way to reach a host.
pub trait Host: Sync {
    /// Sends a request.
    fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer;

    /// Posts `piece` sixteen times over, without a declared length and, where the host is reached over a wire, without an
    /// end; gives what was answered all the same.
    fn send_endless(&self, path: &str, piece: &[u8]) -> Answer {
        self.send(Method::POST, path, &[("content-type", "application/json")], piece.repeat(16))
    }

    /// Ends the host without warning and starts it again over what it stored; `false` where it stores nothing.
    ///
    /// # Errors
    /// What went wrong while starting.
    fn restart(&self) -> Result<bool, String> {
        Ok(false)
    }
}

/// The host under test.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The id of a site with an English pack, open to pages of `http://allowed.example` only.
    pub site: &'a str,
    /// A question that the site's pack answers.
    pub question: &'a str,
    /// The id of a site with a sentence encoder, and a question that its pack answers with it; where one is deployed.
    pub encoder: Option<(&'a str, &'a str)>,
    /// The id of a site whose records are past their time at once.
    pub fleeting: &'a str,
    /// The agents' token.
    pub token: &'a str,
    /// The operators' token.
    pub operator: &'a str,
    /// With what the site's server signs who its visitors are.
    pub identity_key: &'a str,
    /// Makes ids unique between runs over the same database.
    pub run: &'a str,
}

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The host does it.
    Yes,
    /// The host cannot do it, and is not meant to.
    No(&'static str),
    /// The host does it wrongly.
    Wrong(String),
}

pub(crate) type Run = fn(&dyn Host, &Setting<'_>) -> Outcome;

/// Runs every case in order; gives what each is called and how it went.
pub fn run(host: &dyn Host, setting: &Setting<'_>) -> Vec<(&'static str, Outcome)> {
    let all = cases::CASES.iter().map(|(name, case)| (*name, case(host, setting).map_or_else(Outcome::Wrong, |()| Outcome::Yes)));
    all.chain(
        skew::CASES
            .iter()
            .chain(rights::CASES)
            .chain(duties::CASES)
            .chain(log::CASES)
            .chain(hostile::CASES)
            .chain(strain::CASES)
            .map(|(name, case)| (*name, case(host, setting))),
    )
    .collect()
}
