//! Private numbers: telephones, cards, accounts, identities. A run of digits is judged by its checksum, by how it is
//! written, and by the word that announces it.

use crate::Kind;
use crate::checks;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, Script};
use crate::spoken_for;

/// A group of digits or letters in a run, `from..to` in cells.
#[derive(Clone, Copy)]
struct Group {
    from: usize,
    to: usize,
}

/// Places that Korean driving licences begin with.
const DRIVERS: [&str; 12] = ["서울", "부산", "대구", "인천", "광주", "대전", "울산", "경기", "강원", "경북", "경남", "제주"];

/// At most so many groups make one number; an IBAN in fours has nine.
const GROUPS: usize = 9;

pub(crate) fn find(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    let groups = groups(folded, &spoken_for::cells(folded, cues));
    let (mut compact, mut separators) = (String::new(), String::new());
    let mut at = 0;
    while at < groups.len() {
        let most = run_length(folded, &groups[at..]).min(GROUPS);
        // 1200 1300 1400 mm
        if cues.before(groups[at].from).is_none() && spoken_for::is_measured(folded, groups[at + most - 1].to) {
            at += most;
            continue;
        }
        let hit = (1..=most).rev().find_map(|n| {
            let (from, to) = (groups[at].from, groups[at + n - 1].to);
            // An IBAN has 34 places, and no number more.
            if !(3..=64).contains(&(to - from)) {
                return None;
            }
            // "cvc 614"
            if to - from == 3
                && n == 1
                && cues.near(from, Cue::Secret, 5)
                && folded.range(from, to).iter().all(|cell| cell.c.is_ascii_digit())
            {
                return Some((n, from, to, Kind::Secret));
            }
            compact.clear();
            separators.clear();
            for cell in folded.range(from, to) {
                if cell.c.is_ascii_alphanumeric() { &mut compact } else { &mut separators }.push(cell.c);
            }
            let kind = judge(folded, cue(folded, cues, from, to), from, to, &compact, &separators)?;
            // "245-8853374-2344217": a part of something longer.
            let part = kind == Kind::Phone && folded.at(to) == '-' && folded.at(to + 1).is_ascii_digit();
            (!part).then_some((n, from, to, kind))
        });
        match hit {
            Some((n, from, to, kind)) => {
                // The plus or bracket before a telephone number belongs to it.
                let from = if kind == Kind::Phone && matches!(folded.before(from), '+' | '(') { from - 1 } else { from };
                let from = if kind == Kind::Phone && folded.before(from) == '+' { from - 1 } else { from };
                let named = matches!(kind, Kind::Id | Kind::Passport | Kind::Account | Kind::Ssn);
                let (from, to) = if named { (series(folded, cues, series(folded, cues, from)), ending(folded, to)) } else { (from, to) };
                let numbered = named && folded.before(from) == '第' && folded.at(to) == '号';
                let place = if kind == Kind::Id
                    && matches!(folded.before(from), ' ')
                    && DRIVERS.contains(&folded.text(from.saturating_sub(3), from.saturating_sub(1)))
                {
                    3
                } else {
                    0
                };
                found.push((from - usize::from(numbered) - place, to + usize::from(numbered), kind));
                at += n;
            }
            None => at += 1,
        }
    }
}

/// The letters of a series before a number: "L-1234567", "AB 123456".
fn series(folded: &Folded, cues: &Cues, from: usize) -> usize {
    let letters = |at: usize| folded.behind(0, at, 5, &|cell| cell.written.is_ascii_uppercase());
    match from.checked_sub(1).filter(|&at| matches!(folded.at(at), '-' | ' ')) {
        Some(at) if !cues.ends_at(at) && (1..5).contains(&letters(at)) && !folded.before(at - letters(at)).is_in_word() => at - letters(at),
        _ => from,
    }
}

/// The check letter after a number: "30370115-H", "JK 48 21 09 B".
fn ending(folded: &Folded, to: usize) -> usize {
    let letter = to + usize::from(matches!(folded.at(to), '-' | ' '));
    let check = letter > to
        && folded
            .rest(letter)
            .first()
            .is_some_and(|cell| cell.written.is_ascii_alphabetic() && (cell.written.is_ascii_uppercase() || folded.at(to) == '-'));
    if check && !folded.at(letter + 1).is_in_word() { letter + 1 } else { to }
}

