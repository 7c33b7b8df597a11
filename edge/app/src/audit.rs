//! Writing the audit log: in the same transaction as what it tells of.

use nearside_privacy::chain::{Deed, Entry};
use serde_json::Value;

use crate::ports::{Host, PortError, Row, Statement};
use crate::records::{number, statement};

/// How often one that finds its place taken tries again: of so many that write at once at least one succeeds in each round,
/// so that as many others may write at the same moment. 40 needed up to 39.
const TRIES: u32 = 100;

/// For how long one entry stands for all equal readings, milliseconds: who asks every five seconds would else add 17,000 a day.
const SAME_READING_MS: f64 = 60_000.0;

/// Writes down a reading, unless an equal one (who, what, which record) was written down less than a minute ago. Only the 50
/// newest entries are looked at: where more happened in that minute, it is written down again.
pub(crate) async fn noted(host: &impl Host, site: &str, deed: Deed) -> Result<(), PortError> {
    let sql = "SELECT 1 FROM (SELECT at_ms, actor, action, record FROM audit WHERE site = ?1 ORDER BY seq DESC LIMIT 50)
        WHERE actor = ?2 AND action = ?3 AND record = ?4 AND abs(at_ms - ?5) < ?6 LIMIT 1";
    let (actor, record) = (deed.actor.as_str().into(), deed.record.as_str().into());
    let values = [site.into(), actor, deed.action.into(), record, number(host.now_ms()), number(SAME_READING_MS)];
    let equal = host.transaction(vec![statement(sql, values)]).await?;
    if equal.iter().flatten().next().is_some() { Ok(()) } else { recorded(host, site, deed, vec![]).await.map(drop) }
}

/// Runs `statements` and writes down `deed`, both or neither; gives the statements' rows.
pub(crate) async fn recorded(host: &impl Host, site: &str, deed: Deed, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, PortError> {
    let mut tried = 0;
    loop {
        let sql = "SELECT seq, hash FROM audit WHERE site = ?1 ORDER BY seq DESC LIMIT 1";
        let newest = host.transaction(vec![statement(sql, [site.into()])]).await?;
        let last = newest.iter().flatten().next().map(|row| Ok((place(row)?, text(row, "hash")?))).transpose()?;
        let entry = Entry::after(site, last.as_ref().map(|(seq, hash)| (*seq, hash.as_str())), host.now_ms(), deed.clone());
        let mut all = vec![insert(site, &entry)];
        all.extend(statements.iter().cloned());
        match host.transaction(all).await {
            Ok(mut rows) => return Ok(rows.split_off(1)),
            // Another entry has taken this place meanwhile.
            Err(PortError::Conflict(_)) if tried < TRIES => tried += 1,
            Err(error) => return Err(error),
        }
    }
}

fn broken(column: &str) -> PortError {
    PortError::Unavailable(format!("database: an audit entry without its {column}"))
}

/// A text of an entry. One that is not there is an error: an empty hash would begin a second chain.
fn text(row: &Row, column: &str) -> Result<String, PortError> {
    row.get(column).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| broken(column))
}

fn amount(row: &Row, column: &str) -> Result<f64, PortError> {
    row.get(column).and_then(Value::as_f64).ok_or_else(|| broken(column))
}

fn place(row: &Row) -> Result<u64, PortError> {
    Ok(amount(row, "seq")? as u64)
}

fn insert(site: &str, entry: &Entry) -> Statement {
    let sql =
        "INSERT INTO audit (site, seq, at_ms, actor, action, record, reason, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let Entry { site: _, seq, at_ms, actor, action, record, reason, previous, hash } = entry.clone();
    statement(
        sql,
        [
            site.into(),
            number(seq as f64),
            number(at_ms),
            actor.into(),
            action.into(),
            record.into(),
            reason.into(),
            previous.into(),
            hash.into(),
        ],
    )
}

/// At most `limit` entries after `after`, oldest first.
pub(crate) async fn entries(host: &impl Host, site: &str, after: u64, limit: u32) -> Result<Vec<Entry>, PortError> {
    let sql =
        "SELECT seq, at_ms, actor, action, record, reason, previous, hash FROM audit WHERE site = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let rows = host.transaction(vec![statement(sql, [site.into(), number(after as f64), number(f64::from(limit))])]).await?;
    let read = |row: &Row| -> Result<Entry, PortError> {
        Ok(Entry {
            site: site.to_owned(),
            seq: place(row)?,
            at_ms: amount(row, "at_ms")?,
            actor: text(row, "actor")?,
            action: text(row, "action")?,
            record: text(row, "record")?,
            reason: text(row, "reason")?,
            previous: text(row, "previous")?,
            hash: text(row, "hash")?,
        })
    };
    rows.iter().flatten().map(read).collect()
}
