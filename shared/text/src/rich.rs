//! The small part of CommonMark that articles are written in, as blocks and spans that a host makes its own nodes of.
//!
//! Paragraphs (an empty line between; a line break is one), `- ` and `1. ` items, indented to nest, `## ` headings, tables
//! with a `| --- |` line, fenced code; in them `**bold**`, `` `code` ``, `[text](url)`, `![alt](url)`, bare `https://…` and
//! `\*`. Everything else is text as it stands.
//!
//! What always holds: blocks and spans are flat lists (a block says in how many items it lies, a span what it is), so that
//! nothing recurses; time is linear; a link's address is one that [`spans`] found safe. The chat pays for every byte of this in
//! the visitor's download: it borrows instead of building, and looks at bytes. Deliberately absent: HTML in and out.

mod inline;

use std::borrow::Cow;

pub use inline::{Span, spans};

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Lines of text.
    Paragraph,
    /// A line over what follows, of whatever level.
    Heading,
    /// A list's item, with its number where the list has them.
    Item(Option<u32>),
    /// Lines to show as they are.
    Code,
    /// Rows, the first of them the head.
    Table,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// Where its first line begins, in bytes of the text.
    pub start: usize,
    /// In how many items it lies: at most [`MOST_DEPTH`], for an item one less, and never more than one deeper than the last.
    pub depth: usize,
    /// Whether an empty line stands before it.
    pub apart: bool,
    /// What it is.
    pub shape: Shape,
    /// By how many spaces it is indented.
    indent: usize,
    /// Its lines without the mark of its shape, for [`spans`]; of code and tables, [`Block::lines`] and [`Block::rows`].
    pub text: &'a str,
}

impl<'a> Block<'a> {
    /// The lines of code, indented as they are within it.
    pub fn lines(&self) -> impl Iterator<Item = &'a str> {
        let indent = self.indent;
        lines(self.text).map(move |line| cut(line, indent.min(indent_of(line)), line.len()))
    }

    /// A table's cells, row by row: each for [`spans`].
    pub fn rows(&self) -> impl Iterator<Item = Vec<&'a str>> {
        // The second line is the rule.
        lines(self.text).enumerate().filter(|(row, _)| *row != 1).map(|(_, row)| cells(row.trim_ascii()))
    }
}

/// Lists nest so deep; what is indented further stands on the deepest level.
pub const MOST_DEPTH: usize = 4;
/// What is indented by so many characters more than an item lies in it.
const STEP: usize = 2;

/// Cuts `text` into its blocks, in order.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut all: Vec<Block<'_>> = Vec::new();
    // The indents of the items that are open.
    let mut items = [0; MOST_DEPTH];
    let mut depth = 0;
    // Whether an empty line went before, and where the text begins with which a line of text goes on.
    let (mut apart, mut goes_on) = (false, None);
    let mut at = 0;
    while at < text.len() {
        let start = at;
        at = line_end(text, start);
        let line = cut(text, start, at);
        let indent = indent_of(line);
        let body = cut(line, indent, line.len()).trim_ascii_end();
        if body.is_empty() {
            (apart, goes_on) = (true, None);
            continue;
        }
        let (mut shape, mut words) = shape(body);
        match shape {
            Shape::Code => {
                let (first, mut last) = (at, at);
                while last < text.len() {
                    at = line_end(text, last);
                    if cut(text, last, at).trim_ascii() == "```" {
                        break;
                    }
                    last = at;
                }
                words = cut(text, first, last).trim_ascii_end();
            }
            Shape::Table if is_rule(cut(text, at, line_end(text, at))) => {
                while byte(text, at + indent_of(cut(text, at, text.len()))) == b'|' {
                    at = line_end(text, at);
                }
                words = cut(text, start + indent, at).trim_ascii_end();
            }
            Shape::Table => shape = Shape::Paragraph,
            // Within a paragraph, no other number begins a list.
            Shape::Item(Some(number)) if number != 1 && goes_on.is_some() && depth == 0 => shape = Shape::Paragraph,
            _ => {}
        }
        if let (Shape::Paragraph, Some(first), Some(last)) = (shape, goes_on, all.last_mut()) {
            last.text = cut(text, first, at).trim_ascii_end();
            continue;
        }
        while depth > 0 && items.get(depth - 1).is_some_and(|of| indent < of + STEP) {
            depth -= 1;
        }
        let is_item = matches!(shape, Shape::Item(_));
        depth = depth.min(MOST_DEPTH - usize::from(is_item));
        all.push(Block { start, depth, apart, shape, indent, text: words });
        goes_on = (is_item || shape == Shape::Paragraph).then(|| start + indent + body.len() - words.len());
        if let (true, Some(own)) = (is_item, items.get_mut(depth)) {
            *own = indent;
            depth += 1;
        }
        apart = false;
    }
    all
}

