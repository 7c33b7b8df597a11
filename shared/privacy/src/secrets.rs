//! Passwords, keys and codes that words announce; codes of digits alone are found with the other numbers.

use crate::Kind;
use crate::cues::{Cue, Cues, Hit};
use crate::folded::{Folded, Script, among, is_cjk, is_joined, lists};
use crate::names::is_common;

/// The longest password and the longest key that are looked for: scanning further would make time grow with the square.
const PASSWORD: usize = 64;
const KEY: usize = 2048;

/// So far from its cue a password is looked for.
const NEAR: usize = 48;

/// Words between a cue and its secret.
const LINKS: &str = "s is was ist lautet war es est e era fue هي هو adalah olan saya number nummer numero no nr key token i";
const JOINED_LINKS: &str = "は が を 是 为 為 는 은 가 이";

/// Words that stand where a password might and are none, beside the common ones.
const NO_SECRETS: &str = "reset forgotten forgot vergessen olvidada olvide oublie dimenticata esquecida esqueci unuttum lupa incorrect expired required recovery manager protected";

pub(crate) fn find(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    let mut done = 0;
    for hit in cues.secrets() {
        if hit.end < done {
            continue;
        }
        if hit.cue == Cue::Answer {
            if let Some((from, to)) = answer(folded, cues, hit) {
                found.push((from, to, Kind::Secret));
                done = to;
            }
            continue;
        }
        if let Some((from, to)) = secret(folded, hit).or_else(|| near(folded, cues, hit)) {
            found.push((from, to, Kind::Secret));
            done = to;
        }
    }
}

/// What a question's answer is told with, beside a colon.
const TELLS: &str = "is was put wrote gave es era fue puse puesto e est mis c'est etait ist war lautet ich messo scritto pus coloquei foi diye olarak yaptim adalah tulis isi كان كانت هو هي كتبت حطيت";
const JOINED_TELLS: &str = "填的是 填的 写的是 写的 是 は を 답은 답이 은 는";

/// The answer to a question that proves who one is: "my first pet, that was Biscuit", 我填的红星二小.
fn answer(folded: &Folded, cues: &Cues, hit: &Hit) -> Option<(usize, usize)> {
    let mut at = hit.end;
    let (mut told, mut close) = (false, true);
    while at < hit.end + NEAR && at < folded.cells.len() && cues.same_sentence(at, hit.start()) {
        if let Some(tell) = JOINED_TELLS.split(' ').find(|tell| folded.has(at, tell)) {
            let from = folded.skip_spaces(at + tell.chars().count());
            let length = folded.ahead(from, 9, &|cell| is_cjk(cell.c) && !among("でと，、맞인라", cell.c));
            if (2..9).contains(&length) && !folded.has_any(from, "什么|不|错|何|なん|분|뭐|어|잘|안|틀|わか|忘|正") {
                return Some((from, from + length));
            }
        }
        let length = if is_cjk(folded.at(at)) { 0 } else { folded.ahead(at, 24, &|cell| is_joined(cell.c) || cell.c == '\'') };
        if length == 0 {
            told |= matches!(folded.at(at), ':' | '"' | '“');
        } else if lists(TELLS, folded.text(at, at + length)) {
            told = true;
        } else {
            let written = folded.cells[at].written;
            let caseless = !written.is_small() && !written.is_capital();
            let (mut end, mut next) = (at, at);
            for words in 0..if caseless { 2 } else { 4 } {
                let length = folded.ahead(next, 24, &|cell| is_joined(cell.c) || matches!(cell.c, '\'' | '-'));
                let word = folded.text(next, next + length);
                if length < 2 || caseless && word.starts_with('و') || is_common(word) && !(words > 0 && lists("de of di du the da", word))
                {
                    break;
                }
                (end, next) = (next + length, next + length + 1);
                if folded.at(end) != ' ' {
                    break;
                }
            }
            let ends = folded.at(end) != ' ' || end >= folded.cells.len();
            let fits = if written.is_small() { ends && told && close } else { told || close && (!caseless || hit.length > 14) };
            if end > at + 2 && fits && written.is_letter() {
                return Some((at, end));
            }
            (told, close) = (false, false);
        }
        at += length.max(1);
    }
    None
}

