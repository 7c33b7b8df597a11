//! What operators do for a visitor's rights and for the firm's duties. All of it stands in the audit log, with who and why.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use nearside_privacy::chain::{Deed, Entry};
use nearside_protocol::{ConversationRecord, Erased, OperatorRequest, VERSION};
use serde::Serialize;

use crate::agents::check_token;
use crate::audit::{self, recorded};
use crate::entries::{failed, unprocessable};
use crate::erasure::{self, Found};
use crate::extract::{bearer, check_version, json, parameter, site_of};
use crate::handlers::{App, json_response, same_site};
use crate::keys::SiteKeys;
use crate::log::{Logs, Tables, Which};
use crate::ports::{Host, PortError, Secret};
use crate::problem::Problem;
use crate::records::{number, statement};
use crate::rotation::{self, Rotated};
use crate::visitors::{held, no_site, told};

/// How many audit entries one answer holds.
const PAGE: u32 = 500;

/// Who asks for what, once the token was shown and a name and a reason were given.
pub(crate) async fn asked<H: Host>(app: &App<H>, request: Request<Body>) -> Result<OperatorRequest, Problem> {
    let (shown, site) = (bearer(request.headers()).map(str::to_owned), site_of(request.uri()).map(str::to_owned));
    check_token(app, shown.as_deref(), Secret::OperatorToken).await?;
    let asked: OperatorRequest = json(request).await?;
    check_version(asked.v)?;
    same_site(&asked.site, site.as_deref())?;
    app.packs.manifest(&app.host, &asked.site).await?;
    let fits = |text: &str| (1..=200).contains(&text.trim().chars().count());
    if !fits(&asked.actor) || !fits(&asked.reason) {
        let said = "expected actor (who) and reason (why), 1 to 200 characters each: both go into the audit log";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-reason", said));
    }
    Ok(asked)
}

pub(crate) fn deed(asked: &OperatorRequest, action: &'static str, record: &str) -> Deed {
    Deed { actor: format!("operator:{}", asked.actor.trim()), action, record: record.to_owned(), reason: asked.reason.trim().to_owned() }
}

/// A person: a signed visitor, whose id the log and the database know as a keyed hash only, or one conversation's visitor.
enum Person {
    Subject(String),
    Conversation(String),
}

impl Person {
    async fn of(host: &impl Host, asked: &OperatorRequest) -> Result<Self, Problem> {
        match (&asked.subject, &asked.conversation) {
            (Some(sub), None) => Ok(Self::Subject(SiteKeys::of(host, &asked.site).await.map_err(failed(host))?.subject(sub))),
            (None, Some(id)) => Ok(Self::Conversation(id.clone())),
            _ => Err(unprocessable("whose", "expected either subject (the signed visitor's id) or conversation")),
        }
    }

    /// As the audit log names them.
    fn name(&self) -> String {
        match self {
            Self::Subject(hash) => format!("subject {hash}"),
            Self::Conversation(id) => id.clone(),
        }
    }

    async fn find(&self, host: &impl Host, site: &str) -> Result<Found, PortError> {
        match self {
            Self::Subject(hash) => erasure::of_subject(host, site, hash).await,
            Self::Conversation(id) => erasure::of_conversation(host, site, id).await,
        }
    }
}

/// All that is stored about one person.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Export {
    /// The protocol's version.
    v: u32,
    /// When it was made, milliseconds since 1970-01-01 UTC.
    exported_ms: f64,
    /// Conversations with all their entries, opened, and what was agreed to.
    conversations: Vec<ConversationRecord>,
    /// The ids of those under a legal hold.
    held: Vec<String>,
}

/// Everything about one person.
#[utoipa::path(post, path = "/v1/subject/export", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Export), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn export<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let site = asked.site.as_str();
    let person = Person::of(host, &asked).await?;
    recorded(host, site, deed(&asked, "subject.export", &person.name()), vec![]).await.map_err(failed(host))?;
    let held = person.find(host, site).await.map_err(failed(host))?.held;
    let which = match &person {
        Person::Subject(hash) => Which::Subject(hash, u32::MAX),
        Person::Conversation(id) => Which::Conversation(id),
    };
    let conversations = Tables(host).read(site, which).await.map_err(failed(host))?;
    Ok(json_response(StatusCode::OK, &Export { v: VERSION, exported_ms: host.now_ms(), conversations, held }))
}

