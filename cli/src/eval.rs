//! `nearside eval` and `nearside classify`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nearside_assistant::{Assistant, Domain, Pack};
use nearside_knowledge::Article;
use nearside_nlu::{Rng, metrics};
use nearside_text::detect;
use serde_json::json;

use crate::asked::{self, Question};
use crate::tier::{Built, Choice, build_pack, fit};
use crate::{domain_dir, table};

/// `shots` examples of each label, drawn with `seed`.
fn few(mut rows: Vec<(String, String)>, shots: usize, seed: u64) -> Vec<(String, String)> {
    Rng::new(seed).shuffle(&mut rows);
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    rows.retain(|(_, label)| {
        let n = taken.entry(label.clone()).or_default();
        *n += 1;
        *n <= shots
    });
    rows
}

/// What `eval intents` reads, and how much of it.
pub struct Tables<'a> {
    pub train: &'a Path,
    pub test: &'a Path,
    pub oos_label: Option<&'a str>,
    /// So many examples of each label, drawn with the seed.
    pub shots: Option<usize>,
    pub seed: u64,
}

pub fn intents(tables: &Tables<'_>, choice: &Choice, as_json: bool) -> Result<()> {
    let (test_path, oos_label) = (tables.test, tables.oos_label);
    let tests = table::labelled(test_path)?;
    let mut rows = table::labelled(tables.train)?;
    if let Some(shots) = tables.shots {
        rows = few(rows, shots, tables.seed);
    }
    let started = Instant::now();
    let classifier = fit(&rows, oos_label, choice, tables.train)?;
    let train_seconds = started.elapsed().as_secs_f64();
    let model_bytes = classifier.stored_bytes();
    let labels = classifier.labels();
    let tiers = classifier.tiers();
    let mut answered = vec![0usize; tiers.len()];
    let mut outcomes = Vec::new();
    let mut pairs = Vec::new();
    let (mut inside_scores, mut outside_scores, mut micros) = (Vec::new(), Vec::new(), Vec::new());
    let (mut right_at, mut refused) = (0usize, 0usize);
    for (text, label) in &tests {
        let asked = Instant::now();
        let (result, tier) = classifier.classify(text)?;
        answered[tier] += 1;
        micros.push(asked.elapsed().as_nanos() as f64 / 1000.0);
        if Some(label.as_str()) == oos_label {
            outside_scores.push(result.confidence);
            refused += usize::from(!result.in_scope);
            continue;
        }
        let predicted = result.candidates[0].intent;
        let truth = labels.binary_search(label).unwrap_or(labels.len());
        outcomes.push((result.confidence, truth == predicted));
        pairs.push((truth, predicted));
        inside_scores.push(result.confidence);
        right_at += usize::from(truth == predicted && result.in_scope);
    }
    if outcomes.is_empty() {
        bail!("{}: no in-scope row to test", test_path.display());
    }
    let share = |part: usize, whole: usize| if whole == 0 { None } else { Some(part as f64 / whole as f64) };
    let (p50, p95) = percentiles(&mut micros);
    let report = json!({
        "accuracy": share(outcomes.iter().filter(|o| o.1).count(), outcomes.len()),
        "macro_f1": metrics::macro_f1(&pairs, labels.len() + 1),
        "oos_auroc": metrics::auroc(&inside_scores, &outside_scores),
        "oos_recall": share(refused, outside_scores.len()),
        "in_scope_at_threshold": share(right_at, outcomes.len()),
        "in_scope_at_nine_tenths_refused": right_where_refused(0.9, &outcomes, &mut outside_scores).and_then(|right| share(right, outcomes.len())),
        "threshold": classifier.threshold(),
        "risk_coverage": metrics::risk_coverage(&outcomes).iter().map(|p| json!({"coverage": p.coverage, "risk": p.risk, "threshold": p.threshold})).collect::<Vec<_>>(),
        "answered_by": tiers.iter().zip(&answered).map(|(tier, n)| ((*tier).to_owned(), share(*n, tests.len()).into())).collect::<serde_json::Map<_, _>>(),
        "train_seconds": train_seconds,
        "model_bytes": model_bytes,
        "p50_us": p50,
        "p95_us": p95,
    });
    show(&report, as_json)
}