/// The cue before a number; or that of a code after it: "482913 is the code".
fn cue(folded: &Folded, cues: &Cues, from: usize, to: usize) -> Option<Cue> {
    const LINKS: &str = " your tu votre dein ihr vostro seu sua tua was war fue era este this questo essa bu 你的 您的 is as the my a an ist als der mein die das es el mi como est le mon comme e il mio come o meu adalah ini 是 我的 が は と 를 을 은 는 이 هو هي ال ";
    let before = cues.before(from);
    // "I typed 12345678 as the order number"
    if before == Some(Cue::Typed) && cues.after(to, 7, &[Cue::Thing]).is_some() {
        return None;
    }
    if matches!(before, None | Some(Cue::Phone)) && (4..=8).contains(&(to - from)) {
        let after = cues.after(to, 20, &[Cue::Secret, Cue::Code, Cue::Typed, Cue::Thing]).filter(|hit| hit.cue != Cue::Thing);
        let linked =
            |start: usize| folded.text(to, start).split(' ').filter(|word| !word.is_empty()).all(|word| crate::folded::lists(LINKS, word));
        return after.filter(|hit| linked(hit.start())).map(|hit| hit.cue).or(before);
    }
    // "5447120968 dan arayın"; "o pin do cartão é 3175"
    if before.is_none() && (8..=16).contains(&(to - from)) {
        return cues.after(to, 28, &[Cue::Phone, Cue::Thing]).map(|hit| hit.cue).filter(|&cue| cue == Cue::Phone);
    }
    if matches!(before, Some(Cue::Card | Cue::Phone | Cue::Account)) && (3..=7).contains(&(to - from)) && cues.near(from, Cue::Secret, 32) {
        return Some(Cue::Secret);
    }
    before
}

/// Maximal runs of ASCII letters and digits that hold a digit, or four capitals, as an IBAN may have.
fn groups(folded: &Folded, spoken_for: &[bool]) -> Vec<Group> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < folded.cells.len() {
        let length = folded.ahead(at, usize::MAX, &|cell| cell.c.is_ascii_alphanumeric());
        let run = folded.range(at, at + length);
        let free = length > 0 && !spoken_for[at];
        if free && run.iter().any(|cell| cell.c.is_ascii_digit())
            || (length == 4 && run.iter().all(|cell| cell.written.is_ascii_uppercase()))
        {
            out.push(Group { from: at, to: at + length });
        }
        at += length.max(1);
    }
    read_out(folded, out)
}

/// So many single digits in a row, a space or dash between them, are one number read out: 1 3 8 0 0 1 3 8 0 0 0.
const READ_OUT: usize = 7;

fn read_out(folded: &Folded, groups: Vec<Group>) -> Vec<Group> {
    let next =
        |a: &Group, b: &Group| a.to - a.from == 1 && b.to - b.from == 1 && b.from == a.to + 1 && matches!(folded.at(a.to), ' ' | '-');
    let joined = groups.chunk_by(next).flat_map(|run| match run {
        [first, .., last] if run.len() >= READ_OUT => vec![Group { from: first.from, to: last.to }],
        _ => run.to_vec(),
    });
    joined.collect()
}

/// How many groups from the first on stand so close that they may be one number.
fn run_length(folded: &Folded, groups: &[Group]) -> usize {
    let close = |pair: &[Group]| {
        let between = folded.range(pair[0].to, pair[1].from);
        // A full stop ends a sentence, and a number with it.
        let ends = between.windows(2).any(|two| two[0].c == '.' && two[1].c == ' ');
        // "20124 (061) 845"
        let opens = between.iter().any(|cell| cell.c == '(') && pair[0].to - pair[0].from > 3;
        !ends
            && !opens
            && between.len() <= 3
            && between.iter().all(|cell| matches!(cell.c, ' ' | '-' | '.' | '/' | '(' | ')' | '·'))
            && !between.is_empty()
    };
    1 + groups.windows(2).take(GROUPS).take_while(|pair| close(pair)).count()
}

