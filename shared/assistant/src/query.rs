//! A wish as the ranker sees it: the whole of it and, where it has several, its sentences, since a story says in one of
//! them what it wants.

use nearside_text::sentences;

/// Sentences of one wish that are looked at.
const MOST: usize = 8;

/// A wish's texts, the whole first, each with its vector; vectors are empty where there is no source of them.
pub(crate) struct Query<'a> {
    pub(crate) parts: Vec<(&'a str, Vec<f32>)>,
}

/// The texts of raw `text` that are looked at: itself, then its sentences where it has several.
pub(crate) fn parts(text: &str) -> Vec<&str> {
    let sentences = sentences(text);
    let several = if sentences.len() > 1 { &sentences[..sentences.len().min(MOST)] } else { &[] };
    std::iter::once(text).chain(several.iter().copied()).collect()
}

impl<'a> Query<'a> {
    /// Of raw `text`, with `encode` for the vector of each of its parts.
    pub(crate) fn new(text: &'a str, encode: impl Fn(&str) -> Vec<f32>) -> Self {
        Self { parts: parts(text).into_iter().map(|part| (part, encode(part))).collect() }
    }

    /// Numbers in each vector; 0 where there are none.
    pub(crate) fn width(&self) -> usize {
        self.parts.first().map_or(0, |(_, vector)| vector.len())
    }
}