/// How many in-scope rows are answered rightly at the lowest threshold that refuses `share` of those out of scope; `None`
/// where none is. The threshold is read off the tested rows: a point of the curve, not what the classifier would choose.
fn right_where_refused(share: f64, outcomes: &[(f32, bool)], outside: &mut [f32]) -> Option<usize> {
    outside.sort_by(f32::total_cmp);
    let refused = (outside.len() as f64 * share).ceil() as usize;
    let highest = *outside.get(refused.checked_sub(1)?)?;
    Some(outcomes.iter().filter(|(confidence, right)| *right && *confidence > highest).count())
}

pub fn percentiles(micros: &mut [f64]) -> (f64, f64) {
    micros.sort_by(f64::total_cmp);
    (micros[micros.len() / 2], micros[(micros.len() * 95 / 100).min(micros.len() - 1)])
}

pub fn show(report: &serde_json::Value, as_json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{report}")?;
        return Ok(());
    }
    for (name, value) in report.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        if let Some(kinds) = value.as_object().filter(|_| name == "kinds") {
            for (kind, of) in kinds {
                let shares = of.as_object().into_iter().flatten().filter_map(|(name, v)| Some(format!("{name} {:.2}", v.as_f64()?)));
                writeln!(out, "  {kind:<10} {}", shares.collect::<Vec<_>>().join(", "))?;
            }
            continue;
        }
        match value.as_array() {
            None if value.is_f64() => writeln!(out, "{name:<27}{:.3}", value.as_f64().unwrap_or_default())?,
            None => writeln!(out, "{name:<27}{value}")?,
            Some(points) => {
                writeln!(out, "{name}")?;
                for point in points {
                    writeln!(
                        out,
                        "  coverage {:.2}  risk {:.4}  threshold {:.3}",
                        point["coverage"].as_f64().unwrap_or(0.0),
                        point["risk"].as_f64().unwrap_or(0.0),
                        point["threshold"].as_f64().unwrap_or(0.0)
                    )?;
                }
            }
        }
    }
    Ok(())
}

/// What `eval faq` reads.
pub struct Faq<'a> {
    pub articles: &'a Path,
    pub queries: &'a Path,
    pub wordings: Option<&'a Path>,
    /// Language of the articles; by their own words where it is not named.
    pub language: Option<&'a str>,
}

pub fn faq(faq: &Faq<'_>, choice: &Choice, as_json: bool) -> Result<()> {
    let Faq { articles, queries, wordings, language } = *faq;
    let rows = table::read(articles, 3, &[&["id"], &["question", "title"], &["answer", "body", "text"]])?;
    let language = language.map_or_else(|| language_of(&rows), str::to_owned);
    let mut domain =
        Domain { name: "eval".into(), default_language: language.clone(), accepted_wrong: 0.05, handoff_after: 3, ..Default::default() };
    let mut ids = BTreeSet::new();
    for row in rows {
        let [id, question, answer] = [0, 1, 2].map(|i| row.cells[i].clone());
        if id.is_empty() {
            bail!("{}:{}: article without an id", articles.display(), row.line);
        }
        if !ids.insert(id.clone()) {
            bail!("{}:{}: second article with the id {id:?}", articles.display(), row.line);
        }
        domain.articles.push(Article { id, title: question, body: answer, language: language.clone(), version: 1, ..Default::default() });
    }
    if let Some(path) = wordings {
        let rows = table::labelled(path)?;
        if let Some((text, id)) = rows.iter().find(|(_, id)| !ids.contains(id)) {
            bail!("{}: wording {text:?} names the article {id:?}, which does not exist", path.display());
        }
        domain.extra_wordings.insert(language.clone(), rows);
    }
    let questions = asked::read(queries)?;
    if let Some((line, id)) = questions.iter().find_map(|q| q.articles.iter().find(|a| !ids.contains(*a)).map(|a| (q.line, a))) {
        bail!("{}:{line}: article {id:?} does not exist", queries.display());
    }
    ask_all(&domain, &language, &questions, choice, as_json)
}

