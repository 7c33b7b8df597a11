//! An answer's marks as nodes.
//!
//! What always holds: `nodes.js` makes each node by its name and puts each text in as text, so that nothing is read as markup,
//! and says where a link leads and what an image asks for.

use nearside_text::rich::{MOST_DEPTH, Shape, blocks, spans};
use web_sys::Element;

use crate::host::{close, fill, list, open, say, show};

/// Fills `into` with `text`: with its nodes where it has `marks`; images as links to them, unless the site wants them shown.
pub(crate) fn rich(into: Element, (text, marks, images): (String, bool, bool)) {
    fill(&into);
    if !marks {
        open("p", "");
        say(&text);
        return;
    }
    // Whether each open list has numbers, the outermost first; an item of each is open, too.
    let mut lists = [false; MOST_DEPTH];
    let mut depth = 0;
    for block in blocks(&text) {
        let item = if let Shape::Item(number) = block.shape { Some(number) } else { None };
        let numbered = item.flatten().is_some();
        let goes_on = item.is_some() && depth > block.depth && lists[block.depth] == numbered;
        while depth > block.depth + usize::from(goes_on) {
            close(2);
            depth -= 1;
        }
        if goes_on {
            close(1);
        } else if let Some(number) = item {
            list(number.map_or(-1, |number| number as i32));
            lists[depth] = numbered;
            depth += 1;
        }
        match block.shape {
            Shape::Table => {
                open("div", "");
                open("table", "");
                for (number, row) in block.rows().enumerate() {
                    open("tr", "");
                    for cell in row {
                        open(if number == 0 { "th" } else { "td" }, "");
                        inline(cell, images);
                        close(1);
                    }
                    close(1);
                }
                close(2);
            }
            Shape::Code => {
                open("pre", "");
                block.lines().for_each(say);
                close(1);
            }
            Shape::Item(_) => {
                open("li", "");
                inline(block.text, images);
            }
            shape => {
                open(if shape == Shape::Heading { "h3" } else { "p" }, "");
                inline(block.text, images);
                close(1);
            }
        }
    }
}

fn inline(text: &str, images: bool) {
    // The spans of one link are in one `a`.
    let mut link = None;
    for span in spans(text) {
        if span.link != link {
            close(u32::from(link.is_some()));
            link = span.link;
            link.iter().for_each(|url| open("a", url));
        }
        let mut inner = 0;
        for (tag, url) in [
            ("strong", span.bold.then_some("")),
            ("code", span.code.then_some("")),
            ("a", span.image.filter(|_| !images && link.is_none())),
        ] {
            if let Some(url) = url {
                open(tag, url);
                inner += 1;
            }
        }
        match span.image {
            Some(url) if images => show(url, span.text),
            Some(url) if span.text.is_empty() => say(url),
            _ => say(span.text),
        }
        close(inner);
    }
    close(u32::from(link.is_some()));
}
