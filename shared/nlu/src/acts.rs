//! Dialogue acts: what a visitor does with words beside asking (greets, agrees, refuses), found by phrases.
//!
//! A message is cut at its signs into segments. Greetings, thanks and politeness are peeled off a segment's ends; a segment
//! of nothing but phrases is an act; one that says what shall not be done is a refusal; what remains is a wish. The names
//! of the acts follow ISO 24617-2 where it has one. What always holds: phrases come from a pack, so that a visitor loads
//! those of one language.

use std::ops::Range;

use nearside_text::{Piece, in_order, is_unspaced, pieces};
use serde::{Deserialize, Serialize};

/// What a phrase does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Act {
    /// "Hello."
    Greeting,
    /// "Thank you."
    Thanks,
    /// "Bye."
    Farewell,
    /// "Could you tell me": carries no wish.
    Polite,
    /// "Yes."
    Affirm,
    /// "No."
    Deny,
    /// "OK."
    Acknowledge,
    /// "What?"
    Repeat,
    /// "One moment."
    Wait,
    /// "The first one", by number from 1; 0 is the last one.
    Ordinal(u8),
    /// "I do not want": turns a wish into its opposite.
    Refuse,
    /// "Why", "can I": what is asked is not refused.
    Question,
    /// "And also": stands between two wishes.
    Join,
    /// "A human, please."
    Person,
    /// "Are you a bot?"
    Bot,
}

impl Act {
    /// "Yes, …", "OK, …": may stand before a wish.
    fn leads(self) -> bool {
        matches!(self, Self::Affirm | Self::Acknowledge | Self::Wait)
    }

    fn is_peeled(self) -> bool {
        matches!(self, Self::Greeting | Self::Thanks | Self::Farewell | Self::Polite)
    }
}

/// Phrases by act: normalised pieces between spaces, `~` before the end of a word, `…` for up to [`GAP`] pieces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredActs(pub Vec<(Act, Vec<String>)>);

impl StoredActs {
    /// The lists of phrases in natural spelling, as they are stored.
    pub fn from_lists<'a>(lists: impl IntoIterator<Item = (Act, &'a [String])>) -> Self {
        let stored = |phrase: &String| -> Option<String> {
            let parts = phrase.split('…').map(|part| {
                let words: Vec<String> = part.split_whitespace().flat_map(spelled).collect();
                words.join(" ")
            });
            let joined = parts.collect::<Vec<_>>().join(" … ").trim().to_owned();
            Some(joined).filter(|p| !p.is_empty() && !p.starts_with('…'))
        };
        Self(lists.into_iter().map(|(act, phrases)| (act, phrases.iter().filter_map(stored).collect())).collect())
    }
}

/// The pieces of one word of a phrase; signs are left out, emoji are not.
fn spelled(word: &str) -> Vec<String> {
    let (tilde, rest) = word.strip_prefix('~').map_or(("", word), |rest| ("~", rest));
    let found: Vec<String> = pieces(rest).into_iter().filter(is_word).map(|p| p.text).collect();
    if tilde.is_empty() { found } else { vec![format!("~{}", found.concat())] }
}

/// Pieces that a piece stands for in a gap, at most.
const GAP: usize = 4;

/// Whether a piece says something; signs only end segments.
fn is_word(piece: &Piece) -> bool {
    piece.text.chars().any(|c| c.is_alphanumeric() || u32::from(c) >= 0x2600 && !c.is_ascii_punctuation() && !is_sign(c))
}

fn is_sign(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff65}' | '\u{2600}'..='\u{2604}')
}

/// Whether a sign ends a segment.
fn ends(piece: &Piece, next: Option<&Piece>) -> bool {
    let Some(c) = piece.text.chars().next() else { return false };
    let free = next.is_none_or(|n| n.span.start > piece.span.end);
    matches!(c, '!' | '?' | ';' | '。' | '！' | '？' | '；' | '，' | '、' | '؟' | '،' | '؛' | '\u{2026}')
        || (matches!(c, '.' | ',' | ':' | '-' | '–' | '—' | ')') && free)
}

/// Phrases ready to be found.
#[derive(Clone, Debug, Default)]
pub struct Acts {
    /// The act and all pieces, in order of the first piece.
    by_first: Vec<(Act, Vec<String>)>,
    /// Phrases that begin with the end of a word.
    by_ending: Vec<(Act, Vec<String>)>,
}

