//! Articles as documents, ranked by the universal ranker: for any FAQ, with wordings or without.

use nearside_dialogue::SmallTalk;
use nearside_knowledge::Index;
use nearside_nlu::ModelError;
use nearside_nlu::ranker::{Projection, Ranker, Recalibration, StoredRanker, probabilities};
use nearside_text::in_order;
use serde::{Deserialize, Serialize};

use crate::evidence::{CANDIDATE, MESSAGE, gather};
use crate::query::Query;
use crate::responses::SMALL_TALK;
use crate::vectors::UnitVectors;

/// A ranker with what it is trusted for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredStage {
    /// The network.
    pub ranker: StoredRanker,
    /// How the domain's own questions correct it.
    pub by: Recalibration,
    /// Least confidence for an answer, in `0.0..=1.0`.
    pub answer_at: f32,
    /// Least confidence for a clarifying question, in `0.0..=1.0`.
    pub clarify_at: f32,
}

/// The rankers of a pack, as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredRanked {
    /// Reads words and n-grams alone.
    pub(crate) plain: StoredStage,
    /// Reads vectors too.
    pub(crate) with_vectors: Option<StoredStage>,
    pub(crate) vectors: Option<UnitVectors>,
    /// What a message's vector goes through, as those of the units did.
    pub(crate) projection: Option<Projection>,
}

#[derive(Clone, Debug)]
struct Stage {
    ranker: Ranker,
    by: Recalibration,
    answer_at: f32,
    clarify_at: f32,
}

impl Stage {
    fn load(stored: StoredStage) -> Result<Self, ModelError> {
        let StoredStage { ranker, by, answer_at, clarify_at } = stored;
        let is_share = |x: f32| (0.0..=1.0).contains(&x);
        if !by.is_sound() || !is_share(answer_at) || !is_share(clarify_at) {
            return Err(ModelError("thresholds or recalibration out of range"));
        }
        Ok(Self { ranker: Ranker::load(ranker, CANDIDATE, MESSAGE)?, by, answer_at, clarify_at })
    }
}

/// The rankers of a pack, ready to use.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    plain: Stage,
    with_vectors: Option<Stage>,
    pub(crate) vectors: Option<UnitVectors>,
    projection: Option<Projection>,
}

/// What asks in an article's own words is answered by it, however many others nearly have them.
const SAME: f32 = 0.99;

/// Small talk costs little when wrong, so that it never needs more than this confidence.
pub(crate) const SMALL_TALK_AT: f32 = 0.6;

/// What the ranker makes of a message.
pub(crate) struct Found {
    pub(crate) talk: Option<SmallTalk>,
    /// Article numbers with their confidences, best first.
    pub(crate) candidates: Vec<(usize, f32)>,
    pub(crate) answer_at: f32,
    pub(crate) clarify_at: f32,
}

impl Ranked {
    pub(crate) fn load(stored: StoredRanked, index: &Index) -> Result<Self, ModelError> {
        if let Some(vectors) = &stored.vectors {
            vectors.check(index.fields().len())?;
        }
        if stored.vectors.is_some() != stored.with_vectors.is_some() {
            return Err(ModelError("vectors and the ranker that reads them expected together"));
        }
        if let Some(projection) = &stored.projection {
            projection.check()?;
            if stored.vectors.as_ref().is_some_and(|v| v.width() != projection.width()) {
                return Err(ModelError("projection: the vectors' width expected"));
            }
        }
        let with_vectors = stored.with_vectors.map(Stage::load).transpose()?;
        Ok(Self { plain: Stage::load(stored.plain)?, with_vectors, vectors: stored.vectors, projection: stored.projection })
    }

    pub(crate) fn thresholds(&self) -> (f32, f32) {
        let stage = self.with_vectors.as_ref().unwrap_or(&self.plain);
        (stage.answer_at, stage.clarify_at)
    }

    /// A message's `vector` as those of the units are.
    pub(crate) fn projected(&self, mut vector: Vec<f32>) -> Vec<f32> {
        vector.truncate(self.vectors.as_ref().map_or(0, UnitVectors::width));
        match &self.projection {
            Some(projection) => projection.apply(&vector),
            None => vector,
        }
    }

    /// Ranks the documents of `index`: `articles` of them are articles, those after them small talk in the order of
    /// [`SMALL_TALK`].
    pub(crate) fn understand(
        &self,
        index: &Index,
        query: &Query<'_>,
        articles: usize,
        allowed: impl Fn(usize) -> bool,
        limit: usize,
    ) -> Found {
        let read = self.vectors.as_ref().zip(self.with_vectors.as_ref()).filter(|(v, _)| v.width() == query.width());
        let stage = read.map_or(&self.plain, |(_, stage)| stage);
        let evidence = gather(index, read.map(|(vectors, _)| vectors), query, |d| d >= articles || allowed(d));
        let (scores, none) = stage.ranker.scores(evidence.candidates.iter().map(Vec::as_slice), &evidence.message);
        let mut shares = probabilities(&scores, none, stage.by);
        if let Some(exact) = evidence.exact.filter(|&at| shares[at] < SAME) {
            let rest = (1.0 - SAME) / (1.0 - shares[exact]).max(f32::MIN_POSITIVE);
            shares.iter_mut().for_each(|share| *share *= rest);
            shares[exact] = SAME;
        }
        let pairs: Vec<(usize, f32)> = evidence.documents.into_iter().zip(shares).collect();
        let ranked = in_order(&pairs, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let first =
            ranked.first().filter(|(document, confidence)| *document >= articles && *confidence >= stage.answer_at.min(SMALL_TALK_AT));
        let talk = first.and_then(|(document, _)| SMALL_TALK.get(document - articles)).map(|(_, talk)| *talk);
        let candidates = ranked.into_iter().filter(|(document, _)| *document < articles).take(limit).collect();
        Found { talk, candidates, answer_at: stage.answer_at, clarify_at: stage.clarify_at }
    }
}
