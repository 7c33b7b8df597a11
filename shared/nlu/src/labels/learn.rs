//! Training of labels.

use std::borrow::Cow;

use super::{LabelOptions, Labelled, Line, hashed};
use crate::model::ModelError;
use crate::rng::Rng;
use crate::svm::{self, Dense, SolverOptions};
use crate::vectorize::SparseVec;

/// What was learned of all examples.
pub(super) struct Fitted {
    pub(super) labels: Vec<String>,
    /// Of the n-grams, sorted.
    pub(super) hashes: Vec<u32>,
    /// In how many examples each of them is.
    pub(super) frequency: Vec<u32>,
    /// The n-grams' rows, then those of the vectors' entries.
    pub(super) dense: Dense,
    pub(super) lines: Vec<f32>,
}

/// How weights are fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Manner {
    prior: Prior,
    /// Penalty of a margin violation.
    c: f32,
    /// Of the sentence vectors, where there are any.
    length: f32,
}

/// Learns from `examples`, and from a sentence vector of each where they are given.
pub(super) fn fit(examples: &[Labelled<'_>], encoded: Option<&[Vec<f32>]>, options: LabelOptions) -> Result<Fitted, ModelError> {
    let mut labels: Vec<&str> = examples.iter().flat_map(|e| e.labels.iter().copied()).collect();
    labels.sort_unstable();
    labels.dedup();
    if labels.is_empty() || labels.len() > usize::from(u16::MAX) {
        return Err(ModelError("labels: expected 1 to 65,535 different ones"));
    }
    let own: Vec<Vec<bool>> = examples
        .iter()
        .map(|e| {
            let mut own = vec![false; labels.len()];
            e.labels.iter().filter_map(|l| labels.binary_search(l).ok()).for_each(|at| own[at] = true);
            own
        })
        .collect();
    let mut vectors: Vec<SparseVec> = examples.iter().map(|e| hashed(e.text)).collect();
    let hashes = frequent(&vectors);
    for vector in &mut vectors {
        vector.retain_mut(|(feature, _)| hashes.binary_search(feature).map(|at| *feature = at as u32).is_ok());
    }
    let mut frequency = vec![0u32; hashes.len()];
    vectors.iter().flatten().for_each(|(feature, _)| frequency[*feature as usize] += 1);
    let width = encoded.and_then(|all| all.first()).map_or(0, Vec::len);
    let joined = |length: f32| -> Cow<'_, [SparseVec]> {
        let Some(encoded) = encoded else { return Cow::Borrowed(&vectors) };
        let entry = |(at, value): (usize, &f32)| ((hashes.len() + at) as u32, value * length);
        vectors
            .iter()
            .zip(encoded)
            .map(|(ngrams, vector)| ngrams.iter().copied().chain(vector.iter().enumerate().map(entry)).collect())
            .collect()
    };
    let fit = |vectors: &[SparseVec], chosen: &[usize], manner: Manner| {
        let part: Vec<&SparseVec> = chosen.iter().map(|&i| &vectors[i]).collect();
        let svm = SolverOptions { c: manner.c, passes: 12, seed: options.seed };
        let mut weights = vec![0.0; (hashes.len() + width + 1) * labels.len()];
        for class in 0..labels.len() {
            let learned = fit_one(&part, &|at| own[chosen[at]][class], (hashes.len(), width), manner.prior, svm);
            learned.into_iter().enumerate().for_each(|(feature, w)| weights[feature * labels.len() + class] = w);
        }
        Dense { classes: labels.len(), weights }
    };
    let mut order: Vec<usize> = (0..examples.len()).collect();
    Rng::new(options.seed).shuffle(&mut order);
    let hold_out = |manner: Manner| {
        let joined = joined(manner.length);
        let mut held_out: Vec<Vec<f32>> = vec![Vec::new(); examples.len()];
        for fold in 0..FOLDS {
            let part = |tested: bool| -> Vec<usize> {
                order.iter().enumerate().filter(|(at, _)| (at % FOLDS == fold) == tested).map(|(_, &i)| i).collect()
            };
            let blind = fit(&joined, &part(false), manner);
            part(true).into_iter().for_each(|i| held_out[i] = blind.scores(&joined[i]));
        }
        held_out
    };
    let manners = if encoded.is_some() { &WITH_VECTORS[..] } else { &MANNERS };
    let (mut manner, mut held_out) = (manners[0], hold_out(manners[0]));
    for next in &manners[1..] {
        let seen = hold_out(*next);
        if best_f1(&seen, &own).0 > best_f1(&held_out, &own).0 {
            (manner, held_out) = (*next, seen);
        }
    }
    let lines = lines(&held_out, &own, options.line);
    let all: Vec<usize> = (0..examples.len()).collect();
    let mut dense = fit(&joined(manner.length), &all, manner);
    // The length of the vectors is in their weights.
    dense.weights[hashes.len() * labels.len()..][..width * labels.len()].iter_mut().for_each(|w| *w *= manner.length);
    Ok(Fitted { labels: labels.into_iter().map(str::to_owned).collect(), hashes, frequency, dense, lines })
}

/// How much a feature counts before anything is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prior {
    /// As much as any other.
    Even,
    /// As much more as it is more usual with the label, or without it (naive Bayes: Wang and Manning 2012, "Baselines and
    /// Bigrams").
    Bayes,
}

