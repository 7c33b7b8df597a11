//! The domains that the ranker learns from.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use nearside_assistant::Domain;
use nearside_knowledge::Article;

use crate::{domain_dir, marked, table};

/// Utterances with their intent, of which FAQs can be made.
pub struct Intents {
    pub family: String,
    pub language: String,
    /// By intent.
    pub utterances: BTreeMap<String, Vec<String>>,
}

/// Articles and what was asked of them.
pub struct Faq {
    pub family: String,
    pub language: String,
    pub articles: Vec<Article>,
    /// Kind, question, ids of the articles that answer it; none where it is out of scope.
    pub questions: Vec<(String, String, Vec<String>)>,
}

pub struct Domains {
    pub intents: Vec<Intents>,
    pub faqs: Vec<Faq>,
}

impl Domains {
    pub fn read(data: &Path, demo: &Path, demo_questions: &Path, faq: &Path) -> Result<Self> {
        let mut intents = vec![
            intents("banking77", "en", table::labelled(&data.join("banking77/train.csv"))?),
            intents("bitext", "en", bitext(&data.join("bitext/train.csv"))?),
        ];
        intents.extend(clinc(&data.join("clinc150"))?);
        for language in ["en", "zh", "de", "it", "tr", "ar"] {
            let sentences = marked::sentences(&data.join(format!("xsid/{language}.valid.conll")))?;
            intents.push(self::intents("xsid", language, sentences.into_iter().filter_map(|s| Some((s.marked.text, s.intent?))).collect()));
        }
        let mut faqs = shop(demo, demo_questions)?;
        faqs.extend(files(faq)?);
        Ok(Self { intents, faqs })
    }
}

fn intents(family: &str, language: &str, rows: Vec<(String, String)>) -> Intents {
    let mut utterances: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (text, intent) in rows {
        utterances.entry(intent).or_default().push(text);
    }
    Intents { family: family.to_owned(), language: language.to_owned(), utterances }
}

fn bitext(path: &Path) -> Result<Vec<(String, String)>> {
    let rows = table::read(path, 2, &[&["utterance"], &["intent"]])?;
    Ok(rows.into_iter().filter(|r| r.cells[0] != "utterance").map(|r| (r.cells[0].clone(), r.cells[1].clone())).collect())
}

/// CLINC150's domains, each by itself; small talk and what is said of the assistant are no customer support.
fn clinc(dir: &Path) -> Result<Vec<Intents>> {
    let read = |name: &str| -> Result<serde_json::Value> {
        let path = dir.join(name);
        serde_json::from_str(&table::read_text(&path)?).with_context(|| path.display().to_string())
    };
    let (rows, by_domain) = (read("data_full.json")?, read("domains.json")?);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for (_, names) in by_domain.as_object().into_iter().flatten().filter(|(name, _)| *name != "small_talk" && *name != "meta") {
        let names: Vec<String> = names.as_array().into_iter().flatten().map(text).collect();
        let own = rows["train"].as_array().into_iter().flatten().map(|r| (text(&r[0]), text(&r[1]))).filter(|(_, i)| names.contains(i));
        found.push(intents("clinc150", "en", own.collect()));
    }
    Ok(found)
}

/// The demo in each language, its wordings taken away and asked.
fn shop(demo: &Path, asked: &Path) -> Result<Vec<Faq>> {
    let domain: Domain = domain_dir::read(demo)?;
    let mut faqs = Vec::new();
    for (language, golden) in &domain.golden {
        let mut articles: Vec<Article> = domain.articles.iter().filter(|a| a.language == *language).cloned().collect();
        let mut questions: Vec<(String, String, Vec<String>)> = Vec::new();
        for article in &mut articles {
            let wordings = std::mem::take(&mut article.wordings);
            questions.extend(wordings.into_iter().map(|w| ("wording".to_owned(), w, vec![article.id.clone()])));
        }
        questions.extend(golden.iter().map(|g| ("golden".to_owned(), g.question.clone(), g.article.iter().cloned().collect())));
        questions.extend(read_questions(&asked.join(format!("{language}.csv")))?);
        faqs.push(Faq { family: format!("demo {language}"), language: language.clone(), articles, questions });
    }
    Ok(faqs)
}

/// Questions of a kind that one article answers, or none; others are about conversation and not about ranking.
fn read_questions(path: &Path) -> Result<Vec<(String, String, Vec<String>)>> {
    let rows = table::read(path, 3, &[&["kind"], &["question", "query"], &["article", "id"]])?;
    let of_ranking = |kind: &str| ["far", "near", "greeting", "typo", "story", "oos"].contains(&kind);
    let ids = |cell: &str| cell.split('|').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    let row = |cells: &[String]| (cells[0].clone(), cells[1].clone(), ids(&cells[2]));
    Ok(rows.iter().filter(|r| of_ranking(&r.cells[0])).map(|r| row(&r.cells)).collect())
}

/// `NAME.articles.csv` with id, question, answer and `NAME.queries.csv` with kind, query, id.
fn files(dir: &Path) -> Result<Vec<Faq>> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .with_context(|| dir.display().to_string())?
        .flatten()
        .filter_map(|f| f.file_name().to_string_lossy().strip_suffix(".articles.csv").map(str::to_owned))
        .collect();
    names.sort();
    let mut faqs = Vec::new();
    for name in names {
        let language = name.split('-').next().unwrap_or_default().to_owned();
        let rows = table::read(&dir.join(format!("{name}.articles.csv")), 3, &[&["id"], &["question"], &["answer"]])?;
        let article = |cells: &[String]| Article {
            id: cells[0].clone(),
            title: cells[1].clone(),
            body: cells[2].clone(),
            language: language.clone(),
            ..Article::default()
        };
        let articles = rows.iter().map(|r| article(&r.cells)).collect();
        let questions = read_questions(&dir.join(format!("{name}.queries.csv")))?;
        faqs.push(Faq { family: format!("faq {name}"), language, articles, questions });
    }
    Ok(faqs)
}
