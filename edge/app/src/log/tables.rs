//! Logs in the database.

use std::collections::BTreeMap;

use nearside_conversation::{EntryId, SharedEvent};
use nearside_privacy::seal::{SealError, sealed_with};
use nearside_protocol::{Consent, ConversationRecord, LoggedEntry, StoredEntry};
use serde_json::{Value, json};

use super::{Appended, Logs, MAX_LOG, Refused, Which};
use crate::keys::{ConversationKey, Owner, SiteKeys};
use crate::ports::{Host, Level, PortError, Row, Statement};
use crate::records::{amount, failure, number, optional, rows, statement, text};

/// How often an addition is begun anew where somebody else changed the conversation or the site's keys meanwhile.
const TRIES: u32 = 5;

/// Logs in the tables of a host's database.
pub(crate) struct Tables<'a, H>(pub(crate) &'a H);

/// What is stored of a conversation before an addition.
struct Standing {
    /// Whether there is a tombstone.
    erased: bool,
    row: Option<Row>,
    /// Places of those entries that are there already.
    seqs: BTreeMap<String, u64>,
    last: u64,
}

impl<H: Host> Logs for Tables<'_, H> {
    async fn append(&self, new: &Appended<'_>) -> Result<Vec<StoredEntry>, Refused> {
        for _ in 0..TRIES {
            let keys = SiteKeys::of(self.0, new.site).await?;
            let standing = self.standing(new).await?;
            if standing.erased {
                return Err(Refused::Erased);
            }
            let subject = new.sub.map(|sub| keys.subject(sub));
            let owner = owner(new, &standing, subject.as_deref())?;
            if let Some(all) = stored(new, &standing.seqs)? {
                return Ok(all);
            }
            let more = new.entries.len() - standing.seqs.len();
            if standing.last + more as u64 > MAX_LOG {
                return Err(Refused::Full);
            }
            let (key, sealed, first) = self.key(&keys, owner, standing.row.as_ref(), new)?;
            let statements = self.statements(new, &key, &sealed, first)?;
            let last = statements.len() - 1;
            let done = self.0.transaction(statements).await?;
            if let Some(all) = stored(new, &seqs(rows(&done, last)?)?)? {
                return Ok(all);
            }
        }
        Err(Refused::Failed(failure(format!("site {}: a conversation changed {TRIES} times while it was added to", new.site))))
    }

    async fn read(&self, site: &str, which: Which<'_>) -> Result<Vec<ConversationRecord>, PortError> {
        let keys = SiteKeys::of(self.0, site).await?;
        let query = match which {
            Which::Conversation(id) => statement(
                "SELECT id, locale, key_hash, subject, consent, created_ms, key_sealed FROM conversations WHERE site = ?1 AND id = ?2",
                [site.into(), id.into()],
            ),
            Which::Subject(hash, limit) => statement(
                "SELECT id, locale, key_hash, subject, consent, created_ms, key_sealed FROM conversations
                 WHERE site = ?1 AND subject = ?2 ORDER BY last_ms DESC LIMIT ?3",
                [site.into(), hash.into(), number(f64::from(limit))],
            ),
        };
        let found = self.0.transaction(vec![query]).await?;
        let found = rows(&found, 0)?;
        let ids = found.iter().map(|row| text(row, "id")).collect::<Result<Vec<_>, _>>()?;
        let entries = "SELECT conversation, seq, id, received_ms, words_sealed FROM entries
            WHERE site = ?1 AND conversation IN (SELECT value FROM json_each(?2)) ORDER BY conversation, seq";
        let entries = self.0.transaction(vec![statement(entries, [site.into(), json!(ids).to_string().into()])]).await?;
        let mut of: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows(&entries, 0)? {
            of.entry(text(row, "conversation")?).or_default().push(row);
        }
        found.iter().map(|row| self.record(&keys, site, row, of.remove(text(row, "id")?).unwrap_or_default())).collect()
    }
}

