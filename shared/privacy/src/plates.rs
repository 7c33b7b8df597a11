//! Number plates.

use crate::Kind;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, Script, among, is_cjk};

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
            let length = folded.ahead(end, usize::MAX, &|cell| cell.c.is_ascii_alphanumeric());
            if matches!(length, 5 | 6) && folded.range(end, end + length).iter().any(|cell| cell.c.is_ascii_digit()) {
                found.push((at, end + length, Kind::Plate));
                at = end + length;
                continue;
            }
        }
        let c = folded.at(at);
        let starts = is_part(c) && !is_part(folded.before(at));
        if starts
            && (told_after(folded, cues, at)
                || cues.before(at) == Some(Cue::Plate)
                || cues.near(at, Cue::Plate, 24) && cues.before(at) != Some(Cue::Thing))
            && let Some(end) = plate_end(folded, at)
        {
            found.push((at - office(folded, at), end, Kind::Plate));
            at = end;
            continue;
        }
        at += 1;
    }
}

/// "06 BJK 19 plakalı": the cue stands after.
fn told_after(folded: &Folded, cues: &Cues, at: usize) -> bool {
    cues.after(at, 16, &[Cue::Plate]).is_some_and(|hit| plate_end(folded, at).is_some_and(|end| end < hit.end && hit.start() < end + 8))
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{621}'..='\u{64a}')
}

/// The length of the place that a plate of Japan or Korea begins with: 品川 300, なにわ330, 서울 40바.
fn office(folded: &Folded, at: usize) -> usize {
    let gap = usize::from(at > 0 && folded.before(at) == ' ');
    let place = |c: char| is_cjk(c) && !among("はがの은는이가를", c);
    let length = folded.behind(0, at - gap, 4, &|cell| place(cell.c));
    let hangul = matches!(folded.before(at - gap), '\u{ac00}'..='\u{d7a3}');
    if length > 1 && (!hangul || length == 2) { length + gap } else { 0 }
}

/// Letters and digits in at most five groups, four to nine places, some of each; one kana or Hangul among them, or the
/// single letters of Arab plates.
fn plate_end(folded: &Folded, at: usize) -> Option<usize> {
    let (mut next, mut end, mut letters, mut digits, mut groups) = (at, at, 0, 0, 0);
    while groups < 6 {
        let length = folded.ahead(next, 10, &|cell| is_part(cell.c));
        let run = folded.range(next, next + length);
        let numbers = run.iter().filter(|cell| cell.c.is_ascii_digit()).count();
        let small = run.iter().filter(|cell| cell.written.is_small()).count();
        let arab = run.iter().any(|cell| !cell.c.is_ascii());
        let kana = length == 0 && is_cjk(folded.at(next)) && digits > 0 && folded.at(next + 1) != ' '
            || is_cjk(folded.at(next)) && folded.at(next + 1) == ' ' && digits > 0;
        if kana {
            let more = next + 1 + usize::from(folded.at(next + 1) == ' ');
            if !folded.at(more).is_ascii_digit() {
                break;
            }
            (letters, next) = (letters + 1, more);
            continue;
        }
        // "ab 123 cd" ends before a word.
        let word = numbers == 0
            && (small > 0 && (length > 3 || digits == 0 && length > 2 || crate::names::is_common(folded.text(next, next + length)))
                || arab && length > 3);
        if length == 0 || length > 8 || word || letters + digits + length > 9 {
            break;
        }
        (letters, digits, groups) = (letters + length - numbers, digits + numbers, groups + 1);
        end = next + length;
        next = end + usize::from(matches!(folded.at(end), ' ' | '-' | '·' | '.'));
        if next == end && !is_cjk(folded.at(end)) {
            break;
        }
    }
    let measured = digits < 3 && crate::spoken_for::is_measured(folded, at + folded.run(at, |c| c.is_ascii_digit()));
    (!measured && (letters >= 1 || office(folded, at) > 1) && (1..=7).contains(&digits) && (4..=9).contains(&(letters + digits)))
        .then_some(end)
}
