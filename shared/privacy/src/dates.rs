//! Birth dates.

use std::collections::BTreeMap;

use crate::Kind;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, Script, among, is_cjk, is_joined, lists};

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
    in_words(folded, cues, found);
}

/// So far from a birth word a date in words is looked for.
const NEAR: usize = 48;

/// How number words of eight languages begin, and whole short ones; and what stands between them.
const NUMBERS: &str = "pre fir sec thi fou fif six sev eig nin ten ele twe hun tho ers zwe dri vie fun sie ach neu zeh elf zwo tau zwa pri uno dos tre cua cin sei och nue die onc doc cat qui vei mil nov cie set ses deu tro qua sep hui dix onz dou vin cen soi due ott und dod sed ven dua doi oit dez doz tri cem bir iki dor bes alt yed sek dok yir otu kir ell yet yuz bin tig emp lim ena tuj del sem seb bel pul rat rib ser sat الا الث الر الخ الس الت الع الف وتس وثم وسب وست وخم وار وثل وعش وال وتسع وواح مئه مايه";
const SHORT: &str = "on uc oh one two ein und un";
const LINKS: &str = "of the de del di du d et e y and year yili bulan tahun شهر سنه عام من";

/// Dates in words, near a birth word: "third of November nineteen seventy-two", 昭和五十三年九月十一日.
fn in_words(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    // Where birth words stand close together their surroundings overlap: each place is looked at once.
    let mut looked_at: BTreeMap<usize, (Option<(usize, usize)>, usize)> = BTreeMap::new();
    for hit in cues.births() {
        let mut at = hit.start().saturating_sub(NEAR);
        while at < (hit.end + NEAR).min(folded.cells.len()) {
            let (span, step) = *looked_at.entry(at).or_insert_with(|| date_in_words(folded, at));
            match span.filter(|span| cues.same_sentence(span.0, hit.start())) {
                Some((from, to)) => {
                    found.push((from, to, Kind::Birthdate));
                    at = to.max(at + step);
                }
                None => at += step,
            }
        }
    }
}

/// A date in words that has its month, or all of it, at `at`; and how far it is to the next place to look at.
fn date_in_words(folded: &Folded, at: usize) -> (Option<(usize, usize)>, usize) {
    let length = if is_joined(folded.before(at)) { 0 } else { folded.ahead(at, 24, &|cell| is_joined(cell.c)) };
    let signs = if is_sign(folded.before(at)) { 0 } else { folded.ahead(at, 24, &|cell| is_sign(cell.c) || cell.c == ' ') };
    let count = |set: &str| folded.range(at, at + signs).iter().filter(|cell| among(set, cell.c)).count();
    let span = if length > 2 && is_month(folded.text(at, at + length)) {
        around(folded, at, length)
    } else {
        let end = at + signs - folded.behind(at, at + signs, 2, &|cell| cell.c == ' ');
        let numbers = count("0123456789一二三四五六七八九十일이삼사오육칠팔구십시");
        (numbers > 2 && count("年년") > 0 && count("月월시腊") > 0).then_some((at, end))
    };
    (span, length.max(1))
}

fn is_sign(c: char) -> bool {
    is_cjk(c)
        && among(
            "〇零一二三四五六七八九十廿年月日号農农曆历阴阳腊正初冬昭和平成令大元년월일이삼사오육칠팔구십시스무하루틀흘나닷새엿레여드아열그믐튿날",
            c,
        )
        || c.is_ascii_digit()
}

fn is_number_word(word: &str) -> bool {
    lists(SHORT, word) || NUMBERS.split(' ').any(|start| word.starts_with(start)) || word.starts_with(|c: char| c.is_ascii_digit())
}

/// From the day to the year around a month.
fn around(folded: &Folded, at: usize, length: usize) -> Option<(usize, usize)> {
    let mark = |c: char| matches!(c, ' ' | '-' | '.' | ',' | '\'' | 'º');
    let (mut from, mut to, mut numbers) = (at, at + length, 0);
    let mut back = at;
    for _ in 0..5 {
        let gap = folded.behind(0, back, 2, &|cell| mark(cell.c));
        let word = folded.behind(0, back - gap, 24, &|cell| is_joined(cell.c));
        let text = folded.text(back - gap - word, back - gap);
        if word == 0 || !(is_number_word(text) || lists(LINKS, text)) {
            break;
        }
        back -= gap + word;
        if !lists(LINKS, text) {
            (from, numbers) = (back, numbers + 1);
        }
    }
    let mut next = to;
    for _ in 0..10 {
        let gap = folded.ahead(next, 2, &|cell| mark(cell.c));
        let word = folded.ahead(next + gap, 40, &|cell| is_joined(cell.c));
        let text = folded.text(next + gap, next + gap + word);
        let link = lists(LINKS, text);
        if word == 0 || gap == 0 || !(is_number_word(text) || link) {
            break;
        }
        next += gap + word;
        if !link {
            (to, numbers) = (next, numbers + 1);
        }
    }
    // A day and a year: "my birthday is in May" says little.
    (numbers > 1).then_some((from, to))
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