/// Whose the conversation is after the addition, if it may be made.
fn owner<'a>(new: &Appended<'a>, standing: &'a Standing, subject: Option<&'a str>) -> Result<Owner<'a>, Refused> {
    let mut owner = Owner { site: new.site, conversation: new.conversation, key_hash: new.key_hash, subject };
    if let Some(row) = &standing.row {
        if text(row, "key_hash")? != new.key_hash {
            return Err(Refused::Another);
        }
        let before = optional(row, "subject")?;
        if before.is_some() && subject.is_some() && before != subject {
            return Err(Refused::OtherSubject);
        }
        owner.subject = before.or(subject);
    }
    Ok(owner)
}

fn seqs(rows: &[Row]) -> Result<BTreeMap<String, u64>, PortError> {
    rows.iter().map(|row| Ok((text(row, "id")?.to_owned(), amount(row, "seq")? as u64))).collect()
}

/// The receipt, once every entry has its place.
fn stored(new: &Appended<'_>, seqs: &BTreeMap<String, u64>) -> Result<Option<Vec<StoredEntry>>, PortError> {
    let place = |id: &EntryId| seqs.get(id.as_str()).map(|&seq| StoredEntry { id: id.clone(), seq });
    Ok(new.entries.iter().map(|entry| place(&entry.id)).collect())
}