/// What a message does and what it wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What is done, in order, beside wishes.
    pub acts: Vec<Act>,
    /// Segments that want something, as bytes of the message, peeled.
    pub wishes: Vec<Range<usize>>,
    /// Segments that say what is not wanted.
    pub refused: Vec<Range<usize>>,
}

/// The words of a segment.
struct Segment<'a> {
    words: Vec<&'a Piece>,
    asks: bool,
}

impl Acts {
    /// Makes stored phrases ready.
    pub fn load(stored: &StoredActs) -> Self {
        let mut acts = Self::default();
        for (act, phrases) in &stored.0 {
            for phrase in phrases {
                let parts: Vec<String> = phrase.split(' ').map(str::to_owned).collect();
                match parts.first() {
                    Some(first) if first.starts_with('~') => acts.by_ending.push((*act, parts)),
                    Some(_) => acts.by_first.push((*act, parts)),
                    None => {}
                }
            }
        }
        acts.by_first = in_order(&acts.by_first, |a, b| a.1.first().cmp(&b.1.first()));
        acts
    }

    /// Reads raw `text`.
    pub fn read(&self, text: &str) -> Reading {
        let all = pieces(text);
        let mut reading = Reading::default();
        for segment in segments(text, &all) {
            self.read_segment(&segment, &mut reading);
        }
        reading
    }

    fn read_segment(&self, segment: &Segment<'_>, reading: &mut Reading) {
        let words = &segment.words;
        if let Some(acts) = self.covered(words) {
            reading.acts.extend(acts);
            return;
        }
        if let Some(act) = self.mostly(words) {
            reading.acts.push(act);
            return;
        }
        // Before peeling: "please" may be a part of "please do not".
        let refused = !segment.asks && self.refuses(words);
        let (mut from, mut to) = (0, words.len());
        loop {
            let before = (from, to);
            if let Some((act, length)) = self.longest(&words[from..to], |act, length| {
                (act.is_peeled() || act.leads() && !unspaced(&words[from..])) && is_safe(&words[from..], length)
            }) {
                reading.acts.push(act);
                from += length;
            }
            let ending = (from..to).find_map(|at| {
                let fits = |act: Act, length: usize| act.is_peeled() && at + length == to && is_safe(&words[at..], length);
                self.longest(&words[at..to], fits).map(|(act, _)| (act, at))
            });
            if let Some((act, at)) = ending {
                reading.acts.push(act);
                to = at;
            }
            if from >= to || (from, to) == before {
                break;
            }
        }
        if from >= to {
            return;
        }
        let words = &words[from..to];
        let span = words[0].span.start..words[words.len() - 1].span.end;
        if refused {
            reading.refused.push(span);
        } else {
            reading.wishes.push(span);
        }
    }

