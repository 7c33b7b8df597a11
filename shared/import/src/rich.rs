//! HTML into the subset of Markdown that the chat shows: paragraphs, lists, tables, links, bold, code, images by address.
//!
//! Markdown and DOCX come here as HTML, so that one writer decides what is kept. The tree is walked without recursion.

use ego_tree::NodeRef;
use scraper::node::Element;
use scraper::{ElementRef, Node};

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading: 1 to 6 as in HTML, then what stands for one: 7 a term (`dt`, `summary`, a class that says question), 8 a
    /// button, 9 a paragraph all in bold, 10 a paragraph that is nothing but a question.
    Heading(u8, String),
    /// Text in the subset.
    Text(String),
}

/// What was left out on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Images that were part of the text itself.
    pub inline_images: usize,
}

/// Elements without words for a visitor.
const SILENT: &[&str] = &[
    "del", "s", "strike", "script", "style", "noscript", "template", "svg", "object", "embed", "head", "select", "textarea", "input",
    "audio", "canvas", "map", "dialog",
];

/// Parts of a page that stand around its content.
const AROUND: &[&str] = &["nav", "header", "footer", "aside", "form"];

/// Elements that stand on lines of their own.
const OWN_LINE: &[&str] = &[
    "p",
    "div",
    "section",
    "article",
    "main",
    "blockquote",
    "figure",
    "figcaption",
    "address",
    "center",
    "fieldset",
    "details",
    "dl",
    "dd",
    "ul",
    "ol",
    "hr",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "body",
    "html",
    "video",
];

/// So deep are lists told apart.
const DEEPEST: usize = 4;

#[derive(Default)]
struct Writer {
    blocks: Vec<Block>,
    /// The text of the current block, in the subset.
    text: String,
    /// Collects a heading's words, of this level.
    heading: Option<(u8, usize)>,
    /// The element that opened the heading, where its class and not its name says that it is one. Such an element has no
    /// other of its name within it.
    named: Option<String>,
    /// Open lists: the number of the next item, 0 for bullets.
    lists: Vec<usize>,
    /// Rows of the open table, of cells.
    table: Option<Vec<Vec<String>>>,
    /// Where in `text` the open cell began.
    cell: Option<usize>,
    /// Where in `text` open links, bold and code began, with what closes them.
    open: Vec<(usize, Mark)>,
    preformatted: usize,
    left_out: LeftOut,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Bold,
    Code,
    Link(String),
}

/// The blocks of `root`; with `is_page` what stands around a page's content is left out.
pub(crate) fn blocks(root: ElementRef, is_page: bool) -> (Vec<Block>, LeftOut) {
    // Within what a page names as its content, only what leads elsewhere stands around it.
    let is_content = is_page && !matches!(root.value().name(), "html" | "body");
    let mut writer = Writer::default();
    let mut silent = 0usize;
    for edge in root.traverse() {
        match edge {
            ego_tree::iter::Edge::Open(node) => match node.value() {
                Node::Element(element) => {
                    if silent > 0 || is_silent(element, is_page, is_content) {
                        silent += 1;
                    } else {
                        writer.open(element, is_page && says_question(node));
                    }
                }
                Node::Text(text) if silent == 0 => writer.words(text),
                _ => {}
            },
            ego_tree::iter::Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    if silent > 0 {
                        silent -= 1;
                    } else {
                        writer.close(element);
                    }
                }
            }
        }
    }
    writer.end_block();
    (writer.blocks, writer.left_out)
}

fn is_silent(element: &Element, is_page: bool, is_content: bool) -> bool {
    let name = element.name();
    SILENT.contains(&name)
        || (is_page && AROUND.contains(&name) && (!is_content || matches!(name, "nav" | "form")))
        || element.attr("aria-hidden") == Some("true") && name != "div"
        || element.attr("role").is_some_and(|role| is_page && matches!(role, "navigation" | "banner" | "contentinfo" | "search"))
}

/// Whether an element's class says that it is a question or an accordion's head, and it holds nothing but a line of words.
fn says_question(node: NodeRef<Node>) -> bool {
    let Some(element) = node.value().as_element() else { return false };
    let class = element.attr("class").unwrap_or_default().to_lowercase();
    let says = |word: &str| class.contains(word);
    let is_head = ["title", "header", "heading", "button", "toggle", "trigger", "label"].iter().any(|w| says(w));
    let is_question =
        (says("question") && !says("questions")) || ((says("accordion") || says("faq") || says("collapse")) && is_head && !says("faqs"));
    // A line of words has few elements in it, and none that stand on lines of their own.
    let mut inner = node.descendants().skip(1).filter_map(|n| n.value().as_element()).take(9);
    let own = element.name();
    is_question
        && own != "label"
        && inner.by_ref().all(|e| e.name() != own && !OWN_LINE.contains(&e.name()) && !matches!(e.name(), "li" | "table" | "tr"))
        && inner.next().is_none()
}