impl<H: Host> Tables<'_, H> {
    async fn standing(&self, new: &Appended<'_>) -> Result<Standing, PortError> {
        let of = || [new.site.into(), new.conversation.into()];
        let found = self
            .0
            .transaction(vec![
                statement("SELECT 1 AS n FROM tombstones WHERE site = ?1 AND conversation = ?2", of()),
                statement("SELECT key_hash, subject, key_sealed FROM conversations WHERE site = ?1 AND id = ?2", of()),
                places(new),
                statement("SELECT coalesce(max(seq), 0) AS n FROM entries WHERE site = ?1 AND conversation = ?2", of()),
            ])
            .await?;
        Ok(Standing {
            erased: !rows(&found, 0)?.is_empty(),
            row: rows(&found, 1)?.first().cloned(),
            seqs: seqs(rows(&found, 2)?)?,
            last: crate::records::count(&found, 3)?.into(),
        })
    }

    /// The conversation's key, how it lies in the database once `first` has run, and the statement that puts it there.
    fn key(
        &self,
        keys: &SiteKeys,
        owner: Owner<'_>,
        row: Option<&Row>,
        new: &Appended<'_>,
    ) -> Result<(ConversationKey, String, Option<Statement>), PortError> {
        let Some(row) = row else {
            let key = SiteKeys::new_conversation(self.0)?;
            let sealed = keys.wrap(self.0, owner, &key)?;
            let first = begin(new, owner, &sealed, &keys.sealing, self.0.now_ms())?;
            return Ok((key, sealed, Some(first)));
        };
        let (before, sealed) = (Owner { subject: optional(row, "subject")?, ..owner }, text(row, "key_sealed")?);
        let (key, lost) = match keys.unwrap(before, sealed) {
            Ok(key) if before.subject == owner.subject => return Ok((key, sealed.to_owned(), None)),
            Ok(key) => (key, None),
            // The site's keys were deleted: what was said before is lost, and the conversation goes on. Where it was a change
            // of keys that is not seen here yet, the statement matches nothing.
            Err(SealError::UnknownKey(id)) => (SiteKeys::new_conversation(self.0)?, Some(id)),
            Err(error) => return Err(failure(format!("conversation {} of site {}: {error}", owner.conversation, owner.site))),
        };
        let anew = keys.wrap(self.0, owner, &key)?;
        let sql = "UPDATE conversations SET subject = ?3, key_sealed = ?4 WHERE site = ?1 AND id = ?2 AND key_sealed = ?5
            AND EXISTS (SELECT 1 FROM site_keys WHERE site = ?1 AND id = ?6)
            AND (?7 IS NULL OR NOT EXISTS (SELECT 1 FROM site_keys WHERE site = ?1 AND id = ?7))";
        let values = [
            owner.site.into(),
            owner.conversation.into(),
            owner.subject.map_or(Value::Null, Value::from),
            anew.as_str().into(),
            sealed.into(),
            keys.sealing.as_str().into(),
            lost.map_or(Value::Null, Value::from),
        ];
        Ok((key, anew, Some(statement(sql, values))))
    }

    /// What adds the entries in one transaction; the last one gives their places. All of it does nothing where the
    /// conversation's key is not `sealed` by then, the site's key that seals it is gone, or a tombstone is there.
    fn statements(
        &self,
        new: &Appended<'_>,
        key: &ConversationKey,
        sealed: &str,
        first: Option<Statement>,
    ) -> Result<Vec<Statement>, PortError> {
        let mut entries = Vec::with_capacity(new.entries.len());
        for entry in new.entries {
            let reason = if let SharedEvent::Requested { reason } = &entry.event { Some(*reason) } else { None };
            let words = key.seal(self.0, (new.site, new.conversation), entry)?;
            entries.push(json!({"id": entry.id, "words": words, "reason": reason}));
        }
        let entries: Value = json!(entries).to_string().into();
        let of = || [new.site.into(), new.conversation.into()];
        let [site, conversation] = of();
        let mut all: Vec<Statement> = first.into_iter().collect();
        all.push(statement(
            "INSERT INTO entries (site, conversation, seq, id, received_ms, words_sealed)
             SELECT ?1, ?2, (SELECT coalesce(max(e.seq), 0) FROM entries AS e WHERE e.site = ?1 AND e.conversation = ?2)
             + row_number() OVER (ORDER BY new.key), json_extract(new.value, '$.id'), ?4, json_extract(new.value, '$.words')
             FROM json_each(?3) AS new WHERE NOT EXISTS
             (SELECT 1 FROM entries AS e WHERE e.site = ?1 AND e.conversation = ?2 AND e.id = json_extract(new.value, '$.id'))
             AND EXISTS (SELECT 1 FROM conversations AS c WHERE c.site = ?1 AND c.id = ?2 AND c.key_sealed = ?5)
             AND EXISTS (SELECT 1 FROM site_keys AS k WHERE k.site = ?1 AND k.id = ?6)
             AND NOT EXISTS (SELECT 1 FROM tombstones AS t WHERE t.site = ?1 AND t.conversation = ?2)",
            [
                site,
                conversation,
                entries.clone(),
                number(self.0.now_ms()),
                sealed.into(),
                sealed_with(sealed).map_or(Value::Null, Value::from),
            ],
        ));
        if new.entries.iter().any(|entry| matches!(entry.event, SharedEvent::Requested { .. })) {
            let [site, conversation] = of();
            // An entry that was there before with other words asks for nobody anew: these must be the words just stored.
            let sql = "INSERT OR IGNORE INTO handoffs (site, conversation, id, reason, locale, created_ms)
                SELECT ?1, ?2, e.id, json_extract(new.value, '$.reason'), ?4, e.received_ms FROM json_each(?3) AS new
                CROSS JOIN entries AS e WHERE e.site = ?1 AND e.conversation = ?2 AND e.id = json_extract(new.value, '$.id')
                AND e.words_sealed = json_extract(new.value, '$.words') AND json_extract(new.value, '$.reason') IS NOT NULL";
            all.push(statement(sql, [site, conversation, entries, new.locale.into()]));
        }
        let [site, conversation] = of();
        let consent = serde_json::to_string(new.consent).map_err(failure)?;
        all.push(statement(
            "UPDATE conversations SET locale = ?3, consent = ?4, last_ms =
             (SELECT e.received_ms FROM entries AS e WHERE e.site = ?1 AND e.conversation = ?2 ORDER BY e.seq DESC LIMIT 1)
             WHERE site = ?1 AND id = ?2 AND key_sealed = ?5
             AND EXISTS (SELECT 1 FROM entries AS e WHERE e.site = ?1 AND e.conversation = ?2)",
            [site, conversation, new.locale.into(), consent.into(), sealed.into()],
        ));
        all.push(places(new));
        Ok(all)
    }

    fn record(&self, keys: &SiteKeys, site: &str, row: &Row, entries: Vec<&Row>) -> Result<ConversationRecord, PortError> {
        let id = text(row, "id")?;
        let owner = Owner { site, conversation: id, key_hash: text(row, "key_hash")?, subject: optional(row, "subject")? };
        let lost = |what: &str, why: &str| self.0.log(Level::Error, &format!("{what} of site {site}: {why}"));
        let key = keys.unwrap(owner, text(row, "key_sealed")?);
        let key = key.map_err(|why| lost(&format!("conversation {id}"), &why.to_string())).ok();
        let open = |row: &Row| {
            let (entry, sealed) = (text(row, "id")?, text(row, "words_sealed")?);
            let opened = key.as_ref().and_then(|key| {
                let opened = key.open((site, id), entry, sealed);
                opened.map_err(|why| lost(&format!("entry {entry} of conversation {id}"), &why)).ok()
            });
            Ok(LoggedEntry { seq: amount(row, "seq")? as u64, received_ms: amount(row, "received_ms")?, entry: opened })
        };
        let consent: Consent =
            serde_json::from_str(text(row, "consent")?).map_err(|e| failure(format!("consent of conversation {id}: {e}")))?;
        Ok(ConversationRecord {
            id: id.to_owned(),
            site: site.to_owned(),
            locale: text(row, "locale")?.to_owned(),
            created_ms: amount(row, "created_ms")?,
            consent,
            entries: entries.into_iter().map(open).collect::<Result<_, PortError>>()?,
            tone: vec![],
        })
    }
}

