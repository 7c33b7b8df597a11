//! A message as the finders see it: one plain form for the many ways to write a letter or digit, each with its place in
//! the text.

/// One character of the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    /// Lower case, half width, digits of every script as ASCII.
    pub(crate) c: char,
    /// As written, half width.
    pub(crate) written: char,
    /// Byte range in the message.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A message folded for finding.
pub(crate) struct Folded {
    pub(crate) cells: Vec<Cell>,
}

/// So many Chinese numerals in a row are a number read out digit by digit, not words.
const NUMERALS: usize = 6;

impl Folded {
    pub(crate) fn new(text: &str) -> Self {
        let mut cells: Vec<Cell> = text
            .char_indices()
            .filter(|(_, c)| !is_invisible(*c))
            .map(|(start, c)| {
                let written = half_width(c);
                let c = digit(written).unwrap_or_else(|| lower(written));
                Cell { c, written, start, end: start + text[start..].chars().next().map_or(1, char::len_utf8) }
            })
            .collect();
        let mut at = 0;
        while at < cells.len() {
            let length = cells[at..].iter().take_while(|cell| numeral(cell.c).is_some() || cell.c.is_ascii_digit()).count();
            if length >= NUMERALS {
                for cell in &mut cells[at..at + length] {
                    cell.c = numeral(cell.c).unwrap_or(cell.c);
                }
            }
            at += length.max(1);
        }
        Self { cells }
    }

    /// The character at `at`; a space beyond both ends.
    pub(crate) fn at(&self, at: usize) -> char {
        self.cells.get(at).map_or(' ', |cell| cell.c)
    }

    /// The cells from `from` to `to`, as many as there are.
    pub(crate) fn range(&self, from: usize, to: usize) -> &[Cell] {
        let to = to.min(self.cells.len());
        &self.cells[from.min(to)..to]
    }

    /// The cells from `from` on.
    pub(crate) fn rest(&self, from: usize) -> &[Cell] {
        self.range(from, self.cells.len())
    }

    /// The first cell from `at` on that is no space, colon or quote.
    pub(crate) fn skip_spaces(&self, mut at: usize) -> usize {
        while at < self.cells.len() && matches!(self.at(at), ' ' | ':' | '"' | '\'' | '“') {
            at += 1;
        }
        at
    }

    /// The character before `at`.
    pub(crate) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or(' ', |before| self.at(before))
    }

    /// The folded text of a range.
    pub(crate) fn text(&self, from: usize, to: usize) -> String {
        self.range(from, to).iter().map(|cell| cell.c).collect()
    }

    /// Whether `word` begins at `at`.
    pub(crate) fn has(&self, at: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(i, c)| self.cells.get(at + i).is_some_and(|cell| cell.c == c))
    }

    /// Whether `word` begins at `at` and, where it is written with letters that join, no letter goes before or after it.
    pub(crate) fn has_word(&self, at: usize, word: &str) -> bool {
        let joins = |a: char, b: char| a.is_alphanumeric() && b.is_alphanumeric() && !is_cjk(a) && !is_cjk(b);
        let length = word.chars().count();
        let (first, last) = (word.chars().next().unwrap_or(' '), word.chars().next_back().unwrap_or(' '));
        self.has(at, word) && !joins(self.before(at), first) && !joins(last, self.at(at + length))
    }
}

/// Scripts that put no space between a cue and what it announces.
pub(crate) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

fn lower(c: char) -> char {
    // Turkish capital I with dot would become two characters.
    if c == 'İ' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{966}'..='\u{96f}' => 0x966,
        '\u{1d7ce}'..='\u{1d7ff}' => return char::from_digit((u32::from(c) - 0x1d7ce) % 10, 10),
        _ => return None,
    };
    char::from_digit(u32::from(c) - zero, 10)
}

fn numeral(c: char) -> Option<char> {
    Some(match c {
        '〇' | '零' => '0',
        '一' | '幺' | '壹' => '1',
        '二' | '两' | '贰' => '2',
        '三' | '叁' => '3',
        '四' | '肆' => '4',
        '五' | '伍' => '5',
        '六' | '陆' => '6',
        '七' | '柒' => '7',
        '八' | '捌' => '8',
        '九' | '玖' => '9',
        _ => return None,
    })
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
