//! Building a pack whose articles are documents of the universal ranker.

use std::borrow::Cow;

use nearside_knowledge::{Article, Index, embedded};
use nearside_nlu::StaticVectors;
use nearside_nlu::acts::Acts;
use nearside_nlu::calibrate::threshold_for;
use nearside_nlu::ranker::{Message, Projection, Recalibration};
use nearside_text::standard;
use serde::{Deserialize, Serialize};

use super::own_wordings;
use super::{BuildReport, NearDuplicate, Question, VectorSource};
use crate::domain::GoldenQuestion;
use crate::evidence::gather;
use crate::hear::wish;
use crate::pack::StoredEngine;
use crate::query::{Query, parts};
use crate::ranked::{Ranked, StoredRanked, StoredStage};
use crate::responses::{SMALL_TALK, Sayings};
use crate::teach::{Teaching, Tier};
use crate::vectors::UnitVectors;

/// A language's token vectors, and the hash of their file.
pub struct Tokens<'a> {
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub hash: String,
    /// The table.
    pub vectors: &'a StaticVectors,
}

/// What a ranker did with whole domains that it was not trained on, one phrase an article: shares in `0.0..=1.0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Of questions in scope: answered rightly.
    pub right: f32,
    /// Of questions in scope: asked back with the right article among three.
    pub offered: f32,
    /// Of all that was answered: wrong.
    pub wrong: f32,
}

/// A ranker as it is shipped: how it is used at each accepted share of wrong answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shipped {
    /// The network and its thresholds for [`ACCEPTED`].
    pub stage: StoredStage,
    /// The encoder by whose vectors it was trained, and what they went through.
    pub projection: Option<(String, Projection)>,
    /// `(accepted share of wrong answers, least confidence, what is expected)`, by rising share.
    pub curve: Vec<(f32, f32, Expected)>,
}

/// The rankers that come with this program, by what they read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rankers {
    /// Words and n-grams.
    pub plain: Shipped,
    /// And a language's token vectors.
    pub tokens: Shipped,
    /// And those of the sentence encoder that it was trained with, projected.
    pub encoder: Shipped,
    /// And those of any other, as they are.
    pub other_encoder: Shipped,
}

/// The rankers within this program; `cargo xtask ranker` makes them.
///
/// # Errors
/// Where the program was built without them.
pub fn rankers() -> Result<Rankers, String> {
    postcard::from_bytes(include_bytes!("../../../nlu/models/ranker.bin"))
        .map_err(|_| "no ranker in this program: cargo xtask ranker".into())
}

impl Shipped {
    /// The stage for an accepted share of wrong answers, and what is expected of it.
    fn at(&self, accepted_wrong: f32) -> (StoredStage, Expected) {
        let fits = |(share, _, _): &&(f32, f32, Expected)| *share <= accepted_wrong + 1e-6;
        let point = self.curve.iter().rev().find(fits).or(self.curve.first());
        let (answer_at, expected) = point.map_or((1.0, Expected::default()), |(_, at, expected)| (*at, *expected));
        let clarify_at = self.stage.clarify_at.min(answer_at);
        (StoredStage { answer_at, clarify_at, by: Recalibration::default(), ..self.stage.clone() }, expected)
    }
}

/// What a pack is made from.
pub(super) struct Shelves<'a> {
    pub(super) articles: &'a [Article],
    pub(super) questions: &'a [Question<'a>],
    pub(super) talk: &'a [&'a [String]],
    pub(super) slang: &'a [(String, String)],
    pub(super) common: &'a [&'a str],
    pub(super) golden: &'a [GoldenQuestion],
}

/// Articles with their wordings, and small talk after them, as the index sees them.
pub fn documents<'a>(articles: &[Article], wordings: impl IntoIterator<Item = (usize, Cow<'a, str>)>, talk: &[&[String]]) -> Vec<Article> {
    let mut documents = articles.to_vec();
    for (article, wording) in wordings {
        if let Some(document) = documents.get_mut(article).filter(|d| d.title != wording) {
            document.wordings.push(wording.into_owned());
        }
    }
    documents.extend(SMALL_TALK.iter().zip(talk).map(|((id, _), texts)| Article {
        id: (*id).to_owned(),
        title: texts.first().cloned().unwrap_or_default(),
        wordings: texts.iter().skip(1).cloned().collect(),
        ..Article::default()
    }));
    documents
}

