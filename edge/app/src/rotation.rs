//! Changing and deleting a site's keys, over all columns of [`SEALED`].

use std::sync::LazyLock;

use nearside_privacy::chain::Deed;
use serde::Serialize;

use crate::audit::recorded;
use crate::keys::{LOOKUP, SiteKeys, renewal};
use crate::ports::{Host, Level, PortError, Statement};
use crate::records::{count, failure, number, rows, statement, text};
use crate::sealed::{SEALED, Sealed, Under};

/// How many rows one request seals anew.
const PAGE: usize = 200;

/// The statements for one column.
struct Walk {
    column: &'static Sealed,
    page: String,
    update: String,
}

/// The columns under the sites' keys, in the order in which they are sealed anew.
static WALKS: LazyLock<Vec<Walk>> = LazyLock::new(|| {
    let walk = |column: &'static Sealed| {
        let Sealed { table, column: name, bound, .. } = column;
        let columns = bound.join(", ");
        Walk {
            column,
            page: format!(
                "SELECT {columns}, {name} AS value FROM {table} WHERE site = ?1 AND id > ?2 AND {name} IS NOT NULL ORDER BY id LIMIT ?3"
            ),
            // Another change of keys may have deleted the key meanwhile.
            update: format!(
                "UPDATE {table} SET {name} = ?3 WHERE site = ?1 AND id = ?2 AND {name} = ?4
                 AND EXISTS (SELECT 1 FROM site_keys AS k WHERE k.site = ?1 AND k.id = ?5)"
            ),
        }
    };
    SEALED.iter().filter(|sealed| sealed.under == Under::Site).map(walk).collect()
});

/// Deletes keys that seal nothing any more: those older than the one just used, but the one for lookups, each only while no
/// row names it. A newer one is that of a change of keys that goes on beside this.
static UNUSED: LazyLock<String> = LazyLock::new(|| {
    let none = |walk: &Walk| {
        let Sealed { table, column, .. } = walk.column;
        format!(" AND NOT EXISTS (SELECT 1 FROM {table} AS r WHERE r.site = ?1 AND r.{column} LIKE 'sealed:1:' || site_keys.id || ':%')")
    };
    format!(
        "DELETE FROM site_keys WHERE site = ?1 AND id NOT IN (?2, ?3)
         AND created_ms < (SELECT k.created_ms FROM site_keys AS k WHERE k.site = ?1 AND k.id = ?2){}",
        WALKS.iter().map(none).collect::<String>()
    )
});

/// Writes over a site's keys, and deletes them; none of it while anything is held.
static SHRED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let which = "site = ?1 AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.site = ?1)";
    let keys = SEALED.iter().filter(|sealed| sealed.under == Under::Deployment);
    keys.flat_map(|sealed| [sealed.overwrite(which), format!("DELETE FROM {} WHERE {which}", sealed.table)]).collect()
});

/// The first column's statement as [`reseal`] runs it.
#[cfg(test)]
pub(crate) fn resealed(site: &str, id: &str, anew: &str, value: &serde_json::Value, sealing: &str) -> Statement {
    statement(&WALKS[0].update, [site.into(), id.into(), anew.into(), value.clone(), sealing.into()])
}

/// How far a change of keys is.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Rotated {
    /// The protocol's version.
    pub(crate) v: u32,
    /// The id of the key that seals from now on.
    pub(crate) key: String,
    /// How many values this request sealed anew.
    pub(crate) sealed: u32,
    /// How many it left as they are, since they can no longer be opened.
    pub(crate) skipped: u32,
    /// What to ask with as `go_on` for the rest; left out at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// Makes a new sealing key for the site.
pub(crate) async fn renew(host: &impl Host, site: &str, deed: Deed) -> Result<(), PortError> {
    SiteKeys::of(host, site).await?;
    recorded(host, site, deed, renewal(host, site).await?).await.map(drop)
}

/// Where a walk begins.
pub(crate) const START: &str = "0:";

/// Seals a page of values anew with the newest key: those after `from` (a column's number and an id). What cannot be opened
/// is named in the log and left; at the end keys that seal nothing any more are deleted. `None` where `from` is no place.
pub(crate) async fn reseal(host: &impl Host, site: &str, from: &str) -> Result<Option<Rotated>, PortError> {
    let place = from.split_once(':').and_then(|(column, id)| Some((column.parse::<usize>().ok()?, id)));
    let Some((at, after)) = place.filter(|(at, _)| *at < WALKS.len()) else { return Ok(None) };
    let (keys, walk) = (SiteKeys::of(host, site).await?, &WALKS[at]);
    let page = statement(&walk.page, [site.into(), after.into(), number(PAGE as f64)]);
    let found = host.transaction(vec![page]).await?;
    let found = rows(&found, 0)?;
    let (mut sealed, mut skipped, mut statements) = (0, 0, Vec::new());
    for row in found {
        let (bound, value) = (walk.column.bound(row)?, text(row, "value")?);
        match keys.reseal(host, walk.column, (site, &bound), value)? {
            Ok(Some(anew)) => {
                sealed += 1;
                let sealing = keys.sealing.as_str().into();
                statements.push(statement(&walk.update, [site.into(), text(row, "id")?.into(), anew.into(), value.into(), sealing]));
            }
            Ok(None) => {}
            Err(why) => {
                skipped += 1;
                host.log(Level::Error, &format!("{} of site {site}, {}: {why}", walk.column.table, text(row, "id")?));
            }
        }
    }
    let next = match found.last() {
        Some(last) if found.len() == PAGE => Some(format!("{at}:{}", text(last, "id")?)),
        _ if at + 1 < WALKS.len() => Some(format!("{}:", at + 1)),
        _ => None,
    };
    if next.is_none() {
        statements.push(unused(site, &keys.sealing));
    }
    // D1 takes no empty batch.
    if !statements.is_empty() {
        host.transaction(statements).await?;
    }
    Ok(Some(Rotated { v: nearside_protocol::VERSION, key: keys.sealing, sealed, skipped, next }))
}

/// Deletes the site's keys that seal nothing any more and are older than `sealing`.
pub(crate) fn unused(site: &str, sealing: &str) -> Statement {
    statement(&UNUSED, [site.into(), sealing.into(), LOOKUP.into()])
}

/// Deletes the site's keys; gives how many there were, or `None` where something of the site is held.
pub(crate) async fn shred(host: &impl Host, site: &str, deed: Deed) -> Result<Option<u32>, PortError> {
    let holds = || statement("SELECT count(*) AS n FROM holds WHERE site = ?1", [site.into()]);
    let keys = || statement("SELECT count(*) AS n FROM site_keys WHERE site = ?1", [site.into()]);
    // Looked at here for the log's sake alone: the deleting statements look themselves.
    if count(&host.transaction(vec![holds()]).await?, 0)? > 0 {
        return Ok(None);
    }
    let mut statements = vec![keys()];
    statements.extend(SHRED.iter().map(|sql| statement(sql, [site.into()])));
    statements.extend([keys(), holds()]);
    let done = recorded(host, site, deed, statements).await?;
    let last = done.len().checked_sub(1).ok_or_else(|| failure("database: no answer to a transaction"))?;
    if count(&done, last)? > 0 {
        return Ok(None);
    }
    Ok(Some(count(&done, 0)?))
}
