//! From a message to what the policy decides on: acts first, then the wishes that remain.

use std::ops::Range;

use nearside_dialogue::{ShortReply, SmallTalk, Suggestion, Understanding};
use nearside_nlu::acts::{Act, Reading};
use nearside_text::{ends_sentence, in_order, is_negated};

use crate::pack::Pack;
use crate::understand::{Sources, Understood, understand};

/// What was heard, with what explains it.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) understanding: Understanding,
    /// Article numbers and their confidences, best first.
    pub(crate) candidates: Vec<(usize, f32)>,
    /// The parts that each surely want an article, in order.
    pub(crate) parts: Vec<Part>,
    pub(crate) answer_at: f32,
    pub(crate) clarify_at: f32,
}

/// A part of a message and the article that it wants.
#[derive(Clone)]
pub(crate) struct Part {
    /// Bytes of the message.
    pub(crate) span: Range<usize>,
    pub(crate) article: usize,
    pub(crate) confidence: f32,
}

/// Messages of more parts are stories: they want one thing, which the ranker finds in their sentences.
const WISHES: usize = 4;
/// What a refusal is about from this confidence on is not told.
const DENIED_AT: f32 = 0.1;
/// Beside a refusal, what does not ask is mostly its reason: it is answered from this confidence on.
const BESIDE_REFUSAL_AT: f32 = 0.95;
/// Two wishes are two where the message as a whole may want each of them with this confidence.
const BOTH_AT: f32 = 0.04;
/// From this confidence of the whole on, a part that is sure of the same article is believed.
const AGREED_AT: f32 = 0.3;
/// A part that asks gets its own choice from this confidence on, where another part is answered.
const OTHER_AT: f32 = 0.3;

/// Hears raw `text` with `pack` at `now_ms`.
pub(crate) fn hear(pack: &Pack, text: &str, now_ms: i64, sources: Sources<'_>) -> Heard {
    let mut reading = pack.acts.read(text);
    let (answer_at, clarify_at) = pack.thresholds();
    let none = Heard { answer_at, clarify_at, ..Heard::default() };
    if reading.acts.contains(&Act::Person) {
        return Heard { understanding: talk(SmallTalk::WantPerson), ..none };
    }
    let of = |text: &str| understand(pack, text, now_ms, sources);
    if reading.refused.is_empty() {
        return if reading.wishes.is_empty() {
            Heard { understanding: without_wish(&reading), ..none }
        } else {
            wanted(pack, text, &reading, &of)
        };
    }
    // What stands word for word over an article, or leads to a question, is no refusal ("I do not want to pay": a title; "I don't
    // want my account any more, how do I close it").
    let asks = reading.wishes.iter().any(|span| pack.acts.asks(&text[span.clone()]));
    if asks || reading.refused.iter().any(|span| pack.index.with_same_words(&text[span.clone()]).iter().any(|&a| a < pack.articles.len())) {
        let mut all = reading.clone();
        all.wishes.append(&mut all.refused);
        all.wishes = in_order(&all.wishes, |a, b| a.start.cmp(&b.start));
        let heard = wanted(pack, text, &all, &of);
        if heard.understanding.options.first().is_some_and(|o| o.confidence >= heard.answer_at) {
            return heard;
        }
    }
    // Where one thing is refused, what else is denied is no wish either ("I do not want a new one, I have not lost it").
    reading.wishes.retain(|span| !is_negated(&text[span.clone()]) || pack.acts.asks(&text[span.clone()]));
    let near = |span: &Range<usize>| of(&text[span.clone()]).candidates.into_iter().take(3).filter(|(_, c)| *c >= DENIED_AT);
    let refused: Vec<usize> = reading.refused.iter().flat_map(near).map(|c| c.0).collect();
    let is_told = |id: &Suggestion| refused.iter().any(|&a| pack.articles[a].id == id.article);
    let rest = Some(&reading).filter(|r| !r.wishes.is_empty()).map(|r| wanted(pack, text, r, &of));
    let enough = |heard: &Heard| if asks { heard.answer_at } else { heard.answer_at.max(BESIDE_REFUSAL_AT) };
    let is_sure = |heard: &Heard| heard.understanding.options.first().is_some_and(|o| o.confidence >= enough(heard) && !is_told(o));
    match rest.filter(is_sure) {
        Some(mut heard) => {
            heard.understanding.wishes.retain(|w| !is_told(w));
            heard.understanding.other.retain(|w| !is_told(w));
            heard
        }
        None => Heard { understanding: without_wish(&reading), ..none },
    }
}

/// What of raw `text` is wanted, in one text: what else is done is left out, sentences stay sentences.
pub(crate) fn wish(text: &str, reading: &Reading) -> String {
    let mut wish = String::new();
    let mut end = 0;
    for span in &reading.wishes {
        let between = &text[end..span.start];
        if !wish.is_empty() {
            wish.push_str(if between.contains(|c| c == '.' || ends_sentence(c)) { ". " } else { ", " });
        }
        wish.push_str(&text[span.clone()]);
        end = span.end;
    }
    wish
}

/// What a message's wishes come to.
fn wanted(pack: &Pack, text: &str, reading: &Reading, of: &dyn Fn(&str) -> Understood) -> Heard {
    let whole = of(&wish(text, reading));
    let spans: Vec<Range<usize>> = reading.wishes.iter().flat_map(|span| split(pack, text, span)).take(WISHES + 1).collect();
    if whole.talk.is_some() || spans.len() < 2 || spans.len() > WISHES {
        return heard(pack, whole);
    }
    let parts: Vec<(Range<usize>, Understood)> = spans.into_iter().map(|span| (span.clone(), of(&text[span]))).collect();
    several(pack, text, whole, &parts)
}

