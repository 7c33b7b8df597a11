//! Zero, one or many labels of a text: what a message wants, its mood, misuse of the assistant.
//!
//! One linear support vector machine for each label over hashed n-grams, weighed by naive Bayes where that helps, without
//! neighbours or a vocabulary of all that was seen, so that a model of tens of kilobytes can travel with a program.

use nearside_text::{FeatureKind, features, hash_chars, normalize};
use serde::{Deserialize, Serialize};

use crate::model::{LinearModel, ModelError, StoredWeights};
use crate::vectorize::{HashTable, SparseVec};

mod encoded;
mod learn;

pub use encoded::{EncodedLabelClassifier, StoredEncodedLabels};
use learn::Fitted;

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
        let fitted = learn::fit(examples, None, options)?;
        Ok(Self::compact(fitted, options).0)
    }

    /// The n-grams' part of what was learned, and the weights of the vectors' entries, `[width, n_labels]`.
    fn compact(fitted: Fitted, options: LabelOptions) -> (Self, Vec<f32>) {
        let Fitted { labels, hashes, frequency, mut dense, lines } = fitted;
        let n = dense.classes;
        let rows = dense.weights.drain(hashes.len() * n..dense.weights.len() - n).collect();
        let (kept, linear) = LinearModel::compact(&dense, options.features, |f| frequency[f]);
        let mut last = 0;
        let hash_deltas: Vec<u32> = kept.iter().map(|&f| hashes[f] - std::mem::replace(&mut last, hashes[f])).collect();
        (Self { labels, table: HashTable::new(&hash_deltas), hash_deltas, linear, lines }, rows)
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
        self.borne(&self.margins(text))
    }

    fn borne(&self, margins: &[f32]) -> Vec<(&str, f32)> {
        let borne = self.labels.iter().zip(margins).zip(&self.lines).filter(|((_, margin), line)| margin >= line);
        let mut found: Vec<(&str, f32)> = borne.map(|((label, margin), _)| (label.as_str(), *margin)).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found
    }
}