fn judge(folded: &Folded, cue: Option<Cue>, from: usize, to: usize, compact: &str, separators: &str) -> Option<Kind> {
    // Nothing shorter names a person.
    if compact.len() < 3 {
        return None;
    }
    let digits_only = compact.bytes().all(|b| b.is_ascii_digit());
    if !digits_only {
        return lettered(compact, separators, cue);
    }
    let plus = folded.before(from) == '+' || (folded.before(from) == '(' && folded.before(from.saturating_sub(1)) == '+');
    // A British sort code looks like a date.
    if cue == Some(Cue::Account) && compact.len() == 6 && separators == "--" {
        return Some(Kind::Account);
    }
    let international = plus || (compact.starts_with("00") && !compact.starts_with("000") && compact.len() > 10 && cue != Some(Cue::Thing));
    let kind = digits(compact, separators, international, cue)?;
    // Asked last: of a long row of digits few runs come so far.
    let in_code = || matches!(cue, None | Some(Cue::Phone | Cue::Thing)) && !plus && spoken_for::is_in_code(folded, from, to);
    (!is_amount(folded, from, to)
        && (plus
            || !is_date(compact, separators)
            || matches!(cue, Some(Cue::Account | Cue::Identity | Cue::Passport)) && separators.len() == 2)
        && !in_code())
    .then_some(kind)
}

/// Numbers with letters in them.
fn lettered(compact: &str, separators: &str, cue: Option<Cue>) -> Option<Kind> {
    if checks::iban(compact) {
        return Some(Kind::Iban);
    }
    if checks::china(compact) || checks::italy(compact) || (compact.len() == 9 && checks::spain(compact)) {
        return Some(Kind::Id);
    }
    let one = separators.is_empty();
    match cue {
        Some(Cue::Card) if one && compact.len() >= 10 && compact.bytes().filter(u8::is_ascii_digit).count() > 7 => Some(Kind::Id),
        Some(Cue::Passport) if one && (6..=10).contains(&compact.len()) => Some(Kind::Passport),
        Some(Cue::Identity) if (6..=24).contains(&compact.len()) && compact.bytes().filter(u8::is_ascii_digit).count() > 2 => {
            Some(Kind::Id)
        }
        Some(Cue::Account) if (8..=34).contains(&compact.len()) => Some(Kind::Account),
        _ => None,
    }
}

/// Numbers of digits alone.
fn digits(number: &str, separators: &str, international: bool, cue: Option<Cue>) -> Option<Kind> {
    let plain = |c: char| matches!(c, ' ' | '-');
    let thing = cue == Some(Cue::Thing);
    let length = number.len();
    if checks::china(number) && length == 18 {
        return Some(Kind::Id);
    }
    if international && (8..=15).contains(&length) && cue != Some(Cue::Account) {
        return Some(Kind::Phone);
    }
    // Thirteen digits are a bar code's as well.
    // What was bought was paid "on 5575…": of numbers that a word makes a thing's, those that look like a large issuer's card
    // are more often one.
    let is_issued = matches!((length, number.as_bytes()), (16, [b'4', ..] | [b'5', b'1'..=b'5', ..]) | (15, [b'3', b'4' | b'7', ..]));
    if (!thing || is_issued)
        && separators.chars().all(plain)
        && checks::card(number)
        && (length != 13 || cue == Some(Cue::Card))
        && cue != Some(Cue::Identity)
    {
        return Some(Kind::Card);
    }
    if cue == Some(Cue::Passport) && (7..=10).contains(&length) {
        return Some(Kind::Passport);
    }
    if !thing && (is_identity_as_written(number, separators) || (cue == Some(Cue::Identity) && (5..=24).contains(&length))) {
        let american = checks::us(number) && (!separators.is_empty() || cue == Some(Cue::Identity));
        return Some(if american { Kind::Ssn } else { Kind::Id });
    }
    if cue == Some(Cue::Account) && (6..=24).contains(&length) {
        return Some(Kind::Account);
    }
    if cue == Some(Cue::Card) && (12..=19).contains(&length) {
        return Some(Kind::Card);
    }
    if cue == Some(Cue::Secret) && (4..=10).contains(&length) && separators.chars().all(plain) && separators.len() < 3 {
        return Some(Kind::Secret);
    }
    if cue == Some(Cue::Typed) && (5..=8).contains(&length) && separators.len() < 2 {
        return Some(Kind::Secret);
    }
    if cue == Some(Cue::Code) && (4..=8).contains(&length) && separators.chars().all(plain) && separators.len() < 3 {
        return Some(Kind::Secret);
    }
    (!thing && is_phone(number, separators, cue)).then_some(Kind::Phone)
}