pub(super) fn assemble(
    shelves: &Shelves<'_>,
    tokens: Option<&Tokens<'_>>,
    teaching: Option<&Teaching<'_>>,
    (accepted_wrong, report): (f32, &mut BuildReport),
) -> Result<(Index, StoredEngine), String> {
    let rankers = rankers()?;
    let wordings = shelves.questions.iter().filter_map(|q| q.article.map(|article| (article, q.text.clone())));
    let talk: Vec<Vec<String>> =
        shelves.talk.iter().map(|texts| texts.iter().map(|t| standard(t, shelves.slang).into_owned()).collect()).collect();
    let talk: Vec<&[String]> = talk.iter().map(Vec::as_slice).collect();
    let documents = documents(shelves.articles, wordings, &talk);
    let index = Index::build(&documents, shelves.common);
    report.near_duplicates = near_duplicates(&index, shelves);
    let (plain, expected) = rankers.plain.at(accepted_wrong);
    (report.taken, report.answer_at, report.expected) = ("n-grams", plain.answer_at, Some(expected));
    let mut projection = None;
    let taught = match (teaching.filter(|t| t.tier == Tier::Encoder), tokens) {
        (Some(teaching), _) => {
            let own = rankers.encoder.projection.as_ref().filter(|(name, _)| *name == teaching.encoder).map(|(_, projection)| projection);
            projection = own.cloned();
            let shipped = if own.is_some() { &rankers.encoder } else { &rankers.other_encoder };
            Some(("encoder", shipped, encoded(&documents, teaching, own)?))
        }
        (None, Some(tokens)) if teaching.is_none_or(|t| t.tier != Tier::Ngram) => {
            let source = VectorSource::Tokens(tokens.hash.clone());
            let vectors = documents.iter().flat_map(embedded).map(|(_, text)| tokens.vectors.encode(&text)).collect::<Vec<_>>();
            Some(("token vectors", &rankers.tokens, UnitVectors::new(source, &vectors)))
        }
        _ => None,
    };
    let mut engine = StoredRanked { plain, with_vectors: None, vectors: None, projection: None };
    let golden: Vec<Cow<'_, str>> = shelves.golden.iter().map(|g| standard(&g.question, shelves.slang)).collect();
    let own = |engine: &StoredRanked| own_wordings::threshold(engine, &documents, shelves.articles.len(), shelves.common, accepted_wrong);
    engine.plain.answer_at = own(&engine)?;
    engine.plain.answer_at = raised(&engine, &index, shelves, &golden, &[], accepted_wrong)?;
    report.answer_at = engine.plain.answer_at;
    if let Some((name, shipped, Some(vectors))) = taught {
        let (stage, expected) = shipped.at(accepted_wrong);
        (report.taken, report.expected) = (name, Some(expected));
        let texts: Vec<&str> = golden.iter().flat_map(|g| parts(g)).collect();
        engine.projection = projection;
        let of_golden = match (&vectors.source, teaching, tokens) {
            (VectorSource::Encoder(_), Some(teaching), _) => (teaching.encode)(&texts)?,
            (VectorSource::Tokens(_), _, Some(tokens)) => texts.iter().map(|t| tokens.vectors.encode(t)).collect(),
            _ => Vec::new(),
        };
        (engine.with_vectors, engine.vectors) = (Some(stage), Some(vectors));
        let answer_at = own(&engine)?;
        engine.with_vectors.iter_mut().for_each(|stage| stage.answer_at = answer_at);
        let answer_at = raised(&engine, &index, shelves, &golden, &of_golden, accepted_wrong)?;
        engine.with_vectors.iter_mut().for_each(|stage| stage.answer_at = answer_at);
        report.answer_at = answer_at;
    }
    Ok((index, StoredEngine::Ranked(Box::new(engine))))
}

/// Questions of one article that are nearly those of another, the nearest first. Of a large FAQ, those of the first articles
/// are looked at.
fn near_duplicates(index: &Index, shelves: &Shelves<'_>) -> Vec<NearDuplicate> {
    let pair = |question: &Question<'_>| {
        let own = question.article?;
        let look = index.look(&question.text);
        let others = look.best(3).into_iter().filter(|&other| other != own && other < shelves.articles.len());
        let (cosine, other) = others.map(|other| (look.shared(other).phrase, other)).max_by(|a, b| a.0.total_cmp(&b.0))?;
        let question = (question.text.clone().into_owned(), question.label.to_owned());
        (cosine >= NEAR).then(|| NearDuplicate { question, taken_for: shelves.articles[other].id.clone(), cosine })
    };
    let mut found: Vec<NearDuplicate> = shelves.questions.iter().take(LOOKED_AT).filter_map(pair).collect();
    found.sort_by(|a, b| b.cosine.total_cmp(&a.cosine).then(a.question.cmp(&b.question)));
    found.truncate(NAMED);
    found
}

/// From this on, two questions share most of their words.
const NEAR: f32 = 0.7;
const LOOKED_AT: usize = 3000;
const NAMED: usize = 20;

/// Golden questions that a threshold may be read off.
const ENOUGH: usize = 30;

