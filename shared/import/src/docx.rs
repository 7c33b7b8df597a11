//! DOCX: the document's paragraphs as HTML, so that one writer decides what is kept (ECMA-376, part 1, 17.3 to 17.9).

use std::collections::BTreeMap;
use std::fmt::Write;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::rich::blocks;
use crate::{Import, Note, archive, html};

/// Reads a document.
///
/// # Errors
/// A note: damaged, or without text.
pub(crate) fn read(path: &str, bytes: &[u8]) -> Result<Import, Vec<Note>> {
    let part =
        |name: &str| archive::entry(path, bytes, name).map(|b| b.map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default());
    let document = part("word/document.xml")?;
    let styles = styles(&part("word/styles.xml")?);
    let links = links(&part("word/_rels/document.xml.rels")?);
    let numbered = numbered_lists(&part("word/numbering.xml")?);
    let mut writer =
        Writer { out: String::new(), styles, links, numbered, paragraph: Paragraph::default(), lists: Vec::new(), tables: 0, gone: 0 };
    let mut reader = Reader::from_str(&document);
    loop {
        match reader.read_event() {
            Ok(Event::Start(e)) => writer.start(&e, false),
            Ok(Event::Empty(e)) => {
                writer.start(&e, true);
                writer.end(e.local_name().as_ref());
            }
            Ok(Event::End(e)) => writer.end(e.local_name().as_ref()),
            Ok(Event::Text(t)) if writer.paragraph.in_text => writer.paragraph.words.push_str(&t),
            Ok(Event::GeneralRef(r)) if writer.paragraph.in_text => {
                let _ = write!(writer.paragraph.words, "&{};", &*r);
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => return Err(vec![Note::whole(path, format!("damaged: its text is not XML: {error}"))]),
        }
    }
    writer.close_lists(0);
    let parsed = html::parsed(path, &writer.out)?;
    if let Some(found) = html::table_of_questions(path, &parsed) {
        return Ok(found);
    }
    let (blocks, left_out) = blocks(parsed.root_element(), false);
    html::of_blocks(path, "", blocks, left_out, None)
}

#[derive(Default)]
struct Paragraph {
    words: String,
    in_text: bool,
    heading: Option<u8>,
    /// Depth and whether numbered, where it is an item of a list.
    item: Option<(usize, bool)>,
    number_id: String,
    depth: usize,
    is_bold: bool,
    is_hidden: bool,
    run_open: bool,
}

struct Writer {
    out: String,
    styles: BTreeMap<String, Style>,
    links: BTreeMap<String, String>,
    numbered: BTreeMap<String, bool>,
    paragraph: Paragraph,
    /// Open lists, whether numbered.
    lists: Vec<bool>,
    tables: usize,
    /// Open elements whose words are gone.
    gone: usize,
}

fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    element.attributes().flatten().find(|a| a.key.local_name().as_ref() == name).map(|a| a.value.replace("&amp;", "&"))
}

