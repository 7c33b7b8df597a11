//! What visitors send, and what they may ask of it afterwards.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use nearside_privacy::Masker;
use nearside_privacy::chain::Deed;
use nearside_privacy::jwt::{self, Audience, Claims, KEY_MIN, TokenError};
use nearside_privacy::seal::to_hex;
use nearside_protocol::{
    Erased, EventBatch, ForgetRequest, HandoffReceipt, HandoffRecord, HandoffRequest, MAX_EVENTS, MAX_MESSAGE_CHARS, MAX_TRANSCRIPT,
    Session, SessionRequest, TranscriptLine, VERSION,
};

use crate::audit::recorded;
use crate::erasure::{self, Whose};
use crate::extract::{bearer, check_consent, check_id, check_locale, check_version, json, site_of};
use crate::handlers::{App, json_response, same_site};
use crate::keys::SiteKeys;
use crate::packs::unavailable;
use crate::ports::{Host, Level, PortError, Secret};
use crate::problem::Problem;
use crate::records::{self, NewHandoff, Refused, Which, cell, number, statement};

/// How long a session lasts, milliseconds.
const SESSION_MS: f64 = 15.0 * 60_000.0;

/// Who speaks in what visitors send; the system and agents have lines of their own.
const SPEAKERS: [&str; 2] = ["visitor", "assistant"];

const EVENT_NAMES: [&str; 6] = ["answered", "clarified", "unknown", "handoff", "helpful", "unhelpful"];

fn unprocessable(name: &str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, name, detail)
}

/// Whether a text can be an article's id: one word, as a file's name without its end.
fn is_article(id: &str) -> bool {
    (1..=64).contains(&id.chars().count()) && id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Hands a conversation to people; a repeat of the same id answers the same and stores nothing.
#[utoipa::path(post, path = "/v1/handoffs", params(("site" = String, Query)), request_body = HandoffRequest, responses((status = 200, body = HandoffReceipt), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem), (status = 410, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn put_handoff<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let asked: HandoffRequest = json(request).await?;
    check_version(asked.v)?;
    same_site(&asked.site, site.as_deref())?;
    check_consent(asked.consent.as_ref(), "person")?;
    check_id("id", &asked.id)?;
    check_id("conversation", &asked.conversation)?;
    if !["requested", "unresolved"].contains(&asked.reason.as_str()) {
        return Err(unprocessable("bad-reason", format!("reason {:?}, expected requested or unresolved", asked.reason)));
    }
    if asked.transcript.len() > MAX_TRANSCRIPT {
        return Err(
            unprocessable("transcript-too-long", format!("{} lines", asked.transcript.len())).with_limit(format!("{MAX_TRANSCRIPT} lines"))
        );
    }
    check_locale(&asked.locale)?;
    if let Some(line) = asked.transcript.iter().find(|line| !SPEAKERS.contains(&line.from.as_str())) {
        return Err(unprocessable("bad-speaker", format!("a line from {:?}, expected one of {SPEAKERS:?}", line.from)));
    }
    if asked.key_hash.as_ref().is_some_and(|hash| hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err(unprocessable("bad-key-hash", "key_hash: expected SHA-256 as 64 hexadecimal digits".into()));
    }
    app.packs.manifest(&app.host, &asked.site).await?;
    let subject = match &asked.session {
        Some(session) => Some(signed_in(&app, &asked.site, Some(session)).await?),
        None => None,
    };
    // Masked on the device already; once more here, so that an old or foreign client cannot store what it should not.
    let mut masker = Masker::default();
    let transcript = asked.transcript.into_iter().map(|line| TranscriptLine { text: masker.mask(&line.text).0, ..line }).collect();
    let record = HandoffRecord {
        id: asked.id,
        site: asked.site,
        conversation: asked.conversation,
        reason: asked.reason,
        locale: asked.locale,
        created_ms: app.host.now_ms(),
        transcript,
        tone: vec![],
        consent: asked.consent,
    };
    let new = NewHandoff { record, key_hash: asked.key_hash, subject };
    let receipt: HandoffReceipt = records::put_handoff(&app.host, &new).await.map_err(|refused| match refused {
        Refused::Another => Problem::new(StatusCode::FORBIDDEN, "not-your-conversation", "the conversation belongs to another key"),
        Refused::Erased => Problem::new(StatusCode::GONE, "erased", "the conversation was erased and is not stored again"),
        Refused::Failed(error) => unavailable(&app.host, &error),
    })?;
    Ok(json_response(StatusCode::OK, &receipt))
}

