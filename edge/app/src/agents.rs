//! What agents and editors read. That they read stands in the audit log: equal readings of a minute as one entry.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use nearside_nlu::tone::{Finding, ToneReader};
use nearside_privacy::chain::Deed;
use nearside_protocol::HandoffRecord;
use serde::Serialize;

use crate::audit::noted;
use crate::extract::{bearer, site_of};
use crate::handlers::{App, json_response};
use crate::packs::unavailable;
use crate::ports::{Host, PortError, Secret};
use crate::problem::Problem;
use crate::records::{self, Which};

/// How many records one answer holds.
const LIMIT: u32 = 100;

/// The fewest characters that a token may have: a shorter one can be guessed.
const TOKEN_MIN: usize = 16;

/// A token of the deployment.
///
/// # Errors
/// [`PortError::NotSet`] where it is not set or too short; that closes what it guards.
pub(crate) async fn token(host: &impl Host, secret: Secret) -> Result<String, PortError> {
    let token = host.secret(secret).await?;
    if token.chars().count() >= TOKEN_MIN {
        return Ok(token);
    }
    let name = secret.name();
    Err(PortError::NotSet(format!("{name} is shorter than {TOKEN_MIN} characters: set a longer one; `openssl rand -hex 24` makes one")))
}

/// Whether `shown` is the token. Digests are compared, so that the time taken tells nothing about how much of a guess was right.
pub(crate) fn is_token(shown: Option<&str>, token: &str) -> bool {
    let digest = |text: &str| nearside_assistant::content_hash(text.as_bytes());
    shown.is_some_and(|shown| digest(shown) == digest(token))
}

/// Refuses who does not show the token.
pub(crate) async fn check_token<H: Host>(app: &App<H>, shown: Option<&str>, secret: Secret) -> Result<(), Problem> {
    let token = token(&app.host, secret).await.map_err(|e| unavailable(&app.host, &e))?;
    if is_token(shown, &token) {
        return Ok(());
    }
    let whose = if secret == Secret::AgentToken { "agents'" } else { "operators'" };
    Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", format!("expected Authorization: Bearer with the {whose} token")))
}

async fn admitted<H: Host>(app: &App<H>, request: Request<Body>, action: &'static str) -> Result<String, Problem> {
    // The request may not be borrowed across an await: its body is not Sync.
    let (shown, site) = (bearer(request.headers()).map(str::to_owned), site_of(request.uri()).unwrap_or_default().to_owned());
    check_token(app, shown.as_deref(), Secret::AgentToken).await?;
    app.packs.manifest(&app.host, &site).await?;
    let deed = Deed { actor: "agent".into(), action, record: format!("newest {LIMIT}"), reason: String::new() };
    noted(&app.host, &site, deed).await.map_err(|e| unavailable(&app.host, &e))?;
    Ok(site)
}

/// The models are in the program; were they not of its version, its tests would not have passed.
static READER: LazyLock<Option<ToneReader>> = LazyLock::new(|| ToneReader::new().ok());
/// As many equal messages are a flood.
const FLOOD: usize = 4;

/// What the visitor's words show.
fn tone(record: &HandoffRecord) -> Vec<String> {
    let said: Vec<&str> = record.transcript.iter().filter(|l| l.from == "visitor").map(|l| l.text.as_str()).collect();
    let language = record.locale.split('-').next().unwrap_or_default();
    let read = |text: &&str| READER.as_ref().map(|reader| reader.read(language, text)).unwrap_or_default();
    let mut found: Vec<Finding> = said.iter().flat_map(read).collect();
    found.sort_unstable();
    found.dedup();
    let mut names: Vec<String> = found.into_iter().map(|f| f.name().to_owned()).collect();
    if said.iter().any(|text| said.iter().filter(|other| other == &text).count() >= FLOOD) {
        names.push("flooding".into());
    }
    names
}

/// The newest handoffs of a site, for agents.
#[utoipa::path(get, path = "/v1/handoffs", params(("site" = String, Query)), responses((status = 200, body = Vec<HandoffRecord>), (status = 401, body = Problem)))]
pub(crate) async fn handoffs<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = admitted(&app, request, "handoffs.read").await?;
    let mut found = records::handoffs(&app.host, &site, Which::Newest(LIMIT)).await.map_err(|e| unavailable(&app.host, &e))?;
    found.iter_mut().for_each(|record| record.tone = tone(record));
    Ok(json_response(StatusCode::OK, &found))
}

/// A masked question without a good answer.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Question {
    /// Milliseconds since 1970-01-01 UTC.
    at_ms: f64,
    /// The words, masked.
    text: String,
}

/// The newest questions that visitors let editors learn from.
#[utoipa::path(get, path = "/v1/questions", params(("site" = String, Query)), responses((status = 200, body = Vec<Question>), (status = 401, body = Problem)))]
pub(crate) async fn questions<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = admitted(&app, request, "questions.read").await?;
    let found = records::questions(&app.host, &site, LIMIT).await.map_err(|e| unavailable(&app.host, &e))?;
    let found: Vec<Question> = found.into_iter().map(|(at_ms, text)| Question { at_ms, text }).collect();
    Ok(json_response(StatusCode::OK, &found))
}

#[cfg(test)]
mod tests {
    use nearside_protocol::TranscriptLine;

    use super::*;

    #[track_caller]
    fn check(lines: &[(&str, &str)], expected: &[&str]) {
        let line = |&(from, text): &(&str, &str)| TranscriptLine { from: from.into(), text: text.into(), at_ms: 0.0 };
        let record = HandoffRecord {
            id: "handoff-1".into(),
            site: "demo".into(),
            conversation: "conversation-1".into(),
            reason: "requested".into(),
            locale: "en-GB".into(),
            created_ms: 0.0,
            transcript: lines.iter().map(line).collect(),
            tone: vec![],
            consent: None,
        };
        assert_eq!(tone(&record), expected);
    }

    #[test]
    fn tells_the_tone_of_the_visitor_alone() {
        check(&[("visitor", "where is my order"), ("assistant", "this is ridiculous")], &[]);
        check(&[("visitor", "this is ridiculous")], &["negative", "angry"]);
        check(&[("visitor", "is anyone there"); 4], &["flooding"]);
        check(&[], &[]);
    }
}
