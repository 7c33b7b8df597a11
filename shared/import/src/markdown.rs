//! Markdown, with the front matter of Docusaurus, VuePress, Jekyll and Hugo.

use pulldown_cmark::{Event, Options, Parser, html::push_html};
use serde_json::Value;

use crate::rich::{LeftOut, blocks};
use crate::{Import, Note, html, records, yaml};

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_HEADING_ATTRIBUTES
}

/// Markdown as HTML; where `breaks`, a line end is one, as in cells of a table, which nobody wraps.
fn as_html(text: &str, breaks: bool) -> String {
    let soft = |event| if breaks && event == Event::SoftBreak { Event::HardBreak } else { event };
    let mut out = String::new();
    push_html(&mut out, Parser::new_ext(text, options()).map(soft));
    out
}

/// A body that is Markdown, in the subset.
pub(crate) fn body(text: &str) -> (String, LeftOut) {
    html::body(&as_html(&with_stars(text), true))
}

/// In a cell a single star between letters or digits is one: `5*3*2`; so are many: `****-1234`.
fn with_stars(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let run = chars[at..].iter().take_while(|c| **c == '*').count();
        let (before, next) = (at.checked_sub(1).map_or(' ', |at| chars[at]), chars.get(at + run).copied().unwrap_or(' '));
        let is_mark = run == 2 || run == 3 || (run == 1 && !(before.is_alphanumeric() && next.is_alphanumeric()));
        if run > 0 {
            out.push_str(&(if is_mark { "*" } else { "\\*" }).repeat(run));
            at += run;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// Whether a text has marks of Markdown that nobody types otherwise.
pub(crate) fn is_markdown(text: &str) -> bool {
    let lines = || text.lines().map(str::trim_start);
    text.contains("](")
        || has_bold(text)
        || text.contains("```")
        || lines().any(|l| l.starts_with("# ") || l.starts_with("## ") || l.starts_with("### "))
}

/// Two stars before a word and two after one.
fn has_bold(text: &str) -> bool {
    let opens = text.match_indices("**").any(|(at, _)| text[at + 2..].starts_with(char::is_alphanumeric) && !text[..at].ends_with('*'));
    opens && text.matches("**").count() >= 2
}

/// Reads a Markdown file.
///
/// # Errors
/// A note for what is wrong with its front matter, or that it has no text.
pub(crate) fn read(path: &str, text: &str) -> Result<Import, Vec<Note>> {
    let (front, content, skipped) = front_matter(path, text)?;
    let content = without_directives(content);
    // Lines of "Q: …" and "A: …" are no wrapped paragraph.
    let is_marked = content.lines().filter(|l| l.trim_start_matches('*').trim_start().to_lowercase().starts_with("a:")).count() > 1;
    // Site generators take HTML below front matter as well; indented, Markdown would call it code.
    let is_html = path.ends_with(".html") || path.ends_with(".htm");
    let parsed = html::parsed(path, &if is_html { content } else { as_html(&content, is_marked) })?;
    let (blocks, left_out) = blocks(parsed.root_element(), false);
    let title =
        front.iter().find(|(name, _)| name == "title").and_then(|(_, values)| values.first().cloned()).filter(|t| !t.trim().is_empty());
    let mut found = html::of_blocks(path, text, blocks, left_out, title).map_err(|notes| match skipped {
        true => vec![Note::whole(path, "no text below its front matter: expected an answer")],
        false => notes,
    })?;
    let single = found.articles.len() == 1;
    for article in &mut found.articles {
        records::apply_front(&front, article, single);
    }
    Ok(found)
}

type Front = Vec<(String, Vec<String>)>;

/// The fields of the front matter, and the text below it; whether there was any.
fn front_matter<'a>(path: &str, text: &'a str) -> Result<(Front, &'a str, bool), Vec<Note>> {
    let text = text.trim_start_matches(['\n', ' ']);
    for (fence, is_toml) in [("---", false), ("+++", true)] {
        let Some(rest) = text.strip_prefix(fence).and_then(|r| r.strip_prefix('\n')) else { continue };
        let Some((head, body)) = rest.split_once(&format!("\n{fence}")) else {
            if is_toml || rest.lines().next().is_some_and(|l| l.contains(": ")) {
                return Err(vec![Note::new(path, 1, format!("front matter opens here and is not closed: expected a line of {fence}"))]);
            }
            continue;
        };
        // A rule, and text up to the next one, is no front matter.
        if !is_toml && !head.lines().find(|l| !l.trim().is_empty()).is_some_and(|l| l.contains(':') || l.starts_with('#')) {
            continue;
        }
        let body = body.split_once('\n').map_or("", |(_, body)| body);
        let front = if is_toml { toml_fields(path, head)? } else { yaml_fields(path, head)? };
        return Ok((front, body, true));
    }
    Ok((Vec::new(), text, false))
}

fn yaml_fields(path: &str, head: &str) -> Result<Front, Vec<Note>> {
    let of_front = |n: Note| Note { told: n.told.replace("not YAML", "front matter is not YAML"), ..n };
    let documents = yaml::documents(path, head, 2).map_err(|notes| notes.into_iter().map(of_front).collect::<Vec<_>>())?;
    let Some(Value::Object(fields)) = documents.into_iter().next() else { return Ok(Vec::new()) };
    let values = |value: Value| match value {
        Value::Array(list) => list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    };
    Ok(fields.into_iter().map(|(name, value)| (name.to_lowercase(), values(value))).collect())
}

fn toml_fields(path: &str, head: &str) -> Result<Front, Vec<Note>> {
    let table: toml::Table = head.parse().map_err(|e: toml::de::Error| {
        let line = e.span().map_or(0, |s| head[..s.start.min(head.len())].matches('\n').count());
        vec![Note::new(path, line + 2, format!("front matter is not TOML: {}", e.message()))]
    })?;
    let scalar = |value: &toml::Value| match value {
        toml::Value::String(s) => Some(s.clone()),
        toml::Value::Integer(n) => Some(n.to_string()),
        toml::Value::Boolean(b) => Some(b.to_string()),
        toml::Value::Datetime(d) => Some(d.to_string()),
        _ => None,
    };
    let values = |value: &toml::Value| match value {
        toml::Value::Array(list) => list.iter().filter_map(scalar).collect(),
        other => scalar(other).into_iter().collect(),
    };
    Ok(table.iter().map(|(name, value)| (name.to_lowercase(), values(value))).collect())
}

/// Without what site generators put between the lines: `:::tip`, `{% include %}`, `{{< shortcode >}}`, `import …`.
fn without_directives(text: &str) -> String {
    let mut in_code = false;
    let keep = |line: &&str| {
        let t = line.trim();
        in_code ^= t.starts_with("```");
        let is_directive = t.starts_with(":::")
            || (t.starts_with("{%") && t.ends_with("%}"))
            || (t.starts_with("{{") && t.ends_with("}}"))
            || (t.starts_with("import ") && t.contains(" from ") && (t.contains('\'') || t.contains('"')))
            || t == "[[toc]]"
            || t == "[TOC]";
        in_code || !is_directive
    };
    text.lines().filter(keep).collect::<Vec<_>>().join("\n")
}
