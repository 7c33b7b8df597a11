//! What operators do for a visitor's rights and for the firm's duties. All of it stands in the audit log, with who and why.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use nearside_privacy::chain::{Deed, Entry};
use nearside_protocol::{Erased, HandoffRecord, OperatorRequest, VERSION};
use serde::Serialize;
use serde_json::json;

use crate::agents::check_token;
use crate::audit::{self, recorded};
use crate::erasure::{self, Whose};
use crate::extract::{bearer, check_version, json, parameter, site_of};
use crate::handlers::{App, json_response, same_site};
use crate::keys::{self, SiteKeys};
use crate::packs::{PackCache, unavailable};
use crate::ports::{Host, Level, PortError, Secret};
use crate::problem::Problem;
use crate::records::{self, Which, cell, count, number, statement};
use crate::visitors::held;

/// How many rows one request seals anew.
const RESEAL: u32 = 200;
/// How many audit entries one answer holds.
const PAGE: u32 = 500;
const DAY_MS: f64 = 86_400_000.0;

/// Who asks for what, once the token was shown and a name and a reason were given.
async fn asked<H: Host>(app: &App<H>, request: Request<Body>) -> Result<OperatorRequest, Problem> {
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

fn deed(asked: &OperatorRequest, action: &'static str, record: &str) -> Deed {
    Deed { actor: format!("operator:{}", asked.actor.trim()), action, record: record.to_owned(), reason: asked.reason.trim().to_owned() }
}

/// A person: a signed visitor, whose id the log and the database know as a keyed hash only, or one conversation's visitor.
struct Person {
    name: String,
    subject: Option<String>,
    conversation: Option<String>,
}

impl Person {
    async fn of(host: &impl Host, asked: &OperatorRequest) -> Result<Self, Problem> {
        match (&asked.subject, &asked.conversation) {
            (Some(sub), None) => {
                let hash = SiteKeys::of(host, &asked.site).await.map_err(|e| unavailable(host, &e))?.subject(sub);
                Ok(Self { name: format!("subject {hash}"), subject: Some(hash), conversation: None })
            }
            (None, Some(id)) => Ok(Self { name: id.clone(), subject: None, conversation: Some(id.clone()) }),
            _ => {
                let said = "expected either subject (the signed visitor's id) or conversation";
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "whose", said))
            }
        }
    }

    fn whose(&self) -> Whose<'_> {
        match (&self.subject, &self.conversation) {
            (Some(hash), _) => Whose::Subject(hash),
            (None, id) => Whose::Conversation(id.as_deref().unwrap_or_default()),
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
    /// Conversations by id.
    conversations: Vec<String>,
    /// Those under a legal hold.
    held: Vec<String>,
    /// Their handoffs, opened, with what was agreed to.
    handoffs: Vec<HandoffRecord>,
}

/// Everything about one person.
#[utoipa::path(post, path = "/v1/subject/export", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Export), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn export<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let failed = |e: PortError| unavailable(host, &e);
    let person = Person::of(host, &asked).await?;
    recorded(host, &asked.site, deed(&asked, "subject.export", &person.name), vec![]).await.map_err(failed)?;
    let found = erasure::find(host, &asked.site, &person.whose()).await.map_err(failed)?;
    let which = match (&asked.subject, &asked.conversation) {
        (Some(sub), _) => Which::Subject(sub),
        (None, id) => Which::Conversation(id.as_deref().unwrap_or_default()),
    };
    let handoffs = records::handoffs(host, &asked.site, which).await.map_err(failed)?;
    let export = Export { v: VERSION, exported_ms: host.now_ms(), conversations: found.conversations, held: found.held, handoffs };
    Ok(json_response(StatusCode::OK, &export))
}

/// Erases everything about one person, from every table, and leaves tombstones.
#[utoipa::path(post, path = "/v1/subject/erase", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Erased), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn erase<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let failed = |e: PortError| unavailable(host, &e);
    let person = Person::of(host, &asked).await?;
    let found = erasure::find(host, &asked.site, &person.whose()).await.map_err(failed)?;
    if !found.held.is_empty() {
        return Err(held());
    }
    // Named even where it is not there: a tombstone keeps it from coming back out of a backup or an outbox.
    let mut conversations = found.conversations;
    conversations.extend(asked.conversation.clone().filter(|id| !conversations.contains(id)));
    let mut done = Erased { v: VERSION, conversations: vec![], handoffs: 0, events: 0 };
    for id in conversations {
        let statements = erasure::for_good(&asked.site, &id, host.now_ms());
        let rows = recorded(host, &asked.site, deed(&asked, "subject.erase", &id), statements).await.map_err(failed)?;
        done.handoffs += erasure::erased(&rows);
        done.conversations.push(id);
    }
    Ok(json_response(StatusCode::OK, &done))
}

