use nearside_text::terms;

use crate::index::Index;

/// An answer up to this many characters is shown whole.
const WHOLE: usize = 700;

/// The part of `body` that answers raw `query` best: the whole of a short body, else the paragraph whose terms weigh
/// most, with the one after it where that continues a list. The first paragraph wins ties.
pub fn best_passage<'a>(body: &'a str, query: &str, index: &Index) -> &'a str {
    let body = body.trim();
    if body.chars().count() <= WHOLE {
        return body;
    }
    let wanted = terms(query);
    let mut best: Option<(f32, &str)> = None;
    for paragraph in body.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        let have = terms(paragraph);
        let weight: f32 = wanted.iter().filter(|t| have.iter().any(|h| h.text == t.text)).map(|t| index.rarity(&t.text)).sum();
        if best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, paragraph));
        }
    }
    best.map_or(body, |(_, paragraph)| paragraph)
}