/// Erases everything about one person, from every table, and leaves tombstones.
#[utoipa::path(post, path = "/v1/subject/erase", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Erased), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn erase<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let person = Person::of(host, &asked).await?;
    let found = person.find(host, &asked.site).await.map_err(failed(host))?;
    if !found.held.is_empty() {
        return Err(held());
    }
    // Named even where it is not there: a tombstone keeps it from coming back out of a backup or an outbox.
    let mut conversations = found.conversations;
    conversations.extend(asked.conversation.clone().filter(|id| !conversations.contains(id)));
    let mut done = Erased { v: VERSION, conversations: vec![], entries: 0, events: 0, more: false };
    for id in conversations {
        let gone = erasure::erase(host, &asked.site, &id, deed(&asked, "subject.erase", &id)).await;
        done.entries += gone.map_err(|refused| told(host, refused))?.entries;
        done.conversations.push(id);
    }
    Ok(json_response(StatusCode::OK, &done))
}

/// A legal hold as it stands now.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Hold {
    /// The protocol's version.
    v: u32,
    /// The conversation.
    conversation: String,
    /// Whether it is held.
    hold: bool,
}

/// Begins or ends a legal hold on a conversation.
#[utoipa::path(post, path = "/v1/holds", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Hold), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn hold<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let id = asked.conversation.clone().filter(|_| asked.subject.is_none());
    let id = id.ok_or_else(|| unprocessable("whose", "expected conversation"))?;
    let (site, row) = (asked.site.as_str(), id.as_str());
    let (action, change) = if asked.hold {
        let sql = "INSERT OR REPLACE INTO holds (site, conversation, reason, created_ms) VALUES (?1, ?2, ?3, ?4)";
        ("hold.begin", statement(sql, [site.into(), row.into(), asked.reason.as_str().into(), number(host.now_ms())]))
    } else {
        ("hold.end", statement("DELETE FROM holds WHERE site = ?1 AND conversation = ?2", [site.into(), row.into()]))
    };
    recorded(host, site, deed(&asked, action, &id), vec![change]).await.map_err(failed(host))?;
    Ok(json_response(StatusCode::OK, &Hold { v: VERSION, conversation: id, hold: asked.hold }))
}

/// Makes a new sealing key for the site and seals some values anew with it; asked again with `go_on` it goes on, until no
/// `next` comes back.
#[utoipa::path(post, path = "/v1/keys/rotate", params(("site" = String, Query), ("go_on" = Option<String>, Query, description = "next of the answer before")), request_body = OperatorRequest, responses((status = 200, body = Rotated), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn rotate<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let from = parameter(request.uri(), "go_on").map(|text| text.replace("%3A", ":"));
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let site = asked.site.as_str();
    if from.is_none() {
        rotation::renew(host, site, deed(&asked, "keys.rotate", site)).await.map_err(failed(host))?;
    }
    let done = rotation::reseal(host, site, from.as_deref().unwrap_or(rotation::START)).await.map_err(failed(host))?;
    let done = done.ok_or_else(|| unprocessable("bad-cursor", "go_on: expected next of the answer before"))?;
    Ok(json_response(StatusCode::OK, &done))
}

/// How many keys are gone.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Shredded {
    /// The protocol's version.
    v: u32,
    /// So many.
    keys: u32,
}

/// Deletes the site's keys: what they sealed can never be opened again. The erasure of last resort.
#[utoipa::path(post, path = "/v1/keys/shred", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Shredded), (status = 401, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn shred<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let site = asked.site.as_str();
    let gone = rotation::shred(host, site, deed(&asked, "keys.shred", site)).await.map_err(failed(host))?;
    Ok(json_response(StatusCode::OK, &Shredded { v: VERSION, keys: gone.ok_or_else(held)? }))
}

/// The audit log from an entry on, oldest first, at most 500 at once.
#[utoipa::path(get, path = "/v1/audit", params(("site" = String, Query), ("after" = u64, Query)), responses((status = 200, body = Vec<Object>), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn audit<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (shown, site) = (bearer(request.headers()).map(str::to_owned), site_of(request.uri()).map(str::to_owned));
    let after = parameter(request.uri(), "after").map_or(Ok(0), str::parse);
    check_token(&app, shown.as_deref(), Secret::OperatorToken).await?;
    let site = site.ok_or_else(no_site)?;
    let after = after.map_err(|e| unprocessable("bad-place", format!("after: expected the number of an entry ({e})")))?;
    app.packs.manifest(&app.host, &site).await?;
    let found: Vec<Entry> = audit::entries(&app.host, &site, after, PAGE).await.map_err(failed(&app.host))?;
    Ok(json_response(StatusCode::OK, &found))
}
