//! What visitors share: entries of a conversation on their way into its log.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use nearside_conversation::{Masked, Purpose, Shared, SharedEvent};
use nearside_privacy::Masker;
use nearside_protocol::{EntriesReceipt, EntriesRequest, MAX_ENTRIES, MAX_ENTRY_CHARS, VERSION};

use crate::extract::{check_consent, check_id, check_locale, check_version, json, site_of};
use crate::handlers::{App, json_response, same_site};
use crate::log::{Appended, Logs, MAX_LOG, Refused, Tables};
use crate::ports::{Host, PortError};
use crate::problem::Problem;
use crate::sessions::signed_in;

/// The most that a visitor may be asked to choose from.
const MAX_CHOICES: usize = 10;
/// The year 3000: no clock is further ahead, milliseconds since 1970-01-01 UTC.
const FAR_MS: f64 = 32_503_680_000_000.0;

pub(crate) fn unprocessable(name: &str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, name, detail)
}

/// What the platform could not do, as visitors hear of it.
pub(crate) fn failed(host: &impl Host) -> impl Fn(PortError) -> Problem + '_ {
    |error| crate::packs::unavailable(host, error)
}

/// Whether a text can be an article's id: one word, as a file's name without its end.
pub(crate) fn is_article(id: &str) -> bool {
    (1..=64).contains(&id.chars().count()) && id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Refuses what no clock shows.
pub(crate) fn check_time(at_ms: f64) -> Result<(), Problem> {
    if (0.0..=FAR_MS).contains(&at_ms) {
        Ok(())
    } else {
        Err(unprocessable("bad-time", format!("at_ms {at_ms}, expected milliseconds since 1970-01-01, before the year 3000")))
    }
}

/// Adds entries to a conversation that the visitor shares with people. One of an id that the conversation has already changes
/// nothing, and is answered with its place all the same.
#[utoipa::path(post, path = "/v1/entries", params(("site" = String, Query)), request_body = EntriesRequest<String>, responses((status = 200, body = EntriesReceipt), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem), (status = 410, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn put<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let asked: EntriesRequest<String> = json(request).await?;
    check_version(asked.v)?;
    same_site(&asked.site, site.as_deref())?;
    check_consent(&asked.consent, Purpose::Person)?;
    check(&asked)?;
    app.packs.manifest(&app.host, &asked.site).await?;
    let sub = match &asked.session {
        Some(session) => Some(signed_in(&app, &asked.site, Some(session)).await?),
        None => None,
    };
    // Masked on the device already; once more here, so that an old or foreign client cannot store what it should not.
    let mut masker = Masker::default();
    let mut seen = BTreeSet::new();
    let entries: Vec<Shared<Masked>> =
        asked.entries.into_iter().filter(|entry| seen.insert(entry.id.clone())).map(|entry| masked(entry, &mut masker)).collect();
    let new = Appended {
        site: &asked.site,
        conversation: &asked.conversation,
        locale: &asked.locale,
        key_hash: &asked.key_hash,
        sub: sub.as_deref(),
        consent: &asked.consent,
        entries: &entries,
    };
    let entries = Tables(&app.host).append(&new).await.map_err(|refused| told(&app.host, refused))?;
    Ok(json_response(StatusCode::OK, &EntriesReceipt { v: VERSION, conversation: asked.conversation, entries }))
}

fn told(host: &impl Host, refused: Refused) -> Problem {
    let forbidden = |name, detail| Problem::new(StatusCode::FORBIDDEN, name, detail);
    match refused {
        Refused::Another => forbidden("not-your-conversation", "the conversation belongs to another key"),
        Refused::OtherSubject => forbidden("other-subject", "the conversation belongs to another signed visitor: begin a new one"),
        Refused::Erased => Problem::new(StatusCode::GONE, "erased", "the conversation was erased and is not stored again"),
        Refused::Full => unprocessable("conversation-too-long", "the conversation can take no more entries: begin a new one")
            .with_limit(format!("{MAX_LOG} entries a conversation")),
        Refused::Failed(error) => failed(host)(error),
    }
}

/// Every field on its own, before anything is stored.
fn check(asked: &EntriesRequest<String>) -> Result<(), Problem> {
    check_id("conversation", &asked.conversation)?;
    check_locale(&asked.locale)?;
    if asked.key_hash.len() != 64 || !asked.key_hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Err(unprocessable("bad-key-hash", "key_hash: expected SHA-256 as 64 hexadecimal digits in lower case"));
    }
    let limit = |name, found: String, limit: String| Err(unprocessable(name, found).with_limit(limit));
    if asked.entries.is_empty() {
        return Err(unprocessable("bad-entries", "no entries, expected at least one"));
    }
    if asked.entries.len() > MAX_ENTRIES {
        return limit("too-many-entries", format!("{} entries", asked.entries.len()), format!("{MAX_ENTRIES} entries"));
    }
    for entry in &asked.entries {
        check_id("entry id", entry.id.as_str())?;
        check_time(entry.at_ms as f64)?;
        let none: &[String] = &[];
        let (text, choices, article) = match &entry.event {
            SharedEvent::Said { text } => (Some(text), none, None),
            SharedEvent::Replied { text, article, choices } => (Some(text), &choices[..], article.as_ref()),
            SharedEvent::Judged { article, .. } => (None, none, Some(article)),
            SharedEvent::Requested { .. } => (None, none, None),
        };
        if choices.len() > MAX_CHOICES {
            return limit("bad-choices", format!("{} choices", choices.len()), format!("{MAX_CHOICES} choices"));
        }
        if text.into_iter().chain(choices).any(|text| text.chars().count() > MAX_ENTRY_CHARS) {
            let found = format!("a text above {MAX_ENTRY_CHARS} characters");
            return limit("entry-too-long", found, format!("{MAX_ENTRY_CHARS} characters"));
        }
        if article.is_some_and(|id| !is_article(id)) {
            return Err(unprocessable("bad-article", "article: expected an article's id, one word of at most 64 characters"));
        }
    }
    Ok(())
}

/// An entry with all its words masked. An article's id is none of the visitor's words, but what looks like personal data in
/// its place is masked too.
fn masked(entry: Shared<String>, masker: &mut Masker) -> Shared<Masked> {
    let article = |id: String| nearside_privacy::mask(&id);
    let event = match entry.event {
        SharedEvent::Said { text } => SharedEvent::Said { text: Masked::by(masker, &text) },
        SharedEvent::Replied { text, article: id, choices } => SharedEvent::Replied {
            text: Masked::by(masker, &text),
            article: id.map(article),
            choices: choices.iter().map(|choice| Masked::by(masker, choice)).collect(),
        },
        SharedEvent::Judged { article: id, helpful } => SharedEvent::Judged { article: article(id), helpful },
        SharedEvent::Requested { reason } => SharedEvent::Requested { reason },
    };
    Shared { id: entry.id, at_ms: entry.at_ms, event }
}