/// Begins or ends a legal hold on a conversation.
#[utoipa::path(post, path = "/v1/holds", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Object), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn hold<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let id = asked.conversation.clone().filter(|_| asked.subject.is_none());
    let id = id.ok_or_else(|| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "whose", "expected conversation"))?;
    let (site, row) = (asked.site.as_str(), id.as_str());
    let (action, change) = if asked.hold {
        let sql = "INSERT OR REPLACE INTO holds (site, conversation, reason, created_ms) VALUES (?1, ?2, ?3, ?4)";
        ("hold.begin", statement(sql, [site.into(), row.into(), asked.reason.as_str().into(), number(host.now_ms())]))
    } else {
        ("hold.end", statement("DELETE FROM holds WHERE site = ?1 AND conversation = ?2", [site.into(), row.into()]))
    };
    recorded(host, site, deed(&asked, action, &id), vec![change]).await.map_err(|e| unavailable(host, &e))?;
    Ok(json_response(StatusCode::OK, &json!({"v": VERSION, "conversation": id, "hold": asked.hold})))
}

/// Makes a new sealing key for the site and seals some rows anew with it; called again it goes on, until none is left.
#[utoipa::path(post, path = "/v1/keys/rotate", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Object), (status = 401, body = Problem)))]
pub(crate) async fn rotate<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let more = parameter(request.uri(), "go_on") == Some("1");
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let failed = |e: PortError| unavailable(host, &e);
    let site = asked.site.as_str();
    if !more {
        SiteKeys::of(host, site).await.map_err(failed)?;
        let statements = keys::rotation(host, site).await.map_err(failed)?;
        recorded(host, site, deed(&asked, "keys.rotate", site), statements).await.map_err(failed)?;
    }
    let left = records::reseal(host, site, RESEAL).await.map_err(failed)?;
    let key = SiteKeys::of(host, site).await.map_err(failed)?.sealing;
    Ok(json_response(StatusCode::OK, &json!({"v": VERSION, "key": key, "left": left})))
}

/// Deletes the site's keys: what they sealed can never be opened again. The erasure of last resort.
#[utoipa::path(post, path = "/v1/keys/shred", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Object), (status = 401, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn shred<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (host, asked) = (&app.host, asked(&app, request).await?);
    let failed = |e: PortError| unavailable(host, &e);
    let site = asked.site.as_str();
    let kept = host
        .transaction(vec![
            statement("SELECT count(*) AS n FROM holds WHERE site = ?1", [site.into()]),
            // Sealed with the deployment's keys by earlier versions, which deleting the site's would not close.
            statement(
                "SELECT count(*) AS n FROM handoffs WHERE site = ?1 AND NOT EXISTS
                 (SELECT 1 FROM site_keys WHERE site = ?1 AND handoffs.transcript LIKE 'sealed:1:' || site_keys.id || ':%')",
                [site.into()],
            ),
            statement("SELECT count(*) AS n FROM site_keys WHERE site = ?1", [site.into()]),
        ])
        .await
        .map_err(failed)?;
    if count(kept.first()) > 0 {
        return Err(held());
    }
    if count(kept.get(1)) > 0 && count(kept.get(2)) > 0 {
        let said = "some rows are sealed with the deployment's own keys: rotate this site's keys first, which seals them anew";
        return Err(Problem::new(StatusCode::CONFLICT, "rotate-first", said));
    }
    let statements = vec![
        statement(
            "UPDATE site_keys SET wrapped = substr(hex(zeroblob(length(wrapped))), 1, length(wrapped)) WHERE site = ?1",
            [site.into()],
        ),
        statement("DELETE FROM site_keys WHERE site = ?1", [site.into()]),
    ];
    recorded(host, site, deed(&asked, "keys.shred", site), statements).await.map_err(failed)?;
    Ok(json_response(StatusCode::OK, &json!({"v": VERSION, "keys": count(kept.get(2))})))
}

