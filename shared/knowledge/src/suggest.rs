use nearside_text::{in_order, normalize, terms, tokens};

use crate::article::Article;

/// Up to `limit` questions that a visitor may be typing: titles and wordings in which every typed word is the beginning
/// of a word (in scripts without spaces: in which the typed run occurs). One per article, titles before wordings,
/// short before long. At least two typed characters are needed, one in scripts without spaces.
pub fn suggest<'a>(articles: &'a [Article], typed: &str, limit: usize) -> Vec<(&'a Article, &'a str)> {
    let wanted = normalize(typed);
    let parts: Vec<(&str, bool)> = tokens(&wanted).map(|t| (t.text, t.unspaced)).collect();
    let typed_chars: usize = parts.iter().map(|(t, unspaced)| if *unspaced { 2 } else { t.chars().count() }).sum();
    if typed_chars < 2 {
        return Vec::new();
    }
    let fits = |text: &str| {
        let folded = normalize(text);
        parts
            .iter()
            .all(|(part, unspaced)| if *unspaced { folded.contains(part) } else { tokens(&folded).any(|t| t.text.starts_with(part)) })
    };
    let mut found: Vec<(bool, usize, usize, &Article, &str)> = Vec::new();
    for (number, article) in articles.iter().enumerate() {
        let candidates = std::iter::once((false, &article.title)).chain(article.wordings.iter().map(|w| (true, w)));
        let hit = candidates.filter(|(_, text)| fits(text)).min_by_key(|(wording, text)| (*wording, terms(text).len()));
        if let Some((wording, text)) = hit {
            found.push((wording, text.chars().count(), number, article, text));
        }
    }
    in_order(&found, |a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2))).into_iter().take(limit).map(|f| (f.3, f.4)).collect()
}