impl Writer {
    fn start(&mut self, element: &BytesStart, is_empty: bool) {
        match element.local_name().as_ref() {
            "p" => self.paragraph = Paragraph::default(),
            "pStyle" => {
                let style = attribute(element, "val").unwrap_or_default();
                let style = self.styles.get(&style).cloned().unwrap_or_default();
                self.paragraph.heading = style.heading;
                self.paragraph.item = style.list.map(|id| (0, self.numbered.get(&id).copied().unwrap_or(false)));
            }
            "outlineLvl" => {
                self.paragraph.heading = attribute(element, "val").and_then(|v| v.parse().ok()).filter(|l: &u8| *l < 6).map(|l| l + 1)
            }
            "ilvl" => self.paragraph.depth = attribute(element, "val").and_then(|v| v.parse().ok()).unwrap_or(0),
            "numId" => {
                self.paragraph.number_id = attribute(element, "val").unwrap_or_default();
                let is_numbered = self.numbered.get(&self.paragraph.number_id).copied().unwrap_or(false);
                self.paragraph.item = Some((self.paragraph.depth.min(4), is_numbered)).filter(|_| self.paragraph.number_id != "0");
            }
            "r" => (self.paragraph.is_bold, self.paragraph.is_hidden) = (false, false),
            "vanish" => self.paragraph.is_hidden = !attribute(element, "val").is_some_and(|v| v == "0" || v == "false"),
            "strike" | "dstrike" => self.paragraph.is_hidden |= !attribute(element, "val").is_some_and(|v| v == "0" || v == "false"),
            "noBreakHyphen" => self.paragraph.words.push('-'),
            // Tracked changes: what was deleted or moved from here is no longer here.
            "del" | "moveFrom" if !is_empty => self.gone += 1,
            "b" => self.paragraph.is_bold = !attribute(element, "val").is_some_and(|v| v == "0" || v == "false"),
            "t" if !is_empty && self.gone == 0 && !self.paragraph.is_hidden => {
                self.paragraph.in_text = true;
                if self.paragraph.is_bold && self.paragraph.heading.is_none() && !self.paragraph.run_open {
                    self.paragraph.words.push_str("<b>");
                    self.paragraph.run_open = true;
                }
            }
            "br" | "cr" => self.paragraph.words.push_str("<br>"),
            "tab" => self.paragraph.words.push(' '),
            "hyperlink" => {
                let url = attribute(element, "id").and_then(|id| self.links.get(&id).cloned()).unwrap_or_default();
                let _ = write!(self.paragraph.words, "<a href=\"{}\">", url.replace('"', "%22"));
            }
            "tbl" => {
                self.close_lists(0);
                self.tables += 1;
                self.out.push_str("<table>");
            }
            "tr" => self.out.push_str("<tr>"),
            "tc" => self.out.push_str("<td>"),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "t" => {
                self.paragraph.in_text = false;
                if self.paragraph.run_open {
                    self.paragraph.words.push_str("</b>");
                    self.paragraph.run_open = false;
                }
            }
            "del" | "moveFrom" => self.gone = self.gone.saturating_sub(1),
            "hyperlink" => self.paragraph.words.push_str("</a>"),
            "p" => self.end_paragraph(),
            "tc" => {
                self.close_lists(0);
                self.out.push_str("</td>");
            }
            "tr" => self.out.push_str("</tr>"),
            "tbl" => {
                self.tables -= 1;
                self.out.push_str("</table>");
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        // Runs that were cut within one bold passage are one.
        let words = std::mem::take(&mut self.paragraph).pieces();
        let (words, heading, item) = words;
        match (heading, item) {
            (Some(level), _) => {
                self.close_lists(0);
                let _ = write!(self.out, "<h{level}>{words}</h{level}>");
            }
            (None, Some((depth, numbered))) => {
                self.close_lists(depth + 1);
                while self.lists.len() <= depth {
                    self.out.push_str(if numbered { "<ol>" } else { "<ul>" });
                    self.lists.push(numbered);
                }
                let _ = write!(self.out, "<li>{words}</li>");
            }
            (None, None) => {
                self.close_lists(0);
                let _ = write!(self.out, "<p>{words}</p>");
            }
        }
    }

    fn close_lists(&mut self, depth: usize) {
        while self.lists.len() > depth {
            self.out.push_str(if self.lists.pop() == Some(true) { "</ol>" } else { "</ul>" });
        }
    }
}

impl Paragraph {
    fn pieces(self) -> (String, Option<u8>, Option<(usize, bool)>) {
        (self.words.replace("</b><b>", "").replace("</b> <b>", " "), self.heading, self.item)
    }
}

/// What a paragraph's style says of it.
#[derive(Clone, Debug, Default)]
struct Style {
    heading: Option<u8>,
    /// The id of the list that it is an item of.
    list: Option<String>,
}

/// Styles by id. A heading is known by its outline level, or by the name that programs write in every language.
fn styles(styles: &str) -> BTreeMap<String, Style> {
    let mut found = BTreeMap::from([("Title".to_owned(), Style { heading: Some(1), list: None })]);
    let mut reader = Reader::from_str(styles);
    let mut id = String::new();
    while let Ok(event) = reader.read_event() {
        let element = match event {
            Event::Start(e) | Event::Empty(e) => e,
            Event::Eof => break,
            _ => continue,
        };
        let value = || attribute(&element, "val").unwrap_or_default();
        match element.local_name().as_ref() {
            "style" => id = attribute(&element, "styleId").unwrap_or_default(),
            "name" => {
                let name = value().to_lowercase();
                if let Some(level) = name.strip_prefix("heading ").and_then(|n| n.parse().ok()).filter(|l| (1..=6).contains(l)) {
                    found.entry(id.clone()).or_default().heading = Some(level);
                }
            }
            "outlineLvl" => {
                if let Some(level) = value().parse::<u8>().ok().filter(|l| *l < 6) {
                    found.entry(id.clone()).or_default().heading.get_or_insert(level + 1);
                }
            }
            "numId" => found.entry(id.clone()).or_default().list = Some(value()).filter(|v| v != "0"),
            _ => {}
        }
    }
    found
}

fn links(relations: &str) -> BTreeMap<String, String> {
    let mut links = BTreeMap::new();
    let mut reader = Reader::from_str(relations);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(e) | Event::Empty(e) if e.local_name().as_ref() == "Relationship" => {
                if let (Some(id), Some(target)) = (attribute(&e, "Id"), attribute(&e, "Target")) {
                    links.insert(id, target);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    links
}

/// Which lists count: those whose first level is not a bullet.
fn numbered_lists(numbering: &str) -> BTreeMap<String, bool> {
    let (mut formats, mut lists) = (BTreeMap::<String, bool>::new(), BTreeMap::new());
    let (mut of, mut list, mut level) = (String::new(), String::new(), String::new());
    let mut reader = Reader::from_str(numbering);
    while let Ok(event) = reader.read_event() {
        let element = match event {
            Event::Start(e) | Event::Empty(e) => e,
            Event::Eof => break,
            _ => continue,
        };
        match element.local_name().as_ref() {
            "abstractNum" => of = attribute(&element, "abstractNumId").unwrap_or_default(),
            "lvl" => level = attribute(&element, "ilvl").unwrap_or_default(),
            "numFmt" if level == "0" => {
                formats.insert(of.clone(), attribute(&element, "val").is_some_and(|f| f != "bullet" && f != "none"));
            }
            "num" => list = attribute(&element, "numId").unwrap_or_default(),
            "abstractNumId" => {
                let of = attribute(&element, "val").unwrap_or_default();
                lists.insert(list.clone(), formats.get(&of).copied().unwrap_or(false));
            }
            _ => {}
        }
    }
    lists
}
