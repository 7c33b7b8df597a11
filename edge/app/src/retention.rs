//! Deleting what is past its time.
//!
//! What always holds: age and legal holds are looked at by the statements that delete, in the transaction that deletes;
//! conversations count from their newest entry; a run is bounded and says whether more is left; events and conversations do
//! not wait for each other.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use nearside_privacy::chain::Deed;
use nearside_protocol::{Erased, OperatorRequest, Retention, VERSION};
use serde_json::Value;

use crate::audit::recorded;
use crate::entries::failed;
use crate::handlers::{App, json_response};
use crate::operators::{asked, deed};
use crate::packs::PackCache;
use crate::ports::{Host, Level, PortError};
use crate::problem::Problem;
use crate::records::{failure, number, rows, statement};
use crate::sealed::Erasing;

const DAY_MS: f64 = 86_400_000.0;
/// Days beyond the longest retention for which a tombstone stays: as long as D1's own backups reach back.
const BACKUP_DAYS: f64 = 30.0;
/// How many conversations, or events, one transaction erases.
const PIECE: u32 = 500;
const EVENTS: u32 = 5000;
/// How many transactions of a kind one run has.
const ROUNDS: u32 = 4;
/// How many runs the daily job has for a site.
const RUNS: u32 = 5;

/// Conversations whose newest entry is old.
static OLD: LazyLock<Erasing> = LazyLock::new(|| {
    Erasing::conversations(
        "SELECT c.id FROM conversations AS c WHERE c.site = ?1 AND c.last_ms < ?2
         AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.site = ?1 AND h.conversation = c.id) ORDER BY c.last_ms, c.id LIMIT ?3",
    )
});

/// Erased conversations that came back out of a backup.
static RETURNED: LazyLock<Erasing> = LazyLock::new(|| {
    Erasing::conversations(
        "SELECT t.conversation AS id FROM tombstones AS t WHERE t.site = ?1
         AND EXISTS (SELECT 1 FROM conversations AS c WHERE c.site = ?1 AND c.id = t.conversation)
         AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.site = ?1 AND h.conversation = t.conversation)
         ORDER BY t.conversation LIMIT ?2",
    )
});

static QUESTIONS: LazyLock<Erasing> = LazyLock::new(|| {
    Erasing::questions(
        "SELECT e.id FROM events AS e WHERE e.site = ?1 AND e.question_sealed IS NOT NULL AND e.received_ms < ?2
         ORDER BY e.received_ms LIMIT ?3",
    )
});

static COUNTED: LazyLock<Erasing> = LazyLock::new(|| {
    Erasing::events("SELECT e.id FROM events AS e WHERE e.site = ?1 AND e.received_ms < ?2 ORDER BY e.received_ms LIMIT ?3")
});

/// Deletes what is past its time on a site; Cloudflare's cron does it for all, daily. `more` says that it is to be asked again.
#[utoipa::path(post, path = "/v1/jobs/daily", params(("site" = String, Query)), request_body = OperatorRequest, responses((status = 200, body = Erased), (status = 401, body = Problem)))]
pub(crate) async fn daily<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let asked = asked(&app, request).await?;
    let done = retain(&app.host, &app.packs, &asked.site, &deed(&asked, "retention", &asked.site)).await;
    Ok(json_response(StatusCode::OK, &done.map_err(failed(&app.host))?))
}

/// The daily job for all sites that `sites.json` names. What went wrong with one is in the log, and the others go on.
pub async fn daily_job(host: &impl Host, packs: &PackCache) {
    let sites = packs.sites(host).await.unwrap_or_else(|reason| {
        host.log(Level::Error, &format!("retention failed: {reason}"));
        Vec::new()
    });
    for site in sites {
        let deed = Deed { actor: "cron".into(), action: "retention", record: site.clone(), reason: "daily".into() };
        for run in 1..=RUNS {
            match retain(host, packs, &site, &deed).await {
                Ok(done) => {
                    let (conversations, events) = (done.conversations.len(), done.events);
                    host.log(Level::Info, &format!("site {site}: retention erased {conversations} conversations, {events} events"));
                    if !done.more {
                        break;
                    }
                    if run == RUNS {
                        host.log(Level::Warning, &format!("site {site}: more is past its time; nearside retention deletes it"));
                    }
                }
                Err(error) => {
                    host.log(Level::Error, &format!("site {site}: retention failed: {error}"));
                    break;
                }
            }
        }
    }
}

