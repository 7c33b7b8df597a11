//! Questions of several kinds put to a pack, and what came of them.
//!
//! A question's kind says what is expected: `negated` must not be answered with its article, `oos` and `short` want no
//! article at all, `two` wants both of its articles (`a+b`), every other kind wants its article (`a|b`: either).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use nearside_assistant::{Assistant, TurnContext};
use nearside_conversation::{Input, ReplyKind, Rung, Tracker};
use serde_json::{Value, json};

use crate::table;

/// A question with what it wants.
pub struct Question {
    pub kind: String,
    pub text: String,
    /// The articles that it wants: any of them, or with `all` each of them.
    pub articles: Vec<String>,
    pub all: bool,
    /// Its line in a table, from 1; 0 where it stands in none.
    pub line: usize,
}

impl Question {
    /// Reads the cell of articles: `a`, `a|b` (either), `a+b` (both), or nothing.
    pub fn new(kind: &str, text: &str, articles: &str) -> Self {
        let ids = articles.split(['|', '+']).map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
        Self { kind: kind.to_owned(), text: text.to_owned(), articles: ids, all: articles.contains('+'), line: 0 }
    }

    fn is_in_scope(&self) -> bool {
        !self.articles.is_empty() && self.kind != "negated"
    }
}

/// A table with kind, question and article, or with question and article; columns in any order where they are named.
pub fn read(path: &Path) -> Result<Vec<Question>> {
    const HEADERS: &[&[&str]] = &[&["query", "question", "text"], &["id", "article", "label"], &["kind"]];
    let (named, rows) = table::read_named(path, 2, HEADERS)?;
    let question = |row: &table::Row| {
        let question = match (&row.cells[..], named) {
            ([text, articles, kind], true) if !kind.is_empty() => Question::new(kind, text, articles),
            ([kind, text, articles, ..], false) => Question::new(kind, text, articles),
            ([text, articles, ..], _) => Question::new(if articles.is_empty() { "oos" } else { "asked" }, text, articles),
            _ => Question::new("asked", "", ""),
        };
        Question { line: row.line, ..question }
    };
    Ok(rows.iter().map(question).collect())
}

/// What came of one question.
#[derive(Default)]
struct Outcome {
    right: bool,
    both: bool,
    offered: bool,
    /// An answer was given that is none of the wanted articles.
    wrong: bool,
    answered: bool,
    asked_back: bool,
    /// The place of a wanted article among the candidates, from 0.
    place: Option<usize>,
}

/// Sums over questions, by kind and over all.
#[derive(Default)]
struct Sums(BTreeMap<&'static str, usize>);

impl Sums {
    fn add(&mut self, name: &'static str, yes: bool) {
        *self.0.entry(name).or_default() += usize::from(yes);
    }

    fn share(&self, part: &'static str, whole: &'static str) -> Option<f64> {
        let of = |name| self.0.get(name).copied().unwrap_or_default() as f64;
        Some(of(part) / of(whole)).filter(|share| share.is_finite())
    }

    fn count(&mut self, question: &Question, outcome: &Outcome) {
        self.add("asked", true);
        self.add("answered", outcome.answered);
        self.add("answered wrongly", outcome.wrong);
        if question.is_in_scope() {
            self.add("in scope", true);
            self.add("answered rightly", outcome.right);
            self.add("both", outcome.both);
            self.add("offered", !outcome.right && outcome.offered);
            self.add("nothing", !outcome.answered && !outcome.asked_back);
            self.add("first", outcome.place == Some(0));
            self.add("first three", outcome.place.is_some_and(|place| place < 3));
        } else {
            self.add("out of scope", true);
            self.add("refused", !outcome.answered && !outcome.asked_back);
            self.add("not answered", !outcome.wrong);
        }
    }

    fn report(&self) -> Value {
        json!({
            "questions": self.0.get("asked"),
            "answered_right": self.share("answered rightly", "in scope"),
            "offered": self.share("offered", "in scope"),
            "not_answered": self.share("nothing", "in scope"),
            "first": self.share("first", "in scope"),
            "first_three": self.share("first three", "in scope"),
            "both_of_two": self.share("both", "in scope"),
            "wrong_of_answered": self.share("answered wrongly", "answered"),
            "out_of_scope_not_answered": self.share("not answered", "out of scope"),
            "out_of_scope_refused": self.share("refused", "out of scope"),
        })
    }
}

/// Asks all `questions` in conversations of their own. Gives the report and the time of each turn in microseconds.
pub fn ask(assistant: &Assistant, language: &str, questions: &[Question]) -> Result<(Value, Vec<f64>)> {
    let ctx = TurnContext {
        now_ms: 0,
        locale: language.to_owned(),
        site_languages: vec![language.to_owned()],
        edge_languages: vec![],
        rung: Rung::Native,
    };
    let shows = std::env::var("NEARSIDE_SHOW_MISSES").ok();
    let mut micros = Vec::new();
    let mut kinds: BTreeMap<&str, Sums> = BTreeMap::new();
    let mut all = Sums::default();
    for question in questions {
        let began = Instant::now();
        let turn = assistant.turn(&Tracker::default(), &Input::Text { text: question.text.clone() }, &ctx).context("no pack")?;
        micros.push(began.elapsed().as_nanos() as f64 / 1000.0);
        let shown: Vec<&str> = turn
            .replies
            .iter()
            .filter(|r| r.kind == ReplyKind::Answer)
            .filter_map(|r| r.source.as_ref().map(|s| s.article.as_str()))
            .collect();
        let chosen = turn.replies.iter().filter(|r| r.kind == ReplyKind::Clarify).flat_map(|r| &r.quick_replies);
        let offered: Vec<&str> =
            chosen.filter_map(|q| if let Input::Choose { article } = &q.input { Some(article.as_str()) } else { None }).collect();
        let wanted = |id: &&str| question.articles.iter().any(|a| a == id);
        let is_wrong = |id: &&str| if question.kind == "negated" { wanted(id) } else { !wanted(id) };
        let outcome = Outcome {
            right: shown.iter().any(wanted) && !shown.iter().any(is_wrong),
            both: question.all && question.articles.iter().all(|a| shown.contains(&a.as_str())),
            offered: offered.iter().any(wanted),
            wrong: shown.iter().any(is_wrong),
            answered: !shown.is_empty(),
            asked_back: !offered.is_empty(),
            place: turn.explanation.candidates.iter().position(|c| question.articles.contains(&c.article)),
        };
        let missed = if question.is_in_scope() { !outcome.right } else { outcome.wrong || question.kind == "oos" && outcome.asked_back };
        if missed && shows.as_deref().is_some_and(|s| s == "1" || s == question.kind) {
            let got: Vec<String> =
                turn.explanation.candidates.iter().take(3).map(|c| format!("{} {:.2}", c.article, c.confidence)).collect();
            let kind = turn.replies.first().map(|r| r.kind);
            eprintln!("{} {:?} wanted {:?} got {got:?} {kind:?}", question.kind, question.text, question.articles);
        }
        kinds.entry(&question.kind).or_default().count(question, &outcome);
        all.count(question, &outcome);
    }
    let mut report = all.report();
    if kinds.len() > 2 {
        report["kinds"] = kinds.into_iter().map(|(kind, sums)| (kind.to_owned(), sums.report())).collect::<serde_json::Map<_, _>>().into();
    }
    Ok((report, micros))
}
