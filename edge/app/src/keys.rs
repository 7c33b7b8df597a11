//! Envelope keys (NIST SP 800-57, 6.2.2.3): each site seals with keys of its own, which lie in the database sealed with the
//! deployment's. A site's keys change without touching the others', and deleting them erases the site.

use nearside_privacy::jwt::keyed_hash;
use nearside_privacy::seal::{Keyring, Place, from_hex, to_hex};

use crate::ports::{Host, PortError, Secret, Statement};
use crate::records::{cell, number, statement};

/// The id of the key that makes lookup hashes; it never changes, or nothing would be found again.
const LOOKUP: &str = "lookup";

/// A site's keys, opened.
pub(crate) struct SiteKeys {
    ring: Keyring,
    /// The id of the key that seals.
    pub(crate) sealing: String,
    lookup: [u8; 32],
}

/// The deployment's keys.
pub(crate) async fn deployment(host: &impl Host) -> Result<Keyring, PortError> {
    Keyring::parse(&host.secret(Secret::SealKeys).await?).map_err(|e| PortError::Unavailable(e.to_string()))
}

fn place<'a>(site: &'a str, id: &'a str) -> Place<'a> {
    Place { table: "site_keys", column: "wrapped", site, row: id }
}

fn nonce(host: &impl Host) -> Result<[u8; 12], PortError> {
    let mut nonce = [0; 12];
    host.random(&mut nonce)?;
    Ok(nonce)
}

/// Keys as they lie in the database, newest first.
async fn stored(host: &impl Host, site: &str) -> Result<Vec<(String, String)>, PortError> {
    let sql = "SELECT id, wrapped FROM site_keys WHERE site = ?1 ORDER BY created_ms DESC, id DESC";
    let rows = host.transaction(vec![statement(sql, [site.into()])]).await?;
    Ok(rows.iter().flatten().map(|row| (cell(row, "id"), cell(row, "wrapped"))).collect())
}

/// A statement that stores a new key `id`, unless there is one.
fn new_key(host: &impl Host, ring: &Keyring, site: &str, id: &str) -> Result<Statement, PortError> {
    let mut key = [0; 32];
    host.random(&mut key)?;
    let wrapped = ring.seal(nonce(host)?, place(site, id), &to_hex(&key)).map_err(|e| PortError::Unavailable(e.to_string()))?;
    let sql = "INSERT OR IGNORE INTO site_keys (site, id, wrapped, created_ms) VALUES (?1, ?2, ?3, ?4)";
    Ok(statement(sql, [site.into(), id.into(), wrapped.into(), number(host.now_ms())]))
}

/// Whether what `site` sealed can be opened; a site without keys has sealed nothing.
pub(crate) async fn check(host: &impl Host, site: &str) -> Result<(), PortError> {
    if stored(host, site).await?.is_empty() { Ok(()) } else { SiteKeys::of(host, site).await.map(drop) }
}

impl SiteKeys {
    /// The keys of `site`; made where it has none yet.
    pub(crate) async fn of(host: &impl Host, site: &str) -> Result<Self, PortError> {
        let mut rows = stored(host, site).await?;
        if rows.is_empty() {
            let ring = deployment(host).await?;
            // Two that start at once both write; the reading below takes what came of it.
            let made = vec![new_key(host, &ring, site, LOOKUP)?, new_key(host, &ring, site, &new_id(host))?];
            host.transaction(made).await?;
            rows = stored(host, site).await?;
        }
        let ring = deployment(host).await?;
        let (mut keys, mut lookup) = (Vec::new(), None);
        for (id, wrapped) in rows {
            let plain =
                ring.open(place(site, &id), &wrapped).map_err(|e| PortError::Unavailable(format!("key {id} of site {site}: {e}")))?;
            let key: Option<[u8; 32]> = from_hex(&plain).and_then(|bytes| bytes.try_into().ok());
            let key = key.ok_or_else(|| PortError::Unavailable(format!("key {id} of site {site}: not 32 bytes")))?;
            if id == LOOKUP { lookup = Some(key) } else { keys.push((id, key)) }
        }
        let missing = || PortError::Unavailable(format!("site {site} lacks a key: its keys were deleted one by one"));
        let sealing = keys.first().map(|(id, _)| id.clone()).ok_or_else(missing)?;
        // The deployment's own keys open what earlier versions sealed with them.
        Ok(Self { ring: Keyring::of(keys).and(ring), sealing, lookup: lookup.ok_or_else(missing)? })
    }

    /// Seals a value for its place.
    pub(crate) fn seal(&self, host: &impl Host, place: Place<'_>, plain: &str) -> Result<String, PortError> {
        self.ring.seal(nonce(host)?, place, plain).map_err(|e| PortError::Unavailable(e.to_string()))
    }

    /// Opens a value of its place.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &str) -> Result<String, String> {
        self.ring.open(place, sealed).map_err(|e| e.to_string())
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

/// An id that no key of the site had before, also after all were deleted.
fn new_id(host: &impl Host) -> String {
    format!("s{:x}", host.now_ms() as u64)
}

/// A new sealing key for `site`, and its old ones sealed anew with the deployment's newest.
pub(crate) async fn rotation(host: &impl Host, site: &str) -> Result<Vec<Statement>, PortError> {
    let ring = deployment(host).await?;
    let mut statements = vec![new_key(host, &ring, site, &new_id(host))?];
    for (id, wrapped) in stored(host, site).await? {
        let fail = |e| PortError::Unavailable(format!("key {id} of site {site}: {e}"));
        let plain = ring.open(place(site, &id), &wrapped).map_err(fail)?;
        let anew = ring.seal(nonce(host)?, place(site, &id), &plain).map_err(fail)?;
        let sql = "UPDATE site_keys SET wrapped = ?3 WHERE site = ?1 AND id = ?2";
        statements.push(statement(sql, [site.into(), id.into(), anew.into()]));
    }
    Ok(statements)
}

/// Deletes keys that seal nothing any more: all but the newest and the one for lookups, each only while no row names it.
pub(crate) fn unused(site: &str, sealing: &str) -> Statement {
    let sql = "DELETE FROM site_keys WHERE site = ?1 AND id NOT IN (?2, ?3)
        AND NOT EXISTS (SELECT 1 FROM handoffs WHERE site = ?1 AND transcript LIKE 'sealed:1:' || site_keys.id || ':%')
        AND NOT EXISTS (SELECT 1 FROM events WHERE site = ?1 AND question LIKE 'sealed:1:' || site_keys.id || ':%')";
    statement(sql, [site.into(), sealing.into(), LOOKUP.into()])
}
