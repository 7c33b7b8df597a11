//! Zero, one or many labels of a text: what a message wants, its mood, misuse of the assistant.
//!
//! One linear support vector machine for each label over hashed n-grams, weighed by naive Bayes where that helps, without
//! neighbours or a vocabulary of all that was seen, so that a model of tens of kilobytes can travel with a program.

use nearside_text::{FeatureKind, features, hash_chars, normalize};
use serde::{Deserialize, Serialize};

use crate::model::{LinearModel, ModelError, StoredWeights};
use crate::rng::Rng;
use crate::svm::{self, Dense, SolverOptions};
use crate::vectorize::{HashTable, SparseVec};

/// A text with the labels that it bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled<'a> {
    /// The text.
    pub text: &'a str,
    /// Its labels, in any order; may be none.
    pub labels: Vec<&'a str>,
}

/// Where the line is drawn between bearing a label and not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    /// One for all labels, at which micro-averaged F1 is highest in cross-validation.
    MicroF1,
    /// For each label, the lowest score that at most this share (clamped to 0.0..=1.0) of held-out texts without it
    /// reaches.
    FalseAlarms(f32),
}

/// Knobs of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelOptions {
    /// The most n-grams that are kept, default 20,000 (about 80 KB).
    pub features: usize,
    /// Where the line is drawn, default [`Line::MicroF1`].
    pub line: Line,
    /// Seed of every shuffle.
    pub seed: u64,
}

impl Default for LabelOptions {
    fn default() -> Self {
        Self { features: 20_000, line: Line::MicroF1, seed: 1 }
    }
}

/// A trained model as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredLabels {
    labels: Vec<String>,
    hash_deltas: Vec<u32>,
    weights: StoredWeights,
    lines: Vec<f32>,
}

/// Says which labels a text bears.
#[derive(Clone, Debug)]
pub struct LabelClassifier {
    labels: Vec<String>,
    hash_deltas: Vec<u32>,
    table: HashTable,
    linear: LinearModel,
    pub(crate) lines: Vec<f32>,
}

/// Stands before a sign, so that it is no word of one character.
const SIGN: char = '\u{0}';

/// Hashed n-grams, each block of length 1, whatever is known of them: `(hash, value)`, sorted.
fn hashed(text: &str) -> SparseVec {
    let mut found: Vec<(u32, bool)> = Vec::with_capacity(256);
    features(&normalize(text), |kind, hash| found.push((hash, kind == FeatureKind::Word)));
    // Exclamations, questions and pictures say as much as words.
    let signs = text.chars().filter(|c| !c.is_alphanumeric() && !c.is_whitespace());
    found.extend(signs.map(|c| (hash_chars([SIGN, c].into_iter()) as u32, true)));
    found.sort_unstable();
    let mut squares = [0.0f32; 2];
    let mut vector = SparseVec::with_capacity(found.len());
    let mut blocks = Vec::with_capacity(found.len());
    for run in found.chunk_by(|a, b| a.0 == b.0) {
        let value = 1.0 + libm::logf(run.len() as f32);
        squares[usize::from(run[0].1)] += value * value;
        vector.push((run[0].0, value));
        blocks.push(run[0].1);
    }
    for ((_, value), block) in vector.iter_mut().zip(blocks) {
        *value /= squares[usize::from(block)].sqrt();
    }
    vector
}

