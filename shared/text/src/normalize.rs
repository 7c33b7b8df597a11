//! Folding away the differences that do not change what a visitor means.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::simplified::simplified;

/// Folds `text` for matching: NFKC (which folds full-width forms), case, Latin and Arabic diacritics, traditional to
/// simplified Chinese; invisible characters vanish and runs of white space become one space.
///
/// The result is for matching only and is never shown.
///
/// ```
/// assert_eq!(nearside_text::normalize("  ＷｉＦｉ   Crème\u{200b} 電視 "), "wifi creme 电视");
/// ```
pub fn normalize(text: &str) -> String {
    if text.is_ascii() {
        return squeeze(text.chars().map(|c| c.to_ascii_lowercase()));
    }
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars());
    let composed: String = ComposingNormalizerBorrowed::new_nfc().normalize_iter(decomposed.filter(|c| !is_mark(*c))).collect();
    let lowered = composed.to_lowercase();
    let folded = lowered.chars().flat_map(fold_char).filter(|c| !is_mark(*c) && !is_invisible(*c));
    let squeezed = squeeze(folded);
    if squeezed.chars().any(is_han) { squeezed.chars().map(simplified).collect() } else { squeezed }
}

fn squeeze(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in chars {
        if c.is_whitespace() || c.is_control() {
            gap = !out.is_empty();
        } else {
            if gap {
                out.push(' ');
                gap = false;
            }
            out.push(c);
        }
    }
    out
}

/// Letters that case folding of the Unicode standard (CaseFolding.txt, status F and T) maps further than lower case.
fn fold_char(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        '’' | '‘' | 'ʼ' => ('\'', None),
        // Arabic letter variants that writers interchange: alef with hamza or madda, final yeh, teh marbuta.
        'أ' | 'إ' | 'آ' | 'ٱ' => ('ا', None),
        'ى' => ('ي', None),
        'ة' => ('ه', None),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

/// Combining marks that carry no distinction for matching. Kana voicing marks (U+3099, U+309A) are not among them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{652}' | '\u{670}' | '\u{640}')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{ad}')
}

pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{3ffff}' | '\u{f900}'..='\u{faff}')
}
