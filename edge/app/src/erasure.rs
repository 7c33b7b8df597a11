//! Erasing what somebody asks to have erased: a visitor by a conversation's key, an operator by its id.
//!
//! What always holds: the tombstone is there before anything is looked at, so that entries on their way meanwhile are either
//! refused or erased; a legal hold is looked at by the statements that delete, and keeps all of a conversation.

use std::sync::LazyLock;

use nearside_privacy::chain::Deed;
use serde_json::{Value, json};

use crate::audit::recorded;
use crate::ports::{Host, PortError, Statement};
use crate::records::{amount, ids, number, rows, statement};
use crate::sealed::Erasing;

/// A conversation, unless it is held.
static ONE: LazyLock<Erasing> = LazyLock::new(|| {
    Erasing::conversations(
        "SELECT c.id FROM conversations AS c WHERE c.site = ?1 AND c.id = ?2
         AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.site = ?1 AND h.conversation = c.id)",
    )
});

/// The same, where its key is shown.
static OWN: LazyLock<Erasing> = LazyLock::new(|| {
    Erasing::conversations(
        "SELECT c.id FROM conversations AS c WHERE c.site = ?1 AND c.id = ?2 AND c.key_hash = ?3
         AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.site = ?1 AND h.conversation = c.id)",
    )
});

static EVENTS: LazyLock<Erasing> =
    LazyLock::new(|| Erasing::events("SELECT e.id FROM events AS e WHERE e.site = ?1 AND e.id IN (SELECT value FROM json_each(?2))"));

/// Why nothing was erased.
pub(crate) enum Refused {
    /// The key is not the conversation's.
    Another,
    /// Under a legal hold.
    Held,
    Failed(PortError),
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        Self::Failed(error)
    }
}

/// What was erased: whether the conversation was there, and how many entries.
#[derive(Default)]
pub(crate) struct Gone {
    pub(crate) conversation: bool,
    pub(crate) entries: u32,
}

/// Conversations of a site, and those of them under a legal hold.
pub(crate) struct Found {
    pub(crate) conversations: Vec<String>,
    pub(crate) held: Vec<String>,
}

/// Looks for the conversations of a signed visitor, by their hash.
pub(crate) async fn of_subject(host: &impl Host, site: &str, hash: &str) -> Result<Found, PortError> {
    let of = || [site.into(), hash.into()];
    let held = "SELECT c.id FROM conversations AS c WHERE c.site = ?1 AND c.subject = ?2
        AND EXISTS (SELECT 1 FROM holds AS h WHERE h.site = ?1 AND h.conversation = c.id)";
    let all = statement("SELECT id FROM conversations WHERE site = ?1 AND subject = ?2", of());
    let found = host.transaction(vec![all, statement(held, of())]).await?;
    Ok(Found { conversations: ids(&found, 0)?, held: ids(&found, 1)? })
}

/// Looks for one conversation.
pub(crate) async fn of_conversation(host: &impl Host, site: &str, id: &str) -> Result<Found, PortError> {
    let of = || [site.into(), id.into()];
    let all = statement("SELECT id FROM conversations WHERE site = ?1 AND id = ?2", of());
    let found = host.transaction(vec![all, is_held(site, id)]).await?;
    Ok(Found { conversations: ids(&found, 0)?, held: ids(&found, 1)? })
}

fn is_held(site: &str, id: &str) -> Statement {
    statement("SELECT conversation AS id FROM holds WHERE site = ?1 AND conversation = ?2", [site.into(), id.into()])
}

/// The statement after which nothing of a conversation is stored any more; where it is held, none.
fn tombstone(site: &str, id: &str, key_hash: Option<&str>, now_ms: f64) -> Statement {
    let sql = "INSERT OR IGNORE INTO tombstones (site, conversation, erased_ms) SELECT ?1, ?2, ?3 WHERE NOT EXISTS
        (SELECT 1 FROM conversations AS c WHERE c.site = ?1 AND c.id = ?2 AND ?4 IS NOT NULL AND c.key_hash <> ?4)
        AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.site = ?1 AND h.conversation = ?2)";
    statement(sql, [site.into(), id.into(), number(now_ms), key_hash.map_or(Value::Null, Value::from)])
}

/// Erases a conversation whose visitor shows its key. Where it is not there, its entries may be on their way: they are
/// refused from now on.
pub(crate) async fn forget(host: &impl Host, site: &str, id: &str, key_hash: &str) -> Result<Gone, Refused> {
    let own = "SELECT key_hash = ?3 AS n FROM conversations WHERE site = ?1 AND id = ?2";
    let begun = host
        .transaction(vec![
            tombstone(site, id, Some(key_hash), host.now_ms()),
            statement(own, [site.into(), id.into(), key_hash.into()]),
            is_held(site, id),
        ])
        .await?;
    let own = rows(&begun, 1)?.first().map(|row| amount(row, "n")).transpose()?;
    if own == Some(0.0) {
        return Err(Refused::Another);
    }
    if !rows(&begun, 2)?.is_empty() {
        return Err(Refused::Held);
    }
    if own.is_none() {
        return Ok(Gone::default());
    }
    // From here on the tombstone refuses what is added: nothing can come between this look and the deletion but a hold.
    let deed = Deed { actor: "visitor".into(), action: "conversation.forget", record: id.into(), reason: "revoked".into() };
    delete(host, site, id, deed, OWN.statements(&[site.into(), id.into(), key_hash.into()])).await
}

/// Erases a conversation and leaves a tombstone, also where it is not there: it may come back out of a backup or an outbox.
pub(crate) async fn erase(host: &impl Host, site: &str, id: &str, deed: Deed) -> Result<Gone, Refused> {
    let found = of_conversation(host, site, id).await?;
    if !found.held.is_empty() {
        return Err(Refused::Held);
    }
    let mut statements = ONE.statements(&[site.into(), id.into()]);
    statements.push(tombstone(site, id, None, host.now_ms()));
    delete(host, site, id, deed, statements).await
}

/// Runs the statements of an [`Erasing`], then looks what is left: a hold that began meanwhile keeps it.
async fn delete(host: &impl Host, site: &str, id: &str, deed: Deed, mut statements: Vec<Statement>) -> Result<Gone, Refused> {
    let left = statements.len();
    statements.push(is_held(site, id));
    let done = recorded(host, site, deed, statements).await?;
    if !rows(&done, left)?.is_empty() {
        return Err(Refused::Held);
    }
    let (conversations, entries) = Erasing::done(&done)?;
    Ok(Gone { conversation: !conversations.is_empty(), entries })
}

/// Erases events whose ids are known; gives how many.
pub(crate) async fn events(host: &impl Host, site: &str, ids: &[String]) -> Result<u32, PortError> {
    let done = host.transaction(EVENTS.statements(&[site.into(), json!(ids).to_string().into()])).await?;
    Ok(Erasing::done(&done)?.1)
}
