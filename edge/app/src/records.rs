//! What is stored, and how: SQL in one place for all hosts, words sealed on the way in and opened on the way out.

use nearside_privacy::seal::{Place, is_sealed};
use nearside_protocol::{Consent, EventBatch, HandoffReceipt, HandoffRecord, TranscriptLine};
use serde_json::Value;

use crate::keys::SiteKeys;
use crate::ports::{Host, Level, PortError, Row, Statement};

/// A statement with its values.
pub(crate) fn statement<const N: usize>(sql: &'static str, values: [Value; N]) -> Statement {
    Statement { sql, values: values.into() }
}

/// A number as a value; null where it is none.
pub(crate) fn number(n: f64) -> Value {
    serde_json::Number::from_f64(n).map_or(Value::Null, Value::Number)
}

/// A text of a row, empty where there is none.
pub(crate) fn cell(row: &Row, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn amount(row: &Row, name: &str) -> f64 {
    row.get(name).and_then(Value::as_f64).unwrap_or_default()
}

/// How many rows a `SELECT count(*) AS n` counted.
pub(crate) fn count(rows: Option<&Vec<Row>>) -> u32 {
    rows.and_then(|rows| rows.first()).map_or(0.0, |row| amount(row, "n")) as u32
}

/// Why a handoff was not stored.
pub(crate) enum Refused {
    /// The conversation belongs to another key.
    Another,
    /// The conversation was erased.
    Erased,
    Failed(PortError),
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        Self::Failed(error)
    }
}

/// A handoff and whose it is.
pub(crate) struct NewHandoff {
    pub(crate) record: HandoffRecord,
    /// SHA-256 of the visitor's key.
    pub(crate) key_hash: Option<String>,
    /// The signed visitor's id.
    pub(crate) subject: Option<String>,
}

fn transcript_place<'a>(site: &'a str, row: &'a str) -> Place<'a> {
    Place { table: "handoffs", column: "transcript", site, row }
}

fn question_place<'a>(site: &'a str, row: &'a str) -> Place<'a> {
    Place { table: "events", column: "question", site, row }
}

fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, Value::from)
}

/// Stores a handoff unless its site has one with the same id; gives the receipt of the stored one either way.
pub(crate) async fn put_handoff(host: &impl Host, new: &NewHandoff) -> Result<HandoffReceipt, Refused> {
    let NewHandoff { record, key_hash, subject } = new;
    let (site, id, conversation) = (record.site.as_str(), record.id.as_str(), record.conversation.as_str());
    let plain = serde_json::to_string(&record.transcript).map_err(|e| PortError::Unavailable(e.to_string()))?;
    let consent = record.consent.as_ref().and_then(|c| serde_json::to_string(c).ok());
    // A key may be exchanged between sealing and storing: the statement stores nothing then, and it is sealed again.
    for _ in 0..3 {
        let keys = SiteKeys::of(host, site).await?;
        let sealed = keys.seal(host, transcript_place(site, id), &plain)?;
        let subject = subject.as_deref().map(|s| keys.subject(s));
        let created = number(record.created_ms);
        let statements = vec![
            statement("INSERT OR IGNORE INTO sites (id, created_ms) VALUES (?1, ?2)", [site.into(), created.clone()]),
            statement(
                "INSERT OR IGNORE INTO conversations (site, id, locale, created_ms, key_hash) SELECT ?1, ?2, ?3, ?4, ?5
                 WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE site = ?1 AND conversation = ?2)",
                [site.into(), conversation.into(), record.locale.as_str().into(), created.clone(), text(key_hash.as_deref())],
            ),
            statement(
                "UPDATE conversations SET subject = ?4 WHERE site = ?1 AND id = ?2 AND key_hash IS ?3 AND subject IS NULL",
                [site.into(), conversation.into(), text(key_hash.as_deref()), text(subject.as_deref())],
            ),
            statement(
                "INSERT OR IGNORE INTO handoffs (site, id, conversation, reason, locale, created_ms, transcript, consent)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM site_keys WHERE site = ?1 AND id = ?10)
                 AND EXISTS (SELECT 1 FROM conversations WHERE site = ?1 AND id = ?3 AND key_hash IS ?9)",
                [
                    site.into(),
                    id.into(),
                    conversation.into(),
                    record.reason.as_str().into(),
                    record.locale.as_str().into(),
                    created,
                    sealed.into(),
                    text(consent.as_deref()),
                    text(key_hash.as_deref()),
                    keys.sealing.as_str().into(),
                ],
            ),
            statement(
                "SELECT created_ms FROM handoffs WHERE site = ?1 AND id = ?2 AND conversation = ?3",
                [site.into(), id.into(), conversation.into()],
            ),
            statement(
                "SELECT 1 FROM conversations WHERE site = ?1 AND id = ?2 AND key_hash IS NOT ?3",
                [site.into(), conversation.into(), text(key_hash.as_deref())],
            ),
            statement("SELECT 1 FROM tombstones WHERE site = ?1 AND conversation = ?2", [site.into(), conversation.into()]),
        ];
        let rows = host.transaction(statements).await?;
        let found = |at: usize| rows.get(at).and_then(|rows| rows.first());
        if found(5).is_some() {
            return Err(Refused::Another);
        }
        if found(6).is_some() {
            return Err(Refused::Erased);
        }
        if let Some(row) = found(4) {
            return Ok(HandoffReceipt::new(record.id.clone(), amount(row, "created_ms")));
        }
    }
    Err(Refused::Failed(PortError::Unavailable(format!(
        "handoff {id} of site {site}: not stored; is its id taken by another conversation?"
    ))))
}

