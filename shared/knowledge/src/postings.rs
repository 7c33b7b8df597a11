//! Inverted lists: for each term, by hash, the units that hold it.

use serde::{Deserialize, Serialize};

use crate::index::IndexError;

/// Lists as stored: sorted hashes as differences, lengths, and the units as differences within each list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredPostings {
    hash_deltas: Vec<u32>,
    list_lengths: Vec<u32>,
    unit_deltas: Vec<u32>,
}

/// Lists ready to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Postings {
    hashes: Vec<u32>,
    starts: Vec<u32>,
    units: Vec<u32>,
}

impl Postings {
    /// Lists of `entries`, pairs of hash and unit, in any order and with repeats.
    pub(crate) fn build(mut entries: Vec<(u32, u32)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        let mut lists = Self::default();
        for term in entries.chunk_by(|a, b| a.0 == b.0) {
            lists.hashes.push(term[0].0);
            lists.starts.push(lists.units.len() as u32);
            lists.units.extend(term.iter().map(|entry| entry.1));
        }
        lists.starts.push(lists.units.len() as u32);
        lists
    }

    pub(crate) fn load(stored: &StoredPostings, units: usize) -> Result<Self, IndexError> {
        if stored.hash_deltas.len() != stored.list_lengths.len() {
            return Err(IndexError("index: as many lists as terms expected"));
        }
        if stored.list_lengths.iter().map(|&n| u64::from(n)).sum::<u64>() != stored.unit_deltas.len() as u64 {
            return Err(IndexError("index: lists do not add up"));
        }
        let mut lists = Self::default();
        let (mut hash, mut at) = (0u32, 0usize);
        for (number, (&delta, &length)) in stored.hash_deltas.iter().zip(&stored.list_lengths).enumerate() {
            hash = hash.checked_add(delta).filter(|_| delta > 0 || number == 0).ok_or(IndexError("index: hashes must rise"))?;
            lists.hashes.push(hash);
            lists.starts.push(at as u32);
            let mut unit = 0u32;
            for (place, &step) in stored.unit_deltas[at..at + length as usize].iter().enumerate() {
                unit = unit.checked_add(step).filter(|_| step > 0 || place == 0).ok_or(IndexError("index: units must rise"))?;
                lists.units.push(unit);
            }
            if length > 0 && unit as usize >= units {
                return Err(IndexError("index: unit out of range"));
            }
            at += length as usize;
        }
        lists.starts.push(at as u32);
        Ok(lists)
    }

    pub(crate) fn store(&self) -> StoredPostings {
        let mut stored = StoredPostings::default();
        let mut last = 0;
        for (hash, list) in self.lists() {
            stored.hash_deltas.push(hash - last);
            last = hash;
            stored.list_lengths.push(list.len() as u32);
            let mut before = 0;
            for &unit in list {
                stored.unit_deltas.push(unit - before);
                before = unit;
            }
        }
        stored
    }

    /// Keeps the lists that `keep` accepts.
    pub(crate) fn retain(&mut self, keep: impl Fn(&[u32]) -> bool) {
        let mut kept = Self::default();
        for (hash, list) in self.lists().filter(|(_, list)| keep(list)) {
            kept.hashes.push(hash);
            kept.starts.push(kept.units.len() as u32);
            kept.units.extend(list);
        }
        kept.starts.push(kept.units.len() as u32);
        *self = kept;
    }

    /// All lists, by rising hash.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (u32, &[u32])> {
        self.hashes.iter().zip(self.starts.windows(2)).map(|(&hash, range)| (hash, &self.units[range[0] as usize..range[1] as usize]))
    }

    /// The units that hold the term of this hash, rising; none where no unit does.
    pub(crate) fn get(&self, hash: u32) -> &[u32] {
        match self.hashes.binary_search(&hash) {
            Ok(at) => &self.units[self.starts[at] as usize..self.starts[at + 1] as usize],
            Err(_) => &[],
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        4 * (self.hashes.len() + self.starts.len() + self.units.len())
    }
}
