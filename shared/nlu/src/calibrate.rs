//! From scores to confidences.

use serde::{Deserialize, Serialize};

/// A logistic regression on a few signals: the confidence that the first candidate is right (Platt 1999, with several
/// inputs and a ridge penalty).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    bias: f32,
    weights: Vec<f32>,
}

/// One observation: signals, whether it was right, and how much it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The signals, as many in each observation.
    pub signals: Vec<f32>,
    /// Whether the first candidate was the right answer.
    pub right: bool,
    /// Its weight, 1.0 for an ordinary one.
    pub weight: f32,
}

const RIDGE: f64 = 1.0;
const STEPS: usize = 25;

impl Logistic {
    /// A logistic with given coefficients.
    pub fn new(bias: f32, weights: Vec<f32>) -> Self {
        Self { bias, weights }
    }

    /// How many signals it takes.
    pub fn inputs(&self) -> usize {
        self.weights.len()
    }

    /// Whether every coefficient is a finite number.
    pub fn is_finite(&self) -> bool {
        self.bias.is_finite() && self.weights.iter().all(|w| w.is_finite())
    }

    /// The confidence in `0.0..=1.0` for `signals`; missing ones count as 0.
    pub fn confidence(&self, signals: &[f32]) -> f32 {
        let sum = self.weights.iter().zip(signals).fold(self.bias, |sum, (w, x)| sum + w * x);
        1.0 / (1.0 + libm::expf(-sum))
    }

    /// Fits by Newton's method (iteratively reweighted least squares). `None` where there is nothing to learn from:
    /// no observation, or all of one outcome.
    pub fn fit(observations: &[Observation]) -> Option<Self> {
        let inputs = observations.first()?.signals.len();
        if observations.iter().all(|o| o.right) || observations.iter().all(|o| !o.right) {
            return None;
        }
        let n = inputs + 1;
        let mut beta = vec![0.0f64; n];
        for _ in 0..STEPS {
            let mut gradient = vec![0.0f64; n];
            let mut hessian = vec![0.0f64; n * n];
            for o in observations {
                let x = |j: usize| if j == 0 { 1.0 } else { f64::from(o.signals[j - 1]) };
                let sum: f64 = (0..n).map(|j| beta[j] * x(j)).sum();
                let p = 1.0 / (1.0 + libm::exp(-sum));
                let weight = f64::from(o.weight);
                let error = f64::from(u8::from(o.right)) - p;
                for j in 0..n {
                    gradient[j] += weight * error * x(j);
                    for k in 0..n {
                        hessian[j * n + k] += weight * p * (1.0 - p) * x(j) * x(k);
                    }
                }
            }
            for j in 0..n {
                if j > 0 {
                    gradient[j] -= RIDGE * beta[j];
                }
                hessian[j * n + j] += RIDGE;
            }
            let step = solve(hessian, gradient)?;
            let size = step.iter().fold(0.0f64, |m, s| m.max(s.abs()));
            // A long step on nearly separable data overshoots; halve it down to a length that Newton's quadratic holds for.
            let damp = if size > 4.0 { 4.0 / size } else { 1.0 };
            beta.iter_mut().zip(&step).for_each(|(b, s)| *b += damp * s);
            if size < 1e-6 {
                break;
            }
        }
        Some(Self { bias: beta[0] as f32, weights: beta[1..].iter().map(|b| *b as f32).collect() })
    }
}

/// Solves `a x = b` by Gaussian elimination with partial pivoting; `None` where `a` is singular.
fn solve(mut a: Vec<f64>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|&i, &j| a[i * n + column].abs().total_cmp(&a[j * n + column].abs()))?;
        if a[pivot * n + column].abs() < 1e-12 {
            return None;
        }
        for k in 0..n {
            a.swap(column * n + k, pivot * n + k);
        }
        b.swap(column, pivot);
        for row in column + 1..n {
            let factor = a[row * n + column] / a[column * n + column];
            for k in column..n {
                a[row * n + k] -= factor * a[column * n + k];
            }
            b[row] -= factor * b[column];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| a[row * n + k] * b[k]).sum();
        b[row] = (b[row] - known) / a[row * n + row];
    }
    Some(b)
}

/// The lowest confidence threshold at which, among observations `(confidence, right, weight)` that reach it, the wrong
/// share stays within `accepted_wrong` (0.0..=1.0). 1.0 where even the surest are wrong too often.
pub fn threshold_for(observations: &[(f32, bool, f32)], accepted_wrong: f32) -> f32 {
    let mut sorted = observations.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut all, mut wrong, mut best) = (0.0f64, 0.0f64, 1.0f32);
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        for (_, right, weight) in group {
            all += f64::from(*weight);
            wrong += if *right { 0.0 } else { f64::from(*weight) };
        }
        if wrong <= all * f64::from(accepted_wrong) {
            best = group[0].0;
        }
    }
    best
}

/// One judged utterance, for [`balanced_threshold`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Confidence in the first candidate.
    pub confidence: f32,
    /// Whether the first candidate was right.
    pub right: bool,
    /// Whether the utterance was in scope.
    pub inside: bool,
}

/// Whole intents held out are harder to refuse than what visitors ask out of scope, since they come from the same
/// domain; a refused one counts half.
const OUTSIDE_WEIGHT: f64 = 0.5;

/// The threshold at which the share of in-scope utterances answered rightly plus half the share of out-of-scope ones
/// refused is largest. 0.5 where nothing is out of scope.
pub fn balanced_threshold(judged: &[Judged]) -> f32 {
    let inside = judged.iter().filter(|j| j.inside).count() as f64;
    let outside = judged.len() as f64 - inside;
    if inside == 0.0 || outside == 0.0 {
        return 0.5;
    }
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let (mut right, mut accepted_outside, mut best) = (0.0f64, 0.0f64, (f64::MIN, 0.5f32));
    for group in sorted.chunk_by(|a, b| a.confidence == b.confidence) {
        right += group.iter().filter(|j| j.inside && j.right).count() as f64;
        accepted_outside += group.iter().filter(|j| !j.inside).count() as f64;
        let value = right / inside - OUTSIDE_WEIGHT * accepted_outside / outside;
        if value > best.0 {
            best = (value, group[0].confidence);
        }
    }
    best.1
}
