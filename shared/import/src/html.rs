//! HTML pages: structured data where it lies in the page, else its headings and text.

use scraper::{Html, Selector};

use crate::fields::Role;
use crate::rich::{Block, LeftOut, blocks};
use crate::table::{Row, Table};
use crate::{Import, Imported, Note, json, page};

/// Reads a page of the file `path`.
///
/// # Errors
/// A note: a page without text, or one that asks for a password.
pub(crate) fn read(path: &str, text: &str) -> Result<Import, Vec<Note>> {
    let document = parsed(path, text)?;
    if let Some(found) = structured(path, &document) {
        return Ok(found);
    }
    let all = |css: &str| Selector::parse(css).map(|s| document.select(&s).collect::<Vec<_>>()).unwrap_or_default();
    let is_login = !all("input[type=password]").is_empty();
    // The content that the page itself names, where all of it stands in one element.
    let named = ["main", "[role=main]", "article", "[itemprop=articleBody]"].into_iter().map(all).find(|found| found.len() == 1);
    let root = named.and_then(|found| found.into_iter().next()).unwrap_or_else(|| document.root_element());
    let (blocks, left_out) = blocks(root, true);
    let words: usize = blocks.iter().map(|b| if let Block::Text(t) = b { t.split_whitespace().count() } else { 0 }).sum();
    if is_login && words < 150 {
        return Err(vec![Note::whole(path, "a page that asks to log in, not an article: save the page as you see it when logged in")]);
    }
    if let Some(found) = table_of_questions(path, &document) {
        return Ok(found);
    }
    let title = all("title").first().map(|t| t.text().collect::<String>()).map(|t| {
        let t = t.split_whitespace().collect::<Vec<_>>().join(" ");
        // "How to pay | Example Shop": the firm's name is no part of it.
        [" | ", " – ", " — ", " · "].iter().find_map(|sign| t.rsplit_once(sign).map(|(title, _)| title.to_owned())).unwrap_or(t)
    });
    let has_heading = blocks.iter().any(|b| matches!(b, Block::Heading(1, _)));
    let mut found = of_blocks(path, text, blocks, left_out, title.filter(|t| !t.is_empty() && !has_heading))?;
    let first = |css: &str, attribute: &str| all(css).first().and_then(|e| e.attr(attribute)).map(str::to_owned);
    let language = document.root_element().attr("lang").map(str::to_owned);
    let source = first("link[rel=canonical]", "href").or_else(|| first("meta[property='og:url']", "content"));
    for article in &mut found.articles {
        article.language = language.clone();
        article.source = source.clone().filter(|s| crate::rich::is_safe_link(s)).unwrap_or_default();
    }
    Ok(found)
}

/// The articles of blocks, with notes on how they were cut; lines are looked up in `source`, the file's text.
pub(crate) fn of_blocks(
    path: &str,
    source: &str,
    blocks: Vec<Block>,
    left_out: LeftOut,
    title: Option<String>,
) -> Result<Import, Vec<Note>> {
    // A page whose headings have no text under them is no article.
    if !blocks.iter().any(|b| matches!(b, Block::Text(_))) {
        return Err(vec![Note::whole(path, "no text under a heading: expected an answer")]);
    }
    let stem = path.rsplit('/').next().unwrap_or(path).rsplit_once('.').map_or(path, |(stem, _)| stem);
    let one_line = |title: String| title.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = |title: String| if title.is_empty() { stem.replace(['-', '_'], " ").trim().to_owned() } else { title };
    let cut = page::cut(blocks, title);
    let line = |title: &str| source.lines().position(|l| !title.is_empty() && l.contains(title)).map(|at| at + 1);
    let mut found = Import::default();
    for section in cut.sections {
        let place = line(&section.title).map_or(path.to_owned(), |line| format!("{path}:{line}"));
        let tags = section.group.into_iter().collect();
        found.articles.push(Imported {
            place,
            title: one_line(named(section.title)),
            body: section.body,
            tags,
            is_published: true,
            ..Imported::default()
        });
    }
    let questions = found.articles.len();
    if cut.is_split {
        let before =
            if cut.introduction > 0 { format!("; the {} words before the first are left out", cut.introduction) } else { String::new() };
        found.notes.push(Note::whole(path, format!("one page, split into its {questions} questions{before}")));
    }
    found.notes.extend(cut.unanswered.into_iter().map(|title| Note {
        file: path.to_owned(),
        line: line(&title),
        told: format!("{title:?} has no answer under it: skipped"),
    }));
    found.notes.extend(note_on_images(path, left_out));
    Ok(found)
}

/// The articles of a page's tables whose header names a question and an answer; `None` where there is no such table.
pub(crate) fn table_of_questions(path: &str, document: &Html) -> Option<Import> {
    let select = |css: &str| Selector::parse(css).ok();
    let (tables, rows, cells) = (select("table")?, select("tr")?, select("td, th")?);
    let mut found = Import::default();
    for table in document.select(&tables) {
        let text = |cell: scraper::ElementRef| body(&cell.inner_html()).0;
        let rows = table.select(&rows).enumerate().map(|(at, row)| Row { line: at + 1, cells: row.select(&cells).map(text).collect() });
        let Ok(table) = Table::of_rows(path, rows.collect()) else { continue };
        let roles = table.roles();
        if roles.contains(&Some(Role::Question)) && roles.contains(&Some(Role::Answer)) {
            let more = crate::rows::read(path, &table, None).ok()?;
            found.articles.extend(more.articles);
            found.notes.extend(more.notes);
        }
    }
    (!found.articles.is_empty()).then_some(found)
}

