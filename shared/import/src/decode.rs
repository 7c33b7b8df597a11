//! Bytes into text, whatever encoding a spreadsheet program chose.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::Note;

/// Text, and in which encoding it was read where that is no UTF-8.
pub struct Decoded {
    /// The text, without a byte order mark, every line end a line feed.
    pub text: String,
    /// The encoding's name by the Encoding Standard, as `windows-1252`; `None` for UTF-8.
    pub guessed: Option<&'static str>,
}

/// Reads text in UTF-8, UTF-16, or the legacy encoding that the bytes look like.
///
/// # Errors
/// A note for each line that is no text: mostly UTF-8 but for a few bytes, or binary.
pub fn decode(path: &str, bytes: &[u8]) -> Result<Decoded, Vec<Note>> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return whole(path, encoding, &bytes[mark..]);
    }
    if let Some(encoding) = utf16(bytes) {
        return whole(path, encoding, bytes);
    }
    if let Some(at) = bytes.iter().position(|b| *b == 0 || (*b < 9) || (14..27).contains(b)) {
        return Err(vec![Note::new(
            path,
            line(bytes, at),
            "not text: it has control characters; expected a file like CSV, JSON, Markdown or XLSX",
        )]);
    }
    let broken = broken_lines(bytes);
    if broken.is_empty() {
        return whole(path, UTF_8, bytes);
    }
    // Where most letters beyond ASCII are UTF-8, the others are broken, not another encoding, in which few would be by chance.
    let (mut sound, mut torn) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        torn += usize::from(!chunk.invalid().is_empty());
    }
    if sound >= torn {
        return Err(broken.iter().map(|&at| Note::new(path, at, "not UTF-8, as the lines around it are")).collect());
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    whole(path, detector.guess(None, Utf8Detection::Deny), bytes)
}

fn whole(path: &str, encoding: &'static Encoding, bytes: &[u8]) -> Result<Decoded, Vec<Note>> {
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else {
        return Err(vec![Note::new(path, 1, format!("not readable as {}, which it looks like: save it as UTF-8", encoding.name()))]);
    };
    if text.contains('\0') {
        return Err(vec![Note::new(path, 1, "not text: it has control characters")]);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Ok(Decoded { text, guessed: Some(encoding.name()).filter(|_| encoding != UTF_8) })
}

/// UTF-16 without a mark: of the first bytes, every other one is mostly zero.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(2000)];
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|b| **b == 0).count() * 10 > start.len() * 2;
    match (zeros(0), zeros(1)) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

fn broken_lines(bytes: &[u8]) -> Vec<usize> {
    let lines = bytes.split(|b| *b == b'\n').enumerate();
    lines.filter(|(_, line)| std::str::from_utf8(line).is_err()).map(|(at, _)| at + 1).collect()
}

fn line(bytes: &[u8], at: usize) -> usize {
    bytes[..at].iter().filter(|b| **b == b'\n').count() + 1
}
