//! What a classifier keeps of sentence vectors: neighbours in their space, beside the entries that stand in the linear
//! model.

use serde::{Deserialize, Serialize};

use crate::fit::{Loss, Manner};
use crate::model::ModelError;
use crate::neighbours::{NEAREST, Neighbourhood, keep};
use crate::vectorize::SparseVec;

/// What sentence vectors are, and so how they are put to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VectorKind {
    /// Of a sentence encoder: they lead, n-grams refine, and sentences near in their space count.
    Encoder {
        /// How many entries, from the first on, are the sentence vector proper. The others are the state of an inner layer,
        /// which the linear model alone reads, where cross-validation finds that it helps.
        leading: u16,
    },
    /// Sums of word vectors: they know little more of a sentence than its n-grams, but more of its words. They refine, in
    /// the linear model alone.
    Words,
}

impl VectorKind {
    /// The length of the n-grams' two blocks beside a vector: shorter ones no longer mislead where examples are few.
    fn ngram_length(self) -> f32 {
        match self {
            Self::Encoder { .. } => 0.8,
            Self::Words => 1.0,
        }
    }

    /// Manners of fitting among which cross-validation chooses, the first and the others. An encoder's length between 2 and 3 makes no
    /// difference above chance, with 5 examples an intent as with 100; with word vectors the log loss did better on
    /// held-out parts of Banking77 and CLINC150, the two that were tried.
    ///
    /// An inner layer beside the last one is worth 0.3 points in cross-validation on CLINC150's examples and nothing on
    /// Banking77's; a linear model alone lost 1 to 2 points by it with 10 or 5 examples an intent.
    pub(crate) fn manners(self, plain: Manner, width: usize) -> (Manner, Vec<Manner>) {
        match self {
            Self::Encoder { leading } => {
                let read = usize::from(leading);
                let hinge = Manner { length: 2.0, loss: Loss::Hinge, read, ..plain };
                let inner = (width > read).then_some(Manner { length: 1.7, read: width, ..hinge });
                (hinge, [Manner { loss: Loss::Log, ..hinge }].into_iter().chain(inner).collect())
            }
            Self::Words => {
                let of_length = |length| Manner { length, loss: Loss::Log, read: width, ..plain };
                (of_length(0.8), vec![of_length(0.5), of_length(1.2)])
            }
        }
    }

    /// How many entries, from the first on, have neighbours.
    fn compared(self) -> usize {
        match self {
            Self::Encoder { leading } => usize::from(leading),
            Self::Words => 0,
        }
    }
}

/// The training sentences' vectors in int8, class by class, and how much they count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredEncoded {
    pub(crate) kind: VectorKind,
    length: f32,
    width: u16,
    /// How many entries the linear model reads.
    read: u16,
    /// Sentences of each class; none where the kind has no neighbours.
    class_lengths: Vec<u32>,
    values: Vec<i8>,
    pub(crate) weight: f32,
    /// The linear model's weights of the vectors' entries, `[read, n_classes]` in units of the class's scale. They are
    /// far larger than an n-gram's, so that one scale for both would leave n-grams three bits.
    linear: Vec<i8>,
    scales: Vec<f32>,
}

/// Unit vectors have small entries: this many steps to one keeps them apart, and 127 of them bound them.
const STEPS: f32 = 508.0;

fn quantise(vector: &[f32]) -> impl Iterator<Item = i8> {
    vector.iter().map(|v| (v * STEPS).round().clamp(-127.0, 127.0) as i8)
}

impl StoredEncoded {
    pub(crate) fn build(kind: VectorKind, manner: Manner, vectors: &[&[f32]], labels: &[usize], classes: usize) -> Self {
        let width = vectors.first().map_or(0, |v| v.len() as u16);
        let (mut class_lengths, mut values) = (vec![], vec![]);
        if kind.compared() > 0 {
            class_lengths = vec![0; classes];
            labels.iter().for_each(|&label| class_lengths[label] += 1);
            let mut order: Vec<usize> = (0..vectors.len()).collect();
            order.sort_by_key(|&i| labels[i]);
            values = order.into_iter().flat_map(|i| quantise(&vectors[i][..kind.compared()])).collect();
        }
        let (length, read) = (manner.length, manner.read as u16);
        Self { kind, length, width, read, class_lengths, values, weight: 0.0, linear: vec![], scales: vec![] }
    }

