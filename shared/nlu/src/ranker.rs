//! The universal ranker: from evidence that means the same in every domain to the probability that an article answers.
//!
//! A message has candidates, each with the same numbers beside it (what it shares with the message, in words, n-grams and
//! vectors), and one set of numbers of its own. A small network scores each candidate, another one scores "none of them";
//! a softmax over both gives probabilities (listwise learning to rank, Cao et al. 2007, with a class of its own for what is
//! out of scope). It is trained over many domains, so that it serves one of which nothing is known but its articles.

#[cfg(feature = "learn")]
mod learn;
mod projection;

use serde::{Deserialize, Serialize};

use crate::model::ModelError;

#[cfg(feature = "learn")]
pub use learn::{LearnOptions, Message, learn};
pub use projection::Projection;

/// The version of what the numbers mean; a ranker of another one is refused.
pub const RANKER_VERSION: u16 = 2;

/// A network with one hidden layer of rectified units, on inputs brought to mean 0 and deviation 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Network {
    /// `[inputs]`: mean and the inverse of the deviation.
    pub(crate) means: Vec<f32>,
    pub(crate) scales: Vec<f32>,
    /// `[hidden * (inputs + 1)]`, the last of each row its bias.
    pub(crate) hidden: Vec<f32>,
    /// `[hidden + inputs + 1]`: hidden units, inputs, bias.
    pub(crate) output: Vec<f32>,
}

impl Network {
    fn units(&self) -> usize {
        self.hidden.len() / (self.means.len() + 1)
    }

    fn is_sound(&self, inputs: usize) -> bool {
        let all = [&self.means, &self.scales, &self.hidden, &self.output];
        self.means.len() == inputs
            && self.scales.len() == inputs
            && self.hidden.len().is_multiple_of(inputs + 1)
            && self.output.len() == self.units() + inputs + 1
            && all.iter().all(|part| part.iter().all(|x| x.is_finite()))
    }

    fn score(&self, inputs: &[f32]) -> f32 {
        let scaled: Vec<f32> = inputs.iter().zip(&self.means).zip(&self.scales).map(|((x, mean), scale)| (x - mean) * scale).collect();
        let sum = |weights: &[f32], bias: f32| weights.iter().zip(&scaled).map(|(w, x)| w * x).sum::<f32>() + bias;
        let units = self.units();
        let (of_units, direct) = self.output.split_at(units);
        let (direct, bias) = direct.split_at(scaled.len());
        let hidden = self.hidden.chunks_exact(scaled.len() + 1).map(|row| sum(row, row[scaled.len()]).max(0.0));
        sum(direct, bias[0]) + hidden.zip(of_units).map(|(unit, weight)| unit * weight).sum::<f32>()
    }
}

/// A ranker as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredRanker {
    version: u16,
    candidate: Network,
    none: Network,
}

/// A ranker ready to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranker {
    stored: StoredRanker,
}

/// How a domain's own questions correct the probabilities; the default leaves them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalibration {
    /// Scores are multiplied by this; in `0.2..=5.0`, default 1. Smaller makes probabilities more even.
    pub sharpness: f32,
    /// Added to the score of "none of them"; in `-5.0..=5.0`, default 0. Larger refuses more.
    pub caution: f32,
}

impl Default for Recalibration {
    fn default() -> Self {
        Self { sharpness: 1.0, caution: 0.0 }
    }
}

impl Recalibration {
    /// Whether both lie in their ranges.
    pub fn is_sound(self) -> bool {
        (0.2..=5.0).contains(&self.sharpness) && (-5.0..=5.0).contains(&self.caution)
    }
}

impl Ranker {
    /// Checks stored parts: made for `candidate` numbers a candidate and `message` numbers a message.
    ///
    /// # Errors
    /// [`ModelError`] where it is of another version or its parts do not fit.
    pub fn load(stored: StoredRanker, candidate: usize, message: usize) -> Result<Self, ModelError> {
        if stored.version != RANKER_VERSION {
            return Err(ModelError("ranker of another version: build the pack again with this version (nearside pack build)"));
        }
        if !stored.candidate.is_sound(candidate) || !stored.none.is_sound(message) {
            return Err(ModelError("ranker: its parts do not fit"));
        }
        Ok(Self { stored })
    }

    /// The parts to store.
    pub fn store(&self) -> &StoredRanker {
        &self.stored
    }

    /// Scores of `candidates`, and that of "none of them", unbounded.
    pub fn scores<'a>(&self, candidates: impl IntoIterator<Item = &'a [f32]>, message: &[f32]) -> (Vec<f32>, f32) {
        (candidates.into_iter().map(|inputs| self.stored.candidate.score(inputs)).collect(), self.stored.none.score(message))
    }
}

/// Probabilities from scores: of each candidate, in `0.0..=1.0`; what is missing to 1 is that of "none of them".
pub fn probabilities(scores: &[f32], none: f32, by: Recalibration) -> Vec<f32> {
    let scaled: Vec<f32> = scores.iter().map(|s| s * by.sharpness).collect();
    let none = none * by.sharpness + by.caution;
    let most = scaled.iter().copied().fold(none, f32::max);
    let shares: Vec<f32> = scaled.iter().map(|s| libm::expf(s - most)).collect();
    let all = shares.iter().sum::<f32>() + libm::expf(none - most);
    shares.into_iter().map(|share| share / all).collect()
}
