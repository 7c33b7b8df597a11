//! Building a pack from a domain.

use std::borrow::Cow;

use nearside_knowledge::{Article, Index};
use nearside_nlu::slots::{Marked, SlotTagger, cross_validate};
use nearside_nlu::{Compared, Example, HeldOut, ModelError, folds};
use nearside_text::{normalize, slang, standard};

use crate::domain::{Domain, DomainError};
use crate::judge::Judgement;
use crate::pack::{LONGEST_SLANG, Meta, Pack, is_slang};
use crate::responses::{Responses, SMALL_TALK, Sayings};
use crate::teach::{Teaching, Tier, learn};
use crate::understand::{Views, Weights};

/// What the build found out.
#[derive(Clone, Debug, PartialEq)]
pub struct BuildReport {
    /// Articles in the pack.
    pub articles: usize,
    /// Questions trained on.
    pub questions: usize,
    /// The share of held-out questions whose article came first, in cross-validation.
    pub cross_validated: f64,
    /// What was tried and the share of held-out questions whose intent came first under it; the first is the n-grams alone.
    pub tried: Vec<(&'static str, f64)>,
    /// Which of them the pack holds.
    pub taken: &'static str,
    /// The manners of fitting that were compared for it.
    pub compared: Vec<Compared>,
    /// What the domain's marks taught, where it has any.
    pub slots: Option<SlotReport>,
    /// Questions of one article that lie nearest to another's: what an editor should tell apart or merge.
    pub near_duplicates: Vec<NearDuplicate>,
    /// How the views are put together.
    pub weights: Weights,
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

/// Least confidence for a clarifying question as a share of that for an answer. Lower asks back about things that no
/// article covers.
const CLARIFY_SHARE: f32 = 0.65;

/// Builds the pack of one language. The same domain gives the same bytes everywhere.
///
/// # Errors
/// [`DomainError`] where the language has fewer than two articles, two articles have the same id, or an extra wording
/// names an article that does not exist.
pub fn build(domain: &Domain, language: &str) -> Result<(Vec<u8>, BuildReport), DomainError> {
    build_taught(domain, language, None)
}

/// As [`build`], with a sentence encoder at hand. The encoder's arithmetic may differ in its last bits from machine to
/// machine, and so may the pack's bytes.
///
/// # Errors
/// As [`build`], and where the encoder fails.
pub fn build_taught(domain: &Domain, language: &str, teaching: Option<&Teaching<'_>>) -> Result<(Vec<u8>, BuildReport), DomainError> {
    let fail = |file: String, message: String| DomainError { file, line: 1, message };
    let articles: Vec<Article> = domain.articles.iter().filter(|a| a.language == language).cloned().collect();
    if articles.len() < 2 {
        return Err(fail(format!("articles/{language}"), format!("{} article(s), expected at least 2", articles.len())));
    }
    for (at, article) in articles.iter().enumerate() {
        if articles[..at].iter().any(|other| other.id == article.id) {
            return Err(fail(format!("articles/{language}/{}.md", article.id), format!("second article with the id {:?}", article.id)));
        }
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
    for ((label, _), texts) in SMALL_TALK.iter().zip(sayings.small_talk()) {
        questions.extend(texts.iter().map(|text| Question { text: standard(text, &slang), article: None, label }));
    }
    let examples: Vec<Example<'_>> = questions.iter().map(|q| Example { text: &q.text, label: Some(q.label) }).collect();
    let learned = learn(&examples, teaching).map_err(|e| fail(format!("articles/{language}"), e))?;
    let (trained, words) = (learned.trained, learned.words);
    let labels = trained.classifier.labels();
    let article_of_label: Vec<Option<usize>> = labels.iter().map(|l| articles.iter().position(|a| a.id == *l)).collect();

    let standardised: Vec<Article> = articles.iter().map(|a| in_standard_words(a, &slang)).collect();
    let trial = Trial { articles: &standardised, questions: &questions, article_of_label: &article_of_label };
    let views = trial.views(&trained.held_out);
    let judged = Judgement::learn(&trained.held_out, &views, &article_of_label, domain.accepted_wrong);
    let mut responses = sayings.responses.clone();
    if let Some(own) = domain.responses.get(language) {
        responses = replace(responses, own).map_err(|message| fail("domain.toml".into(), message))?;
    }
    let index = Index::build(&trial.indexed(|_| true));
    let meta = Meta {
        name: domain.name.clone(),
        language: language.to_owned(),
        responses,
        encoder: teaching.filter(|t| t.tier == Tier::Encoder).map(|t| t.encoder.clone()),
        slang,
        entities: domain.entities.clone(),
        weights: judged.weights,
        calibration: judged.calibration,
        answer_at: judged.answer_at,
        clarify_at: judged.answer_at * CLARIFY_SHARE,
        handoff_after: domain.handoff_after,
    };
    let marked = domain.marked.get(language).filter(|all| all.iter().any(|m| !m.slots.is_empty()));
    let taught = marked.map(|all| learn_slots(all)).transpose().map_err(|e| fail(format!("articles/{language}"), e.to_string()))?;
    let (slots, slot_report) = taught.unzip();
    let bytes = Pack::write(&meta, &articles, &index, &trained.classifier, words.as_ref(), slots.as_ref())
        .map_err(|e| fail(format!("articles/{language}"), e.to_string()))?;
    let report = BuildReport {
        articles: articles.len(),
        questions: questions.len(),
        cross_validated: judged.right_share,
        tried: learned.tried,
        taken: learned.taken,
        compared: trained.compared,
        slots: slot_report,
        near_duplicates: near_duplicates(&trained.held_out, &questions, labels),
        weights: judged.weights,
        answer_at: judged.answer_at,
        risk_coverage: judged.risk_coverage,
    };
    Ok((bytes, report))
}

fn learn_slots(marked: &[Marked]) -> Result<(SlotTagger, SlotReport), ModelError> {
    let tagger = SlotTagger::train(marked, SEED)?;
    let f1 = cross_validate(marked, SEED)?.f1();
    let report = SlotReport { names: tagger.names().to_vec(), marked: marked.iter().filter(|m| !m.slots.is_empty()).count(), f1 };
    Ok((tagger, report))
}

const SEED: u64 = 1;

/// How many of the hardest pairs a report names.
const NAMED: usize = 20;

/// Questions that, held out, go to another article with which they share most of their words, the nearest first.
fn near_duplicates(held_out: &[HeldOut], questions: &[Question<'_>], labels: &[String]) -> Vec<NearDuplicate> {
    let mut found: Vec<NearDuplicate> = held_out
        .iter()
        .filter(|h| !h.whole_intent && !h.is_right())
        .filter_map(|h| {
            let (first, _) = *h.candidates.first()?;
            let question = &questions[h.example];
            Some(NearDuplicate {
                question: (question.text.clone().into_owned(), question.label.to_owned()),
                taken_for: labels[first].clone(),
                cosine: h.nearest_by_intent[first],
            })
        })
        .filter(|pair| pair.cosine >= NEAR)
        .collect();
    found.sort_by(|a, b| b.cosine.total_cmp(&a.cosine).then(a.question.cmp(&b.question)));
    found.truncate(NAMED);
    found
}

/// From this cosine on two questions share most of their words.
const NEAR: f32 = 0.5;

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

struct Trial<'a> {
    articles: &'a [Article],
    questions: &'a [Question<'a>],
    article_of_label: &'a [Option<usize>],
}

impl<'a> Trial<'a> {
    /// The articles with those questions as wordings that `chosen` accepts; the title stays only if it is accepted too.
    fn indexed(&self, chosen: impl Fn(usize) -> bool) -> Vec<Article> {
        let mut out: Vec<Article> = self.articles.to_vec();
        for (at, question) in self.questions.iter().enumerate() {
            let Some(number) = question.article else { continue };
            let is_title = question.text == self.articles[number].title;
            match (is_title, chosen(at)) {
                (true, false) => out[number].title.clear(),
                (false, true) => out[number].wordings.push(question.text.clone().into_owned()),
                _ => {}
            }
        }
        out
    }

    /// What classifier and index, both blind to a question, make of it.
    fn views(&self, held_out: &'a [HeldOut]) -> Vec<Views<'a>> {
        let folds = folds(self.questions.len());
        let mut tested = vec![vec![false; self.questions.len()]; folds];
        held_out.iter().filter(|h| !h.whole_intent).for_each(|h| tested[h.fold][h.example] = true);
        let indexes: Vec<Index> = tested.iter().map(|tested| Index::build(&self.indexed(|q| !tested[q]))).collect();
        let whole = Index::build(&self.indexed(|_| true));
        held_out
            .iter()
            .map(|h| {
                let mut labels = vec![(UNTRAINED, 0.0); self.article_of_label.len()];
                h.candidates.iter().for_each(|&(label, score)| labels[label] = (score, h.nearest_by_intent[label]));
                let blind = if h.whole_intent { &whole } else { &indexes[h.fold] };
                let mut index = blind.scores(&self.questions[h.example].text);
                // An intent that the fold never saw must not be found through its article either.
                for (label, article) in self.article_of_label.iter().enumerate() {
                    if let Some(article) = article.filter(|_| labels[label].0 == UNTRAINED) {
                        index[article] = 0.0;
                    }
                }
                Views { labels, article_of_label: self.article_of_label, index, mean_cosine: h.mean_cosine, known: h.known }
            })
            .collect()
    }
}

const UNTRAINED: f32 = -9.0;

/// How many bytes a part takes in a pack.
pub fn postcard_bytes(part: &impl serde::Serialize) -> usize {
    postcard::to_allocvec(part).map_or(0, |bytes| bytes.len())
}
