//! A message as the finders see it: one plain form for the many ways to write a letter or digit, each with its place in
//! the text.

/// One character of the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    /// Lower case, half width, without accents, digits of every script as ASCII.
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
    /// The cells' characters in one string, so that a range of them is a slice: no finder copies text.
    plain: String,
    /// Where each cell begins in `plain`, and where the last one ends.
    offsets: Vec<u32>,
}

/// So far is looked past spaces and quotes: finders look from every place, and a text of nothing else would take hours.
const GAP: usize = 40;
/// So long is a run of letters or signs that means anything.
const LONGEST_RUN: usize = 80;

/// So many Chinese numerals in a row are a number read out digit by digit, not words.
const NUMERALS: usize = 6;

impl Folded {
    pub(crate) fn new(text: &str) -> Self {
        let mut cells: Vec<Cell> = Vec::with_capacity(text.len());
        for (start, written) in text.char_indices() {
            let end = start + written.len_utf8();
            if is_invisible(written) {
                // A mark over a letter is part of it.
                if let Some(last) = cells.last_mut() {
                    last.end = end;
                }
                continue;
            }
            let written = half_width(written);
            cells.push(Cell { c: folded(written), written, start, end });
        }
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
        let mut plain = String::with_capacity(text.len());
        let mut offsets = Vec::with_capacity(cells.len() + 1);
        for cell in &cells {
            offsets.push(plain.len() as u32);
            plain.push(cell.c);
        }
        offsets.push(plain.len() as u32);
        Self { cells, plain, offsets }
    }

    /// The character at `at`; a space beyond both ends.
    pub(crate) fn at(&self, at: usize) -> char {
        self.cells.get(at).map_or(' ', |cell| cell.c)
    }

    /// The cells from `from` to `to`, as many as there are.
    #[inline(never)]
    pub(crate) fn range(&self, from: usize, to: usize) -> &[Cell] {
        let to = to.min(self.cells.len());
        &self.cells[from.min(to)..to]
    }

    /// The cells from `from` on.
    pub(crate) fn rest(&self, from: usize) -> &[Cell] {
        self.range(from, self.cells.len())
    }

    /// The first cell from `at` on that is no space, colon or quote, of the next [`GAP`].
    #[inline(never)]
    pub(crate) fn skip_spaces(&self, mut at: usize) -> usize {
        let end = self.cells.len().min(at + GAP);
        while at < end && matches!(self.at(at), ' ' | ':' | '"' | '\'' | '“' | '„' | '«') {
            at += 1;
        }
        at
    }

    /// The character before `at`.
    #[inline(never)]
    pub(crate) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or(' ', |before| self.at(before))
    }

    /// The folded text of a range.
    #[inline(never)]
    pub(crate) fn text(&self, from: usize, to: usize) -> &str {
        let to = to.min(self.cells.len());
        part(&self.plain, self.offsets[from.min(to)] as usize, self.offsets[to] as usize)
    }

    /// Whether `word` begins at `at`.
    #[inline(never)]
    pub(crate) fn has(&self, at: usize, word: &str) -> bool {
        self.text(at, self.cells.len()).starts_with(word)
    }

    /// Whether `word` begins at `at` and, where it is written with letters that join, no letter goes before or after it.
    #[inline(never)]
    pub(crate) fn has_word(&self, at: usize, word: &str) -> bool {
        let joined = |a: char, b: char| is_joined(a) && is_joined(b);
        let end = at + word.chars().count();
        self.has(at, word) && !joined(self.before(at), self.at(at)) && !joined(self.before(end), self.at(end))
    }

    /// Whether one of these begins at `at`.
    #[inline(never)]
    pub(crate) fn has_any(&self, at: usize, words: &str) -> bool {
        words.split('|').any(|word| self.has(at, word))
    }

    /// Whether one of these stands at `at` as a word.
    #[inline(never)]
    pub(crate) fn has_any_word(&self, at: usize, words: &str) -> bool {
        words.split('|').any(|word| self.has_word(at, word))
    }

    /// So many cells from `at` on pass.
    #[inline(never)]
    pub(crate) fn run(&self, at: usize, passes: fn(char) -> bool) -> usize {
        self.rest(at).iter().take(LONGEST_RUN).take_while(|cell| passes(cell.c)).count()
    }

    /// So many cells from `at` on pass, at most `most`. One loop for all finders: inlined, each would weigh 100 bytes.
    #[inline(never)]
    pub(crate) fn ahead(&self, at: usize, most: usize, passes: &dyn Fn(&Cell) -> bool) -> usize {
        self.rest(at).iter().take(most).take_while(|cell| passes(cell)).count()
    }

    /// So many cells before `to` pass, back to `from` and at most `most`.
    #[inline(never)]
    pub(crate) fn behind(&self, from: usize, to: usize, most: usize, passes: &dyn Fn(&Cell) -> bool) -> usize {
        self.range(from, to).iter().rev().take(most).take_while(|cell| passes(cell)).count()
    }
}

// One copy of what every finder does: inlined, these made the browser's module a tenth larger.

/// The part of a text between two bytes. A slice that may panic brings 3 KB of messages with it.
#[inline(never)]
pub(crate) fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to.min(text.len())).unwrap_or_default()
}

