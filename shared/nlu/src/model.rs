//! The trained weights as they travel: int8, sparse, the unimportant ones left out.

use serde::{Deserialize, Serialize};

use crate::svm::Dense;
use crate::vectorize::SparseVec;

/// Why stored bytes are no usable model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelError(pub &'static str);

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ModelError {}

/// Weights by feature: `row_lengths[f]` pairs of class and weight for feature `f`, weights in units of the class's
/// scale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredWeights {
    bias: Vec<f32>,
    scales: Vec<f32>,
    row_lengths: Vec<u16>,
    columns: Vec<u16>,
    weights: Vec<i8>,
}

/// A pruned, quantised linear model ready to score.
#[derive(Clone, Debug)]
pub(crate) struct LinearModel {
    stored: StoredWeights,
    row_starts: Vec<u32>,
}

impl LinearModel {
    /// Keeps the `keep` share (0.0..=1.0) of weights that move scores most: magnitude times the square root of how many
    /// training texts hold the feature. `document_frequency(feature)` gives that number.
    pub(crate) fn prune(dense: &Dense, keep: f32, document_frequency: impl Fn(usize) -> u32) -> Self {
        let classes = dense.classes;
        let features = dense.weights.len() / classes.max(1) - 1;
        let roots: Vec<f32> = (0..features).map(|f| (document_frequency(f) as f32).sqrt()).collect();
        let importance = |at: usize| dense.weights[at].abs() * roots[at / classes];
        let cut = threshold(features * classes, keep, importance);
        let mut scales = vec![0.0f32; classes];
        for (at, w) in dense.weights[..features * classes].iter().enumerate() {
            scales[at % classes] = scales[at % classes].max(w.abs());
        }
        scales.iter_mut().for_each(|s| *s /= 127.0);
        let mut stored = StoredWeights { bias: dense.weights[features * classes..].to_vec(), scales, ..Default::default() };
        for feature in 0..features {
            let before = stored.columns.len();
            for class in 0..classes {
                let at = feature * classes + class;
                let weight = dense.weights[at];
                let quantised = if weight == 0.0 { 0.0 } else { (weight / stored.scales[class]).round() };
                if quantised != 0.0 && importance(at) >= cut {
                    stored.columns.push(class as u16);
                    stored.weights.push(quantised as i8);
                }
            }
            stored.row_lengths.push((stored.columns.len() - before) as u16);
        }
        let row_starts = row_starts(&stored);
        Self { stored, row_starts }
    }

    /// Keeps the `most` features that move scores most, and of them all weights: the features kept, and their model.
    pub(crate) fn compact(dense: &Dense, most: usize, document_frequency: impl Fn(usize) -> u32) -> (Vec<usize>, Self) {
        let classes = dense.classes;
        let features = dense.weights.len() / classes.max(1) - 1;
        let weight = |f: usize| {
            let row = &dense.weights[f * classes..][..classes];
            row.iter().fold(0.0f32, |most, w| most.max(w.abs())) * (document_frequency(f) as f32).sqrt()
        };
        let mut order: Vec<(f32, usize)> = (0..features).map(|f| (weight(f), f)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut kept: Vec<usize> = order.into_iter().take(most).map(|(_, f)| f).collect();
        kept.sort_unstable();
        let rows = kept.iter().chain(std::iter::once(&features)).flat_map(|&f| dense.weights[f * classes..][..classes].iter().copied());
        let model = Self::prune(&Dense { classes, weights: rows.collect() }, 1.0, |_| 1);
        (kept, model)
    }

    pub(crate) fn load(stored: StoredWeights, features: usize) -> Result<Self, ModelError> {
        let classes = stored.bias.len();
        if stored.scales.len() != classes || stored.row_lengths.len() != features || stored.columns.len() != stored.weights.len() {
            return Err(ModelError("weights: lengths of the parts disagree"));
        }
        if stored.row_lengths.iter().map(|&n| u64::from(n)).sum::<u64>() != stored.columns.len() as u64 {
            return Err(ModelError("weights: rows do not add up"));
        }
        if stored.columns.iter().any(|&c| usize::from(c) >= classes) {
            return Err(ModelError("weights: class out of range"));
        }
        if stored.bias.iter().chain(&stored.scales).any(|x| !x.is_finite()) {
            return Err(ModelError("weights: not a finite number"));
        }
        let row_starts = row_starts(&stored);
        Ok(Self { stored, row_starts })
    }

    pub(crate) fn stored(&self) -> &StoredWeights {
        &self.stored
    }

    pub(crate) fn classes(&self) -> usize {
        self.stored.bias.len()
    }

    /// The score of each class, `[n_classes]`, unbounded; above 0 on the class's side of the plane.
    pub(crate) fn scores(&self, vector: &SparseVec) -> Vec<f32> {
        let mut sums = vec![0.0f32; self.classes()];
        for &(feature, value) in vector {
            let range = self.row_starts[feature as usize] as usize..self.row_starts[feature as usize + 1] as usize;
            for (&class, &weight) in self.stored.columns[range.clone()].iter().zip(&self.stored.weights[range]) {
                sums[usize::from(class)] += value * f32::from(weight);
            }
        }
        for ((sum, scale), bias) in sums.iter_mut().zip(&self.stored.scales).zip(&self.stored.bias) {
            *sum = *sum * scale + bias;
        }
        sums
    }
}

fn row_starts(stored: &StoredWeights) -> Vec<u32> {
    let mut starts = Vec::with_capacity(stored.row_lengths.len() + 1);
    let mut at = 0u32;
    starts.push(0);
    for &length in &stored.row_lengths {
        at += u32::from(length);
        starts.push(at);
    }
    starts
}

/// The value that the `keep` share of `n` values reach.
fn threshold(n: usize, keep: f32, value: impl Fn(usize) -> f32) -> f32 {
    let kept = (n as f64 * f64::from(keep.clamp(0.0, 1.0))) as usize;
    if kept >= n {
        return 0.0;
    }
    let mut values: Vec<f32> = (0..n).map(value).collect();
    let (_, cut, _) = values.select_nth_unstable_by(n - 1 - kept.min(n - 1), f32::total_cmp);
    *cut
}
