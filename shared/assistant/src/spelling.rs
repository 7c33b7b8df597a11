//! Mistyped words, as the pack's articles write them.

use std::borrow::Cow;

use nearside_knowledge::Index;
#[cfg(feature = "build")]
use nearside_nlu::StaticVectors;
use nearside_text::{hash_term, pieces};
use serde::{Deserialize, Serialize};

/// Words of so many letters are looked at: in shorter ones, one letter makes too many other words.
const LETTERS: std::ops::RangeInclusive<usize> = 5..=20;
/// Of messages of more pieces than this nothing is mended: a mistake matters little in them, and a search for each word takes long.
const MOST_WORDS: usize = 20;
// As `normalize` leaves them.
const LATIN: &str = "abcdefghijklmnopqrstuvwxyz";
const ARABIC: &str = "ءؤئابتثجحخدذرزسشصضطظعغفقكلمنهوي";

/// What a pack knows of its language's spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spelling {
    /// Hashes of words of the language that are one step from a word of the articles' phrases and are not among them, sorted,
    /// as differences: who writes them means them. `None` where the language's words are not known: nothing is mended then.
    own_words: Option<Vec<u16>>,
}

/// Of 16 bits: of `n` own words, `n / 65536` of all mistakes are taken for one and stay, one in seventy on the demo.
fn hash(word: &str) -> u16 {
    (hash_term(word) >> 48) as u16
}

fn alphabet_of(word: &[char]) -> Option<&'static str> {
    [LATIN, ARABIC].into_iter().find(|letters| word.iter().all(|c| letters.contains(*c)))
}

impl Spelling {
    /// For articles of these `phrases` in the language of `table`.
    #[cfg(feature = "build")]
    pub(crate) fn new<'a>(phrases: impl IntoIterator<Item = &'a str>, index: &Index, table: &StaticVectors) -> Self {
        let words: std::collections::BTreeSet<String> = phrases.into_iter().flat_map(pieces).map(|piece| piece.text).collect();
        let mut found = Vec::new();
        for word in words {
            let letters: Vec<char> = word.chars().collect();
            let may_be_meant = (LETTERS.start() - 1..=LETTERS.end() + 1).contains(&letters.len());
            let Some(alphabet) = alphabet_of(&letters).filter(|_| may_be_meant) else { continue };
            steps(&letters, alphabet, |other| {
                if LETTERS.contains(&other.chars().count()) && table.knows(other) && !index.holds(other) {
                    found.push(hash(other));
                }
            });
        }
        found.sort_unstable();
        found.dedup();
        let mut last = 0;
        found.iter_mut().for_each(|hash| *hash -= std::mem::replace(&mut last, *hash));
        Self { own_words: Some(found) }
    }

    /// Ready to be asked.
    pub(crate) fn load(&self) -> LoadedSpelling {
        let sum = |deltas: &Vec<u16>| {
            let next = |last: &mut u16, delta: &u16| {
                *last = last.wrapping_add(*delta);
                Some(*last)
            };
            deltas.iter().scan(0u16, next).collect()
        };
        LoadedSpelling { own_words: self.own_words.as_ref().map(sum) }
    }
}

/// [`Spelling`] with its hashes put together.
#[derive(Clone, Debug)]
pub(crate) struct LoadedSpelling {
    own_words: Option<Vec<u16>>,
}

impl LoadedSpelling {
    /// Raw `text`, in which each word that `index` does not hold, and that is no word of the language's own, is replaced by the
    /// word of the first `articles` articles' phrases that is one deletion, exchange, replacement or insertion away (Damerau 1964), the one
    /// that most of them hold where there are several. Languages written without spaces, and Korean, whose mistakes lie within
    /// a syllable, are left alone.
    pub(crate) fn corrected<'a>(&self, text: &'a str, index: &Index, articles: usize) -> Cow<'a, str> {
        let Some(own_words) = &self.own_words else { return Cow::Borrowed(text) };
        let pieces = pieces(text);
        if pieces.len() > MOST_WORDS {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        let mut copied = 0;
        for piece in pieces {
            let word: Vec<char> = piece.text.chars().collect();
            let Some(alphabet) = alphabet_of(&word).filter(|_| LETTERS.contains(&word.len())) else { continue };
            if index.holds(&piece.text) || own_words.binary_search(&hash(&piece.text)).is_ok() {
                continue;
            }
            if let Some(meant) = nearest(&word, alphabet, |other| index.phrases_with(other, articles)) {
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
}

/// The word one step from `word` that most hold; the first of several.
fn nearest(word: &[char], alphabet: &str, holders: impl Fn(&str) -> usize) -> Option<String> {
    let mut best: Option<(String, usize)> = None;
    steps(word, alphabet, |other| {
        let count = holders(other);
        if count > best.as_ref().map_or(0, |(_, most)| *most) {
            best = Some((other.to_owned(), count));
        }
    });
    best.map(|(word, _)| word)
}

/// Every word one step from `word`, exchanges and deletions before what adds letters.
fn steps(word: &[char], alphabet: &str, mut see: impl FnMut(&str)) {
    let mut spelled = String::with_capacity(4 * word.len() + 4);
    let mut see = |letters: &[char]| {
        spelled.clear();
        spelled.extend(letters);
        see(&spelled);
    };
    for at in 0..word.len() {
        let mut letters = word.to_vec();
        if at + 1 < word.len() {
            letters.swap(at, at + 1);
            see(&letters);
            letters.swap(at, at + 1);
        }
        letters.remove(at);
        see(&letters);
    }
    for at in 0..=word.len() {
        let (mut replaced, mut inserted) = (word.to_vec(), word.to_vec());
        inserted.insert(at, ' ');
        for letter in alphabet.chars() {
            if let Some(place) = replaced.get_mut(at) {
                *place = letter;
                see(&replaced);
            }
            inserted[at] = letter;
            see(&inserted);
        }
    }
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
