//! E-mail addresses that visitors spell out: "orla (at) example (dot) com", "orla arroba ejemplo punto es".

use crate::Kind;
use crate::folded::{Folded, Script, holds, is_cjk, is_joined, one_of};
use crate::names::is_common;

/// Signs for "at" and "dot" that no sentence has by chance, and words that one may have.
const AT: &[&str] = &[
    "(at)",
    "[at]",
    "{at}",
    "<at>",
    "( at )",
    "[ at ]",
    "(arroba)",
    "[arroba]",
    "(ät)",
    "(a)",
    "(@)",
    "[@]",
    "_at_",
    "-at-",
    "(arobase)",
    "(chiocciola)",
];
const AT_WORDS: &[&str] = &[
    "at",
    "arroba",
    "arobase",
    "arobas",
    "chiocciola",
    "klammeraffe",
    "et",
    "a keong",
    "kuyruklu a",
    "アットマーク",
    "アット",
    "골뱅이",
    "艾特",
    "اتّ",
    "ات",
    "آت",
    "at-zeichen",
    "@",
    "@",
];
const DOT: &[&str] = &[
    "(dot)", "[dot]", "{dot}", "<dot>", "( dot )", "[ dot ]", "(punkt)", "[punkt]", "(punto)", "[punto]", "(point)", "[point]", "(ponto)",
    "[ponto]", "(nokta)", "(titik)", "(.)", "[.]",
];
const DOT_WORDS: &[&str] = &[
    "dot",
    "punto",
    "punkt",
    "point",
    "ponto",
    "nokta",
    "titik",
    "ドット",
    "点",
    "點",
    "닷",
    "점",
    "دوت",
    "نقطه",
    "underscore",
    "guion bajo",
    "guion",
    "tiret bas",
    "tiret",
    "bindestrich",
    "unterstrich",
    "trattino basso",
    "trattino",
    "underline",
    "traco",
    "hifen",
    "alt cizgi",
    "tire",
    "garis bawah",
    "strip",
    "dash",
    "hyphen",
    "minus",
    "下划线",
    "横杠",
    "アンダーバー",
    "ハイフン",
    "언더바",
    "하이픈",
    "شرطه سفليه",
    "شرطه",
];

pub(crate) fn find(folded: &Folded, found: &mut Vec<(usize, usize, Kind)>) {
    let mut done = 0;
    for at in 1..folded.cells.len() {
        if at < done || !matches!(folded.at(at), '(' | '[' | '{' | '<' | '_' | '-' | 'a' | 'c' | 'k' | 'e' | '@' | 'ア' | '골' | '艾' | 'ا')
        {
            continue;
        }
        // Most letters begin no such word: their second one says so, a fifth of the time of all finders.
        let second = folded.at(at + 1);
        let begins = match folded.at(at) {
            'a' => matches!(second, 't' | 'r' | ' '),
            'c' => second == 'h',
            'k' => matches!(second, 'l' | 'u'),
            'e' => second == 't',
            _ => true,
        };
        if !begins {
            continue;
        }
        let sign = AT.iter().find(|sign| folded.has(at, sign));
        let word = AT_WORDS
            .iter()
            .find(|word| folded.has_word(at, word) && (folded.before(at) == ' ' || is_cjk(folded.at(at)) || folded.at(at) == '@'));
        let Some(marker) = sign.or(word) else { continue };
        if let Some((from, to)) = address(folded, at, at + marker.chars().count(), sign.is_some(), marker) {
            found.push((from, to, Kind::Email));
            done = to;
        }
    }
}

