//! What an index holds of an article: its phrases (title and wordings), its tags and its passages, each by itself.

use std::borrow::Cow;

use nearside_text::rich::words;
use serde::{Deserialize, Serialize};

use crate::article::Article;

/// What part of an article a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    /// The title.
    Title,
    /// Another wording.
    Wording,
    /// All tags together.
    Tags,
    /// A part of the body.
    Passage,
}

impl Field {
    /// Whether a visitor could have asked in these words.
    pub fn is_phrase(self) -> bool {
        matches!(self, Self::Title | Self::Wording)
    }
}

/// A part of an article that is found by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit<'a> {
    /// Which part.
    pub field: Field,
    /// Its words.
    pub text: Cow<'a, str>,
}

/// The most passages of one article that are indexed; what comes after them is shown but not searched.
const MOST_PASSAGES: usize = 40;
/// A paragraph of up to so many bytes is joined with the next one.
const SHORT: usize = 240;
/// A passage of more bytes than this is cut at the end of a sentence.
const LONG: usize = 900;

/// The units of `article`, in order, without marks and addresses; a long body's end is left out.
pub fn units<'a>(article: &'a Article) -> Vec<Unit<'a>> {
    let unit = |field, text: &'a str| Unit { field, text: Cow::Borrowed(text) };
    let mut all = vec![unit(Field::Title, &article.title)];
    all.extend(article.wordings.iter().map(|text| unit(Field::Wording, text)));
    if !article.tags.is_empty() {
        all.push(Unit { field: Field::Tags, text: Cow::Owned(article.tags.join(" ")) });
    }
    match words(&article.body) {
        Cow::Borrowed(body) => all.extend(passages(body).into_iter().map(|text| unit(Field::Passage, text))),
        Cow::Owned(body) => {
            let owned = |text: &str| Unit { field: Field::Passage, text: Cow::Owned(text.to_owned()) };
            all.extend(passages(&body).into_iter().map(owned));
        }
    }
    all
}

/// The units of `article` as texts for vectors, in the same order: a passage is read after the title, without which it often
/// does not say what it is about.
pub fn embedded<'a>(article: &'a Article) -> Vec<(Field, Cow<'a, str>)> {
    let text = |unit: Unit<'a>| match unit.field {
        Field::Passage => (unit.field, Cow::Owned(format!("{}\n{}", article.title, unit.text))),
        field => (field, unit.text),
    };
    units(article).into_iter().map(text).collect()
}

/// `body` cut into passages: paragraphs, short ones together with the next, long ones at the ends of sentences.
pub fn passages(body: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    for paragraph in body.split_inclusive("\n\n") {
        at += paragraph.len();
        if at - start < SHORT && at < body.len() {
            continue;
        }
        cut(&body[start..at], &mut found);
        start = at;
        if found.len() >= MOST_PASSAGES {
            break;
        }
    }
    found.truncate(MOST_PASSAGES);
    found
}

fn cut<'a>(mut text: &'a str, found: &mut Vec<&'a str>) {
    while text.len() > LONG && found.len() < MOST_PASSAGES {
        let end = (0..=LONG).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let is_end = |c: char| matches!(c, '.' | '!' | '?' | '\n' | '。' | '！' | '？' | '؟');
        let end = text[..end]
            .rfind(is_end)
            .filter(|&at| at > LONG / 3)
            .map_or(end, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
        let (head, tail) = text.split_at(end.max(1));
        found.push(head.trim());
        text = tail;
    }
    let text = text.trim();
    if !text.is_empty() {
        found.push(text);
    }
}
