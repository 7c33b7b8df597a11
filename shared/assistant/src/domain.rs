//! The domain: a folder of plain files from which packs are built.
//!
//! `domain.toml`; `articles/LANG/ID.md`, each with TOML front matter between `+++` lines; `golden/LANG.csv` with
//! `question,article`, the article empty where the question is out of scope. The host reads the files; here they are
//! parsed and checked.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use nearside_knowledge::Article;
use nearside_nlu::entities::{EntityList, EntityRules};
use nearside_nlu::slots::Marked;
use serde::Deserialize;

use crate::marks::unmark;

/// A file of the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path within the domain, with `/` between folders.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What is wrong with a file of the domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct DomainError {
    /// Path within the domain.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What was wrong and what was expected.
    pub message: String,
}

/// A question with the article that answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldenQuestion {
    /// As a visitor asks.
    pub question: String,
    /// The article's id; `None` where it is out of scope.
    pub article: Option<String>,
}

/// A parsed domain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// The language that stands first.
    pub default_language: String,
    /// The wrong-answer rate accepted among what is answered, 0.0..=1.0, default 0.05.
    pub accepted_wrong: f32,
    /// Unresolved turns after which a person is brought in, default 3.
    pub handoff_after: u32,
    /// What entities look like.
    pub entities: EntityRules,
    /// Sentences that replace the assistant's own, by language and occasion.
    pub responses: BTreeMap<String, BTreeMap<String, String>>,
    /// What visitors write and what stands for it, by language, beside Nearside's own lists.
    pub slang: BTreeMap<String, BTreeMap<String, String>>,
    /// Articles of all languages, in order of path.
    pub articles: Vec<Article>,
    /// Drafts and restricted articles: read, and in no pack.
    pub unpublished: usize,
    /// Titles and wordings by language, with what is marked in them.
    pub marked: BTreeMap<String, Vec<Marked>>,
    /// Golden questions by language.
    pub golden: BTreeMap<String, Vec<GoldenQuestion>>,
    /// More wordings for training, by language: `(text, article)`. They are not stored in the pack.
    pub extra_wordings: BTreeMap<String, Vec<(String, String)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DomainToml {
    name: String,
    #[serde(default = "english")]
    default_language: String,
    #[serde(default = "five_percent")]
    accepted_wrong: f32,
    #[serde(default = "three")]
    handoff_after: u32,
    /// IANA name of the zone in which days begin and end; default UTC.
    #[serde(default = "utc")]
    time_zone: String,
    #[serde(default)]
    order_numbers: Vec<String>,
    #[serde(default)]
    lists: BTreeMap<String, Vec<Vec<String>>>,
    #[serde(default)]
    responses: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    slang: BTreeMap<String, BTreeMap<String, String>>,
}

fn english() -> String {
    "en".into()
}

fn five_percent() -> f32 {
    0.05
}

fn utc() -> String {
    "UTC".into()
}

