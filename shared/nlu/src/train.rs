//! Training: vocabulary, weights, calibration and threshold from labelled examples.

use crate::calibrate::{Judged, Logistic, Observation, balanced_threshold, threshold_for};
use crate::choice::{Choice, Compared, choose};
use crate::classifier::IntentClassifier;
use crate::encoded::VectorKind;
use crate::fit::{Loss, Manner, Setting};
use crate::held_out::HeldOut;
use crate::model::LinearModel;
use crate::svm::Dense;
use crate::vectorize::{SparseVec, Vectorizer};

/// A labelled utterance. `label: None` marks one that belongs to no intent (out of scope).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example<'a> {
    /// What the visitor typed.
    pub text: &'a str,
    /// The intent's name.
    pub label: Option<&'a str>,
}

/// Knobs of training; the defaults serve every data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainOptions {
    /// Penalty of a margin violation, default 1.0, clamped to 0.001..=1000. Larger fits the examples closer;
    /// cross-validation may lower it to 0.3 or 0.1 of this.
    pub c: f32,
    /// The share of weights kept, default 0.15, clamped to 0.0..=1.0. Smaller makes a smaller pack.
    pub keep: f32,
    /// How the least confidence that counts as in scope is chosen, default [`ThresholdRule::Balanced`].
    pub threshold: ThresholdRule,
    /// Passes over the data, default 12, clamped to 1..=1000.
    pub passes: usize,
    /// Seed of every shuffle.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self { c: 1.0, keep: 0.15, threshold: ThresholdRule::Balanced, passes: 12, seed: 1 }
    }
}

/// How the decision threshold follows from what cross-validation saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThresholdRule {
    /// The mean of "in scope and right" and "out of scope and refused" is largest.
    Balanced,
    /// The lowest threshold whose wrong-answer rate among what is answered stays within this share (clamped to
    /// 0.0..=1.0). 0 refuses nearly everything, 1 answers everything.
    AcceptedWrong(f32),
}

/// Why a classifier cannot be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainError {
    /// Fewer than two intents have examples.
    TooFewIntents(usize),
    /// More intents than 16 bits can number.
    TooManyIntents(usize),
    /// Not one sentence vector of the same width for each example, or a leading part wider than it.
    Vectors,
}

impl std::fmt::Display for TrainError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooFewIntents(n) => write!(f, "{n} intent(s) with examples, expected at least 2"),
            Self::TooManyIntents(n) => write!(f, "{n} intents, expected at most 65535"),
            Self::Vectors => f.write_str("expected one sentence vector for each example, all of one width"),
        }
    }
}

impl std::error::Error for TrainError {}

/// A classifier and what was seen while it was trained.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The classifier, trained on all examples.
    pub classifier: IntentClassifier,
    /// Every example as seen by a model that was trained without it.
    pub held_out: Vec<HeldOut>,
    /// The manners of fitting that were compared on them, in the order in which they were tried.
    pub compared: Vec<Compared>,
}

impl Trained {
    /// The share of held-out examples whose intent came first, in `0.0..=1.0`.
    pub fn right(&self) -> f64 {
        let inside = self.held_out.iter().filter(|h| h.truth.is_some()).count();
        self.held_out.iter().filter(|h| h.is_right()).count() as f64 / inside.max(1) as f64
    }
}

/// How many folds cross-validation has for `examples` examples: many for a small set, where each example counts, few for
/// a large one, where time does.
pub fn folds(examples: usize) -> usize {
    if examples < 3000 { 10 } else { 3 }
}

/// The weight of out-of-scope material against in-scope material when confidences are calibrated.
const OUT_OF_SCOPE_SHARE: f32 = 0.25;

