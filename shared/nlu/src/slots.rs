//! Slots learned from marked examples: a structured perceptron with averaged weights (Collins 2002) over begin–inside–outside
//! tags, decoded by Viterbi's algorithm; beside an encoder's vectors a linear-chain field (`field.rs`). It needs tens of examples
//! where patterns and lists need none.

use std::ops::Range;

use nearside_text::{hash_chars, pieces};
use serde::{Deserialize, Serialize};

use crate::model::ModelError;
use crate::vectorize::HashTable;

mod encoded;
mod field;
mod learn;

pub use encoded::{EncodedSlotTagger, StoredEncodedSlots};
pub use learn::{SlotCounts, cross_validate};

/// A part of a text and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// Its name.
    pub name: String,
}

/// A text with its slots marked; none overlaps another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The text.
    pub text: String,
    /// Its slots.
    pub slots: Vec<Slot>,
}

/// A trained tagger as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredSlots {
    names: Vec<String>,
    hash_deltas: Vec<u32>,
    /// `[n_features, n_tags]` in units of the scale, row by row.
    weights: Vec<i8>,
    /// `[n_tags + 1, n_tags]`, the last row for a sentence's beginning.
    transitions: Vec<i8>,
    scale: f32,
}

/// Finds slots in texts.
#[derive(Clone, Debug)]
pub struct SlotTagger {
    names: Vec<String>,
    hash_deltas: Vec<u32>,
    table: HashTable,
    /// `[n_features, n_tags]`.
    weights: Vec<f32>,
    transitions: Vec<f32>,
}

/// Tag 0 is "outside"; `2 k + 1` begins slot `k` and `2 k + 2` continues it.
fn tags(names: usize) -> usize {
    2 * names + 1
}

fn may_follow(previous: usize, tag: usize) -> bool {
    tag == 0 || tag % 2 == 1 || previous == tag || previous + 1 == tag
}

#[cfg(test)]
impl StoredSlots {
    pub(crate) fn cut_a_weight(&mut self) {
        self.weights.pop();
    }
}

impl SlotTagger {
    /// The slots' names, sorted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The slots of raw `text`, in order.
    pub fn tag(&self, text: &str) -> Vec<Slot> {
        let cut = pieces(text);
        let tags = tags(self.names.len());
        let found = viterbi(&token_features(&cut), tags, |hash| self.row(hash), &self.transitions, |_, _| 0.0);
        named(&cut, found, &self.names)
    }

    /// The weights of a feature, `[n_tags]`.
    fn row(&self, hash: u32) -> Option<&[f32]> {
        let tags = tags(self.names.len());
        self.table.get(hash).map(|at| &self.weights[at as usize * tags..][..tags])
    }

    /// The parts to store; features whose weights come to nothing in them are left out.
    pub fn store(&self) -> StoredSlots {
        let scale = self.weights.iter().chain(&self.transitions).fold(0.0f32, |most, w| most.max(w.abs())) / 127.0;
        let quantise = |w: &f32| if scale > 0.0 { (w / scale).round() as i8 } else { 0 };
        let mut stored = StoredSlots { names: self.names.clone(), scale, ..Default::default() };
        let mut skipped = 0;
        for (delta, row) in self.hash_deltas.iter().zip(self.weights.chunks_exact(tags(self.names.len()))) {
            skipped += delta;
            let row: Vec<i8> = row.iter().map(quantise).collect();
            if row.iter().any(|w| *w != 0) {
                stored.hash_deltas.push(std::mem::take(&mut skipped));
                stored.weights.extend(row);
            }
        }
        stored.transitions = self.transitions.iter().map(quantise).collect();
        stored
    }

    /// Checks stored parts and makes them ready.
    ///
    /// # Errors
    /// [`ModelError`] where lengths or numbers are impossible; no stored bytes make this panic.
    pub fn load(stored: &StoredSlots) -> Result<Self, ModelError> {
        let tags = tags(stored.names.len());
        let fits = stored.names.len() <= MOST_NAMES
            && stored.weights.len() == stored.hash_deltas.len() * tags
            && stored.transitions.len() == (tags + 1) * tags
            && stored.scale.is_finite();
        if !fits {
            return Err(ModelError("slots: lengths of the parts disagree"));
        }
        if stored.hash_deltas.iter().try_fold(0u32, |hash, delta| hash.checked_add(*delta)).is_none() {
            return Err(ModelError("slots: hash above 32 bits"));
        }
        let float = |w: &i8| f32::from(*w) * stored.scale;
        Ok(Self::new(
            stored.names.clone(),
            stored.hash_deltas.clone(),
            stored.weights.iter().map(float).collect(),
            stored.transitions.iter().map(float).collect(),
        ))
    }

    fn new(names: Vec<String>, hash_deltas: Vec<u32>, weights: Vec<f32>, transitions: Vec<f32>) -> Self {
        Self { table: HashTable::new(&hash_deltas), names, hash_deltas, weights, transitions }
    }
}