    /// The acts of a segment that is made of nothing but phrases.
    fn covered(&self, words: &[&Piece]) -> Option<Vec<Act>> {
        let mut acts = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let stands_alone = |act: Act, _: usize| !matches!(act, Act::Refuse | Act::Question | Act::Join);
            let (act, length) = self.longest(&words[at..], stands_alone)?;
            acts.push(act);
            at += length;
        }
        (!acts.is_empty()).then_some(acts)
    }

    /// A person or a bot that is most of what a segment is about, beside politeness and asking ("can I", "please").
    fn mostly(&self, words: &[&Piece]) -> Option<Act> {
        let (mut found, mut covered, mut at) = (None, 0, 0);
        while at < words.len() {
            let around = |act: Act| act.is_peeled() || matches!(act, Act::Person | Act::Bot | Act::Question);
            let Some((act, length)) = self.longest(&words[at..], |act, _| around(act)) else {
                at += 1;
                continue;
            };
            if matches!(act, Act::Person | Act::Bot) && (length > 1 || words.len() == 1) {
                found = Some(act);
            }
            (covered, at) = (covered + length, at + length);
        }
        found.filter(|_| 3 * covered >= 2 * words.len())
    }

    /// Whether raw `text` holds a phrase that asks, or a question mark.
    pub fn asks(&self, text: &str) -> bool {
        let all = pieces(text);
        let words: Vec<&Piece> = all.iter().filter(|p| is_word(p)).collect();
        text.contains(['?', '？', '؟']) || self.has(&words, Act::Question)
    }

    /// The parts of raw `text` between phrases that join, as bytes of it.
    pub fn joined(&self, text: &str) -> Vec<Range<usize>> {
        let all = pieces(text);
        let words: Vec<&Piece> = all.iter().filter(|p| is_word(p)).collect();
        let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
        while at < words.len() {
            match self.longest(&words[at..], |act, _| act == Act::Join) {
                Some((_, length)) => {
                    parts.push(from..at);
                    (from, at) = (at + length, at + length);
                }
                None => at += 1,
            }
        }
        parts.push(from..words.len());
        parts.into_iter().filter(|p| !p.is_empty()).map(|p| words[p.start].span.start..words[p.end - 1].span.end).collect()
    }

    /// Whether words say that something shall not be done, and nothing beside that asks ("devo" asks, "non devo" does not).
    fn refuses(&self, words: &[&Piece]) -> bool {
        let found = |wanted: Act| {
            let at = move |at: usize| self.longest(&words[at..], |act, _| act == wanted).map(|(_, length)| at..at + length);
            (0..words.len()).filter_map(at).collect::<Vec<_>>()
        };
        let refusals = found(Act::Refuse);
        let within = |asked: &Range<usize>| refusals.iter().any(|r| r.start <= asked.start && asked.end <= r.end);
        !refusals.is_empty() && found(Act::Question).iter().all(within)
    }

    fn has(&self, words: &[&Piece], wanted: Act) -> bool {
        (0..words.len()).any(|at| self.longest(&words[at..], |act, _| act == wanted).is_some())
    }

    /// The longest accepted phrase at the beginning of `words`: its act, and how many words it takes.
    fn longest(&self, words: &[&Piece], accept: impl Fn(Act, usize) -> bool) -> Option<(Act, usize)> {
        let first = words.first()?;
        let from = self.by_first.partition_point(|(_, phrase)| phrase.first().is_some_and(|piece| *piece < first.text));
        let same = self.by_first[from..].iter().take_while(|(_, phrase)| phrase.first() == Some(&first.text));
        let lists = same.chain(&self.by_ending);
        let mut best: Option<(Act, usize)> = None;
        for (act, phrase) in lists {
            let Some(length) = matched(phrase, words) else { continue };
            if accept(*act, length) && best.is_none_or(|(_, most)| length > most) {
                best = Some((*act, length));
            }
        }
        best
    }
}

/// How many of `words` a phrase takes, which begins with the first of them.
fn matched(phrase: &[String], words: &[&Piece]) -> Option<usize> {
    let mut at = 0;
    for (place, part) in phrase.iter().enumerate() {
        if part == "…" {
            let rest = &phrase[place + 1..];
            return (0..=GAP).find_map(|skipped| {
                let from = at + skipped;
                let taken = words.get(from..).filter(|rest| !rest.is_empty()).and_then(|words| matched(rest, words))?;
                Some(from + taken)
            });
        }
        let word = words.get(at)?;
        let fits =
            part.strip_prefix('~').map_or(word.text == *part, |ending| word.text.ends_with(ending) && word.text.len() > ending.len());
        if !fits {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// Within a run of a script without spaces, a single character may belong to another word.
fn is_safe(words: &[&Piece], length: usize) -> bool {
    length > 1 || !unspaced(words)
}

fn unspaced(words: &[&Piece]) -> bool {
    words.first().is_some_and(|w| w.text.starts_with(is_unspaced))
}

fn segments<'a>(text: &str, all: &'a [Piece]) -> Vec<Segment<'a>> {
    let mut out = Vec::new();
    let mut open = Segment { words: Vec::new(), asks: false };
    for (at, piece) in all.iter().enumerate() {
        let before = at.checked_sub(1).map_or(0, |b| all[b].span.end);
        let line_ended = text[before..piece.span.start].contains('\n');
        if line_ended && !open.words.is_empty() {
            out.push(std::mem::replace(&mut open, Segment { words: Vec::new(), asks: false }));
        }
        if is_word(piece) {
            open.words.push(piece);
        } else if ends(piece, all.get(at + 1)) {
            open.asks = matches!(piece.text.chars().next(), Some('?' | '？' | '؟'));
            if !open.words.is_empty() {
                out.push(std::mem::replace(&mut open, Segment { words: Vec::new(), asks: false }));
            } else if open.asks {
                // "??" by itself asks for a repetition.
                open.asks = false;
            }
        }
    }
    if !open.words.is_empty() {
        out.push(open);
    }
    out
}
