//! The classifier of the encoder tier: n-grams and a sentence vector side by side in one linear model, and neighbours in
//! both spaces.

use crate::classifier::{Classification, IntentClassifier, rank, signals};
use crate::neighbours::{NEAREST, Neighbourhood};
use crate::vectorize::{SparseVec, known_share};

/// The length of a sentence vector beside the n-grams' two blocks of length 1. Cross-validation on training questions finds
/// 1.4 to 3 alike (92.45 and 92.47 % on Banking77's).
pub(crate) const LENGTH: f32 = 2.0;

/// Sentence vectors of the training sentences in int8, class by class.
#[derive(Clone, Debug)]
pub(crate) struct EncodedNeighbours {
    width: usize,
    class_lengths: Vec<usize>,
    values: Vec<i8>,
}

/// Unit vectors have small entries: this many steps to one keeps them apart, and 127 of them bound them.
const STEPS: f32 = 508.0;

fn quantise(vector: &[f32]) -> impl Iterator<Item = i8> {
    vector.iter().map(|v| (v * STEPS).round().clamp(-127.0, 127.0) as i8)
}

impl EncodedNeighbours {
    pub(crate) fn build(vectors: &[&[f32]], labels: &[usize], classes: usize) -> Self {
        let mut class_lengths = vec![0; classes];
        labels.iter().for_each(|&label| class_lengths[label] += 1);
        let mut order: Vec<usize> = (0..vectors.len()).collect();
        order.sort_by_key(|&i| labels[i]);
        let values = order.into_iter().flat_map(|i| quantise(vectors[i])).collect();
        Self { width: vectors.first().map_or(0, |v| v.len()), class_lengths, values }
    }

    pub(crate) fn look(&self, vector: &[f32]) -> Neighbourhood {
        let own: Vec<i8> = quantise(vector).collect();
        let cosine = |row: &[i8]| {
            let dot: i32 = row.iter().zip(&own).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
            dot as f32 / (STEPS * STEPS)
        };
        let mut rows = self.values.chunks_exact(self.width.max(1));
        let mut nearest = [0.0f32; NEAREST];
        let best_of = |length: &usize| {
            let mut best = 0.0f32;
            for near in rows.by_ref().take(*length).map(cosine) {
                best = best.max(near);
                if near > nearest[NEAREST - 1] {
                    nearest[NEAREST - 1] = near;
                    nearest.sort_unstable_by(|a, b| b.total_cmp(a));
                }
            }
            best
        };
        let by_class = self.class_lengths.iter().map(best_of).collect();
        Neighbourhood { mean_cosine: nearest.iter().sum::<f32>() / NEAREST as f32, by_class }
    }
}

/// The features of a text and its sentence vector in one: the vector's entries come after the `vocabulary`.
pub(crate) fn join(sparse: &SparseVec, vector: &[f32], vocabulary: usize) -> SparseVec {
    let dense = vector.iter().enumerate().map(|(at, &value)| ((vocabulary + at) as u32, value * LENGTH));
    sparse.iter().copied().chain(dense).collect()
}

/// Half of what n-grams see and half of what the encoder sees.
pub(crate) fn between(ngrams: &Neighbourhood, encoded: &Neighbourhood) -> Neighbourhood {
    let by_class = ngrams.by_class.iter().zip(&encoded.by_class).map(|(a, b)| (a + b) / 2.0).collect();
    Neighbourhood { mean_cosine: (ngrams.mean_cosine + encoded.mean_cosine) / 2.0, by_class }
}

/// Maps an utterance and its sentence vector to one of the trained intents, with a calibrated confidence.
#[derive(Clone, Debug)]
pub struct EncodedClassifier {
    pub(crate) base: IntentClassifier,
    pub(crate) neighbours: EncodedNeighbours,
}

impl EncodedClassifier {
    /// The intents' names, sorted.
    pub fn labels(&self) -> &[String] {
        self.base.labels()
    }

    /// The least confidence that counts as in scope.
    pub fn threshold(&self) -> f32 {
        self.base.threshold()
    }

    /// Classifies raw `text` with its sentence vector, `[width]` of the encoder that training used.
    pub fn classify(&self, text: &str, vector: &[f32]) -> Classification {
        let sparse = self.base.vectorizer.transform(text);
        let known = known_share(&sparse, |_| true);
        let hood = between(&self.base.neighbours.look(&sparse), &self.neighbours.look(vector));
        let joined = join(&sparse, vector, self.base.vectorizer.len());
        let candidates = rank(&self.base.linear.scores(&joined), &hood);
        let confidence = self.base.calibration.confidence(&signals(&candidates, &hood, known));
        Classification {
            in_scope: confidence >= self.base.threshold,
            confidence,
            mean_cosine: hood.mean_cosine,
            known,
            nearest_by_intent: hood.by_class,
            candidates,
        }
    }
}
