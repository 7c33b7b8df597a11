//! The intent classifier as hosts use it.

use serde::{Deserialize, Serialize};

use crate::calibrate::Logistic;
use crate::model::{LinearModel, ModelError, StoredWeights};
use crate::neighbours::{Neighbourhood, Neighbours, StoredNeighbours};
use crate::vectorize::{StoredVocabulary, Vectorizer, known_share};

/// A trained classifier as it is stored in a pack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredClassifier {
    pub(crate) labels: Vec<String>,
    pub(crate) vocabulary: StoredVocabulary,
    pub(crate) weights: StoredWeights,
    pub(crate) neighbours: StoredNeighbours,
    pub(crate) calibration: Logistic,
    pub(crate) threshold: f32,
}

/// Maps an utterance to one of the trained intents, with a calibrated confidence.
#[derive(Clone, Debug)]
pub struct IntentClassifier {
    pub(crate) labels: Vec<String>,
    pub(crate) vectorizer: Vectorizer,
    pub(crate) linear: LinearModel,
    pub(crate) neighbours: Neighbours,
    pub(crate) calibration: Logistic,
    pub(crate) threshold: f32,
}

/// One intent that an utterance may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Position in [`IntentClassifier::labels`].
    pub intent: usize,
    /// Unbounded; only to compare candidates of one utterance.
    pub score: f32,
}

/// What the classifier makes of an utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// All intents, best first; ties keep the order of labels.
    pub candidates: Vec<Candidate>,
    /// The probability that the first candidate is right, in `0.0..=1.0`.
    pub confidence: f32,
    /// Whether the confidence reaches the threshold that cross-validation chose.
    pub in_scope: bool,
    /// Mean cosine to the five nearest training sentences.
    pub mean_cosine: f32,
    /// The share of the utterance's n-grams that training has seen, in `0.0..=1.0`.
    pub known: f32,
    /// Best cosine to a training sentence of each intent, `[n_intents]`.
    pub nearest_by_intent: Vec<f32>,
}

/// How many signals the calibration takes: see [`signals`].
pub(crate) const SIGNALS: usize = 5;

/// What a confidence is made from: best score, lead over the second, mean cosine to the nearest sentences, the best
/// intent's own nearest cosine, known share.
pub(crate) fn signals(ranked: &[Candidate], hood: &Neighbourhood, known: f32) -> [f32; SIGNALS] {
    let best = ranked.first().map_or(0.0, |c| c.score);
    let second = ranked.get(1).map_or(best - 1.0, |c| c.score);
    let own = ranked.first().and_then(|c| hood.by_class.get(c.intent)).copied().unwrap_or(0.0);
    [best, best - second, hood.mean_cosine, own, known]
}

/// Candidates in order: linear score plus a share of the class's nearest cosine.
pub(crate) fn rank(scores: &[f32], hood: &Neighbourhood) -> Vec<Candidate> {
    let mut ranked: Vec<Candidate> = scores
        .iter()
        .zip(&hood.by_class)
        .enumerate()
        .map(|(intent, (score, near))| Candidate { intent, score: score + NEIGHBOUR_WEIGHT * near })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.intent.cmp(&b.intent)));
    ranked
}

/// What a cosine of 1 to a class's nearest sentence adds to its score.
pub(crate) const NEIGHBOUR_WEIGHT: f32 = 0.2;

impl IntentClassifier {
    /// Checks stored parts against one another and makes them ready.
    ///
    /// # Errors
    /// [`ModelError`] where a length, an index or a number is impossible; no stored bytes make this panic.
    pub fn load(stored: StoredClassifier) -> Result<Self, ModelError> {
        let vectorizer = Vectorizer::load(stored.vocabulary)?;
        let linear = LinearModel::load(stored.weights, vectorizer.len())?;
        if linear.classes() != stored.labels.len() {
            return Err(ModelError("classifier: as many labels as classes expected"));
        }
        let neighbours = Neighbours::load(stored.neighbours, vectorizer.len(), linear.classes())?;
        if stored.calibration.inputs() != SIGNALS || !stored.calibration.is_finite() || !stored.threshold.is_finite() {
            return Err(ModelError("classifier: calibration does not fit"));
        }
        Ok(Self { labels: stored.labels, vectorizer, linear, neighbours, calibration: stored.calibration, threshold: stored.threshold })
    }

    /// The parts to store.
    pub fn store(&self) -> StoredClassifier {
        StoredClassifier {
            labels: self.labels.clone(),
            vocabulary: self.vectorizer.stored().clone(),
            weights: self.linear.stored().clone(),
            neighbours: self.neighbours.stored().clone(),
            calibration: self.calibration.clone(),
            threshold: self.threshold,
        }
    }

    /// The intents' names, sorted.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The least confidence that counts as in scope.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Classifies raw `text`. Text without any known n-gram comes back with a low confidence, never an error.
    pub fn classify(&self, text: &str) -> Classification {
        let vector = self.vectorizer.transform(text);
        let known = known_share(&vector, |_| true);
        let hood = self.neighbours.look(&vector);
        let candidates = rank(&self.linear.scores(&vector), &hood);
        let confidence = if vector.is_empty() { 0.0 } else { self.calibration.confidence(&signals(&candidates, &hood, known)) };
        Classification {
            in_scope: confidence >= self.threshold,
            confidence,
            mean_cosine: hood.mean_cosine,
            known,
            nearest_by_intent: hood.by_class,
            candidates,
        }
    }
}