/// A link's address as browsers read it: a space in it is escaped, one in a telephone number means nothing.
fn address(href: &str) -> String {
    let joint = if href.trim().to_lowercase().starts_with("tel:") { "" } else { "%20" };
    href.split_whitespace().collect::<Vec<_>>().join(joint)
}

/// Whether a link may be followed: http, https, mail, telephone, or a path of the site. What is relative to the page that
/// it stood on leads nowhere from a chat.
pub(crate) fn is_safe_link(url: &str) -> bool {
    let lower = url.to_lowercase();
    let is_known = ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| lower.starts_with(scheme));
    let is_path = url.starts_with('/') && !url[1..].starts_with(['/', '\\']);
    (is_known || is_path) && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

impl Writer {
    fn open(&mut self, element: &Element, is_question: bool) {
        if is_question && self.heading.is_none() && self.cell.is_none() {
            // An accordion that is laid out as a list is none.
            self.lists.clear();
            self.end_block();
            self.heading = Some((7, self.text.len()));
            self.named = Some(element.name().to_owned());
            return;
        }
        match element.name() {
            "br" => self.line_break(),
            "img" => self.image(element),
            "a" => self.begin(element.attr("href").map(address).filter(|u| is_safe_link(u)).map(Mark::Link)),
            // 10<sup>6</sup> is not 106.
            "sup" if self.text.ends_with(|c: char| c.is_ascii_digit()) => self.text.push('^'),
            "strong" | "b" => self.begin(Some(Mark::Bold)),
            "code" | "kbd" | "samp" if self.preformatted == 0 => self.begin(Some(Mark::Code)),
            "pre" if self.cell.is_none() => {
                self.end_block();
                self.preformatted += 1;
            }
            "iframe" => {
                let video =
                    element.attr("src").filter(|u| is_safe_link(u)).map(|u| format!("[{}]({u})", element.attr("title").unwrap_or("video")));
                self.text.push_str(&video.unwrap_or_default());
            }
            "ul" | "menu" => self.open_list(0),
            "ol" => self.open_list(element.attr("start").and_then(|s| s.parse().ok()).unwrap_or(1)),
            "li" => self.item(),
            "table" if self.table.is_none() => {
                self.end_block();
                self.table = Some(Vec::new());
            }
            "tr" => {
                if let Some(rows) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            "td" | "th" if self.table.is_some() => self.cell = Some(self.text.len()),
            "td" | "th" => self.end_paragraph(),
            name => match heading_level(name) {
                Some(_) if self.named.is_some() => {}
                Some(level) if self.cell.is_none() && self.lists.is_empty() => {
                    self.end_block();
                    self.heading = Some((level, self.text.len()));
                }
                Some(_) => self.begin(Some(Mark::Bold)),
                None if OWN_LINE.contains(&name) => self.end_paragraph(),
                None => {}
            },
        }
    }

    fn close(&mut self, element: &Element) {
        if self.named.as_deref() == Some(element.name()) {
            self.named = None;
            self.end_heading(7);
            return;
        }
        match element.name() {
            "a" => self.end(|mark| matches!(mark, Mark::Link(_))),
            "strong" | "b" => self.end(|mark| *mark == Mark::Bold),
            "code" | "kbd" | "samp" if self.preformatted == 0 => self.end(|mark| *mark == Mark::Code),
            "pre" if self.preformatted > 0 => {
                self.preformatted -= 1;
                let text = std::mem::take(&mut self.text);
                if !text.trim().is_empty() {
                    self.blocks.push(Block::Text(format!("```\n{}\n```", text.trim_matches('\n'))));
                }
            }
            "ul" | "ol" | "menu" => {
                self.lists.pop();
                if self.lists.is_empty() && self.cell.is_none() {
                    self.end_block();
                }
            }
            "td" | "th" if self.table.is_some() => self.end_cell(),
            "table" if self.table.is_some() => self.end_table(),
            name => match heading_level(name) {
                // Within an element whose class said so already.
                Some(_) if self.named.is_some() => {}
                Some(level) if self.heading.is_some() => self.end_heading(level),
                Some(_) => self.end(|mark| *mark == Mark::Bold),
                None if OWN_LINE.contains(&name) => self.end_paragraph(),
                None => {}
            },
        }
    }

    fn end_heading(&mut self, level: u8) {
        let Some((_, from)) = self.heading.take() else { return };
        let words = unmarked(&self.text.split_off(from.min(self.text.len())));
        if !words.is_empty() {
            self.blocks.push(Block::Heading(level, words));
        }
    }

    fn words(&mut self, text: &str) {
        if self.preformatted > 0 {
            self.text.push_str(text);
            return;
        }
        let in_code = self.open.last().is_some_and(|(_, mark)| *mark == Mark::Code);
        let mut spaced = text.chars().peekable();
        while let Some(c) = spaced.next() {
            if c.is_whitespace() && c != '\u{a0}' {
                let mut broke = c == '\n';
                while let Some(next) = spaced.next_if(|c| c.is_whitespace() && *c != '\u{a0}') {
                    broke |= next == '\n';
                }
                // A line end between two ideographs is where an editor wrapped, no space.
                let unspaced = broke && self.text.chars().last().is_some_and(is_cjk) && spaced.peek().copied().is_some_and(is_cjk);
                if !unspaced && !self.text.is_empty() && !self.text.ends_with(|c: char| c.is_whitespace()) {
                    self.text.push(' ');
                }
                continue;
            }
            let c = if c == '\u{a0}' { ' ' } else { c };
            let next = spaced.peek().copied().unwrap_or(' ');
            if !in_code && needs_escape(&self.text, c, next, self.cell.is_some()) {
                self.text.push('\\');
            }
            self.text.push(c);
        }
    }

    fn begin(&mut self, mark: Option<Mark>) {
        // A link that may not be followed opens nothing, but its end must find something to close.
        self.open.push((self.text.len(), mark.unwrap_or(Mark::Link(String::new()))));
    }

    fn end(&mut self, is: impl Fn(&Mark) -> bool) {
        let Some(at) = self.open.iter().rposition(|(_, mark)| is(mark)) else { return };
        let (from, mark) = self.open.remove(at);
        if from > self.text.len() || self.heading.is_some() {
            return;
        }
        let inner = self.text.split_off(from);
        let words = inner.trim();
        let (before, after) = (&inner[..inner.len() - inner.trim_start().len()], &inner[inner.trim_end().len()..]);
        let marked = match mark {
            _ if words.is_empty() => String::new(),
            Mark::Link(url) if url.is_empty() => words.to_owned(),
            Mark::Link(url) if words == url => url,
            Mark::Link(url) => format!("[{}]({})", bracketed(words), url.replace('(', "%28").replace(')', "%29")),
            // Bold within bold is bold; bold over several paragraphs is not worth keeping.
            Mark::Bold if words.contains("**") || words.contains('\n') => words.to_owned(),
            Mark::Bold => format!("**{words}**"),
            Mark::Code if words.contains('`') => words.to_owned(),
            Mark::Code => format!("`{words}`"),
        };
        self.text.push_str(before);
        self.text.push_str(&marked);
        self.text.push_str(after);
    }

    fn image(&mut self, element: &Element) {
        let source = element.attr("src").map(str::trim).unwrap_or_default();
        if source.starts_with("data:") {
            self.left_out.inline_images += 1;
            return;
        }
        let words = element.attr("alt").unwrap_or_default().replace(['[', ']', '\n'], " ");
        if is_safe_link(source) && self.heading.is_none() {
            self.text.push_str(&format!("![{}]({})", words.trim(), source.replace('(', "%28").replace(')', "%29")));
        }
    }

    fn line_break(&mut self) {
        if self.cell.is_some() || self.heading.is_some() {
            self.text.push(' ');
            return;
        }
        trim_end(&mut self.text);
        if !self.text.is_empty() {
            self.text.push('\n');
            self.indent();
        }
    }

    /// Lines after an item's first stand under its words.
    fn indent(&mut self) {
        for _ in 0..self.lists.len().min(DEEPEST) {
            self.text.push_str("  ");
        }
    }

    fn open_list(&mut self, first: usize) {
        if self.lists.is_empty() && self.cell.is_none() {
            self.end_paragraph();
        }
        self.lists.push(first);
    }

    fn item(&mut self) {
        let number = self.lists.last_mut().map_or(0, |next| if *next == 0 { 0 } else { std::mem::replace(next, *next + 1) });
        if self.cell.is_some() {
            self.text.push_str(if self.text.ends_with(' ') { "- " } else { " - " });
            return;
        }
        trim_end(&mut self.text);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        for _ in 1..self.lists.len().min(DEEPEST) {
            self.text.push_str("  ");
        }
        self.text.push_str(&if number == 0 { "- ".to_owned() } else { format!("{number}. ") });
    }

    fn end_paragraph(&mut self) {
        if self.heading.is_some() || self.cell.is_some() {
            if !self.text.is_empty() && !self.text.ends_with(' ') {
                self.text.push(' ');
            }
        } else if self.lists.is_empty() {
            self.end_block();
        } else if !self.text.trim_end().ends_with(['-', '.']) || !is_bare_item(&self.text) {
            trim_end(&mut self.text);
            self.text.push('\n');
            self.indent();
        }
    }

    fn end_cell(&mut self) {
        let Some(from) = self.cell.take() else { return };
        let from = from.min(self.text.len());
        let words = self.text.split_off(from).trim().replace('\n', " ");
        if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut()) {
            row.push(words);
        }
    }