    pub(crate) fn check(&self, classes: usize) -> Result<(), ModelError> {
        let rows: u64 = self.class_lengths.iter().map(|&n| u64::from(n)).sum();
        let compared = self.kind.compared();
        let has_neighbours = self.kind != VectorKind::Words;
        let listed = if has_neighbours { classes } else { 0 };
        if self.class_lengths.len() != listed || rows * compared as u64 != self.values.len() as u64 {
            return Err(ModelError("sentence vectors: classes do not fit the vectors"));
        }
        if self.width == 0 || self.read > self.width || compared > self.width() || has_neighbours && compared == 0 {
            return Err(ModelError("sentence vectors: more entries used than there are"));
        }
        if self.scales.len() != classes || self.linear.len() != usize::from(self.read) * classes {
            return Err(ModelError("sentence vectors: weights do not fit the classes"));
        }
        if !self.weight.is_finite() || !self.length.is_finite() || self.scales.iter().any(|s| !s.is_finite()) {
            return Err(ModelError("sentence vectors: not a finite number"));
        }
        Ok(())
    }

    /// With what training found: how much neighbours count, and the linear model's rows for the vectors' entries,
    /// `[read, n_classes]`.
    pub(crate) fn fitted(self, weight: f32, rows: &[f32], classes: usize) -> Self {
        let mut scales = vec![0.0f32; classes];
        rows.iter().enumerate().for_each(|(at, w)| scales[at % classes] = scales[at % classes].max(w.abs()));
        scales.iter_mut().for_each(|s| *s /= 127.0);
        let step = |(at, w): (usize, &f32)| if scales[at % classes] > 0.0 { (w / scales[at % classes]).round() as i8 } else { 0 };
        let linear = rows.iter().enumerate().map(step).collect();
        Self { weight, linear, scales, ..self }
    }

    /// What the linear model adds for `vector` to each class's score.
    pub(crate) fn add_scores(&self, vector: &[f32], scores: &mut [f32]) {
        let mut sums = vec![0.0f32; scores.len()];
        for (value, row) in vector.iter().zip(self.linear.chunks_exact(scores.len().max(1))) {
            sums.iter_mut().zip(row).for_each(|(sum, &w)| *sum += value * f32::from(w));
        }
        scores.iter_mut().zip(sums).zip(&self.scales).for_each(|((score, sum), scale)| *score += self.length * scale * sum);
    }

    pub(crate) fn width(&self) -> usize {
        usize::from(self.width)
    }

    /// For vectors that have neighbours: the neighbourhood of `vector`, and what each class gets for it: its nearest sentence
    /// and half the mean of all. The mean alone would be the nearest-centroid rule, which does best where examples are very
    /// few.
    pub(crate) fn look(&self, vector: &[f32]) -> Option<(Neighbourhood, Vec<f32>)> {
        let compared = self.kind.compared();
        if compared == 0 {
            return None;
        }
        let own: Vec<i8> = quantise(&vector[..vector.len().min(compared)]).collect();
        let cosine = |row: &[i8]| {
            let dot: i32 = row.iter().zip(&own).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
            dot as f32 / (STEPS * STEPS)
        };
        let mut rows = self.values.chunks_exact(compared);
        let mut nearest = [0.0f32; NEAREST];
        let (mut by_class, mut support) = (Vec::new(), Vec::new());
        for &length in &self.class_lengths {
            let (mut best, mut sum) = (0.0f32, 0.0f32);
            for near in rows.by_ref().take(length as usize).map(cosine) {
                best = best.max(near);
                sum += near;
                if near > nearest[NEAREST - 1] {
                    keep(&mut nearest, near);
                }
            }
            by_class.push(best);
            support.push(best + 0.5 * sum / length.max(1) as f32);
        }
        Some((Neighbourhood { mean_cosine: nearest.iter().sum::<f32>() / NEAREST as f32, by_class }, support))
    }
}

/// A text's n-grams as they count beside a vector.
pub(crate) fn shorten(kind: VectorKind, sparse: &SparseVec) -> SparseVec {
    let short = kind.ngram_length();
    sparse.iter().map(|&(feature, value)| (feature, value * short)).collect()
}

/// The features of a text and its sentence vector in one: the vector's entries come after the `vocabulary`.
pub(crate) fn join((kind, length): (VectorKind, f32), sparse: &SparseVec, vector: &[f32], vocabulary: usize) -> SparseVec {
    let words = shorten(kind, sparse).into_iter();
    let dense = vector.iter().enumerate().map(|(at, &value)| ((vocabulary + at) as u32, value * length));
    words.chain(dense).collect()
}