/// A wish's parts between words that join.
fn split(pack: &Pack, text: &str, span: &Range<usize>) -> Vec<Range<usize>> {
    let parts = pack.acts.joined(&text[span.clone()]);
    parts.into_iter().map(|part| span.start + part.start..span.start + part.end).collect()
}

fn talk(talk: SmallTalk) -> Understanding {
    Understanding { small_talk: Some(talk), ..Understanding::default() }
}

/// A message that only does something.
fn without_wish(reading: &Reading) -> Understanding {
    let reply = |reply| Understanding { reply: Some(reply), ..Understanding::default() };
    let has = |wanted: Act| reading.acts.contains(&wanted);
    if !reading.refused.is_empty() {
        return reply(ShortReply::Refuse);
    }
    if let Some(number) = reading.acts.iter().find_map(|act| if let Act::Ordinal(number) = act { Some(*number) } else { None }) {
        return reply(ShortReply::Choice(number));
    }
    // What answers a question goes before what is polite; what ends a conversation before what begins one.
    let replies =
        [(Act::Bot, talk(SmallTalk::BotChallenge)), (Act::Deny, reply(ShortReply::Deny)), (Act::Affirm, reply(ShortReply::Affirm))];
    let more = [
        (Act::Farewell, talk(SmallTalk::Leave)),
        (Act::Thanks, talk(SmallTalk::Thank)),
        (Act::Greeting, talk(SmallTalk::Greet)),
        (Act::Acknowledge, reply(ShortReply::Acknowledge)),
        (Act::Wait, reply(ShortReply::Acknowledge)),
    ];
    replies.into_iter().chain(more).find(|(act, _)| has(*act)).map_or_else(|| reply(ShortReply::Vague), |(_, understanding)| understanding)
}

fn heard(pack: &Pack, understood: Understood) -> Heard {
    let options = suggestions(pack, &understood.candidates);
    let understanding = Understanding { small_talk: understood.talk, options, ..Understanding::default() };
    let Understood { candidates, answer_at, clarify_at, .. } = understood;
    Heard { understanding, candidates, parts: Vec::new(), answer_at, clarify_at }
}

fn suggestions(pack: &Pack, candidates: &[(usize, f32)]) -> Vec<Suggestion> {
    candidates.iter().map(|&(a, confidence)| Suggestion { article: pack.articles[a].id.clone(), confidence }).collect()
}

fn several(pack: &Pack, text: &str, whole: Understood, parts: &[(Range<usize>, Understood)]) -> Heard {
    let first = |u: &Understood| u.candidates.first().copied().filter(|_| u.talk.is_none());
    let mut sure: Vec<Part> = Vec::new();
    for (span, understood) in parts {
        let Some((article, confidence)) = first(understood).filter(|(_, confidence)| *confidence >= understood.answer_at) else { continue };
        match sure.iter_mut().find(|part| part.article == article) {
            Some(same) => same.confidence = same.confidence.max(confidence),
            None => sure.push(Part { span: span.clone(), article, confidence }),
        }
    }
    let of_whole = |article: usize| whole.candidates.iter().find(|(a, _)| *a == article).map_or(0.0, |c| c.1);
    let two = sure.iter().filter(|part| of_whole(part.article) >= BOTH_AT).count() > 1;
    if two {
        sure.retain(|part| of_whole(part.article) >= BOTH_AT);
        let mut all = heard(pack, whole);
        all.understanding.wishes = sure.iter().map(|p| suggestion(pack, p.article, p.confidence)).collect();
        all.parts = sure;
        return all;
    }
    // What a part is sure of and the whole puts first, too, needs no more: the other parts only stand around it.
    let mut whole = whole;
    if let Some(first) = whole.candidates.first_mut().filter(|first| first.1 >= AGREED_AT)
        && let Some(part) = sure.iter().find(|part| part.article == first.0)
    {
        first.1 = first.1.max(part.confidence);
    }
    let mut all = heard(pack, whole);
    let answered = all.candidates.first().copied().filter(|(_, confidence)| *confidence >= all.answer_at);
    if let Some((article, _)) = answered {
        let asks = |span: &Range<usize>| pack.acts.asks(&text[span.clone()]);
        let other = parts.iter().filter(|(span, _)| asks(span)).filter_map(|(_, u)| first(u).map(|f| (f, u)));
        let other = other.filter(|((a, confidence), _)| *a != article && *confidence >= OTHER_AT);
        if let Some((_, understood)) = other.max_by(|a, b| a.0.1.total_cmp(&b.0.1)) {
            let options = understood.candidates.iter().filter(|(a, confidence)| *a != article && *confidence >= all.clarify_at);
            all.understanding.other = suggestions(pack, &options.copied().collect::<Vec<_>>());
        }
        return all;
    }
    // The whole is not sure: what parts may want is offered beside what it may.
    let of_parts = parts.iter().filter_map(|(_, u)| first(u)).filter(|(_, c)| *c >= all.clarify_at);
    let offered: Vec<(usize, f32)> = of_parts.chain(std::mem::take(&mut all.candidates)).collect();
    for (article, confidence) in in_order(&offered, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))) {
        if !all.candidates.iter().any(|(known, _)| *known == article) {
            all.candidates.push((article, confidence.min(all.answer_at * BELOW)));
        }
    }
    all.understanding.options = suggestions(pack, &all.candidates);
    all
}

/// What is offered from several parts is never sure.
const BELOW: f32 = 0.99;

fn suggestion(pack: &Pack, article: usize, confidence: f32) -> Suggestion {
    Suggestion { article: pack.articles[article].id.clone(), confidence }
}
