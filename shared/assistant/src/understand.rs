//! What a message wants: small talk, articles with their confidences, and what it mentions.

use nearside_dialogue::SmallTalk;
use nearside_nlu::entities::EntityKind;
use nearside_nlu::slots::Slot;
use nearside_nlu::{Encoder, StaticVectors};
use nearside_text::{in_order, sentences, standard};

use crate::pack::{Engine, Pack};
use crate::query::Query;
use crate::ranked::SMALL_TALK_AT;
use crate::turn::EntityInfo;
use crate::vectors::VectorSource;

/// What one wish was understood to want.
pub(crate) struct Understood {
    pub(crate) talk: Option<SmallTalk>,
    /// Article numbers and their confidences, best first, at most five.
    pub(crate) candidates: Vec<(usize, f32)>,
    /// Least confidence for an answer and for a clarifying question.
    pub(crate) answer_at: f32,
    pub(crate) clarify_at: f32,
}

const CANDIDATES: usize = 5;
/// From so many sentences on, a message is a story: nobody tells one without wanting something.
const STORY: usize = 3;
/// The share of the usual confidence from which on a story is asked back, since a classifier reads the whole alone. On the
/// demo's work questions 68 % of stories are then answered or asked back with the right article among three, 40 % before.
const ASKED_SOONER: f32 = 0.3;

/// What turns a message into a vector here; each is missing where a host has not brought it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sources<'a> {
    pub(crate) tokens: Option<&'a StaticVectors>,
    pub(crate) encoder: Option<&'a dyn Encoder>,
}

/// Understands raw `text` with `pack` at `now_ms`.
pub(crate) fn understand(pack: &Pack, text: &str, now_ms: i64, sources: Sources<'_>) -> Understood {
    let text = &*standard(text, &pack.meta.slang);
    let text = &*pack.spelling.corrected(text, &pack.index, pack.articles.len());
    let allowed = |article: usize| pack.articles[article].is_valid_at(now_ms);
    match &pack.engine {
        Engine::Classes(classes) => {
            let clarify_at = if sentences(text).len() >= STORY { classes.clarify_at * ASKED_SOONER } else { classes.clarify_at };
            let answer_at = classes.answer_at;
            let talk_at = answer_at.min(SMALL_TALK_AT);
            let (talk, candidates) = classes.understand(&pack.index, text, sources.encoder, allowed, (talk_at, CANDIDATES));
            Understood { talk, candidates, answer_at, clarify_at }
        }
        Engine::Ranked(ranked) => {
            let query = Query::new(text, |part| {
                let vector = match pack.vectors() {
                    Some(VectorSource::Tokens(_)) => sources.tokens.map(|t| t.encode(part)).unwrap_or_default(),
                    Some(VectorSource::Encoder(_)) => sources.encoder.and_then(|e| e.encode(part).ok()).unwrap_or_default(),
                    None => Vec::new(),
                };
                ranked.projected(vector)
            });
            let found = ranked.understand(&pack.index, &query, pack.articles.len(), allowed, CANDIDATES);
            Understood { talk: found.talk, candidates: found.candidates, answer_at: found.answer_at, clarify_at: found.clarify_at }
        }
    }
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
