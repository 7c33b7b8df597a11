//! How a ranker does with domains that it never saw.

use std::collections::BTreeMap;

use nearside_assistant::{Expected, Shipped, StoredStage};
use nearside_nlu::ranker::{Message, Ranker, Recalibration, probabilities};

use super::scenes::Scene;

/// What was asked, beside the numbers that the ranker reads.
pub struct Asked {
    pub in_scope: bool,
    pub kind: String,
    pub text: String,
    pub documents: Vec<usize>,
    pub articles: usize,
}

/// One question judged.
pub struct Judged {
    family: String,
    kind: String,
    /// Whether the FAQ is a real one.
    real: bool,
    in_scope: bool,
    /// Place of the right article, from 0.
    rank: Option<usize>,
    /// Of the first article; 0 where small talk came first.
    confidence: f32,
    weight: f32,
}

impl Asked {
    pub fn judge(&self, ranker: &Ranker, message: &Message, scene: &Scene) -> Judged {
        let (scores, none) = ranker.scores(message.candidates.iter().map(Vec::as_slice), &message.own);
        let shares = probabilities(&scores, none, Recalibration::default());
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]).then(a.cmp(&b)));
        let confidence = order.first().filter(|&&at| self.documents[at] < self.articles).map_or(0.0, |&at| shares[at]);
        if std::env::var_os("NEARSIDE_SHOW_MISSES").is_some()
            && confidence > 0.9
            && order.first().is_some_and(|at| !message.right.contains(at))
        {
            let first = order.first().map(|&at| &scene.documents[self.documents[at]]);
            eprintln!("{} {} {confidence:.3} {:?} taken for {:?}", scene.family, self.kind, self.text, first.map(|d| (&d.id, &d.title)));
        }
        let articles: Vec<usize> = order.into_iter().filter(|&at| self.documents[at] < self.articles).collect();
        Judged {
            family: scene.family.clone(),
            kind: self.kind.clone(),
            real: scene.family.starts_with("faq"),
            in_scope: self.in_scope,
            rank: articles.iter().position(|at| message.right.contains(at)),
            confidence,
            weight: message.weight,
        }
    }
}

#[derive(Default)]
struct Sum {
    inside: f32,
    outside: f32,
    first: f32,
    three: f32,
    right: f32,
    offered: f32,
    answered: f32,
    outside_answered: f32,
    outside_refused: f32,
}

impl Sum {
    fn of<'a>(judged: impl IntoIterator<Item = &'a Judged>, answer_at: f32, clarify_at: f32) -> Self {
        let mut sum = Self::default();
        for j in judged {
            let answered = j.confidence >= answer_at;
            let asked_back = !answered && j.confidence >= clarify_at;
            sum.answered += if answered { j.weight } else { 0.0 };
            if j.in_scope {
                sum.inside += j.weight;
                sum.first += if j.rank == Some(0) { j.weight } else { 0.0 };
                sum.three += if j.rank.is_some_and(|r| r < 3) { j.weight } else { 0.0 };
                sum.right += if answered && j.rank == Some(0) { j.weight } else { 0.0 };
                sum.offered += if asked_back && j.rank.is_some_and(|r| r < 3) { j.weight } else { 0.0 };
            } else {
                sum.outside += j.weight;
                sum.outside_answered += if answered { j.weight } else { 0.0 };
                sum.outside_refused += if !answered && !asked_back { j.weight } else { 0.0 };
            }
        }
        sum
    }

    fn wrong(&self) -> f32 {
        if self.answered > 0.0 { 1.0 - self.right / self.answered } else { 0.0 }
    }
}

/// Shares of wrong answers that a firm may accept.
const ACCEPTED: [f32; 6] = [0.01, 0.02, 0.03, 0.05, 0.08, 0.12];
/// Least probability of the first candidate for a clarifying question.
const CLARIFY_AT: f32 = 0.15;

/// The lowest confidence from which on no more than `accepted` of the answers are wrong.
fn threshold(judged: &[&Judged], accepted: f32) -> f32 {
    let mut sorted: Vec<&&Judged> = judged.iter().collect();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let (mut all, mut wrong, mut at) = (0.0f32, 0.0f32, 0.99f32);
    for (place, j) in sorted.iter().enumerate() {
        all += j.weight;
        wrong += if j.in_scope && j.rank == Some(0) { 0.0 } else { j.weight };
        if place > 20 && wrong / all <= accepted {
            at = j.confidence;
        }
    }
    at
}

/// A table of families and kinds at 5 % accepted wrong.
pub fn report(judged: &[Judged]) {
    let real: Vec<&Judged> = judged.iter().filter(|j| j.real).collect();
    let answer_at = threshold(&real, 0.05);
    println!("from {answer_at:.2}: first  three | right  offered | wrong of answered | out of scope refused, answered");
    let mut rows: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for j in judged {
        rows.entry(j.family.clone()).or_default().push(j);
        if let Some(place) = ["demo", "faq"].into_iter().find(|place| j.family.starts_with(place)) {
            rows.entry(format!("~{place} {}", j.kind)).or_default().push(j);
            rows.entry(format!("~{place}")).or_default().push(j);
        }
    }
    for (name, of) in rows {
        let sum = Sum::of(of.iter().copied(), answer_at, CLARIFY_AT);
        let share = |x: f32, of: f32| if of > 0.0 { 100.0 * x / of } else { f32::NAN };
        println!(
            "{name:<28} {:>5.1} {:>5.1} | {:>5.1} {:>5.1} | {:>5.1} | {:>5.1} {:>5.1}",
            share(sum.first, sum.inside),
            share(sum.three, sum.inside),
            share(sum.right, sum.inside),
            share(sum.offered, sum.inside),
            100.0 * sum.wrong(),
            share(sum.outside_refused, sum.outside),
            share(sum.outside_answered, sum.outside)
        );
    }
}

/// A ranker with its thresholds, read off FAQs that it was judged on without having seen them.
pub fn curve(ranker: &Ranker, judged: &[Judged]) -> Shipped {
    let real: Vec<&Judged> = judged.iter().filter(|j| j.real).collect();
    let point = |accepted: f32| {
        let answer_at = threshold(&real, accepted);
        let sum = Sum::of(real.iter().copied(), answer_at, CLARIFY_AT);
        let expected = Expected { right: sum.right / sum.inside, offered: sum.offered / sum.inside, wrong: sum.wrong() };
        println!(
            "real FAQs, {:>4.1} % wrong accepted: from {answer_at:.2}, {:.1} % answered rightly, {:.1} % offered, {:.1} % of the answers wrong",
            100.0 * accepted,
            100.0 * expected.right,
            100.0 * expected.offered,
            100.0 * expected.wrong
        );
        (accepted, answer_at, expected)
    };
    let stage = StoredStage { ranker: ranker.store().clone(), by: Recalibration::default(), answer_at: 0.0, clarify_at: CLARIFY_AT };
    Shipped { projection: None, stage, curve: ACCEPTED.into_iter().map(point).collect() }
}
