//! What visitors may ask of what they sent: to have it erased, and to read it.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use nearside_protocol::{ConversationRecord, Erased, ForgetRequest, MAX_EVENTS, VERSION};

use crate::entries::{failed, unprocessable};
use crate::erasure::{self, Refused};
use crate::extract::{bearer, check_id, check_version, json, site_of};
use crate::handlers::{App, json_response, same_site};
use crate::keys::SiteKeys;
use crate::log::{Logs, Tables, Which};
use crate::ports::Host;
use crate::problem::Problem;
use crate::sessions::signed_in;

/// How many conversations one answer holds.
const NEWEST: u32 = 100;

/// Erases what a visitor sent: a conversation whose key is shown, and events whose ids are known.
#[utoipa::path(post, path = "/v1/forget", params(("site" = String, Query)), request_body = ForgetRequest, responses((status = 200, body = Erased), (status = 400, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn forget<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let asked: ForgetRequest = json(request).await?;
    check_version(asked.v)?;
    same_site(&asked.site, site.as_deref())?;
    let (host, site) = (&app.host, asked.site.as_str());
    app.packs.manifest(host, site).await?;
    if asked.events.len() > MAX_EVENTS {
        return Err(unprocessable("too-many-events", format!("{} events", asked.events.len())).with_limit(format!("{MAX_EVENTS} events")));
    }
    asked.events.iter().try_for_each(|id| check_id("event id", id))?;
    let mut done = Erased { v: VERSION, conversations: vec![], entries: 0, events: 0, more: false };
    if let Some(id) = asked.conversation {
        check_id("conversation", &id)?;
        let key = asked.key.ok_or_else(|| unprocessable("bad-key", "key: expected the conversation's key"))?;
        let hash = nearside_assistant::content_hash(key.as_bytes());
        let gone = erasure::forget(host, site, &id, &hash).await.map_err(|refused| told(host, refused))?;
        done.entries = gone.entries;
        done.conversations.extend(gone.conversation.then_some(id));
    }
    if !asked.events.is_empty() {
        done.events = erasure::events(host, site, &asked.events).await.map_err(failed(host))?;
    }
    Ok(json_response(StatusCode::OK, &done))
}

/// Why nothing was erased, as who asked hears of it.
pub(crate) fn told(host: &impl Host, refused: Refused) -> Problem {
    match refused {
        Refused::Another => Problem::new(StatusCode::FORBIDDEN, "not-your-conversation", "the key is not this conversation's"),
        Refused::Held => held(),
        Refused::Failed(error) => failed(host)(error),
    }
}

pub(crate) fn held() -> Problem {
    Problem::new(StatusCode::CONFLICT, "legal-hold", "under a legal hold: nothing may be erased until an operator ends it")
}

/// The signed visitor's own conversations, from any of their devices, the newest 100 of them.
#[utoipa::path(get, path = "/v1/conversations", params(("site" = String, Query)), responses((status = 200, body = Vec<ConversationRecord>), (status = 401, body = Problem)))]
pub(crate) async fn conversations<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (shown, site) = (bearer(request.headers()).map(str::to_owned), site_of(request.uri()).map(str::to_owned));
    let site = site.ok_or_else(no_site)?;
    app.packs.manifest(&app.host, &site).await?;
    let sub = signed_in(&app, &site, shown.as_deref()).await?;
    let hash = SiteKeys::of(&app.host, &site).await.map_err(failed(&app.host))?.subject(&sub);
    let mut found = Tables(&app.host).read(&site, Which::Subject(&hash, NEWEST)).await.map_err(failed(&app.host))?;
    // What opens for nobody has lost its key, or bears somebody else's name: it is shown to no visitor.
    found.retain(|record| record.entries.iter().any(|entry| entry.entry.is_some()));
    Ok(json_response(StatusCode::OK, &found))
}

/// Where the address names no site.
pub(crate) fn no_site() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "no-site", "expected ?site=ID in the address")
}