fn three() -> u32 {
    3
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    /// Where the file's name cannot be the id.
    id: Option<String>,
    title: String,
    #[serde(default)]
    wordings: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    source: String,
    #[serde(default = "one")]
    version: u32,
    valid_from: Option<String>,
    valid_to: Option<String>,
    /// A draft, or not for everybody: checked, but in no pack.
    #[serde(default = "yes")]
    published: bool,
    /// Where it was imported from: the importer's own.
    #[serde(rename = "import")]
    _import: Option<toml::Table>,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

impl Domain {
    /// Parses the files of a domain.
    ///
    /// # Errors
    /// [`DomainError`] with file and line: no `domain.toml`, unreadable TOML, an unknown key, an article without a
    /// title or body, a mark that names or marks nothing, a golden question about an article that does not exist or word
    /// for word out of an article.
    pub fn parse(files: &[SourceFile]) -> Result<Self, DomainError> {
        let fail = |file: &str, line: usize, message: String| DomainError { file: file.to_owned(), line, message };
        let main = files
            .iter()
            .find(|f| f.path == "domain.toml")
            .ok_or_else(|| fail("domain.toml", 1, "no such file, expected it at the top of the domain".into()))?;
        let head: DomainToml = toml::from_str(&main.text).map_err(|e| toml_error(&main.path, &main.text, 0, &e))?;
        if !(0.0..=1.0).contains(&head.accepted_wrong) {
            return Err(fail(&main.path, 1, format!("accepted_wrong = {}, expected 0.0 to 1.0", head.accepted_wrong)));
        }
        let told = |_| fail(&main.path, 1, format!("time_zone = {:?}, expected an IANA name, as Europe/Berlin", head.time_zone));
        let zone = TimeZone::get(&head.time_zone).map_err(told)?;
        let mut domain = Self {
            name: head.name,
            default_language: head.default_language,
            accepted_wrong: head.accepted_wrong,
            handoff_after: head.handoff_after.max(1),
            entities: EntityRules {
                order_numbers: head.order_numbers,
                lists: head.lists.into_iter().map(|(name, values)| EntityList { name, values }).collect(),
            },
            responses: head.responses,
            slang: head.slang,
            ..Default::default()
        };
        let mut sorted: Vec<&SourceFile> = files.iter().collect();
        sorted.sort_by(|a, b| a.path.cmp(&b.path));
        for file in &sorted {
            let parts: Vec<&str> = file.path.split('/').collect();
            if let ["articles", language, name] = parts[..]
                && let Some(id) = name.strip_suffix(".md")
            {
                let Some((article, marked)) = parse_article(file, language, id, &zone)? else {
                    domain.unpublished += 1;
                    continue;
                };
                domain.articles.push(article);
                domain.marked.entry((*language).to_owned()).or_default().extend(marked);
            }
        }
        for file in &sorted {
            if let Some(language) = file.path.strip_prefix("golden/").and_then(|n| n.strip_suffix(".csv")) {
                let golden = parse_golden(file, language, &domain.articles)?;
                domain.golden.insert(language.to_owned(), golden);
            }
        }
        if domain.articles.is_empty() {
            let all =
                if domain.unpublished > 0 { ": all of them say published = false" } else { ", expected files like articles/en/returns.md" };
            return Err(fail("articles", 1, format!("no articles{all}")));
        }
        Ok(domain)
    }

    /// The languages that have articles, the default one first.
    pub fn languages(&self) -> Vec<String> {
        let mut all: Vec<String> = self.articles.iter().map(|a| a.language.clone()).collect();
        all.sort();
        all.dedup();
        all.sort_by_key(|l| *l != self.default_language);
        all
    }
}

fn toml_error(file: &str, text: &str, skipped: usize, error: &toml::de::Error) -> DomainError {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    DomainError { file: file.to_owned(), line: line + skipped, message: error.message().replace('\n', " ") }
}

/// Whether a browser that follows it fetches a page: `javascript:` and `data:` run what they carry.
fn may_link_to(source: &str) -> bool {
    let bare: String = source.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    match bare.find(':').filter(|at| !bare[..*at].contains(['/', '?', '#'])) {
        None => true,
        Some(at) => ["http", "https"].contains(&bare[..at].to_ascii_lowercase().as_str()),
    }
}

/// The article, and its title and wordings with their marks; `None` where it is not published.
fn parse_article(file: &SourceFile, language: &str, id: &str, zone: &TimeZone) -> Result<Option<(Article, Vec<Marked>)>, DomainError> {
    let fail = |line: usize, message: &str| DomainError { file: file.path.clone(), line, message: message.to_owned() };
    let text = file.text.strip_prefix("+++").ok_or_else(|| fail(1, "expected front matter between two lines of +++"))?;
    let (head, body) = text.split_once("\n+++").ok_or_else(|| fail(1, "front matter is not closed, expected a line of +++"))?;
    let front: FrontMatter = toml::from_str(head).map_err(|e| toml_error(&file.path, head, 0, &e))?;
    let body = body.trim().replace("\r\n", "\n");
    if front.title.trim().is_empty() {
        return Err(fail(2, "empty title, expected the question that the article answers"));
    }
    if body.is_empty() {
        return Err(fail(head.matches('\n').count() + 2, "empty body, expected the answer"));
    }
    if !may_link_to(&front.source) {
        let line = head.lines().position(|line| line.trim_start().starts_with("source")).map_or(2, |at| at + 1);
        return Err(fail(line, &format!("source = {:?}, expected a path or an address with http or https", front.source)));
    }
    let line_of = |wording: &str| head.lines().position(|line| line.contains(wording)).map_or(2, |at| at + 1);
    let date = |name: &str, value: &Option<String>, days: i64| match value {
        None => Ok(None),
        Some(text) => day_ms(text, days, zone)
            .map(Some)
            .ok_or_else(|| fail(line_of(name), &format!("{name} = {text:?}, expected a day, as 2026-11-30"))),
    };
    let unmarked = front.wordings.iter().map(|w| unmark(w).map_err(|message| fail(line_of(w), &message)));
    let mut marked = unmarked.collect::<Result<Vec<Marked>, DomainError>>()?;
    let wordings = marked.iter().map(|m| m.text.clone()).collect();
    marked.push(Marked { text: front.title.clone(), slots: Vec::new() });
    let article = Article {
        id: front.id.unwrap_or_else(|| id.to_owned()),
        title: front.title,
        wordings,
        body,
        tags: front.tags,
        language: language.to_owned(),
        source: front.source,
        version: front.version,
        valid_from_ms: date("valid_from", &front.valid_from, 0)?,
        // Its last day is one on which it is shown.
        valid_to_ms: date("valid_to", &front.valid_to, 1)?,
    };
    if let (Some(from), Some(to)) = (article.valid_from_ms, article.valid_to_ms)
        && from >= to
    {
        return Err(fail(line_of("valid_to"), "valid_to lies before valid_from, so that it would never be shown"));
    }
    Ok(front.published.then_some((article, marked)))
}

fn parse_golden(file: &SourceFile, language: &str, articles: &[Article]) -> Result<Vec<GoldenQuestion>, DomainError> {
    let own = articles.iter().filter(|a| a.language == language);
    let known: BTreeMap<String, &str> =
        own.flat_map(|a| std::iter::once(&a.title).chain(&a.wordings).map(|w| (words(w), a.id.as_str()))).collect();
    let mut golden = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        if line.trim().is_empty() || (at == 0 && line.trim().to_lowercase().replace(' ', "") == "question,article") {
            continue;
        }
        let fail = |message: String| DomainError { file: file.path.clone(), line: at + 1, message };
        // The article's id holds no comma, so the last one separates; quotes around the question are optional.
        let (question, article) = line.rsplit_once(',').ok_or_else(|| fail("expected question,article".into()))?;
        let question = question.trim().trim_matches('"').replace("\"\"", "\"");
        let article = Some(article.trim()).filter(|a| !a.is_empty()).map(str::to_owned);
        if let Some(id) = article.as_ref().filter(|id| !articles.iter().any(|a| a.id == **id && a.language == language)) {
            return Err(fail(format!("article {id:?} does not exist in {language}")));
        }
        if let Some(id) = known.get(&words(&question)) {
            return Err(fail(format!("stands word for word in article {id:?}, so that it would measure nothing: ask it in other words")));
        }
        golden.push(GoldenQuestion { question, article });
    }
    Ok(golden)
}

/// A question's words alone, folded for matching.
fn words(question: &str) -> String {
    let normalized = nearside_text::normalize(question);
    nearside_text::tokens(&normalized).map(|t| t.text).collect::<Vec<_>>().join(" ")
}

/// The moment in milliseconds since 1970-01-01 UTC at which a day begins in `zone`, `days` after the one written
/// `YYYY-MM-DD`; `None` for anything else, as the 31st of February.
fn day_ms(text: &str, days: i64, zone: &TimeZone) -> Option<i64> {
    let is_written_so =
        text.len() == 10 && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let date: Date = text.parse().ok().filter(|_| is_written_so)?;
    let day = date.checked_add(jiff::Span::new().days(days)).ok()?;
    day.to_zoned(zone.clone()).ok().map(|moment| moment.timestamp().as_millisecond())
}