    fn end_table(&mut self) {
        let rows: Vec<Vec<String>> =
            self.table.take().unwrap_or_default().into_iter().filter(|r| r.iter().any(|c| !c.is_empty())).collect();
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        self.end_block();
        if width < 2 {
            let paragraphs = rows.into_iter().flatten().map(Block::Text);
            self.blocks.extend(paragraphs);
            return;
        }
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|mut row| {
                row.resize(width, String::new());
                format!("| {} |", row.join(" | "))
            })
            .collect();
        lines.insert(1, format!("|{}", " --- |".repeat(width)));
        self.blocks.push(Block::Text(lines.join("\n")));
    }

    fn end_block(&mut self) {
        if self.heading.is_some() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        // What was opened in this block and closes in another one marks neither.
        for (from, _) in &mut self.open {
            *from = 0;
        }
        let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        // An item that begins with a block of its own has only its mark here.
        while lines.last().is_some_and(|line| line.is_empty() || is_bare_item(line)) {
            lines.pop();
        }
        let text = lines.join("\n").trim().to_owned();
        if !text.is_empty() {
            self.blocks.push(Block::Text(text));
        }
    }
}

/// A link's words: on one line, brackets in them escaped, unless they are an image's.
fn bracketed(words: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in words.chars().map(|c| if c == '\n' { ' ' } else { c }) {
        if matches!(c, '[' | ']') && before != '\\' && !words.starts_with("![") {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// Whether the last line is a list's mark alone.
fn is_bare_item(text: &str) -> bool {
    let last = text.lines().last().unwrap_or_default().trim();
    last == "-" || last.strip_suffix('.').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn heading_level(name: &str) -> Option<u8> {
    match name {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        "dt" | "summary" | "legend" => Some(7),
        "button" => Some(8),
        _ => None,
    }
}

fn trim_end(text: &mut String) {
    text.truncate(text.trim_end_matches([' ', '\n']).len());
}

pub(crate) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// Whether `c` after `text` and before `next` would be read as a mark.
fn needs_escape(text: &str, c: char, next: char, in_cell: bool) -> bool {
    let starts = || text.is_empty() || text.ends_with('\n');
    match c {
        '*' => next == '*' || text.ends_with('*'),
        '`' => true,
        '|' => in_cell || starts(),
        '-' | '#' => starts() && (next == ' ' || next == '#'),
        '.' => next == ' ' && text.rsplit('\n').next().is_some_and(|l| (1..=3).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_digit())),
        ']' => next == '(',
        '\\' => next.is_ascii_punctuation(),
        _ => false,
    }
}

/// Plain words of a line in the subset: no marks, no escapes.
pub(crate) fn unmarked(text: &str) -> String {
    nearside_text::rich::words(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line begins with a list's mark.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    line.starts_with("- ") || ((1..=3).contains(&digits) && line[digits..].starts_with(". "))
}

/// Text that has no marks, as it stands: line ends are kept, what would be read as a mark is escaped.
pub(crate) fn verbatim(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or('\n');
        // Lists stay lists, with whatever sign they were typed.
        let starts = out.is_empty() || out.ends_with('\n');
        if starts && matches!(c, '•' | '·' | '▪' | '●' | '–' | '*') && next.is_whitespace() {
            out.push('-');
            continue;
        }
        let is_list = starts && c == '-' || c == '.';
        if !is_list && needs_escape(&out, c, next, false) {
            out.push('\\');
        }
        out.push(c);
    }
    let mut lines: Vec<&str> = Vec::new();
    for line in out.lines().map(str::trim_end) {
        // A line after a list is no part of its last item.
        if lines.last().is_some_and(|before| is_item(before)) && !line.is_empty() && !line.starts_with(' ') && !is_item(line) {
            lines.push("");
        }
        lines.push(line);
    }
    let mut text = lines.join("\n");
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    text
}