/// Which handoffs of a site.
pub(crate) enum Which<'a> {
    /// The newest so many.
    Newest(u32),
    /// Of one conversation.
    Conversation(&'a str),
    /// Of a signed visitor.
    Subject(&'a str),
}

/// Handoffs, newest first, opened. One that cannot be opened is named in the log and comes without its transcript: the others
/// are not to be lost with it.
pub(crate) async fn handoffs(host: &impl Host, site: &str, which: Which<'_>) -> Result<Vec<HandoffRecord>, PortError> {
    let keys = SiteKeys::of(host, site).await?;
    let query = match which {
        Which::Newest(limit) => statement(
            "SELECT id, conversation, reason, locale, created_ms, transcript, consent FROM handoffs WHERE site = ?1
             ORDER BY created_ms DESC, id LIMIT ?2",
            [site.into(), number(f64::from(limit))],
        ),
        Which::Conversation(id) => statement(
            "SELECT id, conversation, reason, locale, created_ms, transcript, consent FROM handoffs WHERE site = ?1 AND conversation = ?2
             ORDER BY created_ms DESC, id",
            [site.into(), id.into()],
        ),
        Which::Subject(sub) => statement(
            "SELECT id, conversation, reason, locale, created_ms, transcript, consent FROM handoffs WHERE site = ?1
             AND conversation IN (SELECT id FROM conversations WHERE site = ?1 AND subject = ?2) ORDER BY created_ms DESC, id",
            [site.into(), keys.subject(sub).into()],
        ),
    };
    let rows = host.transaction(vec![query]).await?;
    let open = |row: &Row| {
        let (id, created_ms, stored) = (cell(row, "id"), amount(row, "created_ms"), cell(row, "transcript"));
        let plain = if is_sealed(&stored) { keys.open(transcript_place(site, &id), &stored) } else { Ok(stored) };
        let lines = plain.and_then(|text| serde_json::from_str::<Vec<TranscriptLine>>(&text).map_err(|e| e.to_string()));
        let transcript = lines.unwrap_or_else(|why| {
            host.log(Level::Error, &format!("handoff {id} of site {site}: {why}"));
            vec![TranscriptLine { from: "system".into(), text: format!("This conversation cannot be opened: {why}."), at_ms: created_ms }]
        });
        let consent: Option<Consent> = serde_json::from_str(&cell(row, "consent")).ok();
        let (conversation, reason, locale) = (cell(row, "conversation"), cell(row, "reason"), cell(row, "locale"));
        HandoffRecord { id, site: site.to_owned(), conversation, reason, locale, created_ms, transcript, tone: vec![], consent }
    };
    Ok(rows.iter().flatten().map(open).collect())
}

/// Stores events; those whose id the site has already are left as they are.
pub(crate) async fn put_events(host: &impl Host, batch: &EventBatch) -> Result<(), PortError> {
    let (site, now) = (batch.site.as_str(), number(host.now_ms()));
    let asks = batch.events.iter().any(|event| event.question.is_some());
    let keys = if asks { Some(SiteKeys::of(host, site).await?) } else { None };
    let mut statements = Vec::with_capacity(batch.events.len());
    for event in &batch.events {
        let sealed = match (&keys, &event.question) {
            (Some(keys), Some(question)) => Some(keys.seal(host, question_place(site, &event.id), question)?),
            _ => None,
        };
        let sql =
            "INSERT OR IGNORE INTO events (site, id, name, article, at_ms, received_ms, question) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (id, name) = (event.id.as_str().into(), event.name.as_str().into());
        let values = [site.into(), id, name, text(event.article.as_deref()), number(event.at_ms), now.clone(), text(sealed.as_deref())];
        statements.push(statement(sql, values));
    }
    host.transaction(statements).await.map(drop)
}

/// The newest masked questions that editors may learn from.
pub(crate) async fn questions(host: &impl Host, site: &str, limit: u32) -> Result<Vec<(f64, String)>, PortError> {
    let sql = "SELECT id, at_ms, question FROM events WHERE site = ?1 AND question IS NOT NULL ORDER BY at_ms DESC LIMIT ?2";
    let keys = SiteKeys::of(host, site).await?;
    let rows = host.transaction(vec![statement(sql, [site.into(), number(f64::from(limit))])]).await?;
    let open = |row: &Row| {
        let id = cell(row, "id");
        let opened = keys.open(question_place(site, &id), &cell(row, "question"));
        opened
            .map_err(|why| host.log(Level::Error, &format!("event {id} of site {site}: {why}")))
            .ok()
            .map(|text| (amount(row, "at_ms"), text))
    };
    Ok(rows.iter().flatten().filter_map(open).collect())
}

/// Seals up to `limit` rows of each table anew with the newest key; gives how many are left.
pub(crate) async fn reseal(host: &impl Host, site: &str, limit: u32) -> Result<u32, PortError> {
    let keys = SiteKeys::of(host, site).await?;
    let newest = format!("sealed:1:{}:%", keys.sealing);
    let limit = number(f64::from(limit));
    let values = || [site.into(), newest.as_str().into(), limit.clone()];
    let old = host
        .transaction(vec![
            statement("SELECT id, transcript AS value FROM handoffs WHERE site = ?1 AND transcript NOT LIKE ?2 LIMIT ?3", values()),
            statement("SELECT id, question AS value FROM events WHERE site = ?1 AND question NOT LIKE ?2 LIMIT ?3", values()),
        ])
        .await?;
    let places: [for<'a> fn(&'a str, &'a str) -> Place<'a>; 2] = [transcript_place, question_place];
    let updates = [
        "UPDATE handoffs SET transcript = ?3 WHERE site = ?1 AND id = ?2 AND transcript = ?4",
        "UPDATE events SET question = ?3 WHERE site = ?1 AND id = ?2 AND question = ?4",
    ];
    let mut statements = Vec::new();
    for ((rows, place), update) in old.iter().zip(places).zip(updates) {
        for row in rows {
            let (id, stored) = (cell(row, "id"), cell(row, "value"));
            let plain = if is_sealed(&stored) { keys.open(place(site, &id), &stored) } else { Ok(stored.clone()) };
            let plain = plain.map_err(|why| PortError::Unavailable(format!("{id} of site {site}: {why}")))?;
            let sealed = keys.seal(host, place(site, &id), &plain)?;
            statements.push(statement(update, [site.into(), id.into(), sealed.into(), stored.into()]));
        }
    }
    statements.push(crate::keys::unused(site, &keys.sealing));
    let left = || [site.into(), newest.as_str().into()];
    statements.push(statement("SELECT count(*) AS n FROM handoffs WHERE site = ?1 AND transcript NOT LIKE ?2", left()));
    statements.push(statement("SELECT count(*) AS n FROM events WHERE site = ?1 AND question NOT LIKE ?2", left()));
    let rows = host.transaction(statements).await?;
    Ok(rows.iter().rev().take(2).map(|rows| count(Some(rows))).sum())
}
