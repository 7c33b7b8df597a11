//! Readiness: whether all that answers may need is there.
//!
//! Anybody may ask, so that asking costs little and tells little: strangers get `ready` or not, from two short queries and
//! the secrets. Operators, by their token, get what is wrong, and the packs and keys of all sites are read for them. Either
//! verdict is kept for half a minute.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use http::{HeaderMap, StatusCode};

use crate::agents::{is_token, token};
use crate::extract::bearer;
use crate::handlers::App;
use crate::keys;
use crate::packs::PackCache;
use crate::ports::{Host, Level, Secret};
use crate::problem::Problem;
use crate::records::statement;

/// How long a verdict is believed, milliseconds.
const FRESH_MS: f64 = 30_000.0;

/// The newest verdicts, shared by all requests of one router.
#[derive(Clone, Default)]
pub(crate) struct Verdicts(Arc<Mutex<[Option<Verdict>; 2]>>);

/// What was wrong at this time, milliseconds; nothing, where there is no sentence.
#[derive(Clone)]
struct Verdict {
    at_ms: f64,
    wrong: Vec<String>,
}

/// How much is looked at; also a verdict's place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// What every site needs: the database, the secrets, the list of sites.
    Deployment = 0,
    /// And each site's manifest, packs and keys.
    Sites = 1,
}

/// Whether all that answers may need is there; what is not is told to operators alone.
#[utoipa::path(get, path = "/readyz", responses((status = 200), (status = 503, body = Problem)))]
pub(crate) async fn ready<H: Host>(State(app): State<App<H>>, headers: HeaderMap) -> Result<&'static str, Problem> {
    // Who shows nothing, or something wrong, is a stranger; no line in the log, since strangers may ask at will.
    let is_operator = match bearer(&headers) {
        Some(shown) => token(&app.host, Secret::OperatorToken).await.is_ok_and(|token| is_token(Some(shown), &token)),
        None => false,
    };
    let depth = if is_operator { Depth::Sites } else { Depth::Deployment };
    let wrong = verdict(&app, depth).await;
    if wrong.is_empty() {
        return Ok("ready");
    }
    let told = if is_operator { wrong.join("; ") } else { "not ready; the log says why, and so does this route to operators".into() };
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", told))
}

async fn verdict<H: Host>(app: &App<H>, depth: Depth) -> Vec<String> {
    let Verdicts(kept) = &app.verdicts;
    let newest = kept.lock().unwrap_or_else(PoisonError::into_inner)[depth as usize].clone();
    // A clock that was set back does not keep an old verdict.
    if let Some(fresh) = newest.filter(|v| (0.0..FRESH_MS).contains(&(app.host.now_ms() - v.at_ms))) {
        return fresh.wrong;
    }
    let wrong = look(&app.host, depth).await;
    if !wrong.is_empty() {
        app.host.log(Level::Error, &format!("not ready: {}", wrong.join("; ")));
    }
    let made = Verdict { at_ms: app.host.now_ms(), wrong: wrong.clone() };
    kept.lock().unwrap_or_else(PoisonError::into_inner)[depth as usize] = Some(made);
    wrong
}

/// What is wrong, a sentence each.
async fn look(host: &impl Host, depth: Depth) -> Vec<String> {
    let mut wrong: Vec<String> = Vec::new();
    // One row of the youngest table: whether the database answers and has the schema.
    wrong.extend(host.transaction(vec![statement("SELECT 1 FROM audit LIMIT 1", [])]).await.err().map(|e| e.to_string()));
    wrong.extend(token(host, Secret::AgentToken).await.err().map(|e| e.to_string()));
    wrong.extend(keys::deployment(host).await.err().map(|e| e.to_string()));
    let sites = PackCache::default().sites(host).await.unwrap_or_else(|reason| {
        wrong.push(reason);
        Vec::new()
    });
    if depth == Depth::Deployment {
        return wrong;
    }
    let closed = !wrong.is_empty();
    wrong.extend(PackCache::wrong(host, &sites).await);
    // Without database or keys each site would say the same once more.
    for site in sites.iter().filter(|_| !closed) {
        wrong.extend(keys::check(host, site).await.err().map(|e| e.to_string()));
    }
    wrong
}
