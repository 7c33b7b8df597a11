//! What stands within a paragraph, an item or a cell.

use super::{byte, cut};

/// A run of characters that look the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span<'a> {
    /// The characters; an image's alternative text, which may be empty.
    pub text: &'a str,
    /// Whether it is bold.
    pub bold: bool,
    /// Whether it is code.
    pub code: bool,
    /// Where it leads: `http:`, `https:`, `mailto:`, `tel:`, or a path, query or fragment. The spans of one link follow
    /// one another with the same address.
    pub link: Option<&'a str>,
    /// The address of an image, of the same kinds; the host says whether it is shown.
    pub image: Option<&'a str>,
}

/// An address has fewer bytes; a longer one is text.
const MOST_URL: usize = 2000;

/// The spans of `text`, in order. What is no complete mark is text; a link or an image to anywhere else than [`Span::link`]
/// tells is its text alone. Within a link's text, brackets are marks where no backslash stands before them.
pub fn spans(text: &str) -> Vec<Span<'_>> {
    let mut all: Vec<Span<'_>> = Vec::new();
    // The spans of marks that are open: text until their other end is found.
    let (mut bold, mut link, mut image) = (None, None, None);
    // Whether another backtick may follow.
    let mut ticks = true;
    let (mut from, mut at) = (0, 0);
    loop {
        let (here, next) = (byte(text, at), byte(text, at + 1));
        let mut span = Span::default();
        // How many bytes are a mark. All marks are ASCII: no cut falls within a character.
        let mut length = 0;
        match here {
            b'\\' if next.is_ascii_punctuation() => length = 1,
            b'`' if ticks => {
                let found = text.bytes().skip(at + 1).position(|b| b == b'`');
                ticks = found.is_some();
                // Several side by side are none.
                while found == Some(0) && byte(text, at + 1) == b'`' {
                    at += 1;
                }
                if let Some(found @ 1..) = found {
                    span.text = cut(text, at + 1, at + 1 + found);
                    span.code = true;
                    length = found + 2;
                }
            }
            b'*' if next == b'*' => {
                let beside = if bold.is_some() { byte(text, at.wrapping_sub(1)) } else { byte(text, at + 2) };
                length = if beside <= b' ' || beside == b'*' { 0 } else { 2 };
            }
            b'!' if next == b'[' => length = 2,
            b'[' => length = 1,
            b']' => {
                if next == b'(' && (link.is_some() || image.is_some()) {
                    length = address(text, at + 2);
                }
                if length == 0 {
                    (link, image) = (None, None);
                }
            }
            b'h' if !byte(text, at.wrapping_sub(1)).is_ascii_alphanumeric() => {
                length = bare(text, at);
                span.text = cut(text, at, at + length);
                span.link = safe(span.text);
            }
            _ => {}
        }
        if length == 0 && at < text.len() {
            at += 1;
            continue;
        }
        all.push(Span { text: cut(text, from, at), ..Span::default() });
        let mark = cut(text, at, at + length);
        let mut closed = None;
        match here {
            b'*' => {
                closed = bold.take();
                if closed.is_none() {
                    bold = Some(all.len());
                    span.text = mark;
                }
            }
            b'[' => {
                (link, image) = (Some(all.len()), None);
                span.text = mark;
            }
            b'!' => {
                image = Some((all.len(), at + 2));
                span.text = mark;
            }
            b']' => {
                let url = safe(cut(mark, 2, length - 1));
                if let Some((start, words)) = image.take() {
                    all.truncate(start);
                    bold = bold.filter(|bold| *bold < start);
                    span.text = cut(text, words, at);
                    span.image = url;
                } else {
                    closed = link.take();
                    span.link = url;
                }
            }
            _ => {}
        }
        if let Some(start) = closed {
            for (number, inner) in all.iter_mut().skip(start).enumerate() {
                if number == 0 {
                    inner.text = "";
                }
                if here == b'*' {
                    inner.bold = true;
                } else {
                    inner.link = span.link;
                }
            }
        }
        all.push(span);
        if at >= text.len() {
            break;
        }
        at += length;
        from = at;
        // What a backslash stands before is text.
        at += usize::from(here == b'\\');
    }
    all.retain(|span| !span.text.is_empty() || span.image.is_some());
    all
}

/// The bytes from the bracket before the address that begins at `start` to the parenthesis that closes it; 0 without one.
fn address(text: &str, start: usize) -> usize {
    let mut depth = 0;
    for (length, byte) in text.bytes().skip(start).take(MOST_URL).enumerate() {
        match byte {
            b')' if depth == 0 => return length + 3,
            b')' => depth -= 1,
            b'(' => depth += 1,
            0..=b' ' => break,
            _ => {}
        }
    }
    0
}

/// The length of a web address that stands at `start` by itself, without the punctuation after it; 0 where none does. It ends
/// before anything but ASCII: in Chinese no space follows.
fn bare(text: &str, start: usize) -> usize {
    let rest = cut(text, start, text.len());
    let scheme = if rest.starts_with("https://") { 8 } else { 7 };
    if scheme == 7 && !rest.starts_with("http://") {
        return 0;
    }
    let (mut length, mut closing) = (0, b')');
    for byte in rest.bytes().take(MOST_URL).take_while(|b| b.is_ascii_graphic() && !b"<>\"`|*[]\\".contains(b)) {
        length += 1;
        if byte == b'(' {
            closing = b'.';
        }
    }
    while length > scheme && [b'.', b',', b';', b':', b'!', b'?', b'\'', closing].contains(&byte(rest, length - 1)) {
        length -= 1;
    }
    if length > scheme && length < MOST_URL { length } else { 0 }
}

/// `url` where it may be opened: browsers read a backslash as a slash, and two slashes name another host.
fn safe(url: &str) -> Option<&str> {
    if url.is_empty() || url.starts_with("//") || url.bytes().any(|b| b <= b' ' || b == b'\\' || b == 0x7f) {
        return None;
    }
    let end = url.bytes().position(|b| matches!(b, b':' | b'/' | b'?' | b'#')).unwrap_or_default();
    let is = |known: &str| cut(url, 0, end).eq_ignore_ascii_case(known);
    let is_known = byte(url, end) != b':' || is("mailto") || is("tel") || (is("https") || is("http")) && cut(url, end, end + 3) == "://";
    is_known.then_some(url)
}

/// The characters of `text`, after each link and image its address where `addresses` are wanted; a bare one stands there as
/// its own text, or not at all.
pub(super) fn written(text: &str, addresses: bool) -> String {
    let spans = spans(text);
    let mut out = String::new();
    let mut label = 0;
    for (at, span) in spans.iter().enumerate() {
        let is_same = |other: Option<&Span<'_>>| span.link.is_some() && other.is_some_and(|o| o.link == span.link);
        if at == 0 || !is_same(spans.get(at - 1)) {
            label = out.len();
        }
        out += span.text;
        let ended = if is_same(spans.get(at + 1)) { None } else { span.link };
        let Some(url) = ended.or(span.image) else { continue };
        let url = url.strip_prefix("mailto:").or(url.strip_prefix("tel:")).unwrap_or(url);
        // Telephone numbers are written with spaces, which their addresses have not.
        let is_itself = out[label..].replace(' ', "") == url;
        if addresses && !is_itself {
            out += &format!(" ({url})");
        } else if !addresses && is_itself && url.contains("://") {
            out.truncate(label);
        }
    }
    out
}
