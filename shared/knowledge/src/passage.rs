use nearside_text::rich::{Block, Shape, blocks};
use nearside_text::terms;

use crate::index::Index;

/// An answer up to this many characters is shown whole.
const WHOLE: usize = 700;
/// A list is kept together up to so many characters.
const LIST: usize = 1400;

/// The part of `body` that answers raw `query` best, with its marks: the whole of a short body, else the passage whose terms
/// weigh most. The first passage wins ties. A passage is a paragraph, or a list, table or code together with the line that
/// introduces it.
pub fn best_passage<'a>(body: &'a str, query: &str, index: &Index) -> &'a str {
    let body = body.trim();
    if seen(body) <= WHOLE {
        return body;
    }
    let wanted = terms(query);
    let mut best: Option<(f32, &str)> = None;
    for passage in together(body) {
        // Marks are no terms. Those of an address count: leaving them out would cost the browser 2 KB of the parser.
        let have = terms(passage);
        let weight: f32 = wanted.iter().filter(|t| have.iter().any(|h| h.text == t.text)).map(|t| index.rarity(&t.text)).sum();
        if best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, passage));
        }
    }
    best.map_or(body, |(_, passage)| passage)
}

/// About how many characters of `body` a reader sees: all but the addresses of links.
fn seen(body: &str) -> usize {
    let (mut within, mut before) = (false, ' ');
    let is_seen = |c: &char| {
        within = if within { *c != ')' } else { before == ']' && *c == '(' };
        before = *c;
        !within
    };
    body.chars().filter(is_seen).count()
}

/// `body` cut where a reader may begin.
fn together(body: &str) -> Vec<&str> {
    let blocks = blocks(body);
    let mut cuts = vec![0];
    let mut start = 0;
    for pair in blocks.windows(2) {
        let [before, block] = pair else { continue };
        let introduced = before.shape == Shape::Heading || before.text.ends_with([':', '：']);
        let one_list = in_list(before) && in_list(block) && body[start..block.start].chars().count() < LIST;
        if block.apart && !introduced && !one_list {
            start = block.start;
            cuts.push(start);
        }
    }
    cuts.push(body.len());
    cuts.windows(2).map(|cut| body[cut[0]..cut[1]].trim()).filter(|passage| !passage.is_empty()).collect()
}

fn in_list(block: &Block<'_>) -> bool {
    block.depth > 0 || matches!(block.shape, Shape::Item(_))
}
