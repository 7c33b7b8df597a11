//! Digits that are certainly no one's: dates, times of day, decimals, measures. Finders of numbers step over them.

use crate::checks::is_day;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, Script, among, lists};

/// For each cell whether it belongs to such a number.
pub(crate) fn cells(folded: &Folded, cues: &Cues) -> Vec<bool> {
    let mut taken = vec![false; folded.cells.len()];
    let mut at = 0;
    while at < folded.cells.len() {
        let starts = folded.at(at).is_ascii_digit() && !folded.before(at).is_ascii_alphanumeric();
        let end = if starts { date(folded, at).or_else(|| time(folded, at)).or_else(|| decimal(folded, cues, at)) } else { None };
        match end {
            Some(end) => {
                taken[at..end].fill(true);
                at = end;
            }
            None => at += 1,
        }
    }
    taken
}

fn digits(folded: &Folded, at: usize) -> usize {
    folded.ahead(at, 20, &|cell| cell.c.is_ascii_digit())
}

fn value(folded: &Folded, from: usize, to: usize) -> u32 {
    folded.text(from, to).parse().unwrap_or(0)
}

/// A day of the calendar in three numbers, in any of the three orders.
fn date(folded: &Folded, at: usize) -> Option<usize> {
    let first = at + digits(folded, at);
    let separator = folded.at(first);
    let second = first + 1 + digits(folded, first + 1);
    let third = second + 1 + digits(folded, second + 1);
    let apart = matches!(separator, '-' | '/' | '.') && folded.at(second) == separator;
    let goes_on = folded.at(third) == separator && folded.at(third + 1).is_ascii_digit();
    let began = folded.before(at) == separator && folded.before(at.saturating_sub(1)).is_ascii_digit();
    if !apart || goes_on || began || third == second + 1 {
        return None;
    }
    let (a, b, c) = (value(folded, at, first), value(folded, first + 1, second), value(folded, second + 1, third));
    let year = |year: u32, length: usize| if length == 2 { 2000 + year } else { year };
    let day = match (first - at, third - second - 1) {
        (4, 1 | 2) => is_day(a, b, c),
        (1 | 2, 4 | 2) => is_day(year(c, third - second - 1), b, a) || is_day(year(c, third - second - 1), a, b),
        _ => false,
    };
    day.then_some(third)
}

/// 18:00 and 18:00:30.
fn time(folded: &Folded, at: usize) -> Option<usize> {
    let hour = at + digits(folded, at);
    let minute = hour + 1 + digits(folded, hour + 1);
    let clock = (1..=2).contains(&(hour - at)) && folded.at(hour) == ':' && minute == hour + 3 && value(folded, at, hour) < 25;
    let hex = folded.before(at) == ':' || folded.at(minute).is_ascii_alphanumeric();
    (clock && !hex && value(folded, hour + 1, minute) < 60).then_some(minute)
}

/// 0.000123 and 3,14159: one point, no leading nought but one.
fn decimal(folded: &Folded, cues: &Cues, at: usize) -> Option<usize> {
    let whole = digits(folded, at);
    let point = folded.at(at + whole);
    let places = digits(folded, at + whole + 1);
    let end = at + whole + 1 + places;
    let lone = |c: char| !matches!(c, '.' | ',');
    let starts = (folded.before(at) != '-' || !folded.before(at.saturating_sub(1)).is_ascii_digit()) && lone(folded.before(at))
        || !folded.before(at.saturating_sub(1)).is_ascii_digit();
    let ends = lone(folded.at(end)) || !folded.at(end + 1).is_ascii_digit();
    let nought = folded.at(at) == '0';
    let fits = matches!(point, '.' | ',') && places > 0 && starts && ends && if nought { whole == 1 } else { whole <= 4 };
    let may_be_phone = !nought && (whole + places > 6) && matches!(cues.before(at), Some(Cue::Phone | Cue::Account | Cue::Identity));
    (fits && !may_be_phone && !folded.at(end).is_ascii_alphanumeric()).then_some(end)
}

/// Whether a unit of measure stands at `at`, after a number.
pub(crate) fn is_measured(folded: &Folded, at: usize) -> bool {
    const UNITS: &str = "mm cm m km kg g mg lb lbs oz ml l gb mb tb kb kbps mbps mah hz khz mhz ghz w kw kwh v db inch inches ft x × pcs pieces units items stk stuck stucke uds unidades pieces pz pezzi pecas adet buah 個 件 个 개 台 枚 人 名 次 回 원 px dpi minutes minuten hours stunden days tage saniye seconds secs sekunden segundos secondes secondi detik ثانيه دقيقه dakika minutos menit saat jam hari gun dias jours giorni";
    let next = if folded.at(at) == ' ' { at + 1 } else { at };
    if folded.at(next) == '%' || folded.at(next) == '°' {
        return true;
    }
    let length = folded.ahead(next, 12, &|cell| cell.c.is_letter() || cell.c == '×');
    let word = folded.text(next, next + length);
    length > 0 && (lists(UNITS, word) || (next == at && among("個件个개台枚", folded.at(next))))
}

/// Whether the digits at `from..to` belong to a longer code with letters, as in `hosted-eu-20260812-09`.
pub(crate) fn is_in_code(folded: &Folded, from: usize, to: usize) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '#');
    let letter = |c: char| c.is_ascii_alphabetic();
    let before = folded.range(from.saturating_sub(24), from).iter().rev().take_while(|cell| inside(cell.c)).any(|cell| letter(cell.c));
    before || folded.range(to, to + 24).iter().take_while(|cell| inside(cell.c)).any(|cell| letter(cell.c))
}
