//! The intent classifier as hosts use it.

use nearside_text::in_order;
use serde::{Deserialize, Serialize};

use crate::calibrate::Logistic;
use crate::encoded::{StoredEncoded, VectorKind, shorten};
use crate::held_out::HeldOut;
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
    /// Where it was trained with sentence vectors.
    pub(crate) encoded: Option<StoredEncoded>,
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
    pub(crate) encoded: Option<StoredEncoded>,
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

/// How many signals the calibration takes without and with sentence vectors: see [`signals`].
const SIGNALS: [usize; 2] = [5, 6];

/// What an utterance looks like from all sides, before it is ranked.
#[derive(Clone, Debug)]
pub(crate) struct Views {
    /// The linear model's score of each class.
    pub(crate) scores: Vec<f32>,
    pub(crate) ngrams: Neighbourhood,
    /// With sentence vectors: their neighbourhood and the support of each class in it.
    pub(crate) encoded: Option<(Neighbourhood, Vec<f32>)>,
    pub(crate) known: f32,
}

impl Views {
    /// Candidates in order: linear score plus shares of what the neighbours say; `weight` is that of sentence vectors.
    pub(crate) fn rank(&self, weight: f32) -> Vec<Candidate> {
        let support = |intent: usize| match &self.encoded {
            None => NEIGHBOUR_WEIGHT * self.ngrams.by_class[intent],
            Some((_, support)) => NEIGHBOUR_WEIGHT * self.ngrams.by_class[intent] + weight * support[intent],
        };
        let candidates: Vec<Candidate> =
            self.scores.iter().enumerate().map(|(intent, score)| Candidate { intent, score: score + support(intent) }).collect();
        in_order(&candidates, |a, b| b.score.total_cmp(&a.score).then(a.intent.cmp(&b.intent)))
    }

    /// The neighbourhood that tells most: of sentence vectors where there are any.
    pub(crate) fn hood(&self) -> &Neighbourhood {
        self.encoded.as_ref().map_or(&self.ngrams, |(hood, _)| hood)
    }

    /// What a confidence is made from: best score, lead over the second, mean cosine to the nearest sentences, the best
    /// intent's own nearest cosine, known share; with sentence vectors also the n-grams' mean cosine.
    pub(crate) fn signals(&self, ranked: &[Candidate]) -> Vec<f32> {
        let hood = self.hood();
        let best = ranked.first().map_or(0.0, |c| c.score);
        let second = ranked.get(1).map_or(best - 1.0, |c| c.score);
        let own = ranked.first().and_then(|c| hood.by_class.get(c.intent)).copied().unwrap_or(0.0);
        // Neighbours have signals of their own; the linear model's score is told apart from them.
        let linear = ranked.first().map_or(0.0, |c| self.scores[c.intent]);
        let score = if self.encoded.is_some() { linear } else { best };
        let mut signals = vec![score, best - second, hood.mean_cosine, own, self.known];
        signals.extend(self.encoded.as_ref().map(|_| self.ngrams.mean_cosine));
        signals
    }
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
        if let Some(encoded) = &stored.encoded {
            encoded.check(linear.classes())?;
        }
        let signals = SIGNALS[usize::from(stored.encoded.as_ref().is_some_and(|e| e.kind != VectorKind::Words))];
        if stored.calibration.inputs() != signals || !stored.calibration.is_finite() || !stored.threshold.is_finite() {
            return Err(ModelError("classifier: calibration does not fit"));
        }
        let (encoded, calibration, threshold) = (stored.encoded, stored.calibration, stored.threshold);
        Ok(Self { labels: stored.labels, vectorizer, linear, neighbours, encoded, calibration, threshold })
    }

    /// The parts to store.
    pub fn store(&self) -> StoredClassifier {
        StoredClassifier {
            labels: self.labels.clone(),
            vocabulary: self.vectorizer.stored().clone(),
            weights: self.linear.stored().clone(),
            neighbours: self.neighbours.stored().clone(),
            encoded: self.encoded.clone(),
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

    /// How sure it would have been of a held-out example.
    pub fn held_out_confidence(&self, held_out: &HeldOut) -> f32 {
        self.calibration.confidence(&held_out.signals)
    }

    /// Numbers in the sentence vectors that it was trained with, 0 for none.
    pub fn width(&self) -> usize {
        self.encoded.as_ref().map_or(0, StoredEncoded::width)
    }

    /// Classifies raw `text`. Text without any known n-gram comes back with a low confidence, never an error.
    pub fn classify(&self, text: &str) -> Classification {
        self.classify_with(text, &[])
    }

    /// Classifies raw `text` with its sentence vector, `[width]` of the encoder that training used. Of a vector of
    /// another width the surplus is not read and what is missing counts as 0.
    pub fn classify_with(&self, text: &str, vector: &[f32]) -> Classification {
        let sparse = self.vectorizer.transform(text);
        let vector = &vector[..vector.len().min(self.width())];
        let scores = match &self.encoded {
            None => self.linear.scores(&sparse),
            Some(encoded) => {
                let mut scores = self.linear.scores(&shorten(encoded.kind, &sparse));
                encoded.add_scores(vector, &mut scores);
                scores
            }
        };
        let views = Views {
            scores,
            ngrams: self.neighbours.look(&sparse),
            encoded: self.encoded.as_ref().and_then(|e| e.look(vector)),
            known: known_share(&sparse, |_| true),
        };
        let candidates = views.rank(self.encoded.as_ref().map_or(0.0, |e| e.weight));
        let nothing = sparse.is_empty() && vector.is_empty();
        let confidence = if nothing { 0.0 } else { self.calibration.confidence(&views.signals(&candidates)) };
        let hood = views.hood();
        Classification {
            in_scope: confidence >= self.threshold,
            confidence,
            mean_cosine: hood.mean_cosine,
            known: views.known,
            nearest_by_intent: hood.by_class.clone(),
            candidates,
        }
    }
}
