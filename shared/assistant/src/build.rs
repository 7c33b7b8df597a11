//! Building a pack from a domain.

mod classes;
mod own_wordings;
mod ranked;

use std::borrow::Cow;
use std::collections::BTreeSet;

use nearside_knowledge::Article;
use nearside_nlu::slots::{Marked, SlotTagger, cross_validate};
use nearside_nlu::{Compared, ModelError};
use nearside_text::{normalize, slang, standard};

use crate::domain::{Domain, DomainError};
use crate::pack::{LONGEST_SLANG, Meta, Pack, is_slang};
use crate::responses::{Responses, SMALL_TALK, Sayings};
use crate::spelling::Spelling;
use crate::teach::{Teaching, Tier};
use crate::vectors::VectorSource;

pub use ranked::{Ear, Expected, Rankers, Shelf, Shipped, Tokens, documents, ear, looked_at, rankers, shelf};

/// What the build found out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuildReport {
    /// Articles in the pack.
    pub articles: usize,
    /// Titles and wordings of articles.
    pub questions: usize,
    /// Articles as classes: the share of held-out questions whose article came first, in cross-validation.
    pub cross_validated: Option<f64>,
    /// Articles as documents: what the universal ranker is known to do with a FAQ that was never asked anything.
    pub expected: Option<Expected>,
    /// What was tried and the share of held-out questions whose intent came first under it; the first is the n-grams alone.
    pub tried: Vec<(&'static str, f64)>,
    /// What the pack holds: n-grams, or vectors beside them.
    pub taken: &'static str,
    /// The manners of fitting that were compared for it.
    pub compared: Vec<Compared>,
    /// What the domain's marks taught, where it has any.
    pub slots: Option<SlotReport>,
    /// Questions of one article that lie nearest to another's: what an editor should tell apart or merge.
    pub near_duplicates: Vec<NearDuplicate>,
    /// Least confidence for an answer.
    pub answer_at: f32,
    /// `(coverage, risk)` at each tenth of coverage, in cross-validation.
    pub risk_coverage: Vec<(f64, f64)>,
}

/// Slots learned from marked wordings.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotReport {
    /// Their names, sorted.
    pub names: Vec<String>,
    /// Wordings that have marks.
    pub marked: usize,
    /// F1 of name and span together on wordings held out, in `0.0..=1.0`.
    pub f1: f64,
}

/// Two questions of different articles that are hard to tell apart.
#[derive(Clone, Debug, PartialEq)]
pub struct NearDuplicate {
    /// A question and the id of its article.
    pub question: (String, String),
    /// The article to which it would have gone, had it not been written down.
    pub taken_for: String,
    /// Its cosine to the nearest question of that article.
    pub cosine: f32,
}

/// From so many questions an article on, a classifier of the domain's own knows more than the universal ranker.
const MANY: usize = 8;
/// With fewer questions in all there is nothing to learn from.
const ENOUGH: usize = 100;
/// Articles that may be classes: training takes the square of their number.
const MOST_CLASSES: usize = 300;

/// Whether the articles of `language` become classes of a classifier of their own, and not documents of the universal
/// ranker.
pub fn as_classes(domain: &Domain, language: &str) -> bool {
    let own = domain.articles.iter().filter(|a| a.language == language);
    let (articles, questions) = own.fold((0, 0), |(articles, questions), a| (articles + 1, questions + 1 + a.wordings.len()));
    let questions = questions + domain.extra_wordings.get(language).map_or(0, Vec::len);
    (2..=MOST_CLASSES).contains(&articles) && questions >= ENOUGH.max(MANY * articles)
}

/// Builds the pack of one language. The same domain gives the same bytes everywhere.
///
/// # Errors
/// [`DomainError`] where the language has no article, two articles have the same id, or an extra wording names an article
/// that does not exist.
pub fn build(domain: &Domain, language: &str) -> Result<(Vec<u8>, BuildReport), DomainError> {
    build_taught(domain, language, None, None)
}

