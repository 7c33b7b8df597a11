//! Distilling static word vectors from a sentence encoder, for one domain or for a language.
//!
//! Each word begins with the encoder's vector of it standing alone (as in model2vec, Tulkens and van Dongen 2024) and is
//! then moved so that the sums over sentences come near the encoder's vectors of them: a ridge regression
//! whose prior is where the words began. The space is that of the sentences' first principal components.

mod language;
mod ridge;
mod space;

use nearside_text::{normalize, tokens};

use crate::model::ModelError;
use crate::rng::Rng;
use crate::static_vectors::write::Table;
use crate::static_vectors::{StaticVectors, unit, unit_hash, units_of, words_of};
use ridge::{Ridge, sum};
use space::{Space, mean};

pub use language::{LanguageOptions, LanguageTeacher, distil_language};

/// Knobs of distillation; the defaults serve every domain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DistilOptions {
    /// Numbers in a vector, default 64. In trials 64, 128 and 256 came out alike; narrower was not tried.
    pub width: usize,
    /// How strongly words are held to where they began, default 5. Between 1 and 10 little changes.
    pub ridge: f32,
    /// Seed of the folds.
    pub seed: u64,
}

impl Default for DistilOptions {
    fn default() -> Self {
        Self { width: 64, ridge: 5.0, seed: 1 }
    }
}

/// What the encoder says: of each sentence, and of each word by itself.
#[derive(Clone, Copy, Debug)]
pub struct Teacher<'a> {
    /// The domain's sentences.
    pub sentences: &'a [&'a str],
    /// Their vectors, all of one width.
    pub sentence_vectors: &'a [Vec<f32>],
    /// Words, each once; sentences' words that are missing here get no vector.
    pub words: &'a [&'a str],
    /// Their vectors.
    pub word_vectors: &'a [Vec<f32>],
}

/// The words to ask the encoder about: those of `sentences` and `common` ones, sorted, each once.
pub fn word_list(sentences: &[&str], common: &[String]) -> Vec<String> {
    let mut words: Vec<String> = sentences.iter().flat_map(|text| words_of(text)).chain(common.iter().cloned()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Distilled {
    /// The table of words.
    pub vectors: StaticVectors,
    /// Each sentence's vector from words that were moved without it, `[n_sentences][width]`: what a classifier must be
    /// trained with, or it takes the vectors to be better than they are.
    pub held_out: Vec<Vec<f32>>,
}

/// How often a word may occur before it counts half (Arora et al. 2017).
const FREQUENT: f32 = 1e-3;
const FOLDS: usize = 5;

/// Distils word vectors.
///
/// # Errors
/// [`ModelError`] where there are fewer than two sentences, no words, or vectors of different widths.
pub fn distil(teacher: &Teacher<'_>, options: DistilOptions) -> Result<Distilled, ModelError> {
    let Teacher { sentences, sentence_vectors, words, word_vectors } = *teacher;
    let full = sentence_vectors.first().map_or(0, Vec::len);
    let paired = sentences.len() == sentence_vectors.len() && words.len() == word_vectors.len();
    let all = || sentence_vectors.iter().chain(word_vectors);
    if !paired || sentences.len() < 2 || words.is_empty() || full == 0 || all().any(|v| v.len() != full) {
        return Err(ModelError("distillation: expected two sentences, a word, and vectors of one width"));
    }
    let width = options.width.clamp(1, full);
    let mut order: Vec<(u32, usize)> = words.iter().enumerate().map(|(at, word)| (unit_hash(word.chars()), at)).collect();
    order.sort_unstable();
    order.dedup_by_key(|(hash, _)| *hash);

    let bags: Vec<Vec<usize>> = sentences.iter().map(|text| bag(text, &order, false)).collect();
    let mut counts = vec![0u32; order.len()];
    bags.iter().flatten().for_each(|&word| counts[word] += 1);
    let total = counts.iter().sum::<u32>().max(1) as f32;
    let weights: Vec<f32> = counts.iter().map(|&n| FREQUENT / (FREQUENT + n as f32 / total)).collect();
    let rows: Vec<Vec<(usize, f32)>> = bags.iter().map(|bag| row(bag, &weights)).collect();

    let space = Space::of(sentence_vectors, width);
    let targets: Vec<f32> = sentence_vectors.iter().flat_map(|v| space.project(v)).collect();
    let middle = mean(word_vectors, full);
    let mut prior: Vec<f32> = order.iter().flat_map(|&(_, at)| space.turn(&word_vectors[at], &middle)).collect();
    let chosen: Vec<usize> = (0..rows.len()).collect();
    let first = Ridge { rows: &rows, chosen: &chosen, width };
    let scale = first.fit(&prior, &targets);
    prior.iter_mut().for_each(|p| *p *= scale);

    let moved = first.solve(&prior, &targets, options.ridge);
    let mut shuffled = chosen.clone();
    Rng::new(options.seed).shuffle(&mut shuffled);
    let mut held_out = vec![Vec::new(); rows.len()];
    for fold in 0..FOLDS {
        let kept: Vec<usize> = shuffled.iter().enumerate().filter(|(at, _)| at % FOLDS != fold).map(|(_, &i)| i).collect();
        let blind = Ridge { rows: &rows, chosen: &kept, width }.solve(&prior, &targets, options.ridge);
        for &i in shuffled.iter().skip(fold).step_by(FOLDS) {
            held_out[i] = sum(&rows[i], &blind, width);
            unit(&mut held_out[i]);
        }
    }
    let vectors: Vec<f32> = moved.chunks_exact(width).zip(&weights).flat_map(|(row, weight)| row.iter().map(move |v| v * weight)).collect();
    let hashes: Vec<u32> = order.iter().map(|o| o.0).collect();
    let table = Table { language: [0; 2], pieces: false, bits: 8, width, hashes: &hashes, vectors: &vectors };
    Ok(Distilled { vectors: StaticVectors::load(table.to_bytes())?, held_out })
}

/// The units of `text` by their place in `order`, which is sorted by hash.
fn bag(text: &str, order: &[(u32, usize)], pieces: bool) -> Vec<usize> {
    let mut bag = Vec::new();
    let find = |hash: u32| order.binary_search_by_key(&hash, |o| o.0).ok();
    for token in tokens(&normalize(text)) {
        units_of(&token, pieces, find, |unit| bag.push(unit));
    }
    bag
}

/// The words of a sentence with their weights, the sentence of length 1.
fn row(bag: &[usize], weights: &[f32]) -> Vec<(usize, f32)> {
    let length = bag.iter().map(|&w| weights[w] * weights[w]).sum::<f32>().sqrt().max(1e-9);
    bag.iter().map(|&word| (word, weights[word] / length)).collect()
}
