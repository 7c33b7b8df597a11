//! Articles as classes of a trained classifier: for a few hundred articles with many wordings each.

use nearside_dialogue::SmallTalk;
use nearside_knowledge::Index;
use nearside_nlu::calibrate::Logistic;
use nearside_nlu::{Encoder, IntentClassifier, ModelError, StaticVectors, StoredClassifier};
use nearside_text::in_order;
use serde::{Deserialize, Serialize};

use crate::responses::talk_of;

/// How many signals a confidence is made from; see [`Views::signals`].
pub(crate) const SIGNALS: usize = 6;

/// One article or kind of small talk that a message may want.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scored {
    /// `Ok(article)` or `Err(label)` of small talk.
    pub(crate) target: Result<usize, usize>,
    pub(crate) score: f32,
}

/// How much the other views count against the classifier's score, chosen by cross-validation when the pack is built.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Of the index's view.
    pub index: f32,
    /// Of the cosine to the nearest training question of the same article; it pays where examples are few.
    pub nearest: f32,
}

/// Both views of a message.
pub(crate) struct Views<'a> {
    /// The classifier's score and nearest cosine for each label.
    pub(crate) labels: Vec<(f32, f32)>,
    pub(crate) article_of_label: &'a [Option<usize>],
    /// The index's score for each article.
    pub(crate) index: Vec<f32>,
    pub(crate) mean_cosine: f32,
    pub(crate) known: f32,
}

impl Views<'_> {
    /// Articles and small talk in order of their fused score.
    pub(crate) fn rank(&self, weights: Weights) -> Vec<Scored> {
        let mut classifier = vec![LEAST; self.index.len()];
        let mut ranked = Vec::new();
        for (label, (&(score, near), article)) in self.labels.iter().zip(self.article_of_label).enumerate() {
            let score = score + weights.nearest * near;
            match article {
                Some(article) => classifier[*article] = score,
                // Small talk is in no index; its nearest example stands for what the index would say.
                None => ranked.push(Scored { target: Err(label), score: score + weights.index * near }),
            }
        }
        let articles = self.index.iter().zip(&classifier).enumerate();
        ranked.extend(articles.map(|(article, (index, own))| Scored { target: Ok(article), score: weights.index * index + own }));
        in_order(&ranked, |a, b| b.score.total_cmp(&a.score).then(a.target.cmp(&b.target)))
    }

    /// What a confidence is made from: best score, its lead, mean cosine to the nearest sentences, the best one's own
    /// nearest cosine, its share of the index's best possible score, the known share of n-grams.
    pub(crate) fn signals(&self, ranked: &[Scored]) -> [f32; SIGNALS] {
        let Some(best) = ranked.first() else { return [0.0; SIGNALS] };
        let lead = best.score - ranked.get(1).map_or(best.score - 1.0, |s| s.score);
        let label = match best.target {
            Ok(article) => self.article_of_label.iter().position(|a| *a == Some(article)),
            Err(label) => Some(label),
        };
        let own = label.and_then(|l| self.labels.get(l)).map_or(0.0, |l| l.1);
        let index = best.target.ok().and_then(|a| self.index.get(a)).copied().unwrap_or(0.0);
        [best.score, lead, self.mean_cosine, own, index, self.known]
    }
}

/// The score of an article that the classifier was not trained on: below what any trained one gets.
const LEAST: f32 = -2.0;

/// Articles as classes, as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredClasses {
    pub(crate) classifier: StoredClassifier,
    /// Word vectors, where the classifier was trained with them.
    pub(crate) words: Option<Vec<u8>>,
    pub(crate) weights: Weights,
    pub(crate) calibration: Logistic,
    pub(crate) answer_at: f32,
    pub(crate) clarify_at: f32,
}

