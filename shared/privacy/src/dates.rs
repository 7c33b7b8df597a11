//! Birth dates.

use crate::Kind;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, Script, among, lists};

/// A date that a birth word announces, or follows.
pub(crate) fn find(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    let mut at = 0;
    while at < folded.cells.len() {
        if !folded.at(at).is_ascii_digit() || folded.before(at).is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let end = date_end(folded, at).or_else(|| {
            let six = folded.run(at, |c| c.is_ascii_digit()) == 6 && cues.before(at) == Some(Cue::Birth);
            six.then_some(at + 6)
        });
        let (era, end) = match (end, named(folded, at)) {
            (None, Some((from, end))) => (from, Some(end)),
            (end, _) => (at, end),
        };
        if let Some(end) = end {
            let before = cues.before(at) == Some(Cue::Birth) || era < at && cues.near(at, Cue::Birth, 24);
            let after = folded.text(end, end + 24);
            if before
                || [
                    "生まれ",
                    "出生",
                    "に生まれ",
                    "생",
                    "dogum",
                    "geboren",
                    "lahir",
                    "生日",
                    "is my b",
                    "is my d",
                    "es mi fecha",
                    "est ma date",
                    "e la mia data",
                    "ist mein geb",
                ]
                .iter()
                .any(|w| after.trim_start().starts_with(w))
            {
                found.push((era, end, Kind::Birthdate));
            }
            at = end;
        } else {
            at += folded.ahead(at, usize::MAX, &|cell| cell.c.is_ascii_digit()).max(1);
        }
    }
}

/// A date whose first part is a word: "August 18, 1963", 令和元年7月3日.
fn named(folded: &Folded, at: usize) -> Option<(usize, usize)> {
    let digits = |from: usize| folded.run(from, |c| c.is_ascii_digit());
    let end = at + digits(at);
    let word = folded.behind(0, at.saturating_sub(1), 12, &|cell| cell.c.is_letter());
    let from = at.saturating_sub(1) - word;
    if folded.before(at) == ' ' && word > 2 && is_month(folded.text(from, from + word)) {
        let suffix = ["st", "nd", "rd", "th"].iter().find(|suffix| folded.has(end, suffix)).map_or(0, |suffix| suffix.len());
        let gap = folded.run(end + suffix, |c| matches!(c, ' ' | ','));
        let year = end + suffix + gap;
        return (gap > 0 && matches!(digits(year), 4)).then_some((from, year + 4));
    }
    let day = end + 1 + digits(end + 1);
    let year = folded.before(at) == '年' || folded.at(end) == '年';
    let month = if folded.at(end) == '年' { day } else { end };
    let last = month + 1 + digits(month + 1);
    let back = folded.behind(0, at, 4, &|cell| among("令和平成昭元年", cell.c));
    (year && back > 1 && folded.at(month) == '月' && folded.at(last) == '日').then_some((at - back, last + 1))
}

/// Where a date that begins at `at` ends: 31.12.1990, 1990-12-31, 31 December 1990, December words of the twelve
/// languages, 1990年12月31日.
fn date_end(folded: &Folded, at: usize) -> Option<usize> {
    let digits = |from: usize| folded.ahead(from.min(folded.cells.len()), usize::MAX, &|cell| cell.c.is_ascii_digit());
    let first = digits(at);
    let mut next = at + first;
    if !matches!(first, 1 | 2 | 4 | 8) {
        return None;
    }
    if first == 8 {
        return Some(next);
    }
    for (year, month, day) in [("年", "月", "日"), ("년", "월", "일")] {
        if first == 4 && folded.has(folded.skip_spaces(next), year) {
            let month_at = folded.skip_spaces(folded.skip_spaces(next) + 1);
            let month_sign = folded.skip_spaces(month_at + digits(month_at));
            let day_at = folded.skip_spaces(month_sign + 1);
            let day_sign = folded.skip_spaces(day_at + digits(day_at));
            return (folded.has(month_sign, month) && digits(day_at) > 0 && (folded.has(day_sign, day) || folded.has(day_sign, "号")))
                .then_some(day_sign + 1);
        }
    }
    let separator = folded.at(next);
    if matches!(separator, '.' | '/' | '-') && folded.at(next + 1).is_ascii_digit() {
        let month = digits(next + 1);
        let after_month = next + 1 + month;
        let last = digits(after_month + 1);
        return (matches!(month, 1 | 2) && folded.at(after_month) == separator && matches!(last, 1 | 2 | 4))
            .then_some(after_month + 1 + last);
    }
    // A month's name between day and year.
    if folded.at(next) == '.' {
        next += 1;
    }
    let word_at = [" de ", " di ", " of ", ". ", " ", "st ", "nd ", "rd ", "th "]
        .iter()
        .filter(|link| folded.has(next, link))
        .map(|link| next + link.chars().count())
        .max()?;
    let length = folded.ahead(word_at, usize::MAX, &|cell| cell.c.is_letter());
    let year_at = [" de ", " ", ", "]
        .iter()
        .filter(|link| folded.has(word_at + length, link))
        .map(|link| word_at + length + link.chars().count())
        .max()?;
    (first <= 2 && is_month(folded.text(word_at, word_at + length)) && digits(year_at) == 4).then_some(year_at + 4)
}

/// By the first three letters, which tell months apart in each of the languages written with spaces.
fn is_month(word: &str) -> bool {
    const MONTHS: &str = "jan feb mar apr may jun jul aug sep oct nov dec mar mai okt dez ene abr ago dic fev fev avr jui aou déc gen mag giu lug set ott out oca sub nis haz tem eyl eki kas ara agu mei agu des yan ينا فبر مار ابر ماي يون يول اغس سبت اكت نوف ديس";
    let start: String = word.chars().take(3).collect();
    start.chars().count() == 3 && lists(MONTHS, &start)
}