/// Counts events; a repeat of the same id counts once.
#[utoipa::path(post, path = "/v1/events", params(("site" = String, Query)), request_body = EventBatch, responses((status = 204), (status = 400, body = Problem), (status = 403, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn put_events<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let mut batch: EventBatch = json(request).await?;
    check_version(batch.v)?;
    same_site(&batch.site, site.as_deref())?;
    if batch.events.len() > MAX_EVENTS {
        return Err(unprocessable("too-many-events", format!("{} events", batch.events.len())).with_limit(format!("{MAX_EVENTS} events")));
    }
    for event in &mut batch.events {
        check_id("event id", &event.id)?;
        check_consent(batch.consent.as_ref(), if event.question.is_some() { "improve" } else { "analytics" })?;
        let fits = event.article.as_ref().is_none_or(|a| is_article(a))
            && event.question.as_ref().is_none_or(|q| q.chars().count() <= MAX_MESSAGE_CHARS);
        if !EVENT_NAMES.contains(&event.name.as_str()) || !fits {
            return Err(unprocessable(
                "bad-event",
                format!("event {:?}, expected one of {EVENT_NAMES:?}, an article's id, a question of a message's length", event.name),
            ));
        }
        event.article = event.article.take().filter(|id| nearside_privacy::find(id).is_empty());
        event.question = event.question.take().map(|question| Masker::default().mask(&question).0);
    }
    app.packs.manifest(&app.host, &batch.site).await?;
    if !batch.events.is_empty() {
        records::put_events(&app.host, &batch).await.map_err(|e| unavailable(&app.host, &e))?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Erases what a visitor sent: a conversation whose key is shown, and events whose ids are known.
#[utoipa::path(post, path = "/v1/forget", params(("site" = String, Query)), request_body = ForgetRequest, responses((status = 200, body = Erased), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn forget<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let asked: ForgetRequest = json(request).await?;
    check_version(asked.v)?;
    same_site(&asked.site, site.as_deref())?;
    let (host, site) = (&app.host, asked.site.as_str());
    let failed = |e: PortError| unavailable(host, &e);
    app.packs.manifest(host, site).await?;
    if asked.events.len() > MAX_EVENTS {
        return Err(unprocessable("too-many-events", format!("{} events", asked.events.len())).with_limit(format!("{MAX_EVENTS} events")));
    }
    asked.events.iter().try_for_each(|id| check_id("event id", id))?;
    let mut done = Erased { v: VERSION, conversations: vec![], handoffs: 0, events: 0 };
    if let Some(id) = asked.conversation {
        let sql = "SELECT key_hash FROM conversations WHERE site = ?1 AND id = ?2";
        let rows = host.transaction(vec![statement(sql, [site.into(), id.as_str().into()])]).await.map_err(failed)?;
        if let Some(row) = rows.iter().flatten().next() {
            let shown = nearside_assistant::content_hash(asked.key.unwrap_or_default().as_bytes());
            if cell(row, "key_hash") != shown {
                return Err(Problem::new(StatusCode::FORBIDDEN, "not-your-conversation", "the key is not this conversation's"));
            }
            if !erasure::find(host, site, &Whose::Conversation(&id)).await.map_err(failed)?.held.is_empty() {
                return Err(held());
            }
            let deed = Deed { actor: "visitor".into(), action: "conversation.forget", record: id.clone(), reason: "revoked".into() };
            let rows = recorded(host, site, deed, erasure::for_good(site, &id, host.now_ms())).await.map_err(failed)?;
            done.handoffs = erasure::erased(&rows);
            done.conversations.push(id);
        } else {
            // Its handoff may still be on its way.
            check_id("conversation", &id)?;
            host.transaction(vec![erasure::tombstone(site, &id, host.now_ms())]).await.map_err(failed)?;
        }
    }
    if !asked.events.is_empty() {
        let statements = asked.events.iter().flat_map(|id| erasure::event(site, id)).collect();
        done.events = erasure::erased(&host.transaction(statements).await.map_err(failed)?);
    }
    Ok(json_response(StatusCode::OK, &done))
}

pub(crate) fn held() -> Problem {
    Problem::new(StatusCode::CONFLICT, "legal-hold", "under a legal hold: nothing may be erased until an operator ends it")
}

fn refused(error: TokenError) -> Problem {
    let name = match error {
        TokenError::Expired => "token-expired",
        TokenError::Lifetime => "token-lifetime",
        _ => "bad-token",
    };
    Problem::new(StatusCode::UNAUTHORIZED, name, error.to_string())
}

