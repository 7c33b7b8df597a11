//! The inbox: which conversations asked for a person, without their words. A projection of the log, one row for each entry
//! that asks.

use nearside_conversation::{EntryId, HandoffReason};
use nearside_protocol::HandoffRecord;

use crate::ports::{Host, PortError, Row};
use crate::records::{amount, failure, number, rows, statement, text};

/// The last handoff of a page: the next page begins after it.
///
/// Written `created_ms,id,conversation`, as the page's `next` has it; without the conversation, whatever else of that id
/// arrived in that millisecond is left out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cursor {
    created_ms: f64,
    id: String,
    conversation: String,
}

/// Sorts after every conversation's id.
const LAST: &str = "~";

impl Cursor {
    /// Before the first page.
    pub(crate) fn start() -> Self {
        Self { created_ms: f64::MAX, id: String::new(), conversation: String::new() }
    }

    /// The cursor, where the text is one.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let created_ms = parts.next()?.parse().ok().filter(|ms: &f64| ms.is_finite())?;
        let id = EntryId::new(parts.next()?)?.as_str().to_owned();
        let conversation = match parts.next() {
            Some(id) => EntryId::new(id)?.as_str().to_owned(),
            None => LAST.to_owned(),
        };
        parts.next().is_none().then_some(Self { created_ms, id, conversation })
    }

    /// After this record.
    pub(crate) fn after(record: &HandoffRecord) -> String {
        format!("{},{},{}", record.created_ms, record.id.as_str(), record.conversation)
    }
}

/// Handoffs of a site, the newest first.
pub(crate) async fn page(host: &impl Host, site: &str, before: &Cursor, limit: u32) -> Result<Vec<HandoffRecord>, PortError> {
    let sql = "SELECT id, conversation, reason, locale, created_ms FROM handoffs WHERE site = ?1 AND created_ms <= ?2
        AND (created_ms < ?2 OR (id, conversation) > (?3, ?4)) ORDER BY created_ms DESC, id, conversation LIMIT ?5";
    let Cursor { created_ms, id, conversation } = before.clone();
    let values = [site.into(), number(created_ms), id.into(), conversation.into(), number(f64::from(limit))];
    let found = host.transaction(vec![statement(sql, values)]).await?;
    rows(&found, 0)?.iter().map(|row| record(site, row)).collect()
}

fn record(site: &str, row: &Row) -> Result<HandoffRecord, PortError> {
    let (id, reason) = (text(row, "id")?, text(row, "reason")?);
    let odd = |what| failure(format!("handoff {id:?} of site {site}: {what}"));
    let reason: HandoffReason = serde_json::from_value(reason.into()).map_err(|e| odd(e.to_string()))?;
    Ok(HandoffRecord {
        id: EntryId::new(id).ok_or_else(|| odd("no entry's id".into()))?,
        site: site.to_owned(),
        conversation: text(row, "conversation")?.to_owned(),
        reason,
        locale: text(row, "locale")?.to_owned(),
        created_ms: amount(row, "created_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Cursor, LAST};

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let of = |conversation: &str| Some(Cursor { created_ms: 1.5, id: "entry-01".into(), conversation: conversation.into() });
        assert_eq!(Cursor::read("1.5,entry-01,conversation-1"), of("conversation-1"));
        assert_eq!(Cursor::read("1.5,entry-01"), of(LAST));
        for odd in ["", "1.5", "x,entry-01", "inf,entry-01", "1,a b c d e,conversation-1", "1,entry-01,conversation-1,x"] {
            assert_eq!(Cursor::read(odd), None, "{odd}");
        }
    }
}