/// Asks for the places of those of the entries that are stored.
fn places(new: &Appended<'_>) -> Statement {
    let ids: Vec<&str> = new.entries.iter().map(|entry| entry.id.as_str()).collect();
    let sql = "SELECT id, seq FROM entries WHERE site = ?1 AND conversation = ?2 AND id IN (SELECT value FROM json_each(?3))";
    statement(sql, [new.site.into(), new.conversation.into(), json!(ids).to_string().into()])
}

/// Stores a new conversation, unless it was erased, or the site's key was exchanged meanwhile.
fn begin(new: &Appended<'_>, owner: Owner<'_>, sealed: &str, sealing: &str, now_ms: f64) -> Result<Statement, PortError> {
    let sql = "INSERT OR IGNORE INTO conversations (site, id, locale, key_hash, subject, consent, created_ms, last_ms, key_sealed)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE site = ?1 AND conversation = ?2)
        AND EXISTS (SELECT 1 FROM site_keys WHERE site = ?1 AND id = ?9)";
    let consent = serde_json::to_string(new.consent).map_err(failure)?;
    Ok(statement(
        sql,
        [
            new.site.into(),
            new.conversation.into(),
            new.locale.into(),
            new.key_hash.into(),
            owner.subject.map_or(Value::Null, Value::from),
            consent.into(),
            number(now_ms),
            sealed.into(),
            sealing.into(),
        ],
    ))
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use nearside_conversation::{Masked, Shared};
    use nearside_privacy::Masker;
    use nearside_privacy::chain::Deed;
    use nearside_protocol::{Consent, ConversationRecord};
    use serde_json::json;

    use super::{Appended, Logs, Tables, Which, owner, rows, seqs};
    use crate::keys::SiteKeys;
    use crate::memory::Memory;
    use crate::ports::{Database, Secret, Statement};
    use crate::rotation::{START, renew, reseal, shred};

    fn deed() -> Deed {
        Deed { actor: "ana".into(), action: "keys.rotate", record: "demo".into(), reason: "test".into() }
    }

    /// A change of keys that has sealed the conversations anew and has not deleted the older key yet.
    fn begin_rotation(host: &Memory) {
        block_on(renew(host, "demo", deed())).unwrap();
        assert!(block_on(reseal(host, "demo", START)).unwrap().unwrap().next.is_some());
    }

    fn host() -> Memory {
        Memory::new(&[(Secret::SealKeys, &format!("memory={}", "5e".repeat(32)))], None).unwrap()
    }

    fn consent() -> Consent {
        serde_json::from_value(json!({"v": 1, "at_ms": 1, "by": "visitor", "purposes": ["person"]})).unwrap()
    }

    fn said(id: &str, words: &str) -> Vec<Shared<Masked>> {
        let entry: Shared<String> =
            serde_json::from_value(json!({"id": id, "at_ms": 1, "event": {"type": "said", "text": words}})).unwrap();
        let text = Masked::by(&mut Masker::default(), words);
        vec![Shared { id: entry.id, at_ms: entry.at_ms, event: nearside_conversation::SharedEvent::Said { text } }]
    }

    fn new<'a>(consent: &'a Consent, entries: &'a [Shared<Masked>]) -> Appended<'a> {
        Appended { site: "demo", conversation: "conversation-1", locale: "en", key_hash: "hash", sub: None, consent, entries }
    }

    fn read(host: &Memory) -> ConversationRecord {
        block_on(Tables(host).read("demo", Which::Conversation("conversation-1"))).unwrap().swap_remove(0)
    }

    /// One try of an addition that read the site's keys before `first`, and the conversation before `then`; whether it stored.
    fn try_beside(host: &Memory, new: &Appended<'_>, first: impl Fn(&Memory), then: impl Fn(&Memory)) -> bool {
        let (tables, keys) = (Tables(host), block_on(SiteKeys::of(host, "demo")).unwrap());
        first(host);
        let standing = block_on(tables.standing(new)).unwrap();
        let (key, sealed, before) = tables.key(&keys, owner(new, &standing, None).unwrap(), standing.row.as_ref(), new).unwrap();
        then(host);
        let statements = tables.statements(new, &key, &sealed, before).unwrap();
        let last = statements.len() - 1;
        let done = block_on(host.transaction(statements)).unwrap();
        !seqs(rows(&done, last).unwrap()).unwrap().is_empty()
    }

    #[test]
    fn a_change_of_keys_beside_an_addition_destroys_nothing() {
        let (host, consent) = (host(), consent());
        block_on(Tables(&host).append(&new(&consent, &said("entry-001", "the walrus")))).unwrap();
        assert!(!try_beside(&host, &new(&consent, &said("entry-002", "more")), begin_rotation, |_| ()), "the addition begins anew");
        block_on(Tables(&host).append(&new(&consent, &said("entry-002", "more")))).unwrap();
        let record = read(&host);
        assert!(record.entries.len() == 2 && record.entries.iter().all(|logged| logged.entry.is_some()), "{record:?}");
    }

    #[test]
    fn a_shredding_beside_an_addition_leaves_nothing_that_nobody_can_open() {
        let (host, consent) = (host(), consent());
        block_on(Tables(&host).append(&new(&consent, &said("entry-001", "the walrus")))).unwrap();
        let shredded = |host: &Memory| assert!(block_on(shred(host, "demo", deed())).unwrap().is_some());
        assert!(!try_beside(&host, &new(&consent, &said("entry-002", "more")), |_| (), shredded));
        block_on(Tables(&host).append(&new(&consent, &said("entry-002", "more")))).unwrap();
        let opened: Vec<bool> = read(&host).entries.iter().map(|logged| logged.entry.is_some()).collect();
        assert_eq!(opened, [false, true]);
    }

    /// As another change of keys that ended left it: this one's key is gone, or newer keys are there.
    #[test]
    fn two_changes_of_keys_at_once_delete_no_key_that_is_in_use() {
        let (host, consent) = (host(), consent());
        block_on(Tables(&host).append(&new(&consent, &said("entry-001", "the walrus")))).unwrap();
        let ask = |sql| block_on(host.transaction(vec![Statement { sql, values: vec![] }])).unwrap().swap_remove(0);
        let sealed = || ask("SELECT key_sealed FROM conversations")[0]["key_sealed"].clone();
        let before = sealed();
        block_on(host.transaction(vec![crate::rotation::resealed("demo", "conversation-1", "sealed:1:gone:00", &before, "gone")])).unwrap();
        assert_eq!(sealed(), before);
        let older = block_on(SiteKeys::of(&host, "demo")).unwrap().sealing;
        block_on(renew(&host, "demo", deed())).unwrap();
        block_on(host.transaction(vec![crate::rotation::unused("demo", &older)])).unwrap();
        assert_eq!(ask("SELECT id FROM site_keys").len(), 3, "the newer key stays");
    }
}
