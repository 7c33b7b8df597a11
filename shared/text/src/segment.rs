//! Cutting normalised text into tokens and search terms.

use crate::normalize::{is_han, normalize};

/// A run of letters and digits of one kind within normalised text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The token's characters, as normalised.
    pub text: &'a str,
    /// Whether the script writes no spaces between words, so that the token is a run of many words.
    pub unspaced: bool,
}

/// Whether `c` belongs to a script that writes no spaces between words: Han, kana, Thai, Lao, Khmer, Burmese.
pub fn is_unspaced(c: char) -> bool {
    is_han(c)
        || matches!(c, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '々' | '\u{e00}'..='\u{eff}' | '\u{1780}'..='\u{17ff}' | '\u{1000}'..='\u{109f}')
}

/// The tokens of normalised text, in order. A change between spaced and unspaced scripts ends a token.
///
/// ```
/// let cut: Vec<_> = nearside_text::tokens("don't重启 e102").map(|t| t.text).collect();
/// assert_eq!(cut, ["don't", "重启", "e102"]);
/// ```
pub fn tokens(normalized: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = normalized;
    std::iter::from_fn(move || {
        let start = rest.find(is_token_char)?;
        rest = &rest[start..];
        let unspaced = rest.chars().next().is_some_and(is_unspaced);
        let end = rest
            .char_indices()
            .find(|&(at, c)| {
                let joined = c == '\'' && !unspaced && rest[at + 1..].chars().next().is_some_and(char::is_alphanumeric);
                !joined && (!is_token_char(c) || is_unspaced(c) != unspaced)
            })
            .map_or(rest.len(), |(at, _)| at);
        let (text, tail) = rest.split_at(end);
        rest = tail;
        Some(Token { text, unspaced })
    })
}

fn is_token_char(c: char) -> bool {
    c.is_alphanumeric() || is_unspaced(c)
}

/// A piece of raw text, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes in the raw text.
    pub span: std::ops::Range<usize>,
    /// Its characters, normalised.
    pub text: String,
}

/// Cuts raw `text` so that each part can be marked: words, single characters of scripts without spaces, and single signs.
/// Between them lies only white space.
///
/// ```
/// let cut: Vec<_> = nearside_text::pieces("At 9, 明天!").into_iter().map(|p| p.text).collect();
/// assert_eq!(cut, ["at", "9", ",", "明", "天", "!"]);
/// ```
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        // Marks belong to the letter before them; an apostrophe between letters to the word.
        let joins = c.is_alphanumeric() || is_mark(c) || (c == '\'' && text[end..].chars().next().is_some_and(char::is_alphanumeric));
        let inside = joins && !is_unspaced(c);
        match out.last_mut() {
            Some(last) if inside && open => last.span.end = end,
            _ if c.is_whitespace() => {}
            _ => out.push(Piece { span: at..end, text: String::new() }),
        }
        open = inside;
    }
    for piece in &mut out {
        piece.text = normalize(&text[piece.span.clone()]).trim().to_owned();
    }
    out
}

/// Combining marks of Latin, Arabic and Hebrew.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Words longer than this also give their first letters as a term (truncation in place of a stemmer; McNamee and
/// Mayfield 2004 found it close to Snowball over eight languages).
const STEM_CHARS: usize = 5;

/// A search term, and how much it says beside a whole word.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// As an index has it.
    pub text: String,
    /// Its share of a whole word's weight, in `0.0..=1.0`: what is part of a word or of a run says less.
    pub share: f32,
}

const STEM_SHARE: f32 = 0.7;
const PAIR_SHARE: f32 = 0.8;
const SINGLE_SHARE: f32 = 0.35;
const SYLLABLES_SHARE: f32 = 0.6;

/// The search terms of raw `text`: what an index stores and what a query looks up.
///
/// A word gives itself and, if long, its first five letters; a run of an unspaced script gives its single characters
/// and its pairs. Hangul words give themselves and their pairs, because particles cling to them.
///
/// ```
/// let terms: Vec<_> = nearside_text::terms("Refunds 退款").into_iter().map(|t| t.text).collect();
/// assert_eq!(terms, ["refunds", "refun~", "退", "退款", "款"]);
/// ```
pub fn terms(text: &str) -> Vec<Term> {
    let normalized = normalize(text);
    let mut out = Vec::new();
    for token in tokens(&normalized) {
        if token.unspaced {
            push_pairs(token.text, Some(SINGLE_SHARE), PAIR_SHARE, &mut out);
            continue;
        }
        out.push(Term { text: token.text.to_owned(), share: 1.0 });
        if token.text.chars().any(is_hangul) {
            push_pairs(token.text, None, SYLLABLES_SHARE, &mut out);
        } else if let Some((end, _)) = token.text.char_indices().nth(STEM_CHARS) {
            out.push(Term { text: format!("{}~", &token.text[..end]), share: STEM_SHARE });
        }
    }
    out
}

/// Pairs of neighbouring characters and, where `single` has a share for them, the characters, in reading order.
fn push_pairs(run: &str, single: Option<f32>, pair: f32, out: &mut Vec<Term>) {
    let mut previous: Option<char> = None;
    for c in run.chars() {
        if let Some(before) = previous {
            out.push(Term { text: [before, c].iter().collect(), share: pair });
        }
        if let Some(share) = single {
            out.push(Term { text: c.to_string(), share });
        }
        previous = Some(c);
    }
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}