impl LabelClassifier {
    /// Trains on `examples`; the labels are those that occur. Deterministic.
    ///
    /// # Errors
    /// [`ModelError`] where no label occurs, or there are more than 65,535.
    pub fn train(examples: &[Labelled<'_>], options: LabelOptions) -> Result<Self, ModelError> {
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
        let fit = |chosen: &[usize], (prior, c): (Prior, f32)| {
            let part: Vec<&SparseVec> = chosen.iter().map(|&i| &vectors[i]).collect();
            let svm = SolverOptions { c, passes: 12, seed: options.seed };
            let mut weights = vec![0.0; (hashes.len() + 1) * labels.len()];
            for class in 0..labels.len() {
                let learned = fit_one(&part, &|at| own[chosen[at]][class], hashes.len(), prior, svm);
                learned.into_iter().enumerate().for_each(|(feature, w)| weights[feature * labels.len() + class] = w);
            }
            Dense { classes: labels.len(), weights }
        };
        let mut order: Vec<usize> = (0..examples.len()).collect();
        Rng::new(options.seed).shuffle(&mut order);
        let hold_out = |manner: (Prior, f32)| {
            let mut held_out: Vec<Vec<f32>> = vec![Vec::new(); examples.len()];
            for fold in 0..FOLDS {
                let part = |tested: bool| -> Vec<usize> {
                    order.iter().enumerate().filter(|(at, _)| (at % FOLDS == fold) == tested).map(|(_, &i)| i).collect()
                };
                let blind = fit(&part(false), manner);
                part(true).into_iter().for_each(|i| held_out[i] = blind.scores(&vectors[i]));
            }
            held_out
        };
        let (mut manner, mut held_out) = (MANNERS[0], hold_out(MANNERS[0]));
        for next in &MANNERS[1..] {
            let seen = hold_out(*next);
            if best_f1(&seen, &own).0 > best_f1(&held_out, &own).0 {
                (manner, held_out) = (*next, seen);
            }
        }
        let lines = lines(&held_out, &own, options.line);
        let all: Vec<usize> = (0..examples.len()).collect();
        let dense = fit(&all, manner);
        let mut frequency = vec![0u32; hashes.len()];
        vectors.iter().flatten().for_each(|(feature, _)| frequency[*feature as usize] += 1);
        let (kept, linear) = LinearModel::compact(&dense, options.features, |f| frequency[f]);
        let mut last = 0;
        let hash_deltas: Vec<u32> = kept.iter().map(|&f| hashes[f] - std::mem::replace(&mut last, hashes[f])).collect();
        Ok(Self {
            labels: labels.into_iter().map(str::to_owned).collect(),
            table: HashTable::new(&hash_deltas),
            hash_deltas,
            linear,
            lines,
        })
    }

    /// Checks stored parts and makes them ready.
    ///
    /// # Errors
    /// [`ModelError`] where a length or a number is impossible; no stored bytes make this panic.
    pub fn load(stored: StoredLabels) -> Result<Self, ModelError> {
        let linear = LinearModel::load(stored.weights, stored.hash_deltas.len())?;
        if linear.classes() != stored.labels.len() || stored.lines.len() != stored.labels.len() {
            return Err(ModelError("labels: as many labels as classes and lines expected"));
        }
        let mut last = 0u32;
        for &delta in &stored.hash_deltas {
            last = last.checked_add(delta).ok_or(ModelError("labels: hash above 32 bits"))?;
        }
        let table = HashTable::new(&stored.hash_deltas);
        Ok(Self { labels: stored.labels, hash_deltas: stored.hash_deltas, table, linear, lines: stored.lines })
    }

    /// The parts to store.
    pub fn store(&self) -> StoredLabels {
        StoredLabels {
            labels: self.labels.clone(),
            hash_deltas: self.hash_deltas.clone(),
            weights: self.linear.stored().clone(),
            lines: self.lines.clone(),
        }
    }

    /// All labels, sorted.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The margin of `text` for each label, `[n_labels]`, unbounded; each label has a line of its own from which on it is
    /// borne.
    pub fn margins(&self, text: &str) -> Vec<f32> {
        let known: SparseVec =
            hashed(text).into_iter().filter_map(|(hash, value)| self.table.get(hash).map(|feature| (feature, value))).collect();
        self.linear.scores(&known)
    }

    /// The labels that `text` bears with their margins, surest first.
    pub fn label(&self, text: &str) -> Vec<(&str, f32)> {
        let margins = self.margins(text);
        let borne = self.labels.iter().zip(margins).zip(&self.lines).filter(|((_, margin), line)| margin >= *line);
        let mut found: Vec<(&str, f32)> = borne.map(|((label, margin), _)| (label.as_str(), margin)).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found
    }
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

/// Priors and penalties of a margin violation among which cross-validation chooses.
const MANNERS: [(Prior, f32); 6] =
    [(Prior::Even, 1.0), (Prior::Even, 0.3), (Prior::Even, 0.1), (Prior::Bayes, 0.3), (Prior::Bayes, 0.1), (Prior::Bayes, 0.03)];

/// What a feature counts under [`Prior::Bayes`] that is as usual with a label as without it.
const PLAIN: f32 = 0.3;

/// Weights of one label, `[n_features + 1]`. The prior is in them, so that reading a text costs nothing more.
fn fit_one(vectors: &[&SparseVec], bears: &impl Fn(usize) -> bool, features: usize, prior: Prior, options: SolverOptions) -> Vec<f32> {
    if prior == Prior::Even {
        return svm::train(vectors, &|at, _| bears(at), features, 1, options).weights;
    }
    // Every feature is taken to be seen once with the label and once without.
    let mut counts = [vec![1.0f32; features], vec![1.0f32; features]];
    for (at, vector) in vectors.iter().enumerate() {
        vector.iter().for_each(|(feature, _)| counts[usize::from(bears(at))][*feature as usize] += 1.0);
    }
    let [without, with] = &counts;
    let usual = libm::logf(with.iter().sum::<f32>() / without.iter().sum::<f32>());
    let factors: Vec<f32> = with.iter().zip(without).map(|(w, o)| PLAIN + (libm::logf(w / o) - usual).abs()).collect();
    let weigh = |v: &&SparseVec| -> SparseVec { v.iter().map(|&(feature, value)| (feature, value * factors[feature as usize])).collect() };
    let weighed: Vec<SparseVec> = vectors.iter().map(weigh).collect();
    let mut dense = svm::train(&weighed.iter().collect::<Vec<_>>(), &|at, _| bears(at), features, 1, options);
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
