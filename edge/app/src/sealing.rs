//! Handoffs between the wire, where they are records, and the database, where they are sealed.

use nearside_privacy::seal::{Keyring, Place, is_sealed};
use nearside_protocol::{HandoffRecord, TranscriptLine};

use crate::ports::{Host, PortError, StoredHandoff};

async fn keyring(host: &impl Host) -> Result<Keyring, PortError> {
    Keyring::parse(&host.seal_keys().await?).map_err(|e| PortError(e.to_string()))
}

/// Whether there are keys that can be used.
pub(crate) async fn ready(host: &impl Host) -> Result<(), PortError> {
    keyring(host).await.map(drop)
}

fn place<'a>(site: &'a str, row: &'a str) -> Place<'a> {
    Place { table: "handoffs", column: "transcript", site, row }
}

pub(crate) async fn seal(host: &impl Host, record: HandoffRecord) -> Result<StoredHandoff, PortError> {
    let HandoffRecord { id, site, conversation, reason, locale, created_ms, transcript } = record;
    let plain = serde_json::to_string(&transcript).map_err(|e| PortError(e.to_string()))?;
    let mut nonce = [0; 12];
    let random = [host.random().to_le_bytes(), host.random().to_le_bytes()].concat();
    nonce.iter_mut().zip(random).for_each(|(to, from)| *to = from);
    let transcript = keyring(host).await?.seal(nonce, place(&site, &id), &plain).map_err(|e| PortError(e.to_string()))?;
    Ok(StoredHandoff { id, site, conversation, reason, locale, created_ms, transcript })
}

/// Opens stored handoffs. One that cannot be opened is named in the log and comes without its transcript: the others are
/// not to be lost with it.
pub(crate) async fn open(host: &impl Host, stored: Vec<StoredHandoff>) -> Result<Vec<HandoffRecord>, PortError> {
    let keys = keyring(host).await?;
    let open = |handoff: StoredHandoff| {
        let StoredHandoff { id, site, conversation, reason, locale, created_ms, transcript } = handoff;
        let plain =
            if is_sealed(&transcript) { keys.open(place(&site, &id), &transcript).map_err(|e| e.to_string()) } else { Ok(transcript) };
        let lines = plain.and_then(|text| serde_json::from_str::<Vec<TranscriptLine>>(&text).map_err(|e| e.to_string()));
        let transcript = lines.unwrap_or_else(|why| {
            host.log(&format!("handoff {id} of site {site}: {why}"));
            vec![TranscriptLine { from: "system".into(), text: format!("This conversation cannot be opened: {why}."), at_ms: created_ms }]
        });
        HandoffRecord { id, site, conversation, reason, locale, created_ms, transcript }
    };
    Ok(stored.into_iter().map(open).collect())
}
