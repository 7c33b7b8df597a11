//! What agents and editors read. That they read stands in the audit log: equal readings of a minute as one entry.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Request, StatusCode};
use nearside_conversation::SharedEvent;
use nearside_nlu::tone::{Finding, ToneReader};
use nearside_privacy::chain::Deed;
use nearside_protocol::{ConversationRecord, Inbox, VERSION};

use crate::audit::noted;
use crate::entries::{failed, unprocessable};
use crate::events::{self, Question};
use crate::extract::{bearer, parameter, path_part, site_of};
use crate::handlers::{App, json_response};
use crate::inbox::{self, Cursor};
use crate::log::{Logs, Tables, Which};
use crate::packs::unavailable;
use crate::ports::{Host, PortError, Secret};
use crate::problem::Problem;
use crate::visitors::no_site;

/// The most records of one answer.
const LIMIT: u32 = 100;
/// How many handoffs one answer holds where nothing is asked.
const PAGE: u32 = 50;

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

/// The site, once the agents' token was shown.
async fn admitted<H: Host>(app: &App<H>, request: Request<Body>) -> Result<String, Problem> {
    // The request may not be borrowed across an await: its body is not Sync.
    let (shown, site) = (bearer(request.headers()).map(str::to_owned), site_of(request.uri()).map(str::to_owned));
    check_token(app, shown.as_deref(), Secret::AgentToken).await?;
    let site = site.ok_or_else(no_site)?;
    app.packs.manifest(&app.host, &site).await?;
    Ok(site)
}

async fn read<H: Host>(app: &App<H>, site: &str, action: &'static str, record: String) -> Result<(), Problem> {
    let deed = Deed { actor: "agent".into(), action, record, reason: String::new() };
    noted(&app.host, site, deed).await.map_err(failed(&app.host))
}

#[expect(clippy::expect_used, reason = "the models are in the program; were they not of its version, its tests would not have passed")]
static READER: LazyLock<ToneReader> = LazyLock::new(|| ToneReader::new().expect("models of this version"));
/// As many equal messages are a flood.
const FLOOD: usize = 4;

/// What the visitor's words show.
fn tone(record: &ConversationRecord) -> Vec<String> {
    let said: Vec<&str> = record
        .entries
        .iter()
        .filter_map(|logged| match &logged.entry.as_ref()?.event {
            SharedEvent::Said { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let language = record.locale.split('-').next().unwrap_or_default();
    let mut found: Vec<Finding> = said.iter().flat_map(|text| READER.read(language, text)).collect();
    found.sort_unstable();
    found.dedup();
    let mut names: Vec<String> = found.into_iter().map(|f| f.name().to_owned()).collect();
    if said.iter().any(|text| said.iter().filter(|other| other == &text).count() >= FLOOD) {
        names.push("flooding".into());
    }
    names
}

/// The inbox: who asked for a person, the newest first, without words. A full page names the next one, so that nobody can hide
/// a handoff behind others.
#[utoipa::path(get, path = "/v1/handoffs", params(("site" = String, Query), ("limit" = Option<u32>, Query, description = "1 to 100, default 50"), ("before" = Option<String>, Query, description = "next of the page before, or created_ms,id of the last one seen")), responses((status = 200, body = Inbox), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn handoffs<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (limit, before) = {
        let asked = |name: &str| parameter(request.uri(), name).map(str::to_owned);
        (asked("limit"), asked("before"))
    };
    let site = admitted(&app, request).await?;
    let limit = limit.map_or(Ok(PAGE), |text| match text.parse() {
        Ok(n @ 1..=LIMIT) => Ok(n),
        _ => Err(unprocessable("bad-limit", format!("limit {text:?}, expected 1 to {LIMIT}")).with_limit(format!("{LIMIT} records"))),
    })?;
    let bad = || unprocessable("bad-cursor", "before: expected next of the page before");
    let before = before.map_or(Some(Cursor::start()), |text| Cursor::read(&text.replace("%2C", ","))).ok_or_else(bad)?;
    read(&app, &site, "handoffs.read", "inbox".into()).await?;
    let found = inbox::page(&app.host, &site, &before, limit).await.map_err(failed(&app.host))?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(Cursor::after);
    Ok(json_response(StatusCode::OK, &Inbox { v: VERSION, handoffs: found, next }))
}

/// One conversation with its words and their tone, for whoever takes it over.
#[utoipa::path(get, path = "/v1/conversations/{id}", params(("id" = String, Path), ("site" = String, Query)), responses((status = 200, body = ConversationRecord), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn conversation<H: Host>(
    State(app): State<App<H>>,
    id: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let id = path_part(id)?;
    let site = admitted(&app, request).await?;
    let found = Tables(&app.host).read(&site, Which::Conversation(&id)).await.map_err(failed(&app.host))?;
    let missing = || Problem::new(StatusCode::NOT_FOUND, "no-such-conversation", "no conversation of that id");
    let mut record = found.into_iter().next().ok_or_else(missing)?;
    read(&app, &site, "conversation.read", id).await?;
    record.tone = tone(&record);
    Ok(json_response(StatusCode::OK, &record))
}

/// The newest questions that visitors let editors learn from.
#[utoipa::path(get, path = "/v1/questions", params(("site" = String, Query)), responses((status = 200, body = Vec<Question>), (status = 401, body = Problem)))]
pub(crate) async fn questions<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = admitted(&app, request).await?;
    read(&app, &site, "questions.read", format!("newest {LIMIT}")).await?;
    let found = events::questions(&app.host, &site, LIMIT).await.map_err(failed(&app.host))?;
    Ok(json_response(StatusCode::OK, &found))
}

#[cfg(test)]
mod tests {
    use nearside_conversation::{EntryId, Shared};
    use nearside_protocol::{Consent, LoggedEntry};

    use super::*;

    #[track_caller]
    fn check(lines: &[(&str, &str)], expected: &[&str]) {
        let line = |&(from, text): &(&str, &str)| {
            let event = match from {
                "visitor" => SharedEvent::Said { text: text.into() },
                _ => SharedEvent::Replied { text: text.into(), article: None, choices: vec![] },
            };
            LoggedEntry { seq: 1, received_ms: 0.0, entry: Some(Shared { id: EntryId::default(), at_ms: 0, event }) }
        };
        let record = ConversationRecord {
            id: "conversation-1".into(),
            site: "demo".into(),
            locale: "en-GB".into(),
            created_ms: 0.0,
            consent: Consent::default(),
            entries: lines.iter().map(line).collect(),
            tone: vec![],
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
