//! Examples as seen by models that were trained without them.

use crate::classifier::Views;

/// What a model that had not seen an example made of it: the material for calibration and for fusion with retrieval.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOut {
    /// Index into the examples given to [`crate::train()`].
    pub example: usize,
    /// The example's own intent where that intent was trained; `None` for out-of-scope examples and for examples whose
    /// whole intent was held out.
    pub truth: Option<usize>,
    /// The fold's number, below [`crate::folds`].
    pub fold: usize,
    /// Whether the fold's model had never seen the example's intent at all, which makes it stand for what is out of
    /// scope.
    pub whole_intent: bool,
    /// Candidates, best first.
    pub candidates: Vec<(usize, f32)>,
    /// Mean cosine to the nearest sentences of the fold's training part.
    pub mean_cosine: f32,
    /// Best cosine to each intent, `[n_intents]`.
    pub nearest_by_intent: Vec<f32>,
    /// Share of known n-grams.
    pub known: f32,
    /// What a confidence is made from.
    pub(crate) signals: Vec<f32>,
}

impl HeldOut {
    /// Whether the first candidate is the example's own intent.
    pub fn is_right(&self) -> bool {
        self.truth.is_some() && self.candidates.first().map(|c| c.0) == self.truth
    }
}

/// A held-out example before it is ranked.
pub(crate) struct Seen {
    pub(crate) example: usize,
    pub(crate) truth: Option<usize>,
    pub(crate) fold: usize,
    pub(crate) whole_intent: bool,
    pub(crate) views: Views,
}

impl Seen {
    /// Whether the example's own intent comes first where sentence vectors' neighbours count `weight`.
    pub(crate) fn is_right(&self, weight: f32) -> bool {
        self.views.rank(weight).first().map(|c| c.intent) == self.truth
    }

    pub(crate) fn ranked(self, weight: f32) -> HeldOut {
        let ranked: Vec<_> = self.views.rank(weight).into_iter().filter(|c| c.score.is_finite()).collect();
        let signals = self.views.signals(&ranked);
        let known = self.views.known;
        let hood = self.views.encoded.map_or(self.views.ngrams, |(hood, _)| hood);
        HeldOut {
            example: self.example,
            truth: self.truth,
            fold: self.fold,
            whole_intent: self.whole_intent,
            candidates: ranked.iter().map(|c| (c.intent, c.score)).collect(),
            mean_cosine: hood.mean_cosine,
            nearest_by_intent: hood.by_class,
            known,
            signals,
        }
    }
}

/// How much the neighbours among sentence vectors may count.
const VECTOR_WEIGHTS: [f32; 5] = [0.25, 0.5, 1.0, 2.0, 3.0];

/// The weight under which most held-out examples come out right; among equals the middle one.
pub(crate) fn best_weight(seen: &[Seen]) -> f32 {
    let inside: Vec<&Seen> = seen.iter().filter(|s| s.truth.is_some()).collect();
    let right = |weight: f32| inside.iter().filter(|s| s.is_right(weight)).count();
    let tried: Vec<(usize, f32)> = VECTOR_WEIGHTS.iter().map(|&w| (right(w), w)).collect();
    let most = tried.iter().map(|t| t.0).max().unwrap_or(0);
    let best: Vec<f32> = tried.iter().filter(|t| t.0 == most).map(|t| t.1).collect();
    best[best.len() / 2]
}

/// How much of the better tier's share of right ones a cheaper tier may lose by answering in its place.
const MAY_LOSE: f64 = 0.0005;

/// The least confidence from which a cheaper tier may answer in place of a better one: above it, it is right as often on
/// held-out examples, or nearly (0.05 % of all fewer). Above 1.0 where it never is. Both tiers saw the same examples and
/// folds.
pub fn sure_from(cheap: &[HeldOut], better: &[HeldOut], confidence: impl Fn(&HeldOut) -> f32) -> f32 {
    let pairs = cheap.iter().zip(better).filter(|(h, _)| !h.whole_intent);
    let mut sorted: Vec<(f32, i64)> =
        pairs.map(|(c, b)| (confidence(c), i64::from(b.is_right()) - i64::from(c.is_right()) + 2 * i64::from(c.truth.is_none()))).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = (MAY_LOSE * sorted.len() as f64) as i64;
    let (mut lost, mut sure) = (0, 2.0f32);
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        lost += group.iter().map(|(_, loss)| loss).sum::<i64>();
        if lost <= most {
            sure = group[0].0;
        }
    }
    sure
}