/// The least confidence for an answer where a domain's golden questions are asked: never below what it would be without them, since they
/// stand beside the articles and may have been worded with them in sight.
fn raised(
    engine: &StoredRanked,
    index: &Index,
    shelves: &Shelves<'_>,
    golden: &[Cow<'_, str>],
    vectors: &[Vec<f32>],
    accepted_wrong: f32,
) -> Result<f32, String> {
    let ranked = Ranked::load(engine.clone(), index).map_err(|e| e.to_string())?;
    let (answer_at, _) = ranked.thresholds();
    if golden.len() < ENOUGH {
        return Ok(answer_at);
    }
    let mut vectors = vectors.iter();
    let judged: Vec<(f32, bool, f32)> = golden
        .iter()
        .zip(shelves.golden)
        .map(|(text, wanted)| {
            let mut next = |text| (text, vectors.next().map_or_else(Vec::new, |v| ranked.projected(v.clone())));
            let query = Query { parts: parts(text).into_iter().map(&mut next).collect() };
            let found = ranked.understand(index, &query, shelves.articles.len(), |_| true, 1);
            let first = found.candidates.first().filter(|_| found.talk.is_none());
            let right = first.is_some_and(|(a, _)| wanted.article.as_ref() == Some(&shelves.articles[*a].id));
            (first.map_or(0.0, |(_, confidence)| *confidence), right, 1.0)
        })
        .collect();
    Ok(threshold_for(&judged, accepted_wrong).clamp(answer_at, answer_at.max(HIGHEST)))
}

/// Golden questions are few: one of them may not have nearly everything refused.
const HIGHEST: f32 = 0.95;

fn encoded(documents: &[Article], teaching: &Teaching<'_>, projection: Option<&Projection>) -> Result<Option<UnitVectors>, String> {
    let all: Vec<_> = documents.iter().flat_map(embedded).collect();
    let texts = |phrase: bool| all.iter().filter(|(field, _)| field.is_phrase() == phrase).map(|(_, text)| &**text).collect::<Vec<&str>>();
    let mut phrases = (teaching.encode)(&texts(true))?.into_iter();
    let mut passages = (teaching.encode_passages)(&texts(false))?.into_iter();
    let mut vectors: Vec<Vec<f32>> =
        all.iter().filter_map(|(field, _)| if field.is_phrase() { phrases.next() } else { passages.next() }).collect();
    for vector in &mut vectors {
        vector.truncate(teaching.leading.into());
        if let Some(projection) = projection {
            *vector = projection.apply(vector);
        }
    }
    Ok(UnitVectors::new(VectorSource::Encoder(teaching.encoder.clone()), &vectors))
}

/// What takes out of a message what it wants, as a turn does.
pub struct Ear {
    acts: Acts,
    slang: Vec<(String, String)>,
}

/// The ear for `language`; English where it is none of the twelve.
///
/// # Errors
/// Where the language's file is damaged.
pub fn ear(language: &str) -> Result<Ear, String> {
    let sayings = Sayings::of(language).map_err(|e| e.to_string())?;
    let slang = nearside_text::slang(sayings.slang.iter().map(|(from, to)| (from.as_str(), to.as_str())));
    Ok(Ear { acts: Acts::load(&sayings.acts()), slang })
}

impl Ear {
    /// What raw `text` wants; all of it where nothing in it is a wish.
    pub fn wish(&self, text: &str) -> String {
        let reading = self.acts.read(text);
        let wish = if reading.wishes.is_empty() { text.to_owned() } else { wish(text, &reading) };
        standard(&wish, &self.slang).into_owned()
    }
}

/// The texts of a wish that are looked at: itself, then its sentences where it has several.
pub fn looked_at(wish: &str) -> Vec<&str> {
    parts(wish)
}

/// Documents as a ranker in training sees them.
pub struct Shelf {
    index: Index,
    vectors: Option<UnitVectors>,
}

/// Puts up documents; `vectors` has one for each unit of each of them, in order, or is empty.
pub fn shelf(documents: &[Article], common: &[&str], vectors: &[Vec<f32>]) -> Shelf {
    Shelf { index: Index::build(documents, common), vectors: UnitVectors::new(VectorSource::Encoder(String::new()), vectors) }
}

impl Shelf {
    /// A message as the ranker sees it: `vectors` of what [`looked_at`] gives by the shelf's source, none where it has no source;
    /// `right` the documents that answer.
    pub fn message(&self, text: &str, vectors: &[Vec<f32>], right: &[usize], weight: f32) -> (Message, Vec<usize>) {
        let vector = |at: usize| vectors.get(at).cloned().unwrap_or_default();
        let query = Query { parts: parts(text).into_iter().enumerate().map(|(at, part)| (part, vector(at))).collect() };
        let evidence = gather(&self.index, self.vectors.as_ref(), &query, |_| true);
        let right = evidence.documents.iter().enumerate().filter(|(_, d)| right.contains(d)).map(|(at, _)| at).collect();
        (Message { candidates: evidence.candidates, own: evidence.message, right, weight }, evidence.documents)
    }
}
