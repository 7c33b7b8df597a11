//! Static word vectors: what a sentence encoder knows of words, in a table instead of a transformer.
//!
//! A text's vector is the sum of its words' vectors, scaled to unit length. How often a word occurs is in the length of
//! its vector ("smooth inverse frequency", Arora et al. 2017).

use nearside_text::{hash_term, normalize, tokens};
use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::vectorize::HashTable;

/// Word vectors as a pack stores them: sorted word hashes as differences, and for each word `width` steps and the size of
/// a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredVectors {
    pub(crate) width: u16,
    pub(crate) hash_deltas: Vec<u32>,
    pub(crate) scales: Vec<f32>,
    pub(crate) values: Vec<i8>,
}

/// Word vectors ready to use.
#[derive(Clone, Debug)]
pub struct StaticVectors {
    stored: StoredVectors,
    table: HashTable,
}

/// The words of raw `text`, as the table has them.
pub fn words_of(text: &str) -> Vec<String> {
    tokens(&normalize(text)).map(|token| token.text.to_owned()).collect()
}

pub(crate) fn word_hash(word: &str) -> u32 {
    (hash_term(word) >> 32) as u32
}

impl StaticVectors {
    /// Checks stored parts and makes them ready.
    ///
    /// # Errors
    /// [`ModelError`] where lengths or numbers are impossible; no stored bytes make this panic.
    pub fn load(stored: StoredVectors) -> Result<Self, ModelError> {
        let words = stored.hash_deltas.len();
        if stored.width == 0 || stored.scales.len() != words || stored.values.len() as u64 != words as u64 * u64::from(stored.width) {
            return Err(ModelError("word vectors: lengths of the parts disagree"));
        }
        if stored.scales.iter().any(|s| !s.is_finite()) {
            return Err(ModelError("word vectors: not a finite number"));
        }
        let mut last = 0u32;
        for (at, &delta) in stored.hash_deltas.iter().enumerate() {
            last = last.checked_add(delta).filter(|_| delta > 0 || at == 0).ok_or(ModelError("word vectors: hashes must rise"))?;
        }
        let table = HashTable::new(&stored.hash_deltas);
        Ok(Self { stored, table })
    }

    /// The parts to store.
    pub fn store(&self) -> &StoredVectors {
        &self.stored
    }

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        usize::from(self.stored.width)
    }

    /// Words in the table.
    pub fn words(&self) -> usize {
        self.stored.scales.len()
    }

    /// The vector of raw `text`, `[width]`, of length 1, or 0 where the table has none of its words.
    pub fn encode(&self, text: &str) -> Vec<f32> {
        let width = self.width();
        let mut sum = vec![0.0f32; width];
        let normalized = normalize(text);
        for word in tokens(&normalized).filter_map(|token| self.table.get(word_hash(token.text))) {
            let at = word as usize;
            let row = &self.stored.values[at * width..][..width];
            let scale = self.stored.scales[at];
            sum.iter_mut().zip(row).for_each(|(s, &v)| *s += scale * f32::from(v));
        }
        unit(&mut sum);
        sum
    }
}

pub(crate) fn unit(vector: &mut [f32]) {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
}