fn address(folded: &Folded, at: usize, after: usize, is_sign: bool, marker: &str) -> Option<(usize, usize)> {
    // The local part, with "dot" between its words.
    let mut from = local_start(folded, at)?;
    let first = folded.text(from, at).trim_end();
    if !is_sign && matches!(marker, "at" | "et") && is_common(first) {
        return None;
    }
    for _ in 0..3 {
        let Some((dot, _)) = dot_before(folded, from) else { break };
        let Some(start) = local_start(folded, dot) else { break };
        from = start;
    }
    let mut to = label(folded, skip(folded, after))?;
    let (mut dots, mut spelt) = (0, is_sign || !(matches!(marker, "at" | "et") || (marker == "@" && folded.before(at) != ' ')));
    while let Some((next, is_spelt)) = dot_after(folded, to) {
        let Some(end) = label(folded, skip(folded, next)) else { break };
        (to, dots, spelt) = (end, dots + 1, spelt || is_spelt);
        if dots == 4 {
            break;
        }
    }
    // "my email is orla at example.com"
    let told = || {
        let before = folded.text(from.saturating_sub(24), from);
        ["mail", "correo", "courriel", "posta", "e-post"].iter().any(|word| holds(before, word))
    };
    // "at this point" and the like: the last part of a host is no common word, but that some countries have such letters.
    let last = folded.text(from, to).rsplit([' ', '.', ')', ']']).next().unwrap_or_default();
    let plain = matches!(marker, "at" | "et")
        && (holds(folded.text(at, to), " point ") || (is_common(last) && !one_of("com|de|es|it|me|in|no|us", last)));
    (dots > 0 && !plain && (spelt || told())).then_some((from, to))
}

fn skip(folded: &Folded, at: usize) -> usize {
    at + folded.ahead(at, 2, &|cell| cell.c == ' ')
}

fn local_start(folded: &Folded, at: usize) -> Option<usize> {
    let spaces = folded.behind(0, at, 2, &|cell| cell.c == ' ');
    let end = at - spaces;
    let length = folded.behind(0, end, 64, &|cell| (is_joined(cell.c) && cell.c.is_ascii()) || matches!(cell.c, '.' | '_' | '+' | '-'));
    (length > 0 && folded.range(end - length, end).iter().any(|cell| cell.c.is_ascii_alphanumeric())).then_some(end - length)
}

/// Where a label of a domain that begins at `at` ends.
fn label(folded: &Folded, at: usize) -> Option<usize> {
    let latin = folded.ahead(at, 64, &|cell| cell.c.is_ascii_alphanumeric() || cell.c == '-');
    // "كوم"
    let length = if latin == 0 && matches!(folded.at(at), 'ك' | 'ن' | 'ا') { folded.run(at, Script::is_letter).min(8) } else { latin };
    (length >= 2 || (length == 1 && folded.at(at).is_ascii_alphabetic())).then_some(at + length)
}

/// A dot or the word for it at `at`: where it ends, and whether it was spelt.
fn dot_after(folded: &Folded, at: usize) -> Option<(usize, bool)> {
    let next = skip(folded, at);
    if folded.at(next) == '.' && (folded.at(next + 1).is_ascii_alphabetic() || (next > at && folded.at(next + 1) == ' ')) {
        return Some((next + 1, false));
    }
    let sign = DOT.iter().find(|sign| folded.has(next, sign));
    let word = DOT_WORDS.iter().find(|word| folded.has_word(next, word) && (next > at || is_cjk(folded.at(next))));
    sign.or(word).map(|found| (next + found.chars().count(), true))
}

fn dot_before(folded: &Folded, at: usize) -> Option<(usize, usize)> {
    let spaces = folded.behind(0, at, 2, &|cell| cell.c == ' ');
    let end = at - spaces;
    let ends = |found: &&&str| {
        let length = found.chars().count();
        end > length
            && folded.text(end - length, end) == **found
            && (!found.starts_with(Script::is_letter) || folded.before(end - length) == ' ' || found.starts_with(is_cjk))
    };
    let found = DOT.iter().find(ends).or_else(|| DOT_WORDS.iter().find(|word| (spaces > 0 || word.starts_with(is_cjk)) && ends(word)))?;
    Some((end - found.chars().count(), end))
}