/// Identity numbers that their form and checksum give away without a word.
fn is_identity_as_written(number: &str, separators: &str) -> bool {
    match (number.len(), separators) {
        (9, "--") => checks::us(number),
        (11, "..-") => checks::brazil(number),
        (13, "-") => checks::korea(number),
        (15, "---") => checks::emirates(number),
        (11, "   ") => checks::germany(number),
        (11, "") => checks::turkey(number) || (checks::brazil(number) && !number.starts_with('1')),
        (14, "") => checks::egypt(number),
        (15, "") => checks::emirates(number) || checks::france(number) || checks::china(number),
        (16, "") => checks::indonesia(number),
        (15, other) => checks::france(number) && other.bytes().all(|b| b == b' '),
        _ => false,
    }
}

fn is_phone(number: &str, separators: &str, cue: Option<Cue>) -> bool {
    let length = number.len();
    let mobile_in_china = length == 11 && number.starts_with('1') && matches!(number.as_bytes()[1], b'3'..=b'9');
    let grouped = !separators.is_empty() && !separators.contains('/');
    let dots_only = grouped && separators.bytes().all(|b| b == b'.');
    // 300 400 500: round numbers count something.
    if grouped && cue != Some(Cue::Phone) && length == 9 && number.as_bytes().chunks(3).all(|three| three[2] == b'0') {
        return false;
    }
    if mobile_in_china {
        return true;
    }
    if cue == Some(Cue::Phone) && (7..=13).contains(&length) {
        return true;
    }
    match length {
        // National numbers begin with the trunk prefix 0 nearly everywhere.
        9..=12 if number.starts_with('0') => !dots_only || separators.len() > 2,
        // North America: area and exchange never begin with 0 or 1.
        10 if grouped => matches!(number.as_bytes()[0], b'2'..=b'9') && matches!(number.as_bytes()[3], b'2'..=b'9'),
        // Mobile numbers in pairs or threes, as in Spain, France or Italy.
        9 | 10 if grouped && separators.len() >= 2 && !dots_only => matches!(number.as_bytes()[0], b'3' | b'5' | b'6' | b'7' | b'9'),
        // Brazil: area and nine digits.
        11 if grouped && !dots_only && separators.len() < 4 && number.as_bytes()[2] == b'9' => number.as_bytes()[0] != b'0',
        11 if separators.starts_with('(') || separators.contains(')') => true,
        _ => false,
    }
}

/// Whether money is spoken of: a currency stands beside the number.
fn is_amount(folded: &Folded, from: usize, to: usize) -> bool {
    let currency = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '₺' | '₩' | '₹' | '￥' | '﷼');
    let space = |at: usize| folded.at(at) == ' ';
    let back = if from > 0 && space(from - 1) { from - 1 } else { from };
    let next = if space(to) { to + 1 } else { to };
    let units = ["元", "块", "円", "원", "usd", "eur", "euro", "dollar", "tl", "rmb", "rp", "reais", "ريال", "درهم", "جنيه", "lira"];
    currency(folded.before(back))
        || currency(folded.at(next))
        || units.iter().any(|unit| folded.has(next, unit))
        || ["rp", "r$"].contains(&folded.text(back.saturating_sub(2), back))
}

/// Dates are no numbers of anything, unless announced as a birth date, which another finder sees.
fn is_date(number: &str, separators: &str) -> bool {
    let mut kinds = separators.bytes();
    let one_kind = kinds.next().is_some_and(|first| matches!(first, b'-' | b'/' | b'.') && kinds.all(|b| b == first));
    let part = |from: usize, to: usize| number.get(from..to).and_then(|p| p.parse::<u32>().ok()).unwrap_or(0);
    let written_together = separators.is_empty() && number.len() == 8 && checks::is_day(part(0, 4), part(4, 6), part(6, 8));
    (one_kind && separators.len() == 2 && number.len() <= 8) || written_together
}
