//! Look-ups by hash. By hand: the standard library's maps weigh 4 KB for each pair of types in a browser.

/// FNV-1a.
#[inline(never)]
pub(crate) fn hash(bytes: &[u8]) -> usize {
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 15) as usize
}

/// Twice as many places as the longest table has words.
const SLOTS: usize = 8192;

/// Words and the groups that each belongs to, a bit each.
pub(crate) struct Words(Vec<(&'static str, u16)>);

impl Words {
    pub(crate) fn new() -> Self {
        Self(vec![("", 0); SLOTS])
    }

    /// Where `word` stands, or may be put.
    #[inline(never)]
    fn slot(&self, word: &str) -> usize {
        let mut at = hash(word.as_bytes()) % SLOTS;
        while self.0.get(at).is_some_and(|(known, _)| !known.is_empty() && *known != word) {
            at = (at + 1) % SLOTS;
        }
        at
    }

    #[inline(never)]
    pub(crate) fn add(&mut self, word: &'static str, groups: u16) {
        let at = self.slot(word);
        if let Some(slot) = self.0.get_mut(at) {
            *slot = (word, slot.1 | groups);
        }
    }

    #[inline(never)]
    pub(crate) fn groups(&self, word: &str) -> u16 {
        self.0.get(self.slot(word)).map_or(0, |slot| slot.1)
    }
}