/// Trains a classifier. Deterministic: the same examples and options give the same bytes on every target.
///
/// Confidence and threshold come from cross-validation; what is out of scope is learned from examples
/// without a label and from whole intents that a fold never saw (after "leave-out-class" validation, Larson et al. 2019
/// give the problem's setting).
///
/// # Errors
/// [`TrainError`] where fewer than two intents, or more than 65,535, have examples.
pub fn train(examples: &[Example<'_>], options: TrainOptions) -> Result<Trained, TrainError> {
    fit_all(examples, None, options)
}

/// Trains a classifier on n-grams and sentence vectors, one for each example, `[n_examples][width]`.
///
/// # Errors
/// As [`train`], and where there are not as many vectors of one width as examples.
pub fn train_encoded(
    examples: &[Example<'_>],
    (kind, vectors): (VectorKind, &[Vec<f32>]),
    options: TrainOptions,
) -> Result<Trained, TrainError> {
    let width = vectors.first().map_or(0, Vec::len);
    let leads = !matches!(kind, VectorKind::Encoder { leading } if leading == 0 || usize::from(leading) > width);
    let fits = leads && (1..=usize::from(u16::MAX)).contains(&width) && vectors.iter().all(|v| v.len() == width);
    if vectors.len() != examples.len() || !fits {
        return Err(TrainError::Vectors);
    }
    fit_all(examples, Some((kind, vectors)), options)
}

fn fit_all(examples: &[Example<'_>], encoded: Option<(VectorKind, &[Vec<f32>])>, options: TrainOptions) -> Result<Trained, TrainError> {
    let mut labels: Vec<&str> = examples.iter().filter_map(|e| e.label).collect();
    labels.sort_unstable();
    labels.dedup();
    if labels.len() < 2 {
        return Err(TrainError::TooFewIntents(labels.len()));
    }
    if labels.len() > usize::from(u16::MAX) {
        return Err(TrainError::TooManyIntents(labels.len()));
    }
    let truths: Vec<Option<usize>> = examples.iter().map(|e| e.label.and_then(|l| labels.binary_search(&l).ok())).collect();
    let inside: Vec<&str> = examples.iter().filter(|e| e.label.is_some()).map(|e| e.text).collect();
    let vectorizer = Vectorizer::fit(&inside);
    let vectors: Vec<SparseVec> = examples.iter().map(|e| vectorizer.transform(e.text)).collect();
    let setting = Setting { vectors: &vectors, encoded, truths: &truths, classes: labels.len(), features: vectorizer.len(), options };
    let plain = Manner { c: options.c.clamp(0.001, 1000.0), length: 0.0, loss: Loss::Hinge, read: 0 };
    let (first, others) = encoded.map_or((plain, vec![]), |(kind, vectors)| kind.manners(plain, vectors.first().map_or(0, Vec::len)));
    let Choice { manner, weight, seen, compared } = choose(&setting, first, &others);
    let held_out: Vec<HeldOut> = seen.into_iter().map(|s| s.ranked(weight)).collect();
    let (calibration, threshold) = calibrate(&held_out, options.threshold);
    let all: Vec<usize> = (0..examples.len()).collect();
    let fitted = setting.fit(&setting.joined(manner), manner, &all, &|_| true);
    let Dense { classes, mut weights } = fitted.dense;
    let rows: Vec<f32> = weights.drain(vectorizer.len() * classes..weights.len() - classes).collect();
    let encoded = fitted.encoded.map(|e| e.fitted(weight, &rows, classes));
    let linear = LinearModel::prune(&Dense { classes, weights }, options.keep, |f| vectorizer.document_frequency(f));
    let classifier = IntentClassifier {
        labels: labels.into_iter().map(str::to_owned).collect(),
        vectorizer,
        linear,
        neighbours: fitted.neighbours,
        encoded,
        calibration,
        threshold,
    };
    Ok(Trained { classifier, held_out, compared })
}

/// From this many examples without a label on, they alone stand for what is out of scope.
const ENOUGH_OUTSIDE: usize = 30;

fn calibrate(held_out: &[HeldOut], rule: ThresholdRule) -> (Logistic, f32) {
    let labelled_outside = held_out.iter().filter(|h| h.truth.is_none() && !h.whole_intent).count();
    let used: Vec<&HeldOut> = held_out.iter().filter(|h| !h.whole_intent || labelled_outside < ENOUGH_OUTSIDE).collect();
    let inside = used.iter().filter(|h| h.truth.is_some()).count() as f32;
    let outside = used.len() as f32 - inside;
    let outside_weight = if outside > 0.0 { OUT_OF_SCOPE_SHARE / (1.0 - OUT_OF_SCOPE_SHARE) * inside.max(1.0) / outside } else { 1.0 };
    let observations: Vec<Observation> = used
        .iter()
        .map(|h| Observation {
            signals: h.signals.clone(),
            right: h.is_right(),
            weight: if h.truth.is_some() { 1.0 } else { outside_weight },
        })
        .collect();
    // Nothing to learn from (a handful of examples): a plain curve that trusts a clear margin.
    let calibration = Logistic::fit(&observations).unwrap_or_else(|| plain_curve(held_out));
    let judged = observations.iter().map(|o| (calibration.confidence(&o.signals), o.right, o.weight));
    let threshold = match rule {
        ThresholdRule::AcceptedWrong(share) => threshold_for(&judged.collect::<Vec<_>>(), share.clamp(0.0, 1.0)),
        ThresholdRule::Balanced => {
            let judged: Vec<Judged> =
                judged.zip(&used).map(|((confidence, right, _), h)| Judged { confidence, right, inside: h.truth.is_some() }).collect();
            balanced_threshold(&judged)
        }
    };
    (calibration, threshold)
}

/// Trusts a clear margin.
fn plain_curve(held_out: &[HeldOut]) -> Logistic {
    let mut weights = vec![2.0, 2.0, 1.0, 1.0, 0.0];
    weights.resize(held_out.first().map_or(weights.len(), |h| h.signals.len()), 0.0);
    Logistic::new(-1.0, weights)
}