/// Articles as classes, ready to use.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    pub(crate) classifier: IntentClassifier,
    words: Option<StaticVectors>,
    weights: Weights,
    calibration: Logistic,
    /// Least confidence for an answer.
    pub(crate) answer_at: f32,
    /// Least confidence for a clarifying question.
    pub(crate) clarify_at: f32,
    /// For each of the classifier's labels, the article's number; `None` for small talk.
    article_of_label: Vec<Option<usize>>,
}

impl Classes {
    /// Checks stored parts; `number_of` gives an article's number by its id.
    pub(crate) fn load(stored: StoredClasses, number_of: impl Fn(&str) -> Option<usize>) -> Result<Self, ModelError> {
        let StoredClasses { classifier, words, weights, calibration, answer_at, clarify_at } = stored;
        let classifier = IntentClassifier::load(classifier)?;
        let words = words.map(StaticVectors::load).transpose()?;
        if words.as_ref().is_some_and(|w| w.width() != classifier.width()) {
            return Err(ModelError("word vectors: width of the classifier expected"));
        }
        let numbers_ok = [weights.index, weights.nearest, answer_at, clarify_at].iter().all(|x| x.is_finite());
        if !numbers_ok || !calibration.is_finite() || calibration.inputs() != SIGNALS {
            return Err(ModelError("calibration does not fit"));
        }
        let article_of_label: Vec<Option<usize>> = classifier.labels().iter().map(|label| number_of(label)).collect();
        if classifier.labels().iter().zip(&article_of_label).any(|(label, article)| article.is_none() && !label.starts_with('@')) {
            return Err(ModelError("label without an article"));
        }
        Ok(Self { classifier, words, weights, calibration, answer_at, clarify_at, article_of_label })
    }

    /// Small talk in raw `text`, and article numbers with their confidences, best first, at most `limit`.
    pub(crate) fn understand(
        &self,
        index: &Index,
        text: &str,
        encoder: Option<&dyn Encoder>,
        allowed: impl Fn(usize) -> bool,
        (talk_at, limit): (f32, usize),
    ) -> (Option<SmallTalk>, Vec<(usize, f32)>) {
        // Without the encoder that a pack was trained for, its n-grams are all there is.
        let encoder = encoder.filter(|e| self.classifier.width() == e.width());
        let vector = match (&self.words, encoder) {
            (Some(words), _) => words.encode(text),
            (None, Some(encoder)) => encoder.encode(text).unwrap_or_default(),
            (None, None) => Vec::new(),
        };
        let classified = self.classifier.classify_with(text, &vector);
        let mut labels = vec![(0.0, 0.0); self.classifier.labels().len()];
        for candidate in &classified.candidates {
            labels[candidate.intent] = (candidate.score, classified.nearest_by_intent[candidate.intent]);
        }
        let views = Views {
            labels,
            article_of_label: &self.article_of_label,
            index: index.scores(text),
            mean_cosine: classified.mean_cosine,
            known: classified.known,
        };
        let ranked: Vec<Scored> = views.rank(self.weights).into_iter().filter(|s| s.target.map_or(true, &allowed)).collect();
        // A message in which nothing is known gives no signal at all.
        let nothing = views.known == 0.0 && views.index.iter().all(|s| *s == 0.0);
        let confidence = |from: usize| if nothing { 0.0 } else { self.calibration.confidence(&views.signals(&ranked[from..])) };
        let best = if ranked.is_empty() { 0.0 } else { confidence(0) };
        let talk = match ranked.first() {
            Some(Scored { target: Err(label), .. }) if best >= talk_at => self.classifier.labels().get(*label).and_then(|l| talk_of(l)),
            _ => None,
        };
        // A lower candidate cannot be more probable than what the better ones leave.
        let mut left = 1.0f32;
        let mut candidates = Vec::new();
        for (at, scored) in ranked.iter().enumerate() {
            if candidates.len() == limit {
                break;
            }
            let own = if at == 0 { best } else { confidence(at).min(left) };
            left = (left - own).max(0.0);
            if let Ok(article) = scored.target {
                candidates.push((article, own));
            }
        }
        (talk, candidates)
    }
}
