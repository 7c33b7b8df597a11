//! Number plates.

use crate::Kind;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, among, is_cjk};

/// Number plates: Chinese ones by their form, others where a word announces them.
pub(crate) fn find(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
    let mut at = 0;
    while at < folded.cells.len() {
        if among(PROVINCES, folded.at(at)) && folded.at(at + 1).is_ascii_alphabetic() {
            let mut end = at + 2;
            if matches!(folded.at(end), '·' | ' ' | '-' | '.') {
                end += 1;
            }
            let length = folded.rest(end).iter().take_while(|cell| cell.c.is_ascii_alphanumeric()).count();
            if matches!(length, 5 | 6) && folded.range(end, end + length).iter().any(|cell| cell.c.is_ascii_digit()) {
                found.push((at, end + length, Kind::Plate));
                at = end + length;
                continue;
            }
        }
        let c = folded.at(at);
        let starts = c.is_ascii_alphanumeric() && !folded.before(at).is_ascii_alphanumeric();
        if starts && cues.before(at) == Some(Cue::Plate) {
            // A Japanese plate begins with its office: 品川300.
            let han = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}');
            let office = folded.range(0, at).iter().rev().take(4).take_while(|cell| han(cell.c)).count();
            if let Some(end) = plate_end(folded, at, office > 1) {
                found.push((at - office, end, Kind::Plate));
                at = end;
                continue;
            }
        }
        at += 1;
    }
}

/// Letters and digits in at most four groups, four to nine places, some of each; one kana or Hangul among them.
fn plate_end(folded: &Folded, at: usize, has_office: bool) -> Option<usize> {
    let (mut next, mut end, mut letters, mut digits) = (at, at, 0, 0);
    let mut spaces = 0;
    while next < folded.cells.len() && spaces < 4 {
        let cell = folded.cells[next];
        match cell.c {
            c if c.is_ascii_digit() => digits += 1,
            _ if cell.written.is_ascii_uppercase() || (is_cjk(cell.c) && digits > 0 && letters < 3) => letters += 1,
            ' ' | '-' | '·' => {
                spaces += 1;
                next += 1;
                continue;
            }
            _ => break,
        }
        next += 1;
        end = next;
    }
    // A particle that follows a plate without a space is none of it.
    while end > at && is_cjk(folded.at(end - 1)) {
        end -= 1;
        letters -= 1;
    }
    ((letters >= 1 || has_office) && (2..=7).contains(&digits) && (4..=9).contains(&(letters + digits))).then_some(end)
}
