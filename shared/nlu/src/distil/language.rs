//! A language's word vectors: general words, sentences of every kind, few bits.

use nearside_text::{normalize, tokens};

use super::ridge::Ridge;
use super::space::{Space, mean};
use super::{bag, row};
use crate::model::ModelError;
use crate::static_vectors::unit_hash;
use crate::static_vectors::write::Table;

/// Knobs of a language's table. `shared/nlu/vectors/README.md` has what they cost and bring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LanguageOptions {
    /// Numbers in a vector, default 128.
    pub width: usize,
    /// Bits a number, 1 to 8, default 3. `width * bits` must be whole bytes.
    pub bits: u32,
    /// Units in the table at most, default 12,000. The words after them teach their parts.
    pub units: usize,
    /// How strongly units are held to where they began, default 5.
    pub ridge: f32,
    /// How often a unit may occur before it counts half, as a share of all words, default 0.001.
    pub frequent: f32,
    /// How much a word outside the table counts beside a sentence, default 0.5; 0 leaves such words out.
    pub tail: f32,
}

impl Default for LanguageOptions {
    fn default() -> Self {
        Self { width: 128, bits: 3, units: 12_000, ridge: 5.0, frequent: 1e-3, tail: 0.5 }
    }
}

/// What the encoder says of a language.
#[derive(Clone, Copy, Debug)]
pub struct LanguageTeacher<'a> {
    /// Two letters.
    pub language: [u8; 2],
    /// Words as they are written, the most frequent first.
    pub words: &'a [&'a str],
    /// Their vectors.
    pub word_vectors: &'a [Vec<f32>],
    /// Sentences of every kind.
    pub sentences: &'a [&'a str],
    /// Their vectors, as wide.
    pub sentence_vectors: &'a [Vec<f32>],
}

/// Makes a language's table: the bytes that [`crate::StaticVectors::load`] reads.
///
/// # Errors
/// [`ModelError`] where there are no words or sentences, or widths or bits are impossible.
pub fn distil_language(teacher: &LanguageTeacher<'_>, options: LanguageOptions) -> Result<Vec<u8>, ModelError> {
    let LanguageTeacher { words, word_vectors, sentences, sentence_vectors, .. } = *teacher;
    let full = sentence_vectors.first().map_or(0, Vec::len);
    let paired = sentences.len() == sentence_vectors.len() && words.len() == word_vectors.len();
    if !paired || full == 0 || words.is_empty() || sentence_vectors.iter().chain(word_vectors).any(|v| v.len() != full) {
        return Err(ModelError("word vectors: expected words, sentences, and vectors of one width"));
    }
    let width = options.width.clamp(1, full);
    if !(1..=8).contains(&options.bits) || !(width * options.bits as usize).is_multiple_of(8) {
        return Err(ModelError("word vectors: expected 1 to 8 bits and a row of whole bytes"));
    }
    let (order, taken) = chosen_units(words, options.units);
    // Zipf's law: the word of rank r is about a tenth of an r-th of all words.
    let weight = |rank: usize| options.frequent / (options.frequent + 0.1 / (rank + 1) as f32);
    let weights: Vec<f32> = order.iter().map(|&(_, rank)| weight(rank)).collect();

    let space = Space::of(sentence_vectors, width);
    let middle = mean(word_vectors, full);
    let mut targets: Vec<f32> = sentence_vectors.iter().flat_map(|v| space.project(v)).collect();
    let mut rows: Vec<Vec<(usize, f32)>> = sentences.iter().map(|text| row(&bag(text, &order, true), &weights)).collect();
    let mut prior: Vec<f32> = order.iter().flat_map(|&(_, rank)| space.turn(&word_vectors[rank], &middle)).collect();
    let chosen: Vec<usize> = (0..rows.len()).collect();
    let scale = Ridge { rows: &rows, chosen: &chosen, width }.fit(&prior, &targets);
    prior.iter_mut().for_each(|p| *p *= scale);
    if options.tail > 0.0 {
        for (word, vector) in words.iter().zip(word_vectors).skip(taken) {
            let parts = row(&bag(word, &order, true), &weights);
            rows.push(parts.into_iter().map(|(unit, weight)| (unit, weight * options.tail)).collect());
            targets.extend(space.turn(vector, &middle).iter().map(|v| v * scale * options.tail));
        }
    }
    let chosen: Vec<usize> = (0..rows.len()).collect();
    let moved = Ridge { rows: &rows, chosen: &chosen, width }.solve(&prior, &targets, options.ridge);
    let vectors: Vec<f32> = moved.chunks_exact(width).zip(&weights).flat_map(|(row, weight)| row.iter().map(move |v| v * weight)).collect();
    let hashes: Vec<u32> = order.iter().map(|o| o.0).collect();
    let table = Table { language: teacher.language, pieces: true, bits: options.bits, width, hashes: &hashes, vectors: &vectors };
    Ok(table.to_bytes())
}

/// The first `limit` words that are one token each, as sorted hashes with ranks, and how many words it took.
fn chosen_units(words: &[&str], limit: usize) -> (Vec<(u32, usize)>, usize) {
    let mut seen = std::collections::BTreeMap::new();
    let mut taken = 0;
    for (rank, word) in words.iter().enumerate() {
        if seen.len() == limit {
            break;
        }
        taken = rank + 1;
        let normalized = normalize(word);
        let mut found = tokens(&normalized);
        if let (Some(token), None) = (found.next(), found.next()) {
            seen.entry(unit_hash(token.text.chars())).or_insert(rank);
        }
    }
    (seen.into_iter().collect(), taken)
}
