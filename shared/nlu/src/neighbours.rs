//! The nearest training sentences, by cosine, through an inverted index of each sentence's weightiest n-grams.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::vectorize::SparseVec;

/// How many n-grams of a sentence are indexed. Rare ones weigh most, so lists stay short and so does a look-up.
const INDEXED: usize = 16;

/// Postings by feature: which sentences hold it and how strongly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredNeighbours {
    labels: Vec<u16>,
    list_lengths: Vec<u32>,
    sentence_deltas: Vec<u32>,
    values: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Neighbours {
    stored: StoredNeighbours,
    starts: Vec<u32>,
    sentences: Vec<u32>,
}

/// What the neighbourhood of a message looks like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Neighbourhood {
    /// Mean cosine to the five nearest sentences, about `0.0..=1.0`.
    pub(crate) mean_cosine: f32,
    /// Best cosine to a sentence of each class, `[n_classes]`.
    pub(crate) by_class: Vec<f32>,
}

const NEAREST: usize = 5;

impl Neighbours {
    pub(crate) fn build(vectors: &[&SparseVec], labels: &[usize], features: usize) -> Self {
        let mut lists: Vec<Vec<(u32, u8)>> = vec![Vec::new(); features];
        for (sentence, vector) in vectors.iter().enumerate() {
            let mut heaviest: Vec<(u32, f32)> = vector.to_vec();
            heaviest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            heaviest.truncate(INDEXED);
            for (feature, value) in heaviest {
                lists[feature as usize].push((sentence as u32, (value * 255.0).round().clamp(1.0, 255.0) as u8));
            }
        }
        let mut stored = StoredNeighbours { labels: labels.iter().map(|&l| l as u16).collect(), ..Default::default() };
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
        if stored.list_lengths.iter().map(|&n| u64::from(n)).sum::<u64>() != stored.values.len() as u64 {
            return Err(ModelError("neighbours: lists do not add up"));
        }
        if stored.labels.iter().any(|&l| usize::from(l) >= classes) {
            return Err(ModelError("neighbours: class out of range"));
        }
        let loaded = Self::assemble(stored);
        if loaded.sentences.iter().any(|&s| s as usize >= loaded.stored.labels.len()) {
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
        Self { stored, starts, sentences }
    }

    pub(crate) fn stored(&self) -> &StoredNeighbours {
        &self.stored
    }

    /// The neighbourhood of `vector` among sentences of `classes` classes. `vector` has unit word and character blocks,
    /// so its length is √2; so has a sentence's, and the cosine is half the dot product.
    pub(crate) fn look(&self, vector: &SparseVec, classes: usize) -> Neighbourhood {
        let mut dots = vec![0.0f32; self.stored.labels.len()];
        for &(feature, value) in vector {
            let range = self.starts[feature as usize] as usize..self.starts[feature as usize + 1] as usize;
            for (&sentence, &weight) in self.sentences[range.clone()].iter().zip(&self.stored.values[range]) {
                dots[sentence as usize] += value * f32::from(weight);
            }
        }
        let mut by_class = vec![0.0f32; classes];
        let mut nearest = [0.0f32; NEAREST];
        for (&dot, &label) in dots.iter().zip(&self.stored.labels) {
            let best = &mut by_class[usize::from(label)];
            *best = best.max(dot);
            if dot > nearest[NEAREST - 1] {
                nearest[NEAREST - 1] = dot;
                nearest.sort_by(|a, b| b.total_cmp(a));
            }
        }
        const COSINE: f32 = 0.5 / 255.0;
        by_class.iter_mut().for_each(|d| *d *= COSINE);
        Neighbourhood { mean_cosine: nearest.iter().sum::<f32>() * COSINE / NEAREST as f32, by_class }
    }
}
