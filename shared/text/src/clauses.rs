//! Cutting a message into the parts that may each want something of their own.

use std::ops::Range;

use crate::segment::is_unspaced;

/// Words that join two wishes, in the languages spoken here; longer ones before those that begin them.
const JOINS: [&str; 25] = [
    "and also",
    "and then",
    "and",
    "also",
    "plus",
    "und außerdem",
    "und auch",
    "und",
    "außerdem",
    "y también",
    "y",
    "además",
    "et aussi",
    "et",
    "e anche",
    "e também",
    "e",
    "dan juga",
    "dan",
    "ve ayrıca",
    "ve",
    "ayrıca",
    "وأيضا",
    "ثم",
    "그리고",
];
/// The same where words are not spaced.
const JOINS_UNSPACED: [&str; 9] = ["另外", "还有", "還有", "而且", "顺便", "順便", "それと", "それから", "あと"];

/// The parts of `text` between sentence ends, commas and words that join, as bytes of it; empty parts are left out. A part
/// need not be a wish: whoever asks for it finds that out.
///
/// ```
/// let text = "Where is my order and how do I return it?";
/// let parts: Vec<_> = nearside_text::clauses(text).into_iter().map(|part| &text[part]).collect();
/// assert_eq!(parts, ["Where is my order", "how do I return it"]);
/// ```
pub fn clauses(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { break };
        let end = at + c.len_utf8();
        let cut = if ends(c, text[end..].chars().next()) { Some(end) } else { joined(text, at) };
        match cut {
            Some(next) => {
                parts.push(from..at);
                (from, at) = (next, next);
            }
            None => at = end,
        }
    }
    parts.push(from..text.len());
    parts.into_iter().filter_map(|part| trimmed(text, part)).collect()
}

/// Whether `c` ends a part; a point or comma between digits does not, nor does a point within an address.
fn ends(c: char, next: Option<char>) -> bool {
    matches!(c, '!' | '?' | ';' | '\n' | '。' | '！' | '？' | '；' | '，' | '、' | '؟' | '،' | '؛')
        || (matches!(c, '.' | ',') && next.is_none_or(char::is_whitespace))
}

/// Where the text goes on after a joining word at `at`.
fn joined(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    if rest.starts_with(is_unspaced) {
        return JOINS_UNSPACED.iter().find(|word| rest.starts_with(**word)).map(|word| at + word.len());
    }
    if text[..at].ends_with(char::is_alphanumeric) {
        return None;
    }
    let first = rest.chars().flat_map(char::to_lowercase).next()?;
    let word = JOINS.iter().filter(|word| word.starts_with(first)).find(|word| {
        rest.get(..word.len()).is_some_and(|head| head.to_lowercase() == **word) && rest[word.len()..].starts_with(char::is_whitespace)
    })?;
    Some(at + word.len())
}

fn trimmed(text: &str, part: Range<usize>) -> Option<Range<usize>> {
    let inner = &text[part.clone()];
    let kept = inner.trim_matches(|c: char| !c.is_alphanumeric());
    let start = part.start + inner.find(kept)?;
    (!kept.is_empty()).then(|| start..start + kept.len())
}