/// As [`build`], with a language's token vectors or a sentence encoder at hand. The encoder's arithmetic may differ in its
/// last bits from machine to machine, and so may the bytes of a pack that was built with one.
///
/// # Errors
/// As [`build`], and where the encoder fails.
pub fn build_taught(
    domain: &Domain,
    language: &str,
    tokens: Option<&Tokens<'_>>,
    teaching: Option<&Teaching<'_>>,
) -> Result<(Vec<u8>, BuildReport), DomainError> {
    let fail = |file: String, message: String| DomainError { file, line: 1, message };
    let folder = || format!("articles/{language}");
    let articles: Vec<Article> = domain.articles.iter().filter(|a| a.language == language).cloned().collect();
    if articles.is_empty() {
        return Err(fail(folder(), "no article, expected at least 1".into()));
    }
    let mut ids = BTreeSet::new();
    if let Some(second) = articles.iter().find(|a| !ids.insert(a.id.as_str())) {
        return Err(fail(format!("{}/{}.md", folder(), second.id), format!("second article with the id {:?}", second.id)));
    }
    let sayings = Sayings::of(language).map_err(|e| fail(format!("languages/{language}.toml"), e.message().to_owned()))?;
    let own_slang = domain.slang.get(language).into_iter().flatten();
    if let Some((said, _)) = own_slang.clone().find(|(said, meant)| !is_slang(&normalize(said), &normalize(meant))) {
        let message = format!("slang.{language}: {said:?}: expected a word and what it stands for, each at most {LONGEST_SLANG} bytes");
        return Err(fail("domain.toml".into(), message));
    }
    let slang = slang(sayings.slang.iter().chain(own_slang).map(|(said, meant)| (said.as_str(), meant.as_str())));
    let none = Vec::new();
    let extra = domain.extra_wordings.get(language).unwrap_or(&none);
    let mut questions: Vec<Question> = Vec::new();
    for (number, article) in articles.iter().enumerate() {
        let texts = std::iter::once(&article.title).chain(&article.wordings);
        questions.extend(texts.map(|text| Question { text: standard(text, &slang), article: Some(number), label: &article.id }));
    }
    for (text, id) in extra {
        let number = articles.iter().position(|a| a.id == *id).ok_or_else(|| {
            fail("wordings".into(), format!("wording {text:?} names the article {id:?}, which does not exist in {language}"))
        })?;
        questions.push(Question { text: standard(text, &slang), article: Some(number), label: &articles[number].id });
    }
    let mut report = BuildReport { articles: articles.len(), questions: questions.len(), ..BuildReport::default() };
    let standardised: Vec<Article> = articles.iter().map(|a| in_standard_words(a, &slang)).collect();
    let common = sayings.common();
    let (index, engine) = if as_classes(domain, language) {
        for ((label, _), texts) in SMALL_TALK.iter().zip(sayings.small_talk()) {
            questions.extend(texts.iter().map(|text| Question { text: standard(text, &slang), article: None, label }));
        }
        classes::train(&standardised, &questions, &common, teaching, (domain.accepted_wrong, &mut report))
    } else {
        let talk = sayings.small_talk();
        let golden = domain.golden.get(language).map_or(&[][..], Vec::as_slice);
        let shelves =
            ranked::Shelves { golden, articles: &standardised, questions: &questions, talk: &talk, slang: &slang, common: &common };
        ranked::assemble(&shelves, tokens, teaching, (domain.accepted_wrong, &mut report))
    }
    .map_err(|e| fail(folder(), e))?;
    let mut responses = sayings.responses.clone();
    if let Some(own) = domain.responses.get(language) {
        responses = replace(responses, own).map_err(|message| fail("domain.toml".into(), message))?;
    }
    let meta = Meta {
        name: domain.name.clone(),
        language: language.to_owned(),
        responses,
        encoder: teaching.filter(|t| t.tier == Tier::Encoder).map(|t| t.encoder.clone()),
        slang: slang.clone(),
        acts: sayings.acts(),
        spelling: tokens.map_or_else(Spelling::default, |t| {
            Spelling::new(questions.iter().filter(|q| q.article.is_some()).map(|q| &*q.text), &index, t.vectors)
        }),
        entities: domain.entities.clone(),
        handoff_after: domain.handoff_after,
    };
    let marked = domain.marked.get(language).filter(|all| all.iter().any(|m| !m.slots.is_empty()));
    let taught = marked.map(|all| learn_slots(all)).transpose().map_err(|e| fail(folder(), e.to_string()))?;
    let (slots, slot_report) = taught.unzip();
    report.slots = slot_report;
    let bytes = Pack::write(&meta, &articles, &index, &engine, slots.as_ref()).map_err(|e| fail(folder(), e.to_string()))?;
    Ok((bytes, report))
}

fn learn_slots(marked: &[Marked]) -> Result<(SlotTagger, SlotReport), ModelError> {
    let tagger = SlotTagger::train(marked, SEED)?;
    let f1 = cross_validate(marked, SEED)?.f1();
    let report = SlotReport { names: tagger.names().to_vec(), marked: marked.iter().filter(|m| !m.slots.is_empty()).count(), f1 };
    Ok((tagger, report))
}

const SEED: u64 = 1;

fn replace(base: Responses, own: &std::collections::BTreeMap<String, String>) -> Result<Responses, String> {
    let mut table = toml::Table::try_from(&base).map_err(|e| e.to_string())?;
    for (occasion, sentence) in own {
        table.insert(occasion.clone(), toml::Value::String(sentence.clone()));
    }
    table.try_into().map_err(|e: toml::de::Error| format!("responses: {}", e.message()))
}

/// As the index sees it.
fn in_standard_words(article: &Article, slang: &[(String, String)]) -> Article {
    let put = |text: &str| standard(text, slang).into_owned();
    Article { title: put(&article.title), body: put(&article.body), wordings: Vec::new(), ..article.clone() }
}

struct Question<'a> {
    text: Cow<'a, str>,
    article: Option<usize>,
    label: &'a str,
}

/// How many bytes a part takes in a pack.
pub fn postcard_bytes(part: &impl serde::Serialize) -> usize {
    postcard::to_allocvec(part).map_or(0, |bytes| bytes.len())
}

/// A part as a pack stores it.
///
/// # Errors
/// Where it cannot be written.
pub fn postcard_vec(part: &impl serde::Serialize) -> Result<Vec<u8>, String> {
    postcard::to_allocvec(part).map_err(|e| e.to_string())
}

/// What [`postcard_vec`] wrote.
///
/// # Errors
/// Where the bytes are of something else.
pub fn from_postcard<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|e| e.to_string())
}