/// What looks like a password or key in the same sentence: "uri-jip-0815", "Girasol*1492".
fn near(folded: &Folded, cues: &Cues, hit: &Hit) -> Option<(usize, usize)> {
    let inside = |c: char| {
        c.is_ascii_alphanumeric()
            || !c.is_blank() && !is_cjk(c) && !matches!(c, '。' | '、' | '"' | '”' | '“' | ',' | '،' | '(' | ')' | ':' | '=' | '«' | '»')
    };
    let mut at = hit.end;
    let mut before = None;
    let mut from = hit.start().saturating_sub(NEAR);
    while from < hit.start() || at < hit.end + NEAR && at < folded.cells.len() {
        let place = if from < hit.start() { &mut from } else { &mut at };
        let start = *place;
        let length = folded.ahead(start, PASSWORD, &|cell| inside(cell.c));
        *place += length.max(1);
        let whole = !inside(folded.before(start));
        let cells = folded.range(start, start + length);
        let end = start + cells.iter().rposition(|cell| !matches!(cell.c, '.' | ';' | '!' | '?' | '\'')).map_or(0, |p| p + 1);
        if whole
            && (is_key_like(folded, start, end)
                || hit.cue == Cue::Secret && start >= hit.end && (is_word_and_number(folded, start, end) || is_told(folded, start, end)))
            && cues.same_sentence(start, hit.end - 1)
            && matches!(cues.before(start), None | Some(Cue::Secret | Cue::Code | Cue::Key | Cue::Phone | Cue::Typed))
        {
            if start >= hit.end {
                return Some((start, end));
            }
            before = Some((start, end));
        }
    }
    before
}

/// "the password at the flat is teapot-lemon-9": letters, a digit and a dash after a colon or a verb.
fn is_told(folded: &Folded, from: usize, to: usize) -> bool {
    let gap = folded.behind(0, from, 3, &|cell| matches!(cell.c, ' ' | ':' | '"' | '=' | '«' | '“'));
    let word = folded.behind(0, from - gap, 12, &|cell| is_joined(cell.c) || cell.c == '\'');
    let told = folded.text(from - gap, from).contains([':', '=', '"']) || lists(LINKS, folded.text(from - gap - word, from - gap));
    let cells = folded.range(from, to);
    told && (5..24).contains(&cells.len())
        && cells.iter().all(|cell| cell.c.is_ascii_alphanumeric() || matches!(cell.c, '-' | '_' | '#' | '*'))
        && cells.iter().any(|cell| cell.c.is_ascii_digit())
        && cells.iter().any(|cell| cell.c.is_ascii_alphabetic() || matches!(cell.c, '#' | '*'))
}

/// "casa1234": a word that ends with digits, and is no product's name.
fn is_word_and_number(folded: &Folded, from: usize, to: usize) -> bool {
    let letters = folded.run(from, |c| c.is_ascii_alphabetic());
    let digits = folded.run(from + letters, |c| c.is_ascii_digit());
    letters > 2 && digits > 1 && letters + digits > 5 && from + letters + digits == to && !is_common(folded.text(from, from + letters))
}

