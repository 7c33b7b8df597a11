//! The threshold that a domain's own wordings speak for: half of them are left out of the index and asked, then the other
//! half, each once as it is and once with its article gone, as what is out of scope.
//!
//! The ranker's own threshold was read off FAQs of one phrase an article, most of them confusable. Where an editor has written
//! wordings, the same ranker may be surer than it says. Editors' wordings mostly differ from one another more than visitors'
//! questions do, so that what is read off them errs on the side of asking back; not where they were made from templates.

use nearside_knowledge::{Article, Index};
use nearside_nlu::calibrate::threshold_for;

use crate::query::Query;
use crate::ranked::{Ranked, StoredRanked};

/// Fewer wordings say too little.
const ENOUGH: usize = 60;
/// Wordings that are asked at most.
const MOST: usize = 600;
/// The share of all weight that questions out of scope have, as in the ranker's training.
const OUT_OF_SCOPE: f32 = 0.2;
/// Nothing is answered that is less likely right than this.
const LOWEST: f32 = 0.4;

/// The least confidence for an answer, from `LOWEST` to that of the engine. The first `articles` of `documents` are articles,
/// the others small talk; `accepted_wrong` in `0.0..=1.0`.
pub(super) fn threshold(
    engine: &StoredRanked,
    documents: &[Article],
    articles: usize,
    common: &[&str],
    accepted_wrong: f32,
) -> Result<f32, String> {
    let own = engine.with_vectors.as_ref().unwrap_or(&engine.plain).answer_at;
    let wordings: usize = documents[..articles].iter().map(|d| d.wordings.len()).sum();
    if wordings < ENOUGH {
        return Ok(own);
    }
    let every = wordings.div_ceil(MOST);
    let mut judged = Vec::new();
    for half in 0..2 {
        ask(engine, documents, (articles, common), (half, every), &mut judged).map_err(|e| e.to_string())?;
    }
    Ok(threshold_for(&judged, accepted_wrong).clamp(LOWEST.min(own), own))
}

fn ask(
    engine: &StoredRanked,
    documents: &[Article],
    (articles, common): (usize, &[&str]),
    (half, every): (usize, usize),
    judged: &mut Vec<(f32, bool, f32)>,
) -> Result<(), nearside_nlu::ModelError> {
    let stays = |document: usize, wording: usize| document >= articles || wording % 2 == half;
    let (mut kept, mut asked, mut left) = (Vec::new(), Vec::new(), documents.to_vec());
    let mut unit = 0;
    for (number, (document, rest)) in documents.iter().zip(&mut left).enumerate() {
        rest.wordings.clear();
        let end = unit + nearside_knowledge::units(document).len();
        kept.push(unit);
        for (at, wording) in document.wordings.iter().enumerate() {
            if stays(number, at) {
                rest.wordings.push(wording.clone());
                kept.push(unit + 1 + at);
            } else {
                asked.push((number, wording.as_str(), unit + 1 + at));
            }
        }
        kept.extend(unit + 1 + document.wordings.len()..end);
        unit = end;
    }
    let index = Index::build(&left, common);
    let vectors = engine.vectors.as_ref().map(|vectors| vectors.of_units(&kept));
    let ranked = Ranked::load(StoredRanked { vectors, ..engine.clone() }, &index)?;
    for (article, text, unit) in asked.into_iter().step_by(every) {
        let vector = engine.vectors.as_ref().map_or_else(Vec::new, |vectors| vectors.row(unit));
        let query = Query { parts: vec![(text, vector)] };
        let confidence = |allowed: &dyn Fn(usize) -> bool| {
            let found = ranked.understand(&index, &query, articles, allowed, 1);
            found.candidates.first().filter(|_| found.talk.is_none()).copied()
        };
        let mut judge = |first: Option<(usize, f32)>, right: Option<usize>, weight: f32| {
            let is_right = first.is_some_and(|(found, _)| Some(found) == right);
            judged.push((first.map_or(0.0, |(_, sure)| sure), is_right, weight));
        };
        judge(confidence(&|_| true), Some(article), 1.0 - OUT_OF_SCOPE);
        judge(confidence(&|other| other != article), None, OUT_OF_SCOPE);
    }
    Ok(())
}
