//! How sure a pack may be: weights of its views, calibration and threshold from held-out questions.

use nearside_nlu::HeldOut;
use nearside_nlu::calibrate::{Logistic, Observation, threshold_for};

use crate::classes::{SIGNALS, Views, Weights};

/// Weights of the index's view that are tried.
const INDEX_WEIGHTS: [f32; 7] = [0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0];

/// Weights of the nearest question that are tried.
const NEAREST_WEIGHTS: [f32; 4] = [0.0, 1.0, 2.0, 4.0];

/// The part of out-of-scope questions among all for which confidences are calibrated.
const OUT_OF_SCOPE_SHARE: f32 = 0.15;

/// The part of in-scope questions for which the first candidate is taken to be right in real traffic, at least. Editors
/// write wordings to differ from one another, so that one held out is harder than what visitors ask; the share of right
/// first candidates among held-out ones is corrected up to this (label shift, Saerens et al. 2002).
const RIGHT_IN_TRAFFIC: f32 = 0.85;

/// The highest threshold that cross-validation may set. Few questions cannot resolve an error rate of a few per cent, and
/// would have nearly everything refused.
fn highest_threshold(judged: usize) -> f32 {
    if judged < 6000 { 0.75 } else { 0.95 }
}

/// Fewer judged questions than this teach nothing; the confidence curve learned on the demo shop is used then.
const ENOUGH: usize = 60;

pub(crate) struct Judgement {
    pub(crate) weights: Weights,
    pub(crate) calibration: Logistic,
    pub(crate) answer_at: f32,
    pub(crate) right_share: f64,
    pub(crate) risk_coverage: Vec<(f64, f64)>,
}

impl Judgement {
    pub(crate) fn learn(held_out: &[HeldOut], views: &[Views<'_>], article_of_label: &[Option<usize>], accepted_wrong: f32) -> Self {
        let is_right = |h: &HeldOut, v: &Views<'_>, weights: Weights| {
            let target = h.truth.map(|label| article_of_label[label].ok_or(label));
            target.is_some() && v.rank(weights).first().map(|s| s.target) == target
        };
        let inside: Vec<(&HeldOut, &Views<'_>)> = held_out.iter().zip(views).filter(|(h, _)| h.truth.is_some()).collect();
        // Two thousand questions tell the weights apart as well as all do.
        let sample = inside.iter().step_by((inside.len() / 2000).max(1));
        let hits = |weights: Weights| sample.clone().filter(|(h, v)| is_right(h, v, weights)).count();
        let grid = INDEX_WEIGHTS.iter().flat_map(|&index| NEAREST_WEIGHTS.iter().map(move |&nearest| Weights { index, nearest }));
        let mut weights = Weights { index: 1.0, nearest: 0.0 };
        let mut most = hits(weights);
        for tried in grid {
            let right = hits(tried);
            if right > most {
                (most, weights) = (right, tried);
            }
        }
        let right_all = inside.iter().filter(|(h, v)| is_right(h, v, weights)).count() as f32;
        let wrong_all = inside.len() as f32 - right_all;
        let right_share = (right_all / inside.len().max(1) as f32).max(RIGHT_IN_TRAFFIC);
        let (right_weight, wrong_weight) = if right_all > 0.0 && wrong_all > 0.0 {
            let n = inside.len() as f32;
            (n * right_share / right_all, n * (1.0 - right_share) / wrong_all)
        } else {
            (1.0, 1.0)
        };
        let outside_count = (held_out.len() - inside.len()).max(1) as f32;
        let outside_weight = OUT_OF_SCOPE_SHARE / (1.0 - OUT_OF_SCOPE_SHARE) * inside.len().max(1) as f32 / outside_count;
        let observations: Vec<Observation> = held_out
            .iter()
            .zip(views)
            .map(|(h, v)| {
                let right = is_right(h, v, weights);
                let weight = match (h.truth, right) {
                    (None, _) => outside_weight,
                    (_, true) => right_weight,
                    (_, false) => wrong_weight,
                };
                Observation { signals: v.signals(&v.rank(weights)).to_vec(), right, weight }
            })
            .collect();
        let fitted = if inside.len() >= ENOUGH { Logistic::fit(&observations) } else { None };
        let learned = fitted.is_some();
        let calibration = fitted.unwrap_or_else(default_calibration);
        let judged: Vec<(f32, bool, f32)> = observations.iter().map(|o| (calibration.confidence(&o.signals), o.right, o.weight)).collect();
        let answer_at = if learned {
            threshold_for(&judged, accepted_wrong).clamp(0.05, highest_threshold(held_out.len()))
        } else {
            1.0 - 2.0 * accepted_wrong.min(0.4) - 0.24
        };
        let in_scope: Vec<(f32, bool)> = held_out.iter().zip(&judged).filter(|(h, _)| h.truth.is_some()).map(|(_, j)| (j.0, j.1)).collect();
        let curve = nearside_nlu::metrics::risk_coverage(&in_scope);
        Self {
            weights,
            calibration,
            answer_at,
            right_share: f64::from(right_all) / inside.len().max(1) as f64,
            risk_coverage: curve.iter().map(|p| (p.coverage, p.risk)).collect(),
        }
    }
}

/// Used where a domain has too few questions to learn from: best score, lead, mean cosine, own cosine, share of the
/// index's best, known share.
fn default_calibration() -> Logistic {
    let weights: [f32; SIGNALS] = [0.6, 1.8, 1.0, 1.0, 6.0, 1.5];
    Logistic::new(-3.2, weights.to_vec())
}
