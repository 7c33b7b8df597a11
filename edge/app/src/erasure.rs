//! Erasing: what is deleted is first written over, so that its bytes do not stay behind in free pages.

use serde_json::Value;

use crate::ports::{Host, PortError, Row, Statement};
use crate::records::{cell, count, number, statement};

/// Conversations of a site that are to go.
pub(crate) enum Whose<'a> {
    /// One conversation.
    Conversation(&'a str),
    /// All of whom this hash stands for.
    Subject(&'a str),
}

/// What is there to erase, and what may not be.
pub(crate) struct Found {
    pub(crate) conversations: Vec<String>,
    /// Those under a legal hold.
    pub(crate) held: Vec<String>,
}

/// Looks for conversations.
pub(crate) async fn find(host: &impl Host, site: &str, whose: &Whose<'_>) -> Result<Found, PortError> {
    let (column_is, value) = match whose {
        Whose::Conversation(id) => ("SELECT id FROM conversations WHERE site = ?1 AND id = ?2", *id),
        Whose::Subject(hash) => ("SELECT id FROM conversations WHERE site = ?1 AND subject = ?2", *hash),
    };
    let held = "SELECT conversation AS id FROM holds WHERE site = ?1";
    let rows = host.transaction(vec![statement(column_is, [site.into(), value.into()]), statement(held, [site.into()])]).await?;
    let ids = |at: usize| rows.get(at).into_iter().flatten().map(|row: &Row| cell(row, "id")).collect::<Vec<_>>();
    let (conversations, mut held) = (ids(0), ids(1));
    held.retain(|id| conversations.contains(id));
    Ok(Found { conversations, held })
}

/// The statements that erase a conversation for good: a tombstone keeps it from coming back out of a backup or an outbox.
pub(crate) fn for_good(site: &str, id: &str, now_ms: f64) -> Vec<Statement> {
    let mut all = conversation(site, id);
    all.push(tombstone(site, id, now_ms));
    all
}

/// The statement after which nothing of a conversation is stored any more.
pub(crate) fn tombstone(site: &str, id: &str, now_ms: f64) -> Statement {
    let sql = "INSERT OR IGNORE INTO tombstones (site, conversation, erased_ms) VALUES (?1, ?2, ?3)";
    statement(sql, [site.into(), id.into(), number(now_ms)])
}

/// The statements that erase a conversation; the first counts its handoffs.
pub(crate) fn conversation(site: &str, id: &str) -> Vec<Statement> {
    let of: [Value; 2] = [site.into(), id.into()];
    vec![
        statement("SELECT count(*) AS n FROM handoffs WHERE site = ?1 AND conversation = ?2", of.clone()),
        // As many bytes as before: SQLite then writes them in their old place.
        statement(
            "UPDATE handoffs SET transcript = substr(hex(zeroblob(length(transcript))), 1, length(transcript)),
             consent = substr(hex(zeroblob(length(consent))), 1, length(consent)) WHERE site = ?1 AND conversation = ?2",
            of.clone(),
        ),
        statement("DELETE FROM handoffs WHERE site = ?1 AND conversation = ?2", of.clone()),
        statement("DELETE FROM conversations WHERE site = ?1 AND id = ?2", of),
    ]
}

/// The statements that erase an event; the first counts it.
pub(crate) fn event(site: &str, id: &str) -> Vec<Statement> {
    let of: [Value; 2] = [site.into(), id.into()];
    vec![
        statement("SELECT count(*) AS n FROM events WHERE site = ?1 AND id = ?2", of.clone()),
        statement(
            "UPDATE events SET question = substr(hex(zeroblob(length(question))), 1, length(question)) WHERE site = ?1 AND id = ?2",
            of.clone(),
        ),
        statement("DELETE FROM events WHERE site = ?1 AND id = ?2", of),
    ]
}

/// How many a list of such statements erased, by the counts among their rows.
pub(crate) fn erased(rows: &[Vec<Row>]) -> u32 {
    rows.iter().filter(|rows| rows.first().is_some_and(|row| row.contains_key("n"))).map(|rows| count(Some(rows))).sum()
}