/// The slots that a path of tags marks.
fn named(cut: &[nearside_text::Piece], found: Vec<usize>, names: &[String]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for (piece, tag) in cut.iter().zip(found) {
        match slots.last_mut() {
            Some(slot) if tag != 0 && tag % 2 == 0 => slot.span.end = piece.span.end,
            _ if tag % 2 == 1 => slots.push(Slot { span: piece.span.clone(), name: names[tag / 2].clone() }),
            _ => {}
        }
    }
    slots
}

/// Decoding takes time by the square of it: a pack that names more could make every message slow.
const MOST_NAMES: usize = 100;

/// How many of a token's features say nothing of its own word but its shape.
const CONTEXT: usize = 11;

/// Hashes of what is seen at each token: its neighbours and shape, then the token and its ends.
fn token_features(cut: &[nearside_text::Piece]) -> Vec<Vec<u32>> {
    let shapes: Vec<String> = cut.iter().map(|p| shape(&p.text)).collect();
    let word = |at: isize| usize::try_from(at).ok().and_then(|at| cut.get(at)).map_or("^", |p| p.text.as_str());
    let shape = |at: isize| usize::try_from(at).ok().and_then(|at| shapes.get(at)).map_or("^", String::as_str);
    let hash = |parts: &[&str]| (hash_chars(parts.iter().flat_map(|part| part.chars())) >> 32) as u32;
    (0..cut.len() as isize)
        .map(|at| {
            let own = word(at);
            let mut seen = vec![
                hash(&["b"]),
                hash(&["p", word(at - 1)]),
                hash(&["n", word(at + 1)]),
                hash(&["q", word(at - 2)]),
                hash(&["m", word(at + 2)]),
                hash(&["pn", word(at - 1), " ", word(at + 1)]),
                hash(&["qp", word(at - 2), " ", word(at - 1)]),
                hash(&["nm", word(at + 1), " ", word(at + 2)]),
                hash(&["s", shape(at)]),
                hash(&["sp", shape(at - 1), " ", shape(at)]),
                hash(&["sn", shape(at), " ", shape(at + 1)]),
                hash(&["w", own]),
                hash(&["pw", word(at - 1), " ", own]),
                hash(&["wn", own, " ", word(at + 1)]),
            ];
            let starts: Vec<usize> = own.char_indices().map(|(start, _)| start).collect();
            for n in 1..=4.min(starts.len().saturating_sub(1)) {
                seen.push(hash(&["<", &own[..starts[n]]]));
                seen.push(hash(&[">", &own[starts[starts.len() - n]..]]));
            }
            seen
        })
        .collect()
}

/// Digits as 9, letters as a, others as they are, runs cut to two: `19:30` is `99:99`.
fn shape(text: &str) -> String {
    let mut out: Vec<char> = Vec::new();
    for c in text.chars().map(|c| {
        if c.is_numeric() {
            '9'
        } else if c.is_alphabetic() {
            'a'
        } else {
            c
        }
    }) {
        if !out.ends_with(&[c, c]) {
            out.push(c);
        }
    }
    out.into_iter().collect()
}

/// The best path of tags, where each tag at a token scores `cost` more than its features say.
fn viterbi<'r>(
    tokens: &[Vec<u32>],
    tags: usize,
    row: impl Fn(u32) -> Option<&'r [f32]>,
    transitions: &[f32],
    cost: impl Fn(usize, usize) -> f32,
) -> Vec<usize> {
    let mut best: Vec<f32> = Vec::new();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let mut own: Vec<f32> = (0..tags).map(|tag| cost(at, tag)).collect();
        for weights in token.iter().filter_map(|&hash| row(hash)) {
            own.iter_mut().zip(weights).for_each(|(o, w)| *o += w);
        }
        let mut from = vec![tags; tags];
        let next = (0..tags).map(|tag| {
            let reach = |previous: usize, score: f32| score + transitions[previous * tags + tag];
            if back.is_empty() {
                return if tag == 0 || tag % 2 == 1 { own[tag] + reach(tags, 0.0) } else { f32::NEG_INFINITY };
            }
            let allowed =
                (0..tags).filter(|&previous| may_follow(previous, tag)).map(|previous| (previous, reach(previous, best[previous])));
            let (previous, score) = allowed.fold((0, f32::NEG_INFINITY), |most, one| if one.1 > most.1 { one } else { most });
            from[tag] = previous;
            own[tag] + score
        });
        best = next.collect();
        back.push(from);
    }
    let mut tag = (0..best.len()).fold(0, |most, tag| if best[tag] > best[most] { tag } else { most });
    let mut found = vec![0; tokens.len()];
    for at in (0..tokens.len()).rev() {
        found[at] = tag;
        tag = back[at][tag];
    }
    found
}