/// Letters and digits with a sign or a capital among them, and nothing that means something else.
fn is_key_like(folded: &Folded, from: usize, to: usize) -> bool {
    let cells = folded.range(from, to);
    let count = |passes: fn(char) -> bool| cells.iter().filter(|cell| passes(cell.written)).count();
    let (digits, small, large) = (count(|c| c.is_ascii_digit()), count(Script::is_small), count(Script::is_capital));
    let signs = count(|c| matches!(c, '@' | '#' | '*' | '%' | '&' | '!' | '_' | '$' | '+' | '-' | '.' | '~' | '^' | '?' | '/'));
    let strong = count(|c| matches!(c, '@' | '#' | '*' | '%' | '&' | '!' | '_' | '$'));
    let text = folded.text(from, to);
    let marks = cells.windows(2).filter(|two| two[0].c.is_ascii_digit() != two[1].c.is_ascii_digit()).count();
    (6..=PASSWORD).contains(&cells.len())
        && digits + small + large + signs == cells.len()
        && digits > 0
        && small + large > 1
        && (strong > 0 && small + large > 2
            || small > 0 && large > 0 && digits > 1 && signs < 4
            || (marks > 2 || digits > 2 && small + large > 2) && cells.len() > 9)
        && !text.starts_with("0x")
        && !text.starts_with("http")
        && !text.starts_with("www")
        && !(text.contains('@') && text.rsplit('@').next().is_some_and(|host| host.contains('.')))
}

fn secret(folded: &Folded, hit: &Hit) -> Option<(usize, usize)> {
    let mut from = hit.end;
    // Endings that cling to the cue: "şifrem", "Passwörter".
    if !is_cjk(folded.before(from)) && folded.before(from).is_in_word() {
        from += folded.ahead(from, 5, &|cell| cell.c.is_letter() && !is_cjk(cell.c));
    }
    let (mut linked, mut marked) = (false, false);
    for _ in 0..4 {
        let next = from + folded.ahead(from, 8, &|cell| matches!(cell.c, ' ' | ':' | '=' | '"' | '\'' | '“' | '„'));
        marked |= folded.range(from, next).iter().any(|cell| matches!(cell.c, ':' | '='));
        from = next;
        let word = folded.ahead(from, 12, &|cell| is_joined(cell.c));
        let length = if word > 0 {
            if lists(LINKS, folded.text(from, from + word)) { word } else { 0 }
        } else {
            JOINED_LINKS.split(' ').filter(|link| folded.has(from, link)).map(|link| link.chars().count()).max().unwrap_or(0)
        };
        if length == 0 {
            break;
        }
        linked = true;
        from += length;
    }
    linked |= marked;
    let most = if hit.cue == Cue::Key { KEY } else { PASSWORD };
    let inside = |c: char| !c.is_blank() && !is_cjk(c) && !matches!(c, '。' | '、' | '"' | '”' | '“' | ',' | '،');
    let length = folded.ahead(from, most, &|cell| inside(cell.c));
    let length = folded.range(from, from + length).iter().rposition(|cell| !matches!(cell.c, '.' | ',' | ';' | ')')).map_or(0, |p| p + 1);
    if length < 3 {
        return None;
    }
    let cells = folded.range(from, from + length);
    let has = |passes: fn(char) -> bool| cells.iter().any(|cell| passes(cell.written));
    let digit = has(|c| c.is_ascii_digit());
    // Codes of digits alone are numbers.
    if digit && cells.iter().all(|cell| cell.c.is_ascii_digit()) {
        return None;
    }
    let sign = has(|c| c.is_ascii_punctuation() && !matches!(c, '\'' | '-' | '/' | '.' | '[' | ']' | '?'));
    // A secret has a digit, a sign or a capital within; "my password is wrong" has none.
    let inner_capital = cells[1..].iter().any(|cell| cell.written.is_capital()) && has(Script::is_small);
    let both = digit && has(|c| c.is_ascii_alphabetic());
    let word = folded.text(from, from + length);
    // "Password: sunshine" and no more.
    let alone = marked
        && length >= 6
        && !folded.rest(from + length).iter().any(|cell| cell.c.is_letter())
        && !is_common(word)
        && !lists(NO_SECRETS, word);
    let fits = match hit.cue {
        Cue::Code => linked && both && length >= 6,
        Cue::Typed => both && length >= 6 && sign,
        Cue::Key => length >= 8 && digit && (linked || length >= 12),
        _ => (linked || both) && (digit || sign || inner_capital || (alone && cells.iter().all(|cell| cell.c.is_letter()))),
    };
    (fits && !word.starts_with('[') && !word.starts_with("http")).then_some((from, from + length))
}
