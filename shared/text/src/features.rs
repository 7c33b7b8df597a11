//! Hashed n-gram features for linear models.

use crate::normalize::normalize;
use crate::segment::tokens;

/// Which block of features an n-gram belongs to; each block is normalised on its own (as a union of two TF-IDF
/// vectorisers would be).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureKind {
    /// Words and pairs of neighbouring words.
    Word,
    /// Characters: 2 to 5 within a padded word, 1 to 3 within an unspaced run.
    Char,
}

const CHAR_MAX: usize = 5;
const UNSPACED_MAX: usize = 3;

/// Calls `emit` with the hash of every n-gram of `normalized` text, repeats included.
///
/// Words and word pairs, and one feature for all words that negate; characters 2–5 inside each word padded by a space on
/// both sides; characters 1–3 for scripts without spaces. Hashes of the two kinds never meet by construction of their seeds, only by chance (32 bits).
pub fn features(normalized: &str, mut emit: impl FnMut(FeatureKind, u32)) {
    let mut previous: Option<u64> = None;
    let mut negated = 0;
    let mut padded: Vec<char> = Vec::with_capacity(16);
    for token in tokens(normalized) {
        padded.clear();
        if negates(token.text, token.unspaced) {
            negated += 1;
        }
        if token.unspaced {
            padded.extend(token.text.chars());
            for start in 0..padded.len() {
                let mut hash = CHAR_SEED;
                for (length, &c) in padded[start..].iter().take(UNSPACED_MAX).enumerate() {
                    hash = step(hash, c);
                    let kind = if length == 1 { FeatureKind::Word } else { FeatureKind::Char };
                    emit(kind, finish(hash));
                }
            }
            previous = None;
            continue;
        }
        let word = token.text.chars().fold(WORD_SEED, step);
        emit(FeatureKind::Word, finish(word));
        if let Some(before) = previous {
            emit(FeatureKind::Word, finish(before.rotate_left(17) ^ word));
        }
        previous = Some(word);
        padded.push(' ');
        padded.extend(token.text.chars());
        padded.push(' ');
        for start in 0..padded.len() - 1 {
            let mut hash = CHAR_SEED;
            for (length, &c) in padded[start..].iter().take(CHAR_MAX).enumerate() {
                hash = step(hash, c);
                if length > 0 {
                    emit(FeatureKind::Char, finish(hash));
                }
            }
        }
    }
    for _ in 0..negated * NEGATION_COUNTS {
        emit(FeatureKind::Word, finish(NEGATION));
    }
}

/// A negation counts as so many words: one among twenty n-grams would weigh little, and it is all that tells "I got the
/// refund" from "I did not get the refund". Chosen on 120 pairs, where 4 bring less and 40 hardly more.
const NEGATION_COUNTS: usize = 12;

/// Words that turn a sentence's meaning round, in the languages that have words for it: normalised and
/// sorted.
const NEGATORS: [&str; 49] = [
    "aucun", "aucune", "belum", "bukan", "cannot", "degil", "hic", "jamais", "jangan", "kein", "keine", "keinen", "mai", "nada", "nao",
    "neither", "nem", "nenhum", "nessun", "never", "nicht", "nie", "niente", "ningun", "no", "non", "none", "not", "nothing", "nowhere",
    "nunca", "ohne", "pas", "rien", "sans", "sem", "senza", "sin", "tanpa", "tidak", "without", "yok", "بدون", "لا", "لم", "لن", "ليس",
    "못", "안",
];
const UNSPACED_NEGATORS: [char; 8] = ['不', '没', '沒', '别', '別', '無', '无', '未'];

fn negates(token: &str, unspaced: bool) -> bool {
    if unspaced {
        return token.contains(UNSPACED_NEGATORS);
    }
    token.ends_with("n't") || NEGATORS.binary_search(&token).is_ok()
}

/// Whether raw `text` holds a word that negates.
///
/// ```
/// assert!(nearside_text::is_negated("I did not order that"));
/// assert!(!nearside_text::is_negated("where is my order"));
/// ```
pub fn is_negated(text: &str) -> bool {
    tokens(&normalize(text)).any(|token| negates(token.text, token.unspaced))
}

/// Calls `emit` with the hash of every run of `lengths` characters within a word of raw `text`, padded by a space on both
/// sides; in scripts without spaces, of one and two characters. Repeats are included.
pub fn hash_grams(text: &str, lengths: std::ops::RangeInclusive<usize>, mut emit: impl FnMut(u32)) {
    let mut padded: Vec<char> = Vec::with_capacity(16);
    for token in tokens(&normalize(text)) {
        padded.clear();
        let (least, most) = if token.unspaced { (1, 2) } else { (*lengths.start(), *lengths.end()) };
        if !token.unspaced {
            padded.push(' ');
        }
        padded.extend(token.text.chars());
        if !token.unspaced {
            padded.push(' ');
        }
        for start in 0..padded.len() {
            let mut hash = CHAR_SEED;
            for (length, &c) in (1..).zip(padded[start..].iter().take(most)) {
                hash = step(hash, c);
                if length >= least {
                    emit(finish(hash));
                }
            }
        }
    }
}

/// A 64-bit hash of an index term; collisions among millions of terms are improbable (birthday bound 1e-6 at 5 M).
pub fn hash_term(term: &str) -> u64 {
    hash_chars(term.chars())
}

/// As [`hash_term`], of a term that stands nowhere in one piece.
pub fn hash_chars(chars: impl Iterator<Item = char>) -> u64 {
    let hash = chars.fold(TERM_SEED, step);
    hash ^ (hash >> 29)
}

const WORD_SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const CHAR_SEED: u64 = 0xc2b2_ae3d_27d4_eb4f;
const NEGATION: u64 = 0xd6e8_feb8_6659_fd93;
const TERM_SEED: u64 = 0x1656_67b1_9e37_79f9;

fn step(hash: u64, c: char) -> u64 {
    (hash ^ u64::from(u32::from(c))).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(23)
}

fn finish(hash: u64) -> u32 {
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negators_are_found_in_normalised_text() {
        assert!(NEGATORS.is_sorted());
        for word in NEGATORS {
            assert_eq!(normalize(word), word);
        }
        for (said, expected) in [("değil", true), ("não", true), ("don’t", true), ("note", false)] {
            assert_eq!(negates(&normalize(said), false), expected, "{said}");
        }
    }
}