const fn manner(prior: Prior, c: f32, length: f32) -> Manner {
    Manner { prior, c, length }
}

/// Among which cross-validation chooses for n-grams alone.
const MANNERS: [Manner; 6] = [
    manner(Prior::Even, 1.0, 0.0),
    manner(Prior::Even, 0.3, 0.0),
    manner(Prior::Even, 0.1, 0.0),
    manner(Prior::Bayes, 0.3, 0.0),
    manner(Prior::Bayes, 0.1, 0.0),
    manner(Prior::Bayes, 0.03, 0.0),
];

/// Among which it chooses where there are sentence vectors. In cross-validation within each of the first four folds of NLU++'s
/// domains these came out best, 58.5 and 45.5 % F1, but within a point of penalties 3, 1 and two of Bayes at length 2.
const WITH_VECTORS: [Manner; 3] = [manner(Prior::Even, 10.0, 1.5), manner(Prior::Even, 3.0, 1.5), manner(Prior::Even, 1.0, 1.5)];

/// What a feature counts under [`Prior::Bayes`] that is as usual with a label as without it.
const PLAIN: f32 = 0.3;

/// Weights of one label, `[n_features + width + 1]`, for so many n-grams and entries of a vector. The prior of n-grams is in
/// them, so that reading a text costs nothing more.
fn fit_one(
    vectors: &[&SparseVec],
    bears: &impl Fn(usize) -> bool,
    (features, width): (usize, usize),
    prior: Prior,
    options: SolverOptions,
) -> Vec<f32> {
    if prior == Prior::Even {
        return svm::train(vectors, &|at, _| bears(at), features + width, 1, options).weights;
    }
    // Every feature is taken to be seen once with the label and once without.
    let mut counts = [vec![1.0f32; features], vec![1.0f32; features]];
    for (at, vector) in vectors.iter().enumerate() {
        let ngrams = vector.iter().filter(|(feature, _)| (*feature as usize) < features);
        ngrams.for_each(|(feature, _)| counts[usize::from(bears(at))][*feature as usize] += 1.0);
    }
    let [without, with] = &counts;
    let usual = libm::logf(with.iter().sum::<f32>() / without.iter().sum::<f32>());
    let factors = with.iter().zip(without).map(|(w, o)| PLAIN + (libm::logf(w / o) - usual).abs());
    let factors: Vec<f32> = factors.chain(std::iter::repeat_n(1.0, width)).collect();
    let weigh = |v: &&SparseVec| -> SparseVec { v.iter().map(|&(feature, value)| (feature, value * factors[feature as usize])).collect() };
    let weighed: Vec<SparseVec> = vectors.iter().map(weigh).collect();
    let mut dense = svm::train(&weighed.iter().collect::<Vec<_>>(), &|at, _| bears(at), features + width, 1, options);
    dense.weights.iter_mut().zip(factors).for_each(|(weight, factor)| *weight *= factor);
    dense.weights
}

const FOLDS: usize = 5;
/// N-grams of fewer texts than this teach nothing where texts are many.
const SELDOM: usize = 3;
/// From so many texts on.
const MANY: usize = 3000;

/// The hashes that training looks at, sorted.
fn frequent(vectors: &[SparseVec]) -> Vec<u32> {
    let mut all: Vec<u32> = vectors.iter().flatten().map(|(hash, _)| *hash).collect();
    all.sort_unstable();
    let least = if vectors.len() < MANY { 1 } else { SELDOM };
    all.chunk_by(|a, b| a == b).filter(|run| run.len() >= least).map(|run| run[0]).collect()
}

fn lines(held_out: &[Vec<f32>], own: &[Vec<bool>], line: Line) -> Vec<f32> {
    let classes = own.first().map_or(0, Vec::len);
    match line {
        Line::FalseAlarms(share) => (0..classes)
            .map(|class| {
                let mut without: Vec<f32> = held_out.iter().zip(own).filter(|(_, own)| !own[class]).map(|(s, _)| s[class]).collect();
                without.sort_by(|a, b| b.total_cmp(a));
                let allowed = (f64::from(share.clamp(0.0, 1.0)) * without.len() as f64) as usize;
                without.get(allowed).map(|score| score + 1e-4).or(without.last().copied()).unwrap_or(0.0)
            })
            .collect(),
        Line::MicroF1 => vec![best_f1(held_out, own).1; classes],
    }
}

/// The highest micro-averaged F1 that one line for all labels reaches, and that line.
fn best_f1(held_out: &[Vec<f32>], own: &[Vec<bool>]) -> (f64, f32) {
    let mut all: Vec<(f32, bool)> =
        held_out.iter().zip(own).flat_map(|(scores, own)| scores.iter().copied().zip(own.iter().copied())).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = all.iter().filter(|(_, own)| *own).count();
    let (mut right, mut best) = (0usize, (0.0f64, 0.0f32));
    for (at, (score, own)) in all.iter().enumerate() {
        right += usize::from(*own);
        let f1 = 2.0 * right as f64 / (at + 1 + positives) as f64;
        if f1 > best.0 {
            best = (f1, *score);
        }
    }
    best
}
