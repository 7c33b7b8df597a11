//! Named fields into articles: what rows of a table and objects of JSON have in common.

use std::borrow::Cow;

use crate::fields::{Role, role_of};
use crate::rich::{LeftOut, verbatim};
use crate::{Imported, Note, html, markdown, rich};

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub role: Role,
    pub name: String,
    pub values: Vec<String>,
}

/// What became of a record.
pub(crate) enum Outcome {
    Article(Box<Imported>),
    /// It has no question or no answer.
    Skipped(String),
}

/// An answer's text in the subset, whatever it was written in.
pub(crate) fn body(text: &str) -> (String, LeftOut) {
    let unescaped = with_line_ends(text);
    let text = unescaped.as_ref();
    if html::is_html(text) && text.contains('\n') && !html::has_blocks(text) {
        // Lines with a link or a bold word in them are still lines, and lists.
        return markdown::body(text);
    }
    if html::is_html(text) {
        let (body, left_out) = html::body(text);
        // Escaped once too often: the text of the text is HTML.
        let is_twice = text.trim_start().starts_with("&lt;") && html::is_html(&body);
        if is_twice { html::body(&body) } else { (body, left_out) }
    } else if markdown::is_markdown(text) {
        markdown::body(text)
    } else {
        (verbatim(&without_formula(text)), LeftOut::default())
    }
}

/// Tables of QnA services write a line end as `\\n`, since their rows are lines. `C:\new` has none.
fn with_line_ends(text: &str) -> Cow<'_, str> {
    let is_path = |at: usize| {
        text[..at].ends_with(':') || text[at + 2..].starts_with(|c: char| c.is_lowercase()) && !text[..at].ends_with(['.', '!', '?', ')'])
    };
    if text.contains('\n') || !text.match_indices("\\n").any(|(at, _)| !is_path(at)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\\r", "").replace("\\n", "\n"))
}