/// What the line `body` is by itself, and what of it is text.
fn shape(body: &str) -> (Shape, &str) {
    let count = |mark: fn(&u8) -> bool| body.bytes().take(9).take_while(mark).count();
    let rest = |marks: usize| cut(body, marks, body.len()).trim_ascii_start();
    let (level, digits) = (count(|b| *b == b'#'), count(u8::is_ascii_digit));
    let number = body.bytes().take(digits).fold(0, |number, digit| 10 * number + u32::from(digit - b'0'));
    if matches!(level, 1..=6) && byte(body, level) == b' ' {
        (Shape::Heading, rest(level))
    } else if digits > 0 && cut(body, digits, digits + 2) == ". " {
        (Shape::Item(Some(number)), rest(digits + 2))
    } else if body.starts_with("- ") {
        (Shape::Item(None), rest(2))
    } else if body.starts_with("```") && rest(3).bytes().all(|b| b != b'`') {
        (Shape::Code, "")
    } else if body.starts_with('|') {
        (Shape::Table, body)
    } else {
        (Shape::Paragraph, body)
    }
}

/// What stands between two places of `text`; nothing where they are none.
#[inline(never)]
fn cut(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// The byte at a place, 0 where there is none.
fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or_default()
}

/// Where the line that begins at `start` ends, with its line break.
fn line_end(text: &str, start: usize) -> usize {
    text.bytes().skip(start).position(|b| b == b'\n').map_or(text.len(), |length| start + length + 1)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        at = line_end(text, start);
        (start < at).then(|| cut(text, start, at))
    })
}

/// Not the ideographic space, with which Chinese paragraphs begin.
fn indent_of(line: &str) -> usize {
    line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

fn is_rule(line: &str) -> bool {
    let line = line.trim_ascii();
    line.starts_with('|') && line.bytes().any(|b| b == b'-') && line.bytes().all(|b| matches!(b, b'|' | b'-' | b':' | b' '))
}

fn cells(row: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = usize::from(row.starts_with('|'));
    let mut at = start;
    while at < row.len() {
        let here = byte(row, at);
        let last = at + 1 == row.len();
        if here == b'|' || last {
            found.push(cut(row, start, if here == b'|' { at } else { at + 1 }).trim_ascii());
            start = at + 1;
        }
        // What a backslash stands before is text.
        at += if here == b'\\' { 2 } else { 1 };
    }
    found
}

/// `text` without its marks, for whom nothing else can be shown: a link is "text (url)", an item keeps its mark. A text
/// without marks comes back as it is.
pub fn plain(text: &str) -> Cow<'_, str> {
    written(text, true)
}

/// The words of `text`: as [`plain`], without addresses. What is indexed.
pub fn words(text: &str) -> Cow<'_, str> {
    written(text, false)
}

fn written(text: &str, addresses: bool) -> Cow<'_, str> {
    if !text.contains(['*', '[', '`', '\\', '|', '#']) && !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    for block in blocks(text) {
        if !out.is_empty() {
            out += if block.apart { "\n\n" } else { "\n" };
        }
        (0..block.depth).for_each(|_| out += "  ");
        match block.shape {
            Shape::Code => block.lines().for_each(|line| out += line),
            Shape::Table => {
                for (number, row) in block.rows().enumerate() {
                    let row: Vec<String> = row.iter().map(|cell| inline::written(cell, addresses)).collect();
                    out += if number > 0 { "\n" } else { "" };
                    out += &row.join(" | ");
                }
            }
            shape => {
                if let Shape::Item(number) = shape {
                    out += &number.map_or("- ".to_owned(), |number| format!("{number}. "));
                }
                out += &inline::written(block.text, addresses);
            }
        }
    }
    Cow::Owned(out)
}
