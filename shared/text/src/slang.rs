//! Slang, dialect, short forms and borrowed words, put into the words that articles use.

use std::borrow::Cow;

use crate::normalize::normalize;
use crate::segment::is_unspaced;

/// A list of what visitors write and what stands for it, from pairs in any order: both sides normalised, the longest
/// first, the later of two equal ones taken, what stands for itself left out.
pub fn slang<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let mut list: Vec<(String, String)> = Vec::new();
    for (said, meant) in pairs {
        let (said, meant) = (normalize(said), normalize(meant));
        list.retain(|(other, _)| *other != said);
        if !said.is_empty() && said != meant {
            list.push((said, meant));
        }
    }
    list.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
    list
}

/// Raw `text` with each entry of a [`slang`] list replaced by what stands for it, normalised; the text itself where none
/// occurs. Entries are whole words, but in scripts that write no spaces between words any run of characters. What was put
/// in is not looked at again.
///
/// ```
/// use nearside_text::{slang, standard};
/// let list = slang([("咋", "怎么"), ("order", "订单"), ("u", "you")]);
/// assert_eq!(standard("我的Order咋取消", &list), "我的订单怎么取消");
/// assert_eq!(standard("Can u help us?", &list), "can you help us?");
/// assert_eq!(standard("Nothing of it", &list), "Nothing of it");
/// ```
pub fn standard<'a>(text: &'a str, slang: &[(String, String)]) -> Cow<'a, str> {
    if slang.is_empty() {
        return Cow::Borrowed(text);
    }
    let normalized = normalize(text);
    let mut out = String::new();
    let mut found = false;
    let mut before = None;
    let mut rest = normalized.as_str();
    while let Some(c) = rest.chars().next() {
        let fits = |said: &str| rest.strip_prefix(said).is_some_and(|after| !are_one_word(said.chars().next_back(), after.chars().next()));
        // Nothing begins within a word. Most entries begin otherwise, which one byte shows.
        let begins = |said: &str| said.as_bytes().first() == rest.as_bytes().first();
        let entry = if are_one_word(before, Some(c)) { None } else { slang.iter().find(|(said, _)| begins(said) && fits(said)) };
        let (taken, put) = entry.map_or((c.len_utf8(), &rest[..c.len_utf8()]), |(said, meant)| (said.len(), meant));
        found |= entry.is_some();
        out.push_str(put);
        before = rest[..taken].chars().next_back();
        rest = &rest[taken..];
    }
    if found { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

/// Whether two neighbouring characters belong to one word of a script that writes spaces between words.
fn are_one_word(left: Option<char>, right: Option<char>) -> bool {
    let is_of_word = |c: Option<char>| c.is_some_and(|c| (c.is_alphanumeric() || c == '\'') && !is_unspaced(c));
    is_of_word(left) && is_of_word(right)
}
