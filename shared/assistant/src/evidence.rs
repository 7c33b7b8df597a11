//! What speaks for each candidate: the numbers that the universal ranker reads.
//!
//! What always holds: each number means the same in every domain (shares and cosines, no counts that grow with it).

use nearside_knowledge::{Field, Index, Look, Shared, best};
use nearside_text::in_order;

use crate::vectors::{Rounded, UnitVectors};

/// Numbers of a candidate: see [`numbers`].
pub(crate) const CANDIDATE: usize = 22;
/// Numbers of a message.
pub(crate) const MESSAGE: usize = 12;

/// Candidates that each view brings.
const BROUGHT: usize = 12;

/// A message with what its candidates have.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Documents of the index.
    pub documents: Vec<usize>,
    /// `[n_documents][CANDIDATE]`
    pub candidates: Vec<Vec<f32>>,
    /// `[MESSAGE]`
    pub message: Vec<f32>,
}

/// Cosines of an article's units to the message: title, best phrase, best passage.
#[derive(Clone, Copy, Default)]
struct Near {
    title: f32,
    phrase: f32,
    passage: f32,
}

/// Gathers what speaks for the documents of `index` that `allowed` lets pass, for raw `message`; `vector` is that of the
/// message by the source of `vectors`, empty where there is none.
pub(crate) fn gather(index: &Index, vectors: Option<(&UnitVectors, &[f32])>, message: &str, allowed: impl Fn(usize) -> bool) -> Evidence {
    let look = index.look(message);
    let cosines = vectors.filter(|(v, m)| m.len() == v.width()).map(|(v, m)| v.cosines(&Rounded::of(m)));
    let mut documents = look.best(BROUGHT);
    if let Some(cosines) = &cosines {
        documents.extend(nearest(index, cosines));
    }
    documents = in_order(&documents, usize::cmp);
    documents.dedup();
    documents.retain(|&d| allowed(d));
    let shared: Vec<Shared> = documents.iter().map(|&d| look.shared(d)).collect();
    let near: Vec<Near> = documents.iter().map(|&d| cosines.as_ref().map_or(Near::default(), |c| near(index, c, d))).collect();
    let candidates = (0..documents.len()).map(|at| numbers(index, &look, &documents, &shared, &near, at)).collect();
    let message = of_message(&look, &shared, &near, index.len());
    Evidence { documents, candidates, message }
}

/// The documents with the nearest units, best first.
fn nearest(index: &Index, cosines: &[f32]) -> Vec<usize> {
    let nearest = |document: usize| index.units_of(document).map(|unit| cosines[unit]).fold(0.0f32, f32::max);
    best((0..index.len()).map(nearest), BROUGHT).into_iter().map(|m| m.article).collect()
}

fn near(index: &Index, cosines: &[f32], document: usize) -> Near {
    let mut near = Near::default();
    for unit in index.units_of(document) {
        let cosine = cosines[unit];
        match index.fields()[unit] {
            Field::Title => {
                near.title = cosine;
                near.phrase = near.phrase.max(cosine);
            }
            Field::Wording => near.phrase = near.phrase.max(cosine),
            Field::Passage => near.passage = near.passage.max(cosine),
            Field::Tags => {}
        }
    }
    near
}

fn numbers(index: &Index, look: &Look<'_>, documents: &[usize], shared: &[Shared], near: &[Near], at: usize) -> Vec<f32> {
    let (own, close) = (shared[at], near[at]);
    // How far ahead of the best other candidate it is.
    let lead = |of: &dyn Fn(usize) -> f32| {
        let others = (0..documents.len()).filter(|&other| other != at).map(of).fold(0.0f32, f32::max);
        of(at) - others
    };
    let fields = &index.fields()[index.units_of(documents[at])];
    let phrases = fields.iter().filter(|f| f.is_phrase()).count() as f32;
    let passages = fields.iter().filter(|f| **f == Field::Passage).count();
    let missed = if look.has_code() && own.codes == 0.0 { 1.0 } else { 0.0 };
    let numbers = [
        own.cover,
        own.covered,
        own.phrase,
        own.grams,
        own.passage,
        own.whole,
        own.rarest,
        own.codes,
        missed,
        close.title,
        close.phrase,
        close.passage,
        close.phrase.max(close.passage),
        lead(&|a| shared[a].phrase),
        lead(&|a| shared[a].grams),
        lead(&|a| shared[a].whole),
        lead(&|a| near[a].phrase),
        lead(&|a| near[a].passage),
        lead(&|a| near[a].phrase.max(near[a].passage)),
        libm::logf(phrases.max(1.0)),
        if passages > 0 { 1.0 } else { 0.0 },
        libm::logf(1.0 + look.words() as f32),
    ];
    debug_assert_eq!(numbers.len(), CANDIDATE);
    numbers.to_vec()
}

fn of_message(look: &Look<'_>, shared: &[Shared], near: &[Near], documents: usize) -> Vec<f32> {
    let most = |of: &dyn Fn(usize) -> f32| (0..shared.len()).map(of).fold(0.0f32, f32::max);
    let second = |of: &dyn Fn(usize) -> f32| {
        let mut two = [0.0f32; 2];
        (0..shared.len()).map(of).for_each(|x| {
            if x > two[0] {
                two = [x, two[0]];
            } else if x > two[1] {
                two[1] = x;
            }
        });
        two[1]
    };
    let numbers = [
        most(&|a| shared[a].phrase),
        most(&|a| shared[a].grams),
        most(&|a| shared[a].passage),
        most(&|a| shared[a].whole),
        most(&|a| near[a].phrase),
        most(&|a| near[a].passage),
        second(&|a| near[a].phrase),
        second(&|a| shared[a].phrase),
        look.known(),
        libm::logf(1.0 + look.words() as f32),
        if look.has_code() { 1.0 } else { 0.0 },
        libm::logf(1.0 + documents as f32),
    ];
    debug_assert_eq!(numbers.len(), MESSAGE);
    numbers.to_vec()
}
