//! Counted events, and the masked questions that editors learn from.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use nearside_conversation::{Masked, Purpose};
use nearside_privacy::Masker;
use nearside_protocol::{EventBatch, EventRecord, MAX_EVENTS, MAX_MESSAGE_CHARS};
use serde::Serialize;
use serde_json::{Value, json};

use crate::entries::{check_time, failed, is_article, unprocessable};
use crate::extract::{check_consent, check_id, check_version, site_of};
use crate::handlers::{App, same_site};
use crate::keys::SiteKeys;
use crate::ports::{Host, Level, PortError};
use crate::problem::Problem;
use crate::records::{amount, count, failure, number, rows, statement, text};

const EVENT_NAMES: [&str; 6] = ["answered", "clarified", "unknown", "handoff", "helpful", "unhelpful"];

/// How often questions are sealed anew where the site's keys were exchanged meanwhile.
const TRIES: u32 = 3;

/// Counts events; a repeat of the same id counts once.
#[utoipa::path(post, path = "/v1/events", params(("site" = String, Query)), request_body = EventBatch, responses((status = 204), (status = 400, body = Problem), (status = 403, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn put<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let mut batch: EventBatch = crate::extract::json(request).await?;
    check_version(batch.v)?;
    same_site(&batch.site, site.as_deref())?;
    if batch.events.len() > MAX_EVENTS {
        return Err(unprocessable("too-many-events", format!("{} events", batch.events.len())).with_limit(format!("{MAX_EVENTS} events")));
    }
    for event in &mut batch.events {
        check_id("event id", &event.id)?;
        check_consent(&batch.consent, if event.question.is_some() { Purpose::Improve } else { Purpose::Analytics })?;
        check_time(event.at_ms)?;
        let fits = event.article.as_ref().is_none_or(|a| is_article(a))
            && event.question.as_ref().is_none_or(|q| q.chars().count() <= MAX_MESSAGE_CHARS);
        if !EVENT_NAMES.contains(&event.name.as_str()) || !fits {
            return Err(unprocessable(
                "bad-event",
                format!("event {:?}, expected one of {EVENT_NAMES:?}, an article's id, a question of a message's length", event.name),
            ));
        }
        event.article = event.article.take().filter(|id| nearside_privacy::find(id).is_empty());
    }
    app.packs.manifest(&app.host, &batch.site).await?;
    if !batch.events.is_empty() {
        store(&app.host, &batch.site, &batch.events).await.map_err(failed(&app.host))?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Stores events; those whose id the site has already are left as they are.
async fn store(host: &impl Host, site: &str, events: &[EventRecord]) -> Result<(), PortError> {
    let masked = |question: &String| Masked::by(&mut Masker::default(), question);
    let questions: Vec<Option<Masked>> = events.iter().map(|event| event.question.as_ref().map(masked)).collect();
    for _ in 0..TRIES {
        let keys = if questions.iter().any(Option::is_some) { Some(SiteKeys::of(host, site).await?) } else { None };
        let mut all = Vec::with_capacity(events.len());
        for (event, question) in events.iter().zip(&questions) {
            let sealed = match (&keys, question) {
                (Some(keys), Some(question)) => Some(keys.seal_question(host, site, &event.id, question)?),
                _ => None,
            };
            all.push(json!({"id": event.id, "name": event.name, "article": event.article, "at_ms": event.at_ms, "question": sealed}));
        }
        let sealing = keys.as_ref().map_or(Value::Null, |keys| keys.sealing.as_str().into());
        let done = host
            .transaction(vec![
                statement(
                    "INSERT OR IGNORE INTO events (site, id, name, article, at_ms, received_ms, question_sealed)
                     SELECT ?1, json_extract(new.value, '$.id'), json_extract(new.value, '$.name'), json_extract(new.value, '$.article'),
                     json_extract(new.value, '$.at_ms'), ?3, json_extract(new.value, '$.question') FROM json_each(?2) AS new
                     WHERE ?4 IS NULL OR EXISTS (SELECT 1 FROM site_keys WHERE site = ?1 AND id = ?4)",
                    [site.into(), json!(all).to_string().into(), number(host.now_ms()), sealing.clone()],
                ),
                statement("SELECT count(*) AS n FROM site_keys WHERE site = ?1 AND id = ?2", [site.into(), sealing.clone()]),
            ])
            .await?;
        if keys.is_none() || count(&done, 1)? > 0 {
            return Ok(());
        }
    }
    Err(failure(format!("site {site}: its keys were exchanged {TRIES} times while questions were sealed")))
}

/// A masked question without a good answer.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Question {
    /// When it arrived, milliseconds since 1970-01-01 UTC.
    received_ms: f64,
    /// The words, masked.
    text: String,
}

/// The masked questions that arrived last. The order is the edge's own: senders' clocks put none before the others.
pub(crate) async fn questions(host: &impl Host, site: &str, limit: u32) -> Result<Vec<Question>, PortError> {
    let sql = "SELECT id, received_ms, question_sealed FROM events WHERE site = ?1 AND question_sealed IS NOT NULL
        ORDER BY received_ms DESC LIMIT ?2";
    let keys = SiteKeys::of(host, site).await?;
    let found = host.transaction(vec![statement(sql, [site.into(), number(f64::from(limit))])]).await?;
    let mut all = Vec::new();
    for row in rows(&found, 0)? {
        let id = text(row, "id")?;
        match keys.open_question(site, id, text(row, "question_sealed")?) {
            Ok(text) => all.push(Question { received_ms: amount(row, "received_ms")?, text }),
            Err(why) => host.log(Level::Error, &format!("event {id} of site {site}: {why}")),
        }
    }
    Ok(all)
}
