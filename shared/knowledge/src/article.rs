use serde::{Deserialize, Serialize};

/// One answer of the knowledge base, in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Unique within its language; the same id in another language is its translation.
    pub id: String,
    /// The question or heading that an editor gave it.
    pub title: String,
    /// Other ways to ask for it.
    pub wordings: Vec<String>,
    /// In the small part of CommonMark that `nearside_text::rich` reads; plain text is, too.
    pub body: String,
    /// Topics, products, error codes.
    pub tags: Vec<String>,
    /// BCP 47 tag.
    pub language: String,
    /// Where a visitor can read it, a URL or a path on the site; empty if nowhere.
    pub source: String,
    /// Rises with every published change, from 1.
    pub version: u32,
    /// First moment at which it may be shown, milliseconds since 1970-01-01 UTC.
    pub valid_from_ms: Option<i64>,
    /// First moment at which it may no longer be shown, milliseconds since 1970-01-01 UTC.
    pub valid_to_ms: Option<i64>,
}

impl Article {
    /// Whether it may be shown at `now_ms`.
    pub fn is_valid_at(&self, now_ms: i64) -> bool {
        self.valid_from_ms.is_none_or(|from| now_ms >= from) && self.valid_to_ms.is_none_or(|to| now_ms < to)
    }
}
