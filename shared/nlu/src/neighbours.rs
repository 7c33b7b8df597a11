//! The nearest training sentences, by cosine, through an inverted index of each sentence's weightiest n-grams.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::vectorize::SparseVec;

/// How many n-grams of a sentence are indexed. Rare ones weigh most, so lists stay short and so does a look-up.
const INDEXED: usize = 16;

/// Postings by feature: which sentences hold it and how strongly. Sentences are numbered class by class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredNeighbours {
    class_lengths: Vec<u32>,
    list_lengths: Vec<u32>,
    sentence_deltas: Vec<u32>,
    values: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Neighbours {
    stored: StoredNeighbours,
    starts: Vec<u32>,
    sentences: Vec<u32>,
    count: usize,
}

/// What the neighbourhood of a message looks like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Neighbourhood {
    /// Mean cosine to the five nearest sentences, about `0.0..=1.0`.
    pub(crate) mean_cosine: f32,
    /// Best cosine to a sentence of each class, `[n_classes]`.
    pub(crate) by_class: Vec<f32>,
}

pub(crate) const NEAREST: usize = 5;

/// Puts `one`, which is larger than the last, in place of it, the largest first.
pub(crate) fn keep<T: Copy + PartialOrd>(nearest: &mut [T; NEAREST], one: T) {
    nearest[NEAREST - 1] = one;
    let mut at = NEAREST - 1;
    while at > 0 && nearest[at] > nearest[at - 1] {
        nearest.swap(at, at - 1);
        at -= 1;
    }
}

/// A message's values are whole numbers of this many to one, a sentence's of 255: sums are exact on every target, and
/// the largest of many is found by vector instructions.
const STEPS: f32 = 4096.0;

impl Neighbours {
    pub(crate) fn build(vectors: &[&SparseVec], labels: &[usize], features: usize, classes: usize) -> Self {
        let mut stored = StoredNeighbours { class_lengths: vec![0; classes], ..Default::default() };
        labels.iter().for_each(|&label| stored.class_lengths[label] += 1);
        let mut order: Vec<usize> = (0..vectors.len()).collect();
        order.sort_by_key(|&i| labels[i]);
        let mut lists: Vec<Vec<(u32, u8)>> = vec![Vec::new(); features];
        for (sentence, i) in order.into_iter().enumerate() {
            let mut heaviest: Vec<(u32, f32)> = vectors[i].to_vec();
            heaviest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            heaviest.truncate(INDEXED);
            for (feature, value) in heaviest {
                lists[feature as usize].push((sentence as u32, (value * 255.0).round().clamp(1.0, 255.0) as u8));
            }
        }
        for list in lists {
            stored.list_lengths.push(list.len() as u32);
            let mut last = 0;
            for (sentence, value) in list {
                stored.sentence_deltas.push(sentence - last);
                stored.values.push(value);
                last = sentence;
            }
        }
        Self::assemble(stored)
    }

    pub(crate) fn load(stored: StoredNeighbours, features: usize, classes: usize) -> Result<Self, ModelError> {
        if stored.list_lengths.len() != features || stored.sentence_deltas.len() != stored.values.len() {
            return Err(ModelError("neighbours: lengths of the parts disagree"));
        }
        let sum = |lengths: &[u32]| lengths.iter().map(|&n| u64::from(n)).sum::<u64>();
        if sum(&stored.list_lengths) != stored.values.len() as u64 {
            return Err(ModelError("neighbours: lists do not add up"));
        }
        // A sentence that no list names would cost memory for nothing: hostile bytes could ask for any amount.
        if stored.class_lengths.len() != classes || sum(&stored.class_lengths) > stored.values.len() as u64 + MOST_EMPTY {
            return Err(ModelError("neighbours: classes do not fit the sentences"));
        }
        let loaded = Self::assemble(stored);
        if loaded.sentences.iter().any(|&s| s as usize >= loaded.count) {
            return Err(ModelError("neighbours: sentence out of range"));
        }
        Ok(loaded)
    }

    fn assemble(stored: StoredNeighbours) -> Self {
        let mut starts = vec![0u32];
        let mut sentences = Vec::with_capacity(stored.sentence_deltas.len());
        let mut at = 0usize;
        for &length in &stored.list_lengths {
            let end = (at + length as usize).min(stored.sentence_deltas.len());
            let mut sentence = 0u32;
            for &delta in &stored.sentence_deltas[at..end] {
                sentence = sentence.saturating_add(delta);
                sentences.push(sentence);
            }
            at = end;
            starts.push(at as u32);
        }
        let count = stored.class_lengths.iter().map(|&n| n as usize).sum();
        Self { stored, starts, sentences, count }
    }

    pub(crate) fn stored(&self) -> &StoredNeighbours {
        &self.stored
    }

    /// The neighbourhood of `vector` among the sentences. `vector` has unit word and character blocks, so its length is
    /// √2; so has a sentence's, and the cosine is half the dot product.
    pub(crate) fn look(&self, vector: &SparseVec) -> Neighbourhood {
        let mut dots = vec![0u32; self.count];
        for &(feature, value) in vector {
            let value = (value * STEPS) as u32;
            let range = self.starts[feature as usize] as usize..self.starts[feature as usize + 1] as usize;
            for (&sentence, &weight) in self.sentences[range.clone()].iter().zip(&self.stored.values[range]) {
                let dot = &mut dots[sentence as usize];
                *dot = dot.wrapping_add(value * u32::from(weight));
            }
        }
        let mut by_class = Vec::with_capacity(self.stored.class_lengths.len());
        let mut nearest = [0u32; NEAREST];
        let mut rest = &dots[..];
        for &length in &self.stored.class_lengths {
            let (own, others) = rest.split_at(length as usize);
            rest = others;
            let best = own.iter().copied().max().unwrap_or(0);
            by_class.push(best as f32 * COSINE);
            if best > nearest[NEAREST - 1] {
                for &dot in own {
                    if dot > nearest[NEAREST - 1] {
                        keep(&mut nearest, dot);
                    }
                }
            }
        }
        Neighbourhood { mean_cosine: nearest.iter().map(|&d| d as f32).sum::<f32>() * COSINE / NEAREST as f32, by_class }
    }
}

/// From a sum of whole-numbered products to a cosine.
const COSINE: f32 = 0.5 / (255.0 * STEPS);

/// Sentences without any n-gram that a pack may name.
const MOST_EMPTY: u64 = 1 << 16;