/// Whether a word stands in a list with spaces between.
#[inline(never)]
pub(crate) fn lists(list: &str, word: &str) -> bool {
    list.as_bytes().split(|byte| *byte == b' ').any(|known| known == word.as_bytes())
}

/// Where `part` begins in `text`. By hand: the standard library's search weighs 2 KB in a browser, and ours are short.
#[inline(never)]
pub(crate) fn place(text: &str, part: &str) -> Option<usize> {
    text.as_bytes().windows(part.len().max(1)).position(|window| window == part.as_bytes())
}

/// Whether `part` stands in `text`.
#[inline(never)]
pub(crate) fn holds(text: &str, part: &str) -> bool {
    place(text, part).is_some()
}

/// Whether a phrase stands in a list with bars between. Smaller than a match, which compares with each in its own code.
#[inline(never)]
pub(crate) fn one_of(list: &str, phrase: &str) -> bool {
    list.as_bytes().split(|byte| *byte == b'|').any(|known| known == phrase.as_bytes())
}

/// Whether a character is one of these.
#[inline(never)]
pub(crate) fn among(set: &str, c: char) -> bool {
    set.chars().any(|known| known == c)
}

/// Letters and digits that join into words, with spaces between these.
#[inline(never)]
pub(crate) fn is_joined(c: char) -> bool {
    c.is_in_word() && !is_cjk(c)
}

/// What letters are, by blocks: the standard library's tables of all scripts weigh 3 KB in a browser.
pub(crate) trait Script: Copy {
    fn is_letter(self) -> bool;
    fn is_number(self) -> bool;
    fn is_in_word(self) -> bool;
    fn is_small(self) -> bool;
    fn is_capital(self) -> bool;
    fn is_blank(self) -> bool;
}

impl Script for char {
    #[inline(never)]
    fn is_letter(self) -> bool {
        match self {
            'a'..='z' | 'A'..='Z' => true,
            '\0'..='\u{a9}' | '×' | '÷' | '\u{300}'..='\u{36f}' => false,
            '\u{aa}' | '\u{b5}' | '\u{ba}' | '\u{c0}'..='\u{58f}' | '\u{5d0}'..='\u{5ef}' => true,
            '\u{620}'..='\u{65f}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}'..='\u{6dc}' | '\u{6e5}'..='\u{6ef}' | '\u{6fa}'..='\u{965}' => true,
            '\u{970}'..='\u{1fff}' | '々' | '〆' | '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{318f}' => true,
            '\u{3400}'..='\u{a4ff}' | '\u{a640}'..='\u{abff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{fdfb}' => true,
            '\u{fe70}'..='\u{fefc}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}' => true,
            _ => false,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, '0'..='9' | '²' | '³' | '¹' | '¼'..='¾' | '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' | '\u{966}'..='\u{96f}' | '\u{2070}'..='\u{2089}' | '\u{2150}'..='\u{218b}' | '①'..='\u{249b}' | '〇')
    }

    #[inline(never)]
    fn is_in_word(self) -> bool {
        self.is_letter() || self.is_number()
    }

    #[inline(never)]
    fn is_small(self) -> bool {
        matches!(self, 'a'..='z' | 'ª' | 'º' | 'µ' | 'ß'..='ö' | 'ø'..='ÿ' | 'ά'..='ώ' | 'а'..='џ')
            || matches!(self, '\u{100}'..='\u{17f}' | '\u{1e00}'..='\u{1eff}') && !self.is_capital()
    }

    #[inline(never)]
    fn is_capital(self) -> bool {
        lower(self) != self
    }

    #[inline(never)]
    fn is_blank(self) -> bool {
        matches!(self, ' ' | '\t'..='\r' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
    }
}

fn folded(c: char) -> char {
    digit(c).unwrap_or_else(|| plain(lower(c)))
}

/// The letter without its accent: visitors leave them out, and a table need not say both.
fn plain(c: char) -> char {
    match c {
        'a'..='z' | '0'..='9' | ' ' => c,
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì'..='ï' | 'ı' | 'ī' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ù'..='ü' | 'ū' | 'ů' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        'ة' => 'ه',
        '’' | '‘' | 'ʼ' | '´' | '`' => '\'',
        other => other,
    }
}

/// Scripts that put no space between a cue and what it announces.
#[inline(never)]
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

/// The small letter of the scripts that have one and that we have words in, one character for each. By hand: the standard
/// library's table of all scripts weighs about 6 KB in a browser.
fn lower(c: char) -> char {
    let up = |by: u32| char::from_u32(u32::from(c) + by).unwrap_or(c);
    let odd = u32::from(c) % 2 == 1;
    match c {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ω' | 'А'..='Я' => up(32),
        'Ѐ'..='Џ' => up(80),
        'İ' => 'i',
        'Ÿ' => 'ÿ',
        '\u{100}'..='\u{137}' | '\u{14a}'..='\u{177}' | '\u{1e00}'..='\u{1eff}' if !odd => up(1),
        '\u{139}'..='\u{148}' | '\u{179}'..='\u{17e}' if odd => up(1),
        other => other,
    }
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
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{652}')
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn the_tables_say_what_the_finders_see() {
        for table in [include_str!("cues.txt"), include_str!("names.txt"), include_str!("streets.txt")] {
            let odd = table.lines().filter(|line| !line.starts_with('#')).flat_map(str::chars).find(|&c| folded(c) != c);
            assert_eq!(odd, None);
        }
    }
}
