//! A unigram tokenizer's model in little memory (Kudo, "Subword regularization", 2018).
//!
//! The tokenizers crate keeps the pieces in a tree of hash maps, one a byte: 63,500 pieces took 57 MB natively, half of what
//! an isolate has. Here they are one sorted string, searched by halving; the rest of `tokenizer.json` stays the crate's.
//! What is chosen is what the crate chooses.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokenizers::models::unigram::{UnigramTrainer, UnigramTrainerBuilder};
use tokenizers::{Model, Token};

/// How much worse than the rarest piece an unknown character is, as a logarithm: SentencePiece's own.
const UNKNOWN_PENALTY: f64 = 10.0;

/// The model as `tokenizer.json` has it.
#[derive(Deserialize)]
struct Stored {
    unk_id: u32,
    vocab: Vec<(String, f64)>,
}

/// Pieces with their logarithms of probability.
#[derive(Deserialize)]
#[serde(try_from = "Stored")]
pub(crate) struct Pieces {
    /// All pieces in the order of their bytes, without a gap.
    text: String,
    /// Where the piece at each place ends.
    ends: Vec<u32>,
    /// The number of the piece at each place.
    ids: Vec<u32>,
    /// The place of each number.
    places: Vec<u32>,
    /// By number.
    scores: Vec<f32>,
    unknown: u32,
    unknown_score: f64,
}

impl TryFrom<Stored> for Pieces {
    type Error = String;

    fn try_from(Stored { unk_id, vocab }: Stored) -> Result<Self, String> {
        let n = u32::try_from(vocab.len()).ok().filter(|n| unk_id < *n).ok_or(format!("no piece for unk_id {unk_id}"))?;
        if let Some((piece, _)) = vocab.iter().find(|(_, score)| !score.is_finite()) {
            return Err(format!("score of {piece:?} is no number"));
        }
        let piece = |id: u32| vocab[id as usize].0.as_str();
        let mut ids: Vec<u32> = (0..n).collect();
        ids.sort_unstable_by(|&a, &b| piece(a).cmp(piece(b)));
        if let Some(two) = ids.windows(2).find(|two| piece(two[0]) == piece(two[1])) {
            return Err(format!("piece {:?} stands there twice", piece(two[0])));
        }
        let (mut text, mut ends, mut places) = (String::new(), Vec::with_capacity(ids.len()), vec![0; ids.len()]);
        for (place, &id) in (0..n).zip(&ids) {
            text.push_str(piece(id));
            ends.push(u32::try_from(text.len()).map_err(|_| "more than 4 GB of pieces")?);
            places[id as usize] = place;
        }
        let unknown_score = vocab.iter().map(|(_, score)| *score).fold(f64::INFINITY, f64::min) - UNKNOWN_PENALTY;
        let scores = vocab.iter().map(|(_, score)| *score as f32).collect();
        Ok(Self { text, ends, ids, places, scores, unknown: unk_id, unknown_score })
    }
}

/// The best way to a place in a text.
#[derive(Clone, Copy)]
struct Way {
    score: f64,
    from: usize,
    id: u32,
}

impl Pieces {
    fn at(&self, place: usize) -> &str {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.text[start..self.ends[place] as usize]
    }

    /// The pieces that `text` begins with, shortest first: their lengths in bytes and their numbers.
    fn beginnings(&self, text: &[u8]) -> impl Iterator<Item = (usize, u32)> {
        let (mut low, mut high) = (0, self.ids.len());
        let narrowed = text.iter().enumerate().map_while(move |(at, byte)| {
            let first = |low: usize, high: usize, less: &dyn Fn(Option<&u8>) -> bool| {
                let (mut low, mut high) = (low, high);
                while low < high {
                    let middle = usize::midpoint(low, high);
                    if less(self.at(middle).as_bytes().get(at)) { low = middle + 1 } else { high = middle }
                }
                low
            };
            low = first(low, high, &|b| b < Some(byte));
            high = first(low, high, &|b| b <= Some(byte));
            (low < high).then(|| (self.at(low).len() == at + 1).then(|| (at + 1, self.ids[low])))
        });
        narrowed.flatten()
    }

    /// The most probable way to the end of `text`, as `(from, to, id)`; characters that no piece has are one unknown.
    fn best(&self, text: &str) -> Vec<(usize, usize, u32)> {
        let mut ways: Vec<Option<Way>> = vec![None; text.len() + 1];
        for (start, character) in text.char_indices() {
            let so_far = if start == 0 { 0.0 } else { ways[start].map_or(f64::NEG_INFINITY, |way| way.score) };
            let mut offer = |to: usize, score: f64, id: u32| {
                if ways[to].is_none_or(|way| score > way.score) {
                    ways[to] = Some(Way { score, from: start, id });
                }
            };
            let mut whole = false;
            for (length, id) in self.beginnings(&text.as_bytes()[start..]) {
                whole |= length == character.len_utf8();
                offer(start + length, so_far + f64::from(self.scores[id as usize]), id);
            }
            if !whole {
                offer(start + character.len_utf8(), so_far + self.unknown_score, self.unknown);
            }
        }
        let mut chosen: Vec<(usize, usize, u32)> = Vec::new();
        let mut to = text.len();
        while let Some(way) = ways[to].filter(|_| to > 0) {
            match chosen.last_mut() {
                Some(next) if way.id == self.unknown && next.2 == self.unknown => next.0 = way.from,
                _ => chosen.push((way.from, to, way.id)),
            }
            to = way.from;
        }
        chosen.reverse();
        chosen
    }
}

impl Model for Pieces {
    type Trainer = UnigramTrainer;

    fn tokenize(&self, text: &str) -> tokenizers::Result<Vec<Token>> {
        let token = |(from, to, id)| Token::new(id, text[from..to].to_owned(), (from, to));
        Ok(self.best(text).into_iter().map(token).collect())
    }

    fn token_to_id(&self, token: &str) -> Option<u32> {
        self.beginnings(token.as_bytes()).find(|(length, _)| *length == token.len()).map(|(_, id)| id)
    }

    fn id_to_token(&self, id: u32) -> Option<String> {
        self.places.get(id as usize).map(|&place| self.at(place as usize).to_owned())
    }

    fn get_vocab(&self) -> HashMap<String, u32> {
        self.ids.iter().enumerate().map(|(place, &id)| (self.at(place).to_owned(), id)).collect()
    }

    fn get_vocab_size(&self) -> usize {
        self.ids.len()
    }

    fn save(&self, _: &Path, _: Option<&str>) -> tokenizers::Result<Vec<PathBuf>> {
        Err("pieces are only read".into())
    }

    fn get_trainer(&self) -> UnigramTrainer {
        UnigramTrainerBuilder::default().build().unwrap_or_default()
    }
}
