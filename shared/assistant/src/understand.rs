//! Classifier's and index's views of one message, put together.

use std::ops::Range;

use nearside_dialogue::{SmallTalk, Suggestion, Understanding};
use nearside_knowledge::fuse;
use nearside_nlu::Encoder;
use nearside_nlu::entities::EntityKind;
use nearside_nlu::slots::Slot;
use nearside_text::{clauses, in_order, standard};
use serde::{Deserialize, Serialize};

use crate::pack::Pack;
use crate::responses::SMALL_TALK;
use crate::turn::EntityInfo;

/// How many signals a confidence is made from; see [`signals`].
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
        let mut talk = Vec::new();
        for (label, (&(score, near), article)) in self.labels.iter().zip(self.article_of_label).enumerate() {
            let score = score + weights.nearest * near;
            match article {
                Some(article) => classifier[*article] = score,
                // Small talk is in no index; its nearest example stands for what the index would say.
                None => talk.push(Scored { target: Err(label), score: score + weights.index * near }),
            }
        }
        let mut ranked: Vec<Scored> =
            fuse(&self.index, &classifier, weights.index).into_iter().map(|m| Scored { target: Ok(m.article), score: m.score }).collect();
        ranked.extend(talk);
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

/// What was understood, with what explains it.
pub(crate) struct Understood {
    pub(crate) understanding: Understanding,
    /// Article numbers and their confidences, best first, at most five.
    pub(crate) candidates: Vec<(usize, f32)>,
}

const CANDIDATES: usize = 5;

/// A part of a message and the article that it wants.
pub(crate) struct Wish {
    pub(crate) span: Range<usize>,
    pub(crate) article: usize,
    pub(crate) confidence: f32,
}

/// Messages of more parts are stories, not lists of wishes.
const MOST_PARTS: usize = 4;

/// The parts of `text` that each surely want an article, in order; each article once. Fewer than two where the message as
/// a whole is about something that none of its parts is about: then they were no wishes but one.
pub(crate) fn wishes(pack: &Pack, text: &str, whole: &Understood, part: impl Fn(&str) -> Understood) -> Vec<Wish> {
    let parts = clauses(text);
    if !(2..=MOST_PARTS).contains(&parts.len()) {
        return Vec::new();
    }
    let mut found: Vec<Wish> = Vec::new();
    for span in parts {
        let understood = part(&text[span.clone()]);
        let first = understood.candidates.first().filter(|(_, confidence)| *confidence >= pack.meta.answer_at);
        let Some(&(article, confidence)) = first.filter(|_| understood.understanding.small_talk.is_none()) else { continue };
        match found.iter_mut().find(|w| w.article == article) {
            Some(same) => same.confidence = same.confidence.max(confidence),
            None => found.push(Wish { span, article, confidence }),
        }
    }
    let about = whole.candidates.first().map(|c| c.0);
    if found.iter().any(|w| Some(w.article) == about) { found } else { Vec::new() }
}

/// Understands raw `text` with `pack` at `now_ms`.
pub(crate) fn understand(pack: &Pack, text: &str, now_ms: i64, encoder: Option<&dyn Encoder>) -> Understood {
    let text = &*standard(text, &pack.meta.slang);
    // Without the encoder that a pack was trained for, its n-grams are all there is.
    let encoder = encoder.filter(|e| pack.classifier.width() == e.width());
    let vector = match (&pack.words, encoder) {
        (Some(words), _) => words.encode(text),
        (None, Some(encoder)) => encoder.encode(text).unwrap_or_default(),
        (None, None) => Vec::new(),
    };
    let classified = pack.classifier.classify_with(text, &vector);
    let mut labels = vec![(0.0, 0.0); pack.classifier.labels().len()];
    for candidate in &classified.candidates {
        labels[candidate.intent] = (candidate.score, classified.nearest_by_intent[candidate.intent]);
    }
    let views = Views {
        labels,
        article_of_label: &pack.article_of_label,
        index: pack.index.scores(text),
        mean_cosine: classified.mean_cosine,
        known: classified.known,
    };
    let ranked: Vec<Scored> =
        views.rank(pack.meta.weights).into_iter().filter(|s| s.target.map_or(true, |a| pack.articles[a].is_valid_at(now_ms))).collect();
    // A message in which nothing is known gives no signal at all.
    let nothing = views.known == 0.0 && views.index.iter().all(|s| *s == 0.0);
    let confidence = |from: usize| {
        if nothing { 0.0 } else { pack.meta.calibration.confidence(&views.signals(&ranked[from..])) }
    };
    let best = if ranked.is_empty() { 0.0 } else { confidence(0) };
    let small_talk = match ranked.first() {
        Some(Scored { target: Err(label), .. }) if best >= pack.meta.answer_at.min(SMALL_TALK_AT) => talk(pack, *label),
        _ => None,
    };
    // A lower candidate cannot be more probable than what the better ones leave.
    let mut left = 1.0f32;
    let mut candidates = Vec::new();
    for (at, scored) in ranked.iter().enumerate() {
        if candidates.len() == CANDIDATES {
            break;
        }
        let own = if at == 0 { best } else { confidence(at).min(left) };
        left = (left - own).max(0.0);
        if let Ok(article) = scored.target {
            candidates.push((article, own));
        }
    }
    let options = candidates.iter().map(|&(a, confidence)| Suggestion { article: pack.articles[a].id.clone(), confidence }).collect();
    Understood { understanding: Understanding { small_talk, options, wishes: Vec::new() }, candidates }
}

/// What `text` mentions: by pattern and by list, and what a tagger learned to find; of two that overlap the longer, and
/// the learned one gives way to one as long.
pub(crate) fn entities(pack: &Pack, text: &str) -> Vec<EntityInfo> {
    let known = pack.finder.find(text).into_iter().map(|entity| EntityInfo {
        kind: if entity.kind == EntityKind::Listed { entity.list } else { entity.kind.name().to_owned() },
        value: entity.value,
        start: entity.start,
        end: entity.end,
    });
    let mut found: Vec<EntityInfo> = known.collect();
    for Slot { span, name } in pack.slots.as_ref().map_or_else(Vec::new, |tagger| tagger.tag(text)) {
        let overlaps = |e: &EntityInfo| e.start < span.end && span.start < e.end;
        if found.iter().any(|e| overlaps(e) && e.end - e.start >= span.len()) {
            continue;
        }
        found.retain(|e| !overlaps(e));
        found.push(EntityInfo { kind: name, value: text[span.clone()].to_owned(), start: span.start, end: span.end });
    }
    in_order(&found, |a, b| a.start.cmp(&b.start))
}

/// Small talk costs little when wrong, so that it never needs more than this confidence.
const SMALL_TALK_AT: f32 = 0.6;

fn talk(pack: &Pack, label: usize) -> Option<SmallTalk> {
    let name = pack.classifier.labels().get(label)?;
    SMALL_TALK.iter().find(|(n, _)| n == name).map(|(_, talk)| *talk)
}
