//! Slots by an encoder's token vectors beside the features that are read without one.

use nearside_text::pieces;
use serde::{Deserialize, Serialize};

use super::{Marked, Slot, SlotTagger, StoredSlots, named, tags, token_features, viterbi};
use crate::encoder::TokenVector;
use crate::model::ModelError;

/// How much the vectors of the tokens before and after count beside a token's own.
const NEIGHBOUR: f32 = 0.7;

/// The length of a token's own vector beside features of 1. On held-out thirds of xSID's validation parts 2 to 3 are the
/// same; with both layers read, 1 lost one point of F1 against 3, and 6 three.
const LENGTH: f32 = 2.0;

/// A trained tagger as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredEncodedSlots {
    words: StoredSlots,
    /// Numbers in an encoder's vector.
    width: u16,
    /// The first of them that is read.
    from: u16,
    /// `[3 * (width - from), n_tags]` in units of the scale: the token before, its own, the one after.
    weights: Vec<i8>,
    scale: f32,
}

/// Finds slots in texts whose tokens' vectors are known.
#[derive(Clone, Debug)]
pub struct EncodedSlotTagger {
    pub(super) words: SlotTagger,
    pub(super) reads: Reads,
    /// `[3 * n_read, n_tags]`.
    pub(super) weights: Vec<f32>,
}

/// Which numbers of an encoder's vectors are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reads {
    width: u16,
    from: u16,
}

impl Reads {
    /// The inner layer alone where there is one: on held-out thirds of xSID's validation parts (en, zh, tr) F1 was 67 with
    /// the last layer, 73 with the inner one, and 73 with both.
    pub(super) fn of(width: usize, leading: u16) -> Option<Self> {
        let width = u16::try_from(width).ok().filter(|w| *w > 0 && leading <= *w)?;
        Some(Self { width, from: if leading < width { leading } else { 0 } })
    }

    pub(super) fn numbers(self) -> usize {
        usize::from(self.width - self.from)
    }

    /// For each of `cut`, the mean of the vectors that lie over it, between those of its neighbours, `[3 * n_read]`.
    pub(super) fn rows(self, cut: &[nearside_text::Piece], vectors: &[TokenVector]) -> Vec<Vec<f32>> {
        let own: Vec<Vec<f32>> = cut
            .iter()
            .map(|piece| {
                let over = |t: &&TokenVector| {
                    t.span.start < piece.span.end && piece.span.start < t.span.end && t.vector.len() == usize::from(self.width)
                };
                let mut sum = vec![0.0f32; self.numbers()];
                let mut count = 0.0f32;
                for token in vectors.iter().filter(over) {
                    sum.iter_mut().zip(&token.vector[usize::from(self.from)..]).for_each(|(s, v)| *s += v);
                    count += 1.0;
                }
                sum.iter_mut().for_each(|s| *s *= LENGTH / count.max(1.0));
                sum
            })
            .collect();
        let beside = |at: Option<usize>| match at.and_then(|at| own.get(at)) {
            Some(vector) => vector.iter().map(|v| v * NEIGHBOUR).collect(),
            None => vec![0.0; self.numbers()],
        };
        (0..own.len()).map(|at| [beside(at.checked_sub(1)), own[at].clone(), beside(Some(at + 1))].concat()).collect()
    }
}

/// Adds what a token's vectors say of each tag.
pub(super) fn add_scores(row: &[f32], weights: &[f32], scores: &mut [f32]) {
    for (value, weights) in row.iter().zip(weights.chunks_exact(scores.len())) {
        scores.iter_mut().zip(weights).for_each(|(s, w)| *s += value * w);
    }
}

impl EncodedSlotTagger {
    /// Trains on `examples` with the vectors of each one's tokens ([`Encoder::encode_tokens`](crate::Encoder::encode_tokens)),
    /// of whose numbers the first `leading` are the last layer's. Deterministic.
    ///
    /// # Errors
    /// As [`SlotTagger::train`], and where there are not as many lists of vectors as examples, or no vector, or vectors of
    /// several widths.
    pub fn train(examples: &[Marked], vectors: &[Vec<TokenVector>], leading: u16, seed: u64) -> Result<Self, ModelError> {
        let width = vectors.iter().flatten().next().map_or(0, |t| t.vector.len());
        let reads = Reads::of(width, leading).filter(|_| vectors.iter().flatten().all(|t| t.vector.len() == width));
        match reads {
            Some(reads) if vectors.len() == examples.len() => super::field::train(examples, vectors, reads, seed),
            _ => Err(ModelError("slots: expected token vectors of one width for each example")),
        }
    }

    /// The slots' names, sorted.
    pub fn names(&self) -> &[String] {
        self.words.names()
    }

    /// The slots of raw `text`, in order, by the `vectors` of its tokens. Vectors of another width than trained with are
    /// not read.
    pub fn tag(&self, text: &str, vectors: &[TokenVector]) -> Vec<Slot> {
        let cut = pieces(text);
        let tags = tags(self.names().len());
        let mut scores = vec![0.0f32; cut.len() * tags];
        for (row, scores) in self.reads.rows(&cut, vectors).iter().zip(scores.chunks_exact_mut(tags)) {
            add_scores(row, &self.weights, scores);
        }
        let words = &self.words;
        let row = |hash| words.row(hash);
        let found = viterbi(&token_features(&cut), tags, row, &words.transitions, |at, tag| scores[at * tags + tag]);
        named(&cut, found, self.names())
    }

    /// The parts to store.
    pub fn store(&self) -> StoredEncodedSlots {
        let scale = self.weights.iter().fold(0.0f32, |most, w| most.max(w.abs())) / 127.0;
        let weights = self.weights.iter().map(|w| if scale > 0.0 { (w / scale).round() as i8 } else { 0 }).collect();
        StoredEncodedSlots { words: self.words.store(), width: self.reads.width, from: self.reads.from, weights, scale }
    }

    /// Checks stored parts and makes them ready.
    ///
    /// # Errors
    /// [`ModelError`] where lengths or numbers are impossible; no stored bytes make this panic.
    pub fn load(stored: &StoredEncodedSlots) -> Result<Self, ModelError> {
        let words = SlotTagger::load(&stored.words)?;
        if stored.from >= stored.width || !stored.scale.is_finite() {
            return Err(ModelError("slots: numbers of the vectors are out of range"));
        }
        let reads = Reads { width: stored.width, from: stored.from };
        if stored.weights.len() != 3 * reads.numbers() * tags(words.names.len()) {
            return Err(ModelError("slots: weights do not fit the vectors"));
        }
        Ok(Self { words, reads, weights: stored.weights.iter().map(|w| f32::from(*w) * stored.scale).collect() })
    }
}

#[cfg(test)]
impl StoredEncodedSlots {
    pub(crate) fn read_from(&mut self, from: u16) {
        self.from = from;
    }
}
