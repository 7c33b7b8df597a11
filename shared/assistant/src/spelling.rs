//! Mistyped words, as the pack's articles write them.

use std::borrow::Cow;

use nearside_knowledge::Index;
use nearside_nlu::StaticVectors;
use nearside_text::pieces;

/// Words of so many letters are looked at: in shorter ones, one letter makes too many other words.
const LETTERS: std::ops::RangeInclusive<usize> = 5..=20;
const LATIN: &str = "abcdefghijklmnopqrstuvwxyzßàáâãäåæçèéêëìíîïñòóôõöùúûüýğıœş";
const ARABIC: &str = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي";

/// Raw `text`, in which each word that neither the articles nor `language` know is replaced by the word of the articles that is
/// one deletion, exchange, replacement or insertion away (Damerau 1964), the one that most units hold where there are several.
/// Languages written without spaces, and Korean, whose mistakes lie within a syllable, are left alone.
pub(crate) fn corrected<'a>(text: &'a str, index: &Index, language: &StaticVectors) -> Cow<'a, str> {
    let mut out = String::new();
    let mut copied = 0;
    for piece in pieces(text) {
        let word: Vec<char> = piece.text.chars().collect();
        let alphabet = [LATIN, ARABIC].into_iter().find(|letters| word.iter().all(|c| letters.contains(*c)));
        let Some(alphabet) = alphabet.filter(|_| LETTERS.contains(&word.len())) else { continue };
        if index.holders_of(&piece.text) > 0 || language.knows(&piece.text) {
            continue;
        }
        if let Some(meant) = nearest(&word, alphabet, |other| index.holders_of(other)) {
            out.push_str(&text[copied..piece.span.start]);
            out.push_str(&meant);
            copied = piece.span.end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The word one step from `word` that most hold; the first of several, deletions and exchanges before what adds letters.
fn nearest(word: &[char], alphabet: &str, holders: impl Fn(&str) -> usize) -> Option<String> {
    let mut best: Option<(String, usize)> = None;
    let mut try_word = |letters: &[char]| {
        let other: String = letters.iter().collect();
        let count = holders(&other);
        if count > best.as_ref().map_or(0, |(_, most)| *most) {
            best = Some((other, count));
        }
    };
    for at in 0..word.len() {
        let mut letters = word.to_vec();
        if at + 1 < word.len() {
            letters.swap(at, at + 1);
            try_word(&letters);
            letters.swap(at, at + 1);
        }
        letters.remove(at);
        try_word(&letters);
    }
    for at in 0..=word.len() {
        for letter in alphabet.chars() {
            let mut letters = word.to_vec();
            if at < word.len() {
                letters[at] = letter;
                try_word(&letters);
                letters[at] = word[at];
            }
            letters.insert(at, letter);
            try_word(&letters);
        }
    }
    best.map(|(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::{LATIN, nearest};

    #[test]
    fn one_mistake_is_mended_by_what_most_hold() {
        let held = |word: &str| match word {
            "payment" => 3,
            "payments" => 1,
            _ => 0,
        };
        let mended = |word: &str| nearest(&word.chars().collect::<Vec<_>>(), LATIN, held);
        for mistyped in ["payemnt", "paymet", "payyment", "poyment", "paymentd"] {
            assert_eq!(mended(mistyped).as_deref(), Some("payment"), "{mistyped}");
        }
        assert_eq!(mended("paiymnt"), None);
    }
}