/// Changes a token of the site's server for a session of a quarter of an hour.
#[utoipa::path(post, path = "/v1/session", params(("site" = String, Query)), request_body = SessionRequest, responses((status = 200, body = Session), (status = 401, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn session<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let asked: SessionRequest = json(request).await?;
    check_version(asked.v)?;
    same_site(&asked.site, site.as_deref())?;
    let (host, site) = (&app.host, asked.site.as_str());
    let failed = |e: PortError| unavailable(host, &e);
    app.packs.manifest(host, site).await?;
    let all = host.secret(Secret::IdentityKeys).await.map_err(failed)?;
    let key = identity_key(&all, site).map_err(failed)?;
    let now = host.now_ms();
    let claims = jwt::verify(key.as_bytes(), &asked.identity, site, now / 1000.0).map_err(|error| {
        host.log(Level::Warning, &format!("site {site}: identity refused: {error}"));
        refused(error)
    })?;
    if let Some(id) = &claims.jti {
        take_once(&app, site, id, claims.exp * 1000.0).await?;
    }
    let expires_ms = now + SESSION_MS;
    let mut id = [0; 16];
    host.random(&mut id).map_err(failed)?;
    let key = SiteKeys::of(host, site).await.map_err(failed)?.session_key();
    let claims = Claims { aud: Audience::One(site.to_owned()), exp: expires_ms / 1000.0, nbf: None, jti: Some(to_hex(&id)), ..claims };
    Ok(json_response(StatusCode::OK, &Session { v: VERSION, session: jwt::sign(&key, &claims), expires_ms }))
}

/// The site's own of `SITE=SECRET,…`.
fn identity_key<'a>(all: &'a str, site: &str) -> Result<&'a str, PortError> {
    let own = all.split(',').find_map(|entry| entry.trim().split_once('=').filter(|(name, _)| *name == site));
    let (_, key) =
        own.ok_or_else(|| PortError::Unavailable(format!("IDENTITY_KEYS names no key for site {site}; expected SITE=SECRET,…")))?;
    if key.len() < KEY_MIN {
        return Err(PortError::Unavailable(format!("IDENTITY_KEYS: the key of site {site} is shorter than {KEY_MIN} bytes")));
    }
    Ok(key)
}

/// Takes a token's id, or refuses it where it was taken before.
async fn take_once<H: Host>(app: &App<H>, site: &str, id: &str, expires_ms: f64) -> Result<(), Problem> {
    let sql = "INSERT INTO used_tokens (site, id, expires_ms) VALUES (?1, ?2, ?3)";
    // Its digest: what a site puts into its tokens is not ours to keep, and has any length.
    let id = nearside_assistant::content_hash(id.as_bytes());
    match app.host.transaction(vec![statement(sql, [site.into(), id.into(), number(expires_ms)])]).await {
        Ok(_) => Ok(()),
        Err(PortError::Conflict(_)) => {
            app.host.log(Level::Warning, &format!("site {site}: identity refused: token used before"));
            Err(Problem::new(StatusCode::UNAUTHORIZED, "token-used", "token used before, ask the site's server for a new one"))
        }
        Err(error) => Err(unavailable(&app.host, &error)),
    }
}

/// Who a session shows the visitor to be.
async fn signed_in<H: Host>(app: &App<H>, site: &str, session: Option<&str>) -> Result<String, Problem> {
    let keys = SiteKeys::of(&app.host, site).await.map_err(|e| unavailable(&app.host, &e))?;
    let now_s = app.host.now_ms() / 1000.0;
    let claims = jwt::verify(&keys.session_key(), session.unwrap_or_default(), site, now_s).map_err(|error| {
        app.host.log(Level::Warning, &format!("site {site}: session refused: {error}"));
        refused(error)
    })?;
    Ok(claims.sub)
}

/// The signed visitor's own handoffs, from any of their devices.
#[utoipa::path(get, path = "/v1/conversations", params(("site" = String, Query)), responses((status = 200, body = Vec<HandoffRecord>), (status = 401, body = Problem)))]
pub(crate) async fn conversations<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (shown, site) = (bearer(request.headers()).map(str::to_owned), site_of(request.uri()).unwrap_or_default().to_owned());
    app.packs.manifest(&app.host, &site).await?;
    let sub = signed_in(&app, &site, shown.as_deref()).await?;
    let found = records::handoffs(&app.host, &site, Which::Subject(&sub)).await.map_err(|e| unavailable(&app.host, &e))?;
    Ok(json_response(StatusCode::OK, &found))
}
