//! What speaks for each candidate: the numbers that the universal ranker reads.
//!
//! What always holds: each number means the same in every domain (shares and cosines, no counts that grow with it).

use nearside_knowledge::{Field, Index, Look, Shared, best};
use nearside_text::in_order;

use crate::query::Query;
use crate::vectors::{Rounded, UnitVectors};

/// Numbers of a candidate: see [`numbers`].
pub(crate) const CANDIDATE: usize = 27;
/// Numbers of a message.
pub(crate) const MESSAGE: usize = 15;

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
    /// The candidate of which a phrase has the wish's words and no others, where it is the only one.
    pub exact: Option<usize>,
}

/// Cosines of an article's units to the message: title, best phrase, best passage.
#[derive(Clone, Copy, Default)]
struct Near {
    title: f32,
    phrase: f32,
    passage: f32,
}

impl Near {
    fn most(self) -> f32 {
        self.phrase.max(self.passage)
    }
}

/// What one document has.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// By the whole wish.
    shared: Shared,
    near: Near,
    /// The most that the wish, or a sentence of it, has.
    best: Best,
}

#[derive(Clone, Copy, Default)]
struct Best {
    phrase: f32,
    grams: f32,
    near: f32,
}

impl Best {
    fn of(shared: &Shared, near: Near) -> Self {
        Self { phrase: shared.phrase, grams: shared.grams, near: near.most() }
    }

    fn most(self, other: Self) -> Self {
        Self { phrase: self.phrase.max(other.phrase), grams: self.grams.max(other.grams), near: self.near.max(other.near) }
    }
}

/// Gathers what speaks for the documents of `index` that `allowed` lets pass. Vectors are left alone where their widths
/// differ.
pub(crate) fn gather(index: &Index, vectors: Option<&UnitVectors>, query: &Query<'_>, allowed: impl Fn(usize) -> bool) -> Evidence {
    let looks: Vec<Look<'_>> = query.parts.iter().map(|(text, _)| index.look(text)).collect();
    let read = vectors.filter(|v| v.width() == query.width());
    let cosines: Vec<Vec<f32>> =
        read.map_or_else(Vec::new, |v| v.cosines(&query.parts.iter().map(|(_, vector)| Rounded::of(vector)).collect::<Vec<_>>()));
    let mut documents: Vec<usize> = looks.iter().flat_map(|look| look.best(BROUGHT)).collect();
    documents.extend(cosines.iter().flat_map(|cosines| nearest(index, cosines)));
    let same = Some(index.with_same_words(query.parts[0].0)).filter(|all| all.len() == 1).map(|all| all[0]);
    documents.extend(same);
    documents = in_order(&documents, usize::cmp);
    documents.dedup();
    documents.retain(|&d| allowed(d));
    let exact = same.and_then(|same| documents.iter().position(|&d| d == same));
    let seen: Vec<Seen> = documents.iter().map(|&d| see(index, &looks, &cosines, d)).collect();
    let look = &looks[0];
    let leads = LEADS.map(|of| leads(&seen, of));
    let candidates =
        (0..documents.len()).map(|at| numbers(index, look, (documents[at], &seen[at]), leads.each_ref().map(|l| l[at]))).collect();
    let message = of_message(look, looks.len(), &seen, index.len());
    Evidence { documents, candidates, message, exact }
}

fn see(index: &Index, looks: &[Look<'_>], cosines: &[Vec<f32>], document: usize) -> Seen {
    let of = |part: usize| (looks[part].shared(document), cosines.get(part).map_or(Near::default(), |c| near(index, c, document)));
    let (shared, near) = of(0);
    let best = (1..looks.len()).map(of).map(|(shared, near)| Best::of(&shared, near));
    Seen { shared, near, best: best.fold(Best::of(&shared, near), Best::most) }
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

/// In what a candidate may be ahead of the others.
const LEADS: [fn(&Seen) -> f32; 8] = [
    |s| s.shared.phrase,
    |s| s.shared.grams,
    |s| s.shared.whole,
    |s| s.near.phrase,
    |s| s.near.passage,
    |s| s.near.most(),
    |s| s.best.phrase,
    |s| s.best.near,
];

/// How far each candidate is ahead of the best other one, `[n_candidates]`.
fn leads(seen: &[Seen], of: fn(&Seen) -> f32) -> Vec<f32> {
    let values: Vec<f32> = seen.iter().map(of).collect();
    let first = (0..values.len()).fold(0, |first, at| if values[at] > values[first] { at } else { first });
    let most = |skipped: Option<usize>| (0..values.len()).filter(|at| Some(*at) != skipped).map(|at| values[at]).fold(0.0f32, f32::max);
    let (best, second) = (most(None), most(Some(first)));
    values.iter().enumerate().map(|(at, value)| value - if at == first { second } else { best }).collect()
}

fn numbers(index: &Index, look: &Look<'_>, (document, seen): (usize, &Seen), leads: [f32; LEADS.len()]) -> Vec<f32> {
    let Seen { shared: own, near: close, best } = *seen;
    let [by_phrase, by_grams, by_whole, by_near_phrase, by_near_passage, by_near, by_best_phrase, by_best_near] = leads;
    let fields = &index.fields()[index.units_of(document)];
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
        close.most(),
        by_phrase,
        by_grams,
        by_whole,
        by_near_phrase,
        by_near_passage,
        by_near,
        best.phrase,
        best.grams,
        best.near,
        by_best_phrase,
        by_best_near,
        libm::logf(phrases.max(1.0)),
        if passages > 0 { 1.0 } else { 0.0 },
        libm::logf(1.0 + look.words() as f32),
    ];
    debug_assert_eq!(numbers.len(), CANDIDATE);
    numbers.to_vec()
}

fn of_message(look: &Look<'_>, parts: usize, seen: &[Seen], documents: usize) -> Vec<f32> {
    let most = |of: &dyn Fn(&Seen) -> f32| seen.iter().map(of).fold(0.0f32, f32::max);
    let second = |of: &dyn Fn(&Seen) -> f32| {
        let mut two = [0.0f32; 2];
        seen.iter().map(of).for_each(|x| {
            if x > two[0] {
                two = [x, two[0]];
            } else if x > two[1] {
                two[1] = x;
            }
        });
        two[1]
    };
    let numbers = [
        most(&|s| s.shared.phrase),
        most(&|s| s.shared.grams),
        most(&|s| s.shared.passage),
        most(&|s| s.shared.whole),
        most(&|s| s.near.phrase),
        most(&|s| s.near.passage),
        second(&|s| s.near.phrase),
        second(&|s| s.shared.phrase),
        most(&|s| s.best.phrase),
        most(&|s| s.best.near),
        look.known(),
        libm::logf(1.0 + look.words() as f32),
        if look.has_code() { 1.0 } else { 0.0 },
        libm::logf(1.0 + documents as f32),
        libm::logf(parts as f32),
    ];
    debug_assert_eq!(numbers.len(), MESSAGE);
    numbers.to_vec()
}
