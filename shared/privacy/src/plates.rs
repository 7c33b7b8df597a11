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
            && cues.before(at) != Some(Cue::Thing)
            && let Some(end) = plate_end(folded, at)
            && (cues.near(at, Cue::Vehicle, REACH) || cues.after(end, REACH, &[Cue::Vehicle]).is_some())
            && is_strict(folded, at, end)
        {
            found.push((at - office(folded, at), end, Kind::Plate));
            at = end;
            continue;
        }
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

/// So far from a car's word a plate is looked for.
const REACH: usize = 52;

/// The forms of plates that little else has, by their runs of letters and digits: AB12 CDE, 1234 BCD, M-AB 123, 12가 3456.
fn is_strict(folded: &Folded, from: usize, to: usize) -> bool {
    let (mut runs, mut count, mut form, mut last) = ([0u8; 5], 0, 0, 0);
    for cell in folded.range(from, to) {
        let sort = match cell.c {
            ' ' | '-' | '·' | '.' => continue,
            '0'..='9' => 1,
            c if is_cjk(c) => 3,
            _ => 2,
        };
        if sort != last {
            (count, form, last) = ((count + 1).min(4), form * 4 + sort, sort);
        }
        runs[count] += 1;
    }
    let [_, a, b, c, d] = runs;
    let has = |passes: fn(char) -> bool| folded.range(from, to).iter().any(|cell| passes(cell.written));
    let year = folded.has_any(to.saturating_sub(4), "19|20");
    // In small letters only "ga 117 xn" is no other word.
    if has(Script::is_small) {
        return form == 0o46 && a == 2 && b == 3 && c == 2 && to - from == 9;
    }
    match form {
        0o46 => a < 4 && (2..5).contains(&b) && c < 4,
        0o31 => a < 3 && b < 4 && c > 1,
        0o6 => a == 4 && matches!(b, 2 | 3),
        0o11 => (a == 3 && b == 4 || a < 6 && has(|c| c == '-') && (b > 2 || has(|c| c == ' '))) && !year,
        0o231 => a == 3 && d == 2,
        0o35 => a < 4 && b == 1 && c > 3,
        _ => false,
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
