//! Building a pack whose articles are classes of a classifier of their own.

use nearside_knowledge::{Article, Index};
use nearside_nlu::{Example, HeldOut, folds};

use super::{BuildReport, NearDuplicate, Question};
use crate::classes::{StoredClasses, Views};
use crate::judge::Judgement;
use crate::pack::StoredEngine;
use crate::teach::{Teaching, learn};

/// Least confidence for a clarifying question as a share of that for an answer. Lower asks back about things that no
/// article covers.
const CLARIFY_SHARE: f32 = 0.65;

/// Trains on `questions`, and writes into `report` what was found out.
pub(super) fn train(
    articles: &[Article],
    questions: &[Question<'_>],
    common: &[&str],
    teaching: Option<&Teaching<'_>>,
    (accepted_wrong, report): (f32, &mut BuildReport),
) -> Result<(Index, StoredEngine), String> {
    let examples: Vec<Example<'_>> = questions.iter().map(|q| Example { text: &q.text, label: Some(q.label) }).collect();
    let learned = learn(&examples, teaching)?;
    let (trained, words) = (learned.trained, learned.words);
    let labels = trained.classifier.labels();
    let article_of_label: Vec<Option<usize>> = labels.iter().map(|l| articles.iter().position(|a| a.id == *l)).collect();
    let trial = Trial { articles, questions, article_of_label: &article_of_label, common };
    let views = trial.views(&trained.held_out);
    let judged = Judgement::learn(&trained.held_out, &views, &article_of_label, accepted_wrong);
    report.cross_validated = Some(judged.right_share);
    report.tried = learned.tried;
    report.taken = learned.taken;
    report.compared = trained.compared;
    report.near_duplicates = near_duplicates(&trained.held_out, questions, labels);
    report.answer_at = judged.answer_at;
    report.risk_coverage = judged.risk_coverage;
    let engine = StoredClasses {
        classifier: trained.classifier.store(),
        words: words.map(|w| w.store().to_vec()),
        weights: judged.weights,
        calibration: judged.calibration,
        answer_at: judged.answer_at,
        clarify_at: judged.answer_at * CLARIFY_SHARE,
    };
    // Its classifier has n-grams of its own.
    Ok((Index::build(&trial.indexed(|_| true), common).without_grams(), StoredEngine::Classes(Box::new(engine))))
}

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

struct Trial<'a> {
    articles: &'a [Article],
    questions: &'a [Question<'a>],
    article_of_label: &'a [Option<usize>],
    common: &'a [&'a str],
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
        let indexes: Vec<Index> = tested.iter().map(|tested| Index::build(&self.indexed(|q| !tested[q]), self.common)).collect();
        let whole = Index::build(&self.indexed(|_| true), self.common);
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
