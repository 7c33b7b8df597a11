//! Envelope keys (NIST SP 800-57, 6.2.2.3). Each conversation's words are sealed with a key of its own; that key lies in the
//! database sealed with the site's, and the site's sealed with the deployment's. Erasing a conversation is dropping its key,
//! changing a site's keys seals conversations' keys anew and no words, and deleting them erases the site.
//!
//! What always holds: only [`Masked`] words can be sealed here, and what is not sealed is not opened.

use nearside_conversation::{Masked, Shared};
use nearside_privacy::jwt::keyed_hash;
use nearside_privacy::seal::{Keyring, SealError, from_hex, sealed_with, to_hex};

use crate::ports::{Host, Level, PortError, Secret, Statement};
use crate::records::{failure, number, rows, statement, text};
use crate::sealed::{CONVERSATION_KEY, QUESTION, SITE_KEY, Sealed, WORDS, bound};

/// The id of the key that makes lookup hashes; it does not change with the others, or nothing would be found again.
pub(crate) const LOOKUP: &str = "lookup";

/// A site's keys, opened.
pub(crate) struct SiteKeys {
    ring: Keyring,
    /// The id of the key that seals.
    pub(crate) sealing: String,
    lookup: [u8; 32],
}

/// Whose a conversation is: its key opens for them only.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) site: &'a str,
    pub(crate) conversation: &'a str,
    pub(crate) key_hash: &'a str,
    /// The keyed hash that stands for the signed visitor.
    pub(crate) subject: Option<&'a str>,
}

impl Owner<'_> {
    fn bound(&self) -> String {
        bound(&[self.conversation, self.key_hash, self.subject.unwrap_or_default()])
    }
}

/// A conversation's key, opened.
pub(crate) struct ConversationKey {
    plain: String,
    ring: Keyring,
}

/// The deployment's keys.
pub(crate) async fn deployment(host: &impl Host) -> Result<Keyring, PortError> {
    Keyring::parse(&host.secret(Secret::SealKeys).await?).map_err(failure)
}

fn nonce(host: &impl Host) -> Result<[u8; 12], PortError> {
    let mut nonce = [0; 12];
    host.random(&mut nonce)?;
    Ok(nonce)
}

fn random_hex<const N: usize>(host: &impl Host) -> Result<String, PortError> {
    let mut bytes = [0; N];
    host.random(&mut bytes)?;
    Ok(to_hex(&bytes))
}

/// Keys as they lie in the database, newest first.
async fn stored(host: &impl Host, site: &str) -> Result<Vec<(String, String)>, PortError> {
    let sql = "SELECT id, key_sealed FROM site_keys WHERE site = ?1 ORDER BY created_ms DESC, id DESC";
    let found = host.transaction(vec![statement(sql, [site.into()])]).await?;
    rows(&found, 0)?.iter().map(|row| Ok((text(row, "id")?.to_owned(), text(row, "key_sealed")?.to_owned()))).collect()
}

/// A statement that stores a new key `id`, unless there is one.
fn new_key(host: &impl Host, ring: &Keyring, site: &str, id: &str) -> Result<Statement, PortError> {
    let sealed = ring.seal(nonce(host)?, SITE_KEY.place(site, id), &random_hex::<32>(host)?).map_err(failure)?;
    let sql = "INSERT OR IGNORE INTO site_keys (site, id, key_sealed, created_ms) VALUES (?1, ?2, ?3, ?4)";
    Ok(statement(sql, [site.into(), id.into(), sealed.into(), number(host.now_ms())]))
}

/// Whether what `site` sealed can be opened; a site without keys has sealed nothing.
pub(crate) async fn check(host: &impl Host, site: &str) -> Result<(), PortError> {
    if stored(host, site).await?.is_empty() { Ok(()) } else { SiteKeys::of(host, site).await.map(drop) }
}

impl SiteKeys {
    /// The keys of `site`; made where it has none yet, or where one of them is missing.
    pub(crate) async fn of(host: &impl Host, site: &str) -> Result<Self, PortError> {
        let ring = deployment(host).await?;
        let mut found = stored(host, site).await?;
        let (seals, looks_up) = (found.iter().any(|(id, _)| id != LOOKUP), found.iter().any(|(id, _)| id == LOOKUP));
        if !seals || !looks_up {
            if !found.is_empty() {
                host.log(Level::Error, &format!("site {site} lacks a key, and gets a new one: what the lost one sealed or named is lost"));
            }
            // Two that start at once both write; the reading below takes what came of it.
            let mut made = Vec::new();
            if !looks_up {
                made.push(new_key(host, &ring, site, LOOKUP)?);
            }
            if !seals {
                made.push(new_key(host, &ring, site, &new_id(host)?)?);
            }
            host.transaction(made).await?;
            found = stored(host, site).await?;
        }
        let (mut keys, mut lookup) = (Vec::new(), None);
        for (id, sealed) in found {
            let plain = ring.open(SITE_KEY.place(site, &id), &sealed).map_err(|e| failure(format!("key {id} of site {site}: {e}")))?;
            let key: Option<[u8; 32]> = from_hex(&plain).and_then(|bytes| bytes.try_into().ok());
            let key = key.ok_or_else(|| failure(format!("key {id} of site {site}: not 32 bytes")))?;
            if id == LOOKUP { lookup = Some(key) } else { keys.push((id, key)) }
        }
        // Both were there or made: only a deletion in between takes them away.
        let missing = || failure(format!("site {site}: its keys were deleted this moment"));
        let sealing = keys.first().map(|(id, _)| id.clone()).ok_or_else(missing)?;
        Ok(Self { ring: Keyring::of(keys), sealing, lookup: lookup.ok_or_else(missing)? })
    }