/// A line of plain text, whatever it was written in.
pub(crate) fn line(text: &str) -> String {
    let plain = if html::is_html(text) { rich::unmarked(&html::body(text).0) } else { without_formula(text) };
    plain.trim_start_matches(['#', ' ']).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `=HYPERLINK("address","words")` is a link; other formulas stay as they are.
fn without_formula(text: &str) -> String {
    let inner = text.trim().strip_prefix("=HYPERLINK(").and_then(|rest| rest.strip_suffix(')'));
    let parts: Option<Vec<&str>> = inner.map(|i| i.split(['"', '“', '”']).filter(|p| !matches!(p.trim(), "" | "," | ";")).collect());
    match parts.as_deref() {
        Some([url, words]) if rich::is_safe_link(url) => format!("[{words}]({url})"),
        Some([url]) if rich::is_safe_link(url) => (*url).to_owned(),
        _ => text.to_owned(),
    }
}

/// Whether a cell is computed by a spreadsheet program.
pub(crate) fn is_formula(text: &str) -> bool {
    let name = text.strip_prefix(['=', '@', '+']).unwrap_or_default();
    name.find('(').is_some_and(|at| at > 0 && name[..at].bytes().all(|b| b.is_ascii_uppercase())) || text.starts_with("=cmd|")
}

/// The article of a record that stood at `place`.
pub(crate) fn article(place: String, fields: &[Field]) -> (Outcome, LeftOut) {
    let of = |role: Role| {
        fields.iter().filter(move |f| f.role == role).flat_map(|f| f.values.iter()).map(|v| v.trim()).filter(|v| !v.is_empty())
    };
    let mut questions = of(Role::Question).map(line).filter(|q| !q.is_empty());
    let Some(title) = questions.next() else { return (Outcome::Skipped("has no question".to_owned()), LeftOut::default()) };
    let (body, left_out) = body(&of(Role::Answer).collect::<Vec<_>>().join("\n\n"));
    if body.is_empty() {
        return (Outcome::Skipped(format!("{title:?} has no answer")), left_out);
    }
    if of(Role::Answer).any(|text| html::is_html(text) && text.to_lowercase().replace('"', "").contains("type=password")) {
        return (Outcome::Skipped(format!("{title:?} is a page that asks to log in (it has a field for a password)")), left_out);
    }
    let mut wordings: Vec<String> = questions.chain(of(Role::Wordings).flat_map(split_wordings).map(|w| line(&w))).collect();
    wordings.retain(|w| !w.is_empty() && *w != title);
    dedup(&mut wordings);
    let mut tags: Vec<String> = of(Role::Tags).flat_map(split_tags).collect();
    dedup(&mut tags);
    let article = Imported {
        place,
        external_id: of(Role::Id).next().unwrap_or_default().to_owned(),
        title,
        body,
        wordings,
        tags,
        language: of(Role::Language).next().map(str::to_owned),
        source: of(Role::Source)
            .find(|s| s.starts_with('/') && rich::is_safe_link(s) || s.starts_with("http"))
            .unwrap_or_default()
            .to_owned(),
        is_published: fields.iter().filter(|f| f.role == Role::State).all(|f| is_public(&f.name, &f.values)),
    };
    (Outcome::Article(Box::new(article)), left_out)
}

/// Whether a field that says who may read an article says everybody. What is not understood is not public.
fn is_public(name: &str, values: &[String]) -> bool {
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let hiding = [
        "draft",
        "isdraft",
        "internal",
        "internalonly",
        "intern",
        "restricted",
        "archived",
        "hidden",
        "ishidden",
        "private",
        "isprivate",
        "deleted",
        "isdeleted",
        "deletedat",
        "disabled",
        "expired",
        "confidential",
        "wip",
        "unlisted",
        "entwurf",
        "verborgen",
        "brouillon",
        "borrador",
        "bozza",
        "rascunho",
        "taslak",
        "مسودة",
        "草稿",
        "下書き",
        "비공개",
        "usersegmentid",
        "usersegmentids",
    ];
    let bare = name.strip_prefix("is").unwrap_or(&name);
    let hides = hiding.contains(&bare) || hiding.contains(&name.as_str()) || words.iter().any(|w| hiding.contains(&w.as_str()));
    // When it was published: a day says that it was, nothing that it was not.
    if matches!(name.as_str(), "publishedat") {
        return values.iter().any(|v| v.bytes().any(|b| b.is_ascii_digit()));
    }
    values.iter().map(|v| v.trim().to_lowercase()).all(|value| match value.as_str() {
        "" | "null" | "none" => true,
        "false" | "no" | "0" | "nein" | "non" | "não" | "hayır" | "لا" | "否" | "いいえ" | "아니오" if hides => true,
        _ if hides => false,
        "true" | "yes" | "published" | "publish" | "public" | "live" | "active" | "enabled" | "1" | "x" | "✓" | "everyone" | "all"
        | "open" | "visible" => true,
        "veröffentlicht" | "publicado" | "publicada" | "publié" | "publiée" | "pubblicato" | "yayında" | "منشور" | "diterbitkan" => {
            true
        }
        "已发布" | "已發布" | "公開" | "公开" | "게시됨" | "공개" | "ja" | "sí" | "oui" | "sì" | "sim" | "evet" | "نعم" | "ya" | "是" => {
            true
        }
        _ => false,
    })
}

fn split_wordings(text: &str) -> Vec<String> {
    let sign = if text.contains('\n') {
        '\n'
    } else if text.contains('|') {
        '|'
    } else {
        ';'
    };
    text.split(sign).map(|w| w.trim().trim_start_matches("- ").to_owned()).filter(|w| !w.is_empty()).collect()
}

/// Tags of one cell.
pub(crate) fn split_tags(text: &str) -> Vec<String> {
    text.split([';', '|', ',', '，', '、']).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

fn dedup(list: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    list.retain(|item| seen.insert(item.clone()));
}

/// What a page's front matter says of an article: of several on one page, only what holds for all.
pub(crate) fn apply_front(front: &[(String, Vec<String>)], article: &mut Imported, is_only: bool) {
    for (name, values) in front {
        let first = values.first().map(|v| v.trim()).unwrap_or_default();
        match (name.as_str(), role_of(name).map(|(role, _)| role)) {
            ("permalink" | "url" | "slug" | "source", _) if is_only && first.starts_with(['/', 'h']) && rich::is_safe_link(first) => {
                article.source = first.to_owned()
            }
            ("published", _) => article.is_published &= is_public(name, values),
            (_, Some(Role::Tags)) => article.tags.extend(values.iter().flat_map(|v| split_tags(v))),
            (_, Some(Role::Language)) if !first.is_empty() => article.language = Some(first.to_owned()),
            (_, Some(Role::Wordings)) if is_only => article.wordings.extend(values.iter().cloned()),
            (_, Some(Role::Id)) if is_only && !first.starts_with('/') => article.external_id = first.to_owned(),
            (_, Some(Role::State)) => article.is_published &= is_public(name, values),
            _ => {}
        }
    }
    dedup(&mut article.tags);
}

/// Notes that a reader of records gathers.
#[derive(Default)]
pub(crate) struct Gathered {
    pub articles: Vec<Imported>,
    pub notes: Vec<Note>,
    pub left_out: LeftOut,
}

impl Gathered {
    /// Adds the record at `line` of `file`, or tells why it is left out.
    pub(crate) fn add(&mut self, file: &str, line: usize, unit: &str, fields: &[Field]) {
        let (outcome, left_out) = article(format!("{file}:{line}"), fields);
        self.left_out.inline_images += left_out.inline_images;
        match outcome {
            Outcome::Article(article) => self.articles.push(*article),
            Outcome::Skipped(why) => self.notes.push(Note::new(file, line, format!("{unit} {why}: skipped"))),
        }
    }
}
