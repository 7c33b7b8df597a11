//! A log that shows when it was changed: each entry carries the hash of the one before (a hash chain, as in Schneier and
//! Kelsey, "Secure audit logs to support computer forensics", 1999).
//!
//! Who rewrites the whole log can make a new chain; the newest hash, kept elsewhere, shows that too.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One entry: who did what to which record, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose log it stands in: the site's id. Two sites' logs cannot be exchanged.
    pub site: String,
    /// Its place, from 1 on without a gap.
    pub seq: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: f64,
    /// Role, and the name that was given with it: `operator:ana`.
    pub actor: String,
    /// What was done: `subject.erase`.
    pub action: String,
    /// To which record; never personal data.
    pub record: String,
    /// Why, as the actor said.
    pub reason: String,
    /// The hash of the entry before; of the first one, 64 zeros.
    pub previous: String,
    /// SHA-256 of all the above, hexadecimal.
    pub hash: String,
}

/// What an entry says, before it has its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub actor: String,
    /// What.
    pub action: &'static str,
    /// To which record.
    pub record: String,
    /// Why.
    pub reason: String,
}

/// The hash that stands before the first entry.
pub fn origin() -> String {
    "0".repeat(64)
}

impl Entry {
    /// The entry that follows `last` (its place and hash), or begins the log of `site`.
    pub fn after(site: &str, last: Option<(u64, &str)>, at_ms: f64, deed: Deed) -> Self {
        let (seq, previous) = last.map_or_else(|| (1, origin()), |(seq, hash)| (seq + 1, hash.to_owned()));
        let Deed { actor, action, record, reason } = deed;
        let mut entry =
            Self { site: site.to_owned(), seq, at_ms, actor, action: action.to_owned(), record, reason, previous, hash: String::new() };
        entry.hash = entry.digest();
        entry
    }

    fn digest(&self) -> String {
        let (seq, at) = (self.seq.to_string(), self.at_ms.to_string());
        let mut digest = Sha256::new();
        for part in [&self.site, &seq, &at, &self.actor, &self.action, &self.record, &self.reason, &self.previous] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// An entry is missing or out of place.
    Gap {
        /// The place that was expected.
        expected: u64,
        /// The place that was found.
        found: u64,
    },
    /// An entry is not what it was when it was written, or does not follow the one before.
    Changed(u64),
    /// An entry is of another site than the first one.
    Foreign(u64),
    /// A hash that was kept elsewhere is not in the log: it was cut or written anew.
    Lost(String),
}

impl std::fmt::Display for ChainError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Gap { expected, found } => write!(f, "entry {expected} is missing: entry {found} stands in its place"),
            Self::Changed(seq) => write!(f, "entry {seq} was changed after it was written, or the one before it was"),
            Self::Foreign(seq) => write!(f, "entry {seq} is out of another site's log"),
            Self::Lost(hash) => write!(f, "no entry has the hash {hash}: the log was cut short or written anew since it was noted"),
        }
    }
}

impl std::error::Error for ChainError {}

/// Checks a site's whole log, first entry first; gives its newest hash, which is worth keeping elsewhere. `kept` is such a hash of
/// an earlier day.
///
/// # Errors
/// The first place where the chain is broken.
pub fn verify(entries: &[Entry], kept: Option<&str>) -> Result<String, ChainError> {
    let mut last = origin();
    for (expected, entry) in (1..).zip(entries) {
        if entry.seq != expected {
            return Err(ChainError::Gap { expected, found: entry.seq });
        }
        if entries.first().is_some_and(|first| first.site != entry.site) {
            return Err(ChainError::Foreign(entry.seq));
        }
        if entry.previous != last || entry.hash != entry.digest() {
            return Err(ChainError::Changed(entry.seq));
        }
        last.clone_from(&entry.hash);
    }
    match kept.filter(|kept| !entries.iter().any(|entry| entry.hash == *kept)) {
        Some(kept) => Err(ChainError::Lost(kept.to_owned())),
        None => Ok(last),
    }
}

#[cfg(test)]
mod tests {
    use super::{ChainError, Deed, Entry, origin, verify};

    fn log() -> Vec<Entry> {
        log_of("demo")
    }

    fn log_of(site: &str) -> Vec<Entry> {
        let mut all: Vec<Entry> = Vec::new();
        for n in 0..5 {
            let deed = Deed { actor: "operator:ana".into(), action: "subject.erase", record: format!("c-{n}"), reason: "asked".into() };
            let next = Entry::after(site, all.last().map(|e| (e.seq, e.hash.as_str())), f64::from(n), deed);
            all.push(next);
        }
        all
    }

    #[test]
    fn a_log_as_written_holds() {
        let log = log();
        assert_eq!(verify(&log, Some(&log[2].hash)), Ok(log[4].hash.clone()));
        assert_eq!(verify(&[], None), Ok(origin()));
    }

    #[test]
    fn every_change_shows() {
        for at in 0..5 {
            let changes: [fn(&mut Entry); 6] = [
                |e| e.actor.push('x'),
                |e| e.action.push('x'),
                |e| e.record = String::new(),
                |e| e.reason = "other".into(),
                |e| e.at_ms += 1.0,
                |e| e.previous = "1".repeat(64),
            ];
            for change in changes {
                let mut log = log();
                change(&mut log[at]);
                assert_eq!(verify(&log, None), Err(ChainError::Changed(at as u64 + 1)));
                // Hashed anew, it no longer fits the next one, or the hash kept elsewhere.
                log[at].hash = log[at].digest();
                assert!(verify(&log, Some(&self::log()[4].hash)).is_err());
            }
        }
    }

    #[test]
    fn another_sites_log_shows() {
        // Under this site's name, as a database answers whose rows were exchanged.
        let mut exchanged = log_of("other");
        assert_eq!(verify(&exchanged, None), Ok(exchanged[4].hash.clone()));
        exchanged.iter_mut().for_each(|entry| entry.site = "demo".into());
        assert_eq!(verify(&exchanged, None), Err(ChainError::Changed(1)));
        let mut mixed = log();
        mixed[3] = log_of("other").remove(3);
        assert_eq!(verify(&mixed, None), Err(ChainError::Foreign(4)));
    }

    #[test]
    fn what_was_taken_out_shows() {
        let mut middle = log();
        middle.remove(2);
        assert_eq!(verify(&middle, None), Err(ChainError::Gap { expected: 3, found: 4 }));
        let mut end = log();
        let newest = end.pop().map(|e| e.hash).unwrap_or_default();
        assert_eq!(verify(&end, Some(&newest)), Err(ChainError::Lost(newest)));
    }
}
