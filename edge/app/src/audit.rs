//! Writing the audit log: in the same transaction as what it tells of.

use nearside_privacy::chain::{Deed, Entry};

use crate::ports::{Host, PortError, Row, Statement};
use crate::records::{cell, number, statement};

/// How often two that write at once try again.
const TRIES: u32 = 20;

/// Runs `statements` and writes down `deed`, both or neither; gives the statements' rows.
pub(crate) async fn recorded(host: &impl Host, site: &str, deed: Deed, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, PortError> {
    let mut tried = 0;
    loop {
        let sql = "SELECT seq, hash FROM audit WHERE site = ?1 ORDER BY seq DESC LIMIT 1";
        let newest = host.transaction(vec![statement(sql, [site.into()])]).await?;
        let last = newest.iter().flatten().next().map(|row| (seq(row), cell(row, "hash")));
        let entry = Entry::after(last.as_ref().map(|(seq, hash)| (*seq, hash.as_str())), host.now_ms(), deed.clone());
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

fn seq(row: &Row) -> u64 {
    row.get("seq").and_then(serde_json::Value::as_f64).unwrap_or_default() as u64
}

fn insert(site: &str, entry: &Entry) -> Statement {
    let sql =
        "INSERT INTO audit (site, seq, at_ms, actor, action, record, reason, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let Entry { seq, at_ms, actor, action, record, reason, previous, hash } = entry.clone();
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
    let read = |row: &Row| Entry {
        seq: seq(row),
        at_ms: row.get("at_ms").and_then(serde_json::Value::as_f64).unwrap_or_default(),
        actor: cell(row, "actor"),
        action: cell(row, "action"),
        record: cell(row, "record"),
        reason: cell(row, "reason"),
        previous: cell(row, "previous"),
        hash: cell(row, "hash"),
    };
    Ok(rows.iter().flatten().map(read).collect())
}