/// Deletes what is past its time, on every site; Cloudflare's cron does it too.
#[utoipa::path(post, path = "/v1/jobs/daily", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Erased), (status = 401, body = Problem)))]
pub(crate) async fn daily<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let asked = asked(&app, request).await?;
    let done = retain(&app.host, &app.packs, &asked.site, deed(&asked, "retention", &asked.site)).await;
    Ok(json_response(StatusCode::OK, &done.map_err(|e| unavailable(&app.host, &e))?))
}

/// The daily job for all sites that `sites.json` names. What went wrong with one is in the log, and the others go on.
pub async fn daily_job(host: &impl Host, packs: &PackCache) {
    let sites = packs.sites(host).await.unwrap_or_else(|reason| {
        host.log(Level::Error, &format!("retention failed: {reason}"));
        Vec::new()
    });
    for site in sites {
        let deed = Deed { actor: "cron".into(), action: "retention", record: site.clone(), reason: "daily".into() };
        match retain(host, packs, &site, deed).await {
            Ok(done) => host.log(Level::Info, &format!("site {site}: retention erased {} handoffs, {} events", done.handoffs, done.events)),
            Err(error) => host.log(Level::Error, &format!("site {site}: retention failed: {error}")),
        }
    }
}

async fn retain(host: &impl Host, packs: &PackCache, site: &str, deed: Deed) -> Result<Erased, PortError> {
    let manifest = packs.manifest(host, site).await.map_err(|problem| PortError::Unavailable(problem.detail))?.manifest;
    let now = host.now_ms();
    let before = |days: u32| number(now - f64::from(days) * DAY_MS);
    let kept = &manifest.retention;
    // Old ones, and erased ones that came back out of a backup.
    let old = "SELECT id FROM conversations WHERE site = ?1 AND id NOT IN (SELECT conversation FROM holds WHERE site = ?1)
        AND (id IN (SELECT conversation FROM tombstones WHERE site = ?1)
        OR NOT EXISTS (SELECT 1 FROM handoffs WHERE site = ?1 AND conversation = conversations.id AND created_ms >= ?2)) LIMIT 500";
    let rows = host.transaction(vec![statement(old, [site.into(), before(kept.handoffs_days)])]).await?;
    let conversations: Vec<String> = rows.iter().flatten().map(|row| cell(row, "id")).collect();
    let mut statements: Vec<_> = conversations.iter().flat_map(|id| erasure::conversation(site, id)).collect();
    let questions = || [site.into(), before(kept.questions_days)];
    let events = || [site.into(), before(kept.events_days)];
    let marks = statements.len();
    statements.extend([
        statement("SELECT count(*) AS m FROM events WHERE site = ?1 AND received_ms < ?2", events()),
        statement(
            "UPDATE events SET question = substr(hex(zeroblob(length(question))), 1, length(question))
             WHERE site = ?1 AND question IS NOT NULL AND received_ms < ?2",
            questions(),
        ),
        statement("UPDATE events SET question = NULL WHERE site = ?1 AND received_ms < ?2", questions()),
        statement("DELETE FROM events WHERE site = ?1 AND received_ms < ?2", events()),
        statement("DELETE FROM used_tokens WHERE site = ?1 AND expires_ms < ?2", [site.into(), number(now - DAY_MS)]),
    ]);
    let rows = recorded(host, site, deed, statements).await?;
    let events = rows.get(marks).and_then(|rows| rows.first()).and_then(|row| row.get("m")?.as_f64()).unwrap_or_default();
    Ok(Erased { v: VERSION, handoffs: erasure::erased(&rows), events: events as u32, conversations })
}

/// The audit log from an entry on, oldest first, at most 500 at once.
#[utoipa::path(get, path = "/v1/audit", params(("site" = String, Query), ("after" = u64, Query)), responses((status = 200, body = Vec<Object>), (status = 401, body = Problem)))]
pub(crate) async fn audit<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let (shown, site) = (bearer(request.headers()).map(str::to_owned), site_of(request.uri()).unwrap_or_default().to_owned());
    let after = parameter(request.uri(), "after").and_then(|n| n.parse().ok()).unwrap_or(0);
    check_token(&app, shown.as_deref(), Secret::OperatorToken).await?;
    app.packs.manifest(&app.host, &site).await?;
    let found: Vec<Entry> = audit::entries(&app.host, &site, after, PAGE).await.map_err(|e| unavailable(&app.host, &e))?;
    Ok(json_response(StatusCode::OK, &found))
}