    /// A key for a new conversation.
    pub(crate) fn new_conversation(host: &impl Host) -> Result<ConversationKey, PortError> {
        let plain = format!("c{}={}", random_hex::<7>(host)?, random_hex::<32>(host)?);
        ConversationKey::read(plain)
    }

    /// Seals a conversation's key for its owner.
    pub(crate) fn wrap(&self, host: &impl Host, owner: Owner<'_>, key: &ConversationKey) -> Result<String, PortError> {
        let place = owner.bound();
        self.ring.seal(nonce(host)?, CONVERSATION_KEY.place(owner.site, &place), &key.plain).map_err(failure)
    }

    /// Opens a conversation's key for its owner.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] where the site's key is gone and the conversation lost with it.
    pub(crate) fn unwrap(&self, owner: Owner<'_>, sealed: &str) -> Result<ConversationKey, SealError> {
        let plain = self.ring.open(CONVERSATION_KEY.place(owner.site, &owner.bound()), sealed)?;
        ConversationKey::read(plain).map_err(|_| SealError::Damaged)
    }

    /// Seals an event's question.
    pub(crate) fn seal_question(&self, host: &impl Host, site: &str, event: &str, question: &Masked) -> Result<String, PortError> {
        self.ring.seal(nonce(host)?, QUESTION.place(site, event), question.as_str()).map_err(failure)
    }

    /// Opens an event's question.
    pub(crate) fn open_question(&self, site: &str, event: &str, sealed: &str) -> Result<String, SealError> {
        self.ring.open(QUESTION.place(site, event), sealed)
    }

    /// A value of `column` sealed anew with the newest key; `None` where it is already.
    ///
    /// # Errors
    /// The outer one where sealing fails, the inner one where the value cannot be opened.
    pub(crate) fn reseal(
        &self,
        host: &impl Host,
        column: &Sealed,
        (site, bound): (&str, &str),
        value: &str,
    ) -> Result<Result<Option<String>, SealError>, PortError> {
        let place = column.place(site, bound);
        let plain = match self.ring.open(place, value) {
            Ok(plain) => plain,
            Err(error) => return Ok(Err(error)),
        };
        if sealed_with(value) == Some(&self.sealing) {
            return Ok(Ok(None));
        }
        Ok(Ok(Some(self.ring.seal(nonce(host)?, place, &plain).map_err(failure)?)))
    }

    /// What stands for a signed visitor in the database.
    pub(crate) fn subject(&self, sub: &str) -> String {
        to_hex(&keyed_hash(&self.lookup, &["subject", sub]))
    }

    /// With what this site's sessions are signed.
    pub(crate) fn session_key(&self) -> [u8; 32] {
        keyed_hash(&self.lookup, &["session"])
    }
}

impl ConversationKey {
    fn read(plain: String) -> Result<Self, PortError> {
        let ring = Keyring::parse(&plain).map_err(failure)?;
        Ok(Self { plain, ring })
    }

    /// Seals an entry. Its words are [`Masked`]: nothing else can be sealed.
    pub(crate) fn seal(&self, host: &impl Host, (site, conversation): (&str, &str), entry: &Shared<Masked>) -> Result<String, PortError> {
        let place = bound(&[conversation, entry.id.as_str()]);
        self.ring.seal(nonce(host)?, WORDS.place(site, &place), &serde_json::to_string(entry).map_err(failure)?).map_err(failure)
    }

    /// Opens the entry `id`.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub(crate) fn open(&self, (site, conversation): (&str, &str), id: &str, sealed: &str) -> Result<Shared<String>, String> {
        let place = bound(&[conversation, id]);
        let plain = self.ring.open(WORDS.place(site, &place), sealed).map_err(|e| e.to_string())?;
        serde_json::from_str(&plain).map_err(|e| format!("no entry: {e}"))
    }
}

/// An id that no key of the site had before, also after all were deleted. The newest sorts last.
pub(crate) fn new_id(host: &impl Host) -> Result<String, PortError> {
    Ok(format!("s{:x}{}", host.now_ms() as u64, random_hex::<2>(host)?))
}

/// A new sealing key for `site`, and its old ones sealed anew with the deployment's newest.
pub(crate) async fn renewal(host: &impl Host, site: &str) -> Result<Vec<Statement>, PortError> {
    let ring = deployment(host).await?;
    let mut statements = vec![new_key(host, &ring, site, &new_id(host)?)?];
    for (id, sealed) in stored(host, site).await? {
        let fail = |e| failure(format!("key {id} of site {site}: {e}"));
        let plain = ring.open(SITE_KEY.place(site, &id), &sealed).map_err(fail)?;
        let anew = ring.seal(nonce(host)?, SITE_KEY.place(site, &id), &plain).map_err(fail)?;
        let sql = "UPDATE site_keys SET key_sealed = ?3 WHERE site = ?1 AND id = ?2 AND key_sealed = ?4";
        statements.push(statement(sql, [site.into(), id.into(), anew.into(), sealed.into()]));
    }
    Ok(statements)
}