/// One run.
///
/// # Errors
/// The first of what went wrong, after everything was tried.
async fn retain(host: &impl Host, packs: &PackCache, site: &str, deed: &Deed) -> Result<Erased, PortError> {
    let manifest = packs.manifest(host, site).await.map_err(|problem| failure(problem.detail))?.manifest;
    let now = host.now_ms();
    let before = |days: u32| number(now - f64::from(days) * DAY_MS);
    let kept = &manifest.retention;
    let piece = |set, values: Vec<Value>, size| pieces(host, site, deed, set, values, size);
    let all = [
        piece(&OLD, vec![before(kept.conversations_days)], PIECE).await,
        piece(&RETURNED, vec![], PIECE).await,
        piece(&QUESTIONS, vec![before(kept.questions_days)], EVENTS).await,
        piece(&COUNTED, vec![before(kept.events_days)], EVENTS).await,
    ];
    prune(host, site, now, kept).await?;
    let [old, returned, questions, counted] = all;
    let (old, returned, questions, counted) = (old?, returned?, questions?, counted?);
    let more = old.more || returned.more || questions.more || counted.more;
    let entries = old.rows + returned.rows;
    let conversations = old.ids.into_iter().chain(returned.ids).collect();
    Ok(Erased { v: VERSION, conversations, entries, events: counted.rows, more })
}

/// What pieces of a set were erased.
#[derive(Default)]
struct Done {
    ids: Vec<String>,
    rows: u32,
    more: bool,
}

/// Erases `set` in pieces of `size`, each one transaction with its entry in the audit log, until less than a piece is found or
/// the rounds are over.
async fn pieces(
    host: &impl Host,
    site: &str,
    deed: &Deed,
    set: &'static LazyLock<Erasing>,
    values: Vec<Value>,
    size: u32,
) -> Result<Done, PortError> {
    let values: Vec<Value> = [site.into()].into_iter().chain(values).chain([number(f64::from(size))]).collect();
    let mut all = Done::default();
    for _ in 0..ROUNDS {
        // A night without anything to do leaves no entry in the audit log.
        if rows(&host.transaction(vec![set.look(&values)]).await?, 0)?.is_empty() {
            return Ok(all);
        }
        let done = recorded(host, site, deed.clone(), set.statements(&values)).await?;
        let (ids, rows) = Erasing::done(&done)?;
        let full = ids.len() >= size as usize;
        all.rows += rows;
        all.ids.extend(ids);
        if !full {
            return Ok(all);
        }
    }
    all.more = true;
    Ok(all)
}

/// Deletes what guards nothing any more: ids of tokens that are over, and tombstones of what no backup holds.
async fn prune(host: &impl Host, site: &str, now: f64, kept: &Retention) -> Result<(), PortError> {
    let longest = f64::from(kept.conversations_days.max(kept.questions_days).max(kept.events_days));
    host.transaction(vec![
        statement(
            "DELETE FROM used_tokens WHERE site = ?1 AND id IN
             (SELECT id FROM used_tokens WHERE site = ?1 AND expires_ms < ?2 ORDER BY expires_ms LIMIT ?3)",
            [site.into(), number(now - DAY_MS), number(f64::from(EVENTS))],
        ),
        statement(
            "DELETE FROM tombstones WHERE site = ?1 AND conversation IN
             (SELECT t.conversation FROM tombstones AS t WHERE t.site = ?1 AND t.erased_ms < ?2 AND NOT EXISTS
             (SELECT 1 FROM conversations AS c WHERE c.site = ?1 AND c.id = t.conversation) ORDER BY t.erased_ms LIMIT ?3)",
            [site.into(), number(now - (longest + BACKUP_DAYS) * DAY_MS), number(f64::from(EVENTS))],
        ),
    ])
    .await
    .map(drop)
}