/// The language that most rows seem to be written in; English where none shows.
fn language_of(rows: &[table::Row]) -> String {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        if let Some(language) = detect(&format!("{} {}", row.cells[1], row.cells[2])) {
            *count.entry(language.base()).or_default() += 1;
        }
    }
    count.into_iter().max_by_key(|(_, n)| *n).map_or("en", |(language, _)| language).to_owned()
}

pub fn golden(dir: &Path, language: Option<&str>, questions: Option<&Path>, choice: &Choice, as_json: bool) -> Result<()> {
    let domain = domain_dir::read(dir)?;
    let language = language.unwrap_or(&domain.default_language);
    let questions = match questions {
        Some(path) => asked::read(path)?,
        None => {
            let golden = domain.golden.get(language).with_context(|| {
                let expected =
                    "expected lines of question,article: the article is its file's name without .md, empty where nothing should answer";
                format!("{}/golden/{language}.csv: no such file; {expected}", dir.display())
            })?;
            let kind = |article: &Option<String>| if article.is_some() { "asked" } else { "oos" };
            golden.iter().map(|g| Question::new(kind(&g.article), &g.question, g.article.as_deref().unwrap_or_default())).collect()
        }
    };
    ask_all(&domain, language, &questions, choice, as_json)
}

fn ask_all(domain: &Domain, language: &str, questions: &[Question], choice: &Choice, as_json: bool) -> Result<()> {
    let started = Instant::now();
    let Built { bytes, encoder, tokens, report: built, .. } = build_pack((None, domain), language, choice)?;
    let build_seconds = started.elapsed().as_secs_f64();
    let pack = Pack::load(&bytes)?;
    let index_bytes = Pack::layout(&bytes)?.iter().filter(|s| s.tag != "ARTS").map(|s| s.bytes).sum::<usize>();
    let mut assistant = Assistant::new(vec![pack]);
    if let Some(encoder) = encoder {
        assistant = assistant.with_encoder(encoder);
    }
    if let Some(tokens) = tokens {
        assistant.add_tokens(language, tokens);
    }
    let (mut report, mut micros) = asked::ask(&assistant, language, questions)?;
    let (p50, p95) = percentiles(&mut micros);
    for (name, value) in [
        ("language", json!(language)),
        ("reads", json!(built.taken)),
        ("build_seconds", json!(build_seconds)),
        ("p50_us", json!(p50)),
        ("p95_us", json!(p95)),
        ("index_bytes", json!(index_bytes)),
    ] {
        report[name] = value;
    }
    show(&report, as_json)
}

pub fn classify(train_path: &Path, oos_label: Option<&str>, choice: &Choice) -> Result<()> {
    let classifier = fit(&table::labelled(train_path)?, oos_label, choice, train_path)?;
    let mut out = std::io::stdout().lock();
    for line in crate::ask::lines(std::io::stdin().lock()) {
        // A line that cannot be read still gets a line, so that what reads along keeps its place.
        let (result, _) = classifier.classify(&line?.unwrap_or_default())?;
        let own = &classifier.labels()[result.candidates[0].intent];
        let label = if result.in_scope { own.as_str() } else { oos_label.unwrap_or(own) };
        writeln!(out, "{label}\t{:.4}", result.confidence)?;
        out.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::right_where_refused;

    #[test]
    fn counts_what_is_right_above_the_refused() {
        let inside = [(0.9, true), (0.8, false), (0.5, true), (0.3, true)];
        assert_eq!(right_where_refused(0.5, &inside, &mut [0.6, 0.1, 0.4, 0.2]), Some(3));
        assert_eq!(right_where_refused(0.75, &inside, &mut [0.6, 0.1, 0.4, 0.2]), Some(2));
        assert_eq!(right_where_refused(1.0, &inside, &mut [0.6, 0.1, 0.4, 0.2]), Some(1));
        assert_eq!(right_where_refused(0.9, &inside, &mut []), None);
    }
}