/// What to tell of images that were left out.
pub(crate) fn note_on_images(path: &str, left_out: LeftOut) -> Option<Note> {
    let count = left_out.inline_images;
    (count > 0).then(|| {
        Note::whole(
            path,
            format!("{count} image{} within the text itself (data:) left out: give them an address", if count == 1 { "" } else { "s" }),
        )
    })
}

/// So deep may elements stand within elements: the parser looks through all open ones at each new one.
const DEEPEST: usize = 5000;

/// A page's tree.
///
/// # Errors
/// A note where elements lie deeper within elements than any that people read.
pub(crate) fn parsed(path: &str, text: &str) -> Result<Html, Vec<Note>> {
    if is_too_deep(text) {
        return Err(vec![Note::whole(path, format!("elements within elements, more than {DEEPEST} deep: no page that people read"))]);
    }
    Ok(Html::parse_document(text))
}

fn is_too_deep(html: &str) -> bool {
    let void = [
        "br", "img", "hr", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr", "p", "li", "td", "th", "tr",
        "dt", "dd", "option", "!",
    ];
    let mut depth = 0usize;
    html.split('<').skip(1).any(|tag| {
        let name: String =
            tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '!').take(10).flat_map(char::to_lowercase).collect();
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !name.is_empty()
            && !name.starts_with('!')
            && !void.contains(&name.as_str())
            && !tag.split('>').next().is_some_and(|t| t.ends_with('/'))
        {
            depth += 1;
        }
        depth > DEEPEST
    })
}

/// A text without its elements.
fn without_elements(html: &str) -> String {
    html.split('<')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) })
        .collect::<Vec<_>>()
        .join(" ")
}

/// A body that is HTML, in the subset; one whose elements lie too deep is its words alone.
pub(crate) fn body(html: &str) -> (String, LeftOut) {
    let words = is_too_deep(html).then(|| without_elements(html));
    let fragment = Html::parse_fragment(words.as_deref().unwrap_or(html));
    let (blocks, left_out) = blocks(fragment.root_element(), false);
    let lines = blocks.into_iter().map(|block| match block {
        Block::Heading(..=6, text) => format!("## {text}"),
        Block::Heading(_, text) => format!("**{text}**"),
        Block::Text(text) => text,
    });
    (lines.collect::<Vec<_>>().join("\n\n"), left_out)
}

/// Whether a text is HTML: it has elements or entities that nobody types.
pub(crate) fn is_html(text: &str) -> bool {
    let names = [
        "p",
        "br",
        "div",
        "a",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "span",
        "table",
        "tr",
        "td",
        "img",
        "pre",
        "code",
        "blockquote",
        "section",
        "hr",
        "html",
        "body",
        "script",
        "font",
        "details",
        "figure",
        "iframe",
        "video",
        "label",
        "abbr",
        "address",
        "cite",
        "time",
        "form",
        "aside",
        "header",
        "footer",
        "math",
        "ruby",
        "sup",
        "sub",
        "small",
        "del",
        "ins",
        "mark",
        "dl",
        "dt",
        "dd",
        "button",
        "input",
        "center",
        "article",
        "main",
        "s",
        "strike",
        "style",
        "svg",
    ];
    let opens = text.match_indices('<').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches('/');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        rest[end..].starts_with(['>', ' ', '/', '\n', '\t'])
            && names.contains(&rest[..end].to_ascii_lowercase().as_str())
            && rest[end..].contains('>')
    });
    let entity = |(at, _): (usize, &str)| {
        let rest = &text[at + 1..];
        rest.find(';').is_some_and(|end| (2..=8).contains(&end) && rest[..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#'))
    };
    opens || text.contains("<!--") || text.match_indices('&').any(entity)
}

/// Whether HTML says where its lines end.
pub(crate) fn has_blocks(html: &str) -> bool {
    let lower = html.to_lowercase();
    let tags = [
        "<p",
        "<br",
        "<div",
        "<ul",
        "<ol",
        "<li",
        "<table",
        "<h1",
        "<h2",
        "<h3",
        "<h4",
        "<h5",
        "<h6",
        "<pre",
        "<blockquote",
        "<dl",
        "<section",
        "<details",
    ];
    tags.iter().any(|tag| lower.contains(tag))
}

/// schema.org's FAQPage, QAPage or Question out of the page's JSON-LD.
fn structured(path: &str, document: &Html) -> Option<Import> {
    let selector = Selector::parse("script[type='application/ld+json']").ok()?;
    let mut found = Import::default();
    for script in document.select(&selector) {
        let text: String = script.text().collect();
        let Ok(value) = serde_json::from_str(&text) else { continue };
        if let Some(more) = json::of_schema(path, &value) {
            found.articles.extend(more.articles);
            found.notes.extend(more.notes);
        }
    }
    let count = found.articles.len();
    found.notes.push(Note::whole(path, format!("the page's own FAQ data (JSON-LD) was read: {count} questions")));
    let language = document.root_element().attr("lang");
    for article in &mut found.articles {
        article.language = article.language.take().or(language.map(str::to_owned));
    }
    (count > 0).then_some(found)
}
