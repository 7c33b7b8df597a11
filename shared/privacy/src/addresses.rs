//! Postal addresses where a pattern gives them away: a street with a house number.

use crate::Kind;
use crate::folded::Folded;

/// Words that name a street after its own name, with the number before ("12 Long Lane") or after ("Lange Gasse 12").
const AFTER: &[&str] = &[
    "street",
    "st",
    "road",
    "rd",
    "avenue",
    "ave",
    "lane",
    "ln",
    "drive",
    "boulevard",
    "blvd",
    "court",
    "terrace",
    "crescent",
    "way",
    "sokak",
    "sokağı",
    "caddesi",
    "cadde",
    "bulvarı",
    "mahallesi",
];
/// Words that name a street before its own name, the number at the end or before.
const BEFORE: &[&str] = &[
    "calle",
    "avenida",
    "avda",
    "plaza",
    "paseo",
    "rue",
    "avenue",
    "boulevard",
    "impasse",
    "via",
    "viale",
    "piazza",
    "corso",
    "rua",
    "travessa",
    "praça",
    "jalan",
    "jl",
    "شارع",
];
/// Endings of German street names.
const ENDINGS: &[&str] = &["straße", "strasse", "str", "gasse", "weg", "allee", "platz", "ring", "damm", "ufer"];

pub(crate) fn find(folded: &Folded, found: &mut Vec<(usize, usize, Kind)>) {
    let words = words(folded);
    let text = |n: usize| words.get(n).map_or_else(String::new, |&(from, to)| folded.text(from, to));
    for n in 0..words.len() {
        let word = text(n);
        let span = if AFTER.contains(&word.as_str()) { street_after(folded, &words, n) } else { None };
        let span = span.or_else(|| BEFORE.contains(&word.as_str()).then(|| street_before(folded, &words, n)).flatten());
        let span = span.or_else(|| {
            let german = ENDINGS.iter().any(|e| word.ends_with(e) && word.chars().count() > e.chars().count() + 2);
            let own = ENDINGS.contains(&word.as_str()) && n > 0 && folded.cells[words[n - 1].0].written.is_uppercase();
            let number = words.get(n + 1).filter(|&&(from, to)| is_house(folded, from, to));
            number.filter(|_| german || own).map(|&(_, to)| (words[if german { n } else { n - 1 }].0, to))
        });
        found.extend(span.map(|(from, to)| (from, postcode(folded, &words, to), Kind::Address)));
    }
    east_asian(folded, found);
}

/// Runs of letters, digits and what stands within words.
fn words(folded: &Folded) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < folded.cells.len() {
        let length = folded.rest(at).iter().take_while(|cell| cell.c.is_alphanumeric() || matches!(cell.c, '\'' | '’')).count();
        if length > 0 {
            out.push((at, at + length));
        }
        at += length.max(1);
    }
    out
}

fn is_house(folded: &Folded, from: usize, to: usize) -> bool {
    let digits = folded.range(from, to).iter().take_while(|cell| cell.c.is_ascii_digit()).count();
    (1..=5).contains(&digits) && to - from - digits <= 1
}

/// "221 Baker Street": the number, up to three names with capitals, the word; or the word and then the number.
fn street_after(folded: &Folded, words: &[(usize, usize)], n: usize) -> Option<(usize, usize)> {
    for back in 1..=4usize.min(n) {
        let (from, to) = words[n - back];
        if back > 1 && is_house(folded, from, to) {
            return Some((from, words[n].1));
        }
        if !folded.cells[from].written.is_uppercase() {
            break;
        }
    }
    let names = (1..=2usize.min(n)).take_while(|back| folded.cells[words[n - back].0].written.is_uppercase()).count();
    let number = (n + 1..(n + 3).min(words.len())).find(|&m| is_house(folded, words[m].0, words[m].1))?;
    let link = folded.text(words[n].1, words[number].0);
    (names > 0 && ["", "no", "numara", "nr"].contains(&link.trim_matches(|c: char| !c.is_alphabetic())))
        .then(|| (words[n - names].0, words[number].1))
}

/// "Calle Mayor 12", "12 rue de la Paix", "Jalan Sudirman No. 5".
fn street_before(folded: &Folded, words: &[(usize, usize)], n: usize) -> Option<(usize, usize)> {
    let name = words.get(n + 1)?;
    let small = ["de", "del", "della", "delle", "dei", "la", "le", "les", "du", "des", "da", "das", "do", "dos", "san", "al"];
    let named = folded.cells[name.0].written.is_uppercase()
        || !folded.cells[name.0].written.is_lowercase()
        || small.contains(&folded.text(name.0, name.1).as_str());
    let before = n.checked_sub(1).map(|b| words[b]).filter(|&(from, to)| is_house(folded, from, to) && words[n].0 - to <= 2);
    let after = (n + 2..(n + 7).min(words.len())).find(|&m| is_house(folded, words[m].0, words[m].1));
    let stays = |to: usize| folded.range(words[n].0, to).iter().all(|cell| !matches!(cell.c, '?' | '!' | ';' | '؟'));
    if !named {
        return None;
    }
    if let Some((from, _)) = before {
        let last = (n + 1..(n + 6).min(words.len()))
            .take_while(|&m| {
                folded.cells[words[m].0].written.is_uppercase() || small.contains(&folded.text(words[m].0, words[m].1).as_str())
            })
            .last()?;
        return Some((from, words[last].1));
    }
    after.map(|m| (words[n].0, words[m].1)).filter(|&(_, to)| stays(to))
}

/// A postcode and a town after the street, if they follow at once: ", 10115 Berlin".
fn postcode(folded: &Folded, words: &[(usize, usize)], to: usize) -> usize {
    let Some(next) = words.iter().position(|&(from, _)| from >= to) else { return to };
    let (from, end) = words[next];
    let close = from - to <= 2 && folded.text(to, from).contains(',');
    let code = (4..=5).contains(&(end - from)) && folded.range(from, end).iter().all(|cell| cell.c.is_ascii_digit());
    if !close || !code {
        return to;
    }
    match words.get(next + 1) {
        Some(&(town, town_end)) if town - end == 1 && folded.cells[town].written.is_uppercase() => town_end,
        _ => end,
    }
}

/// Chinese roads and lanes with a number, Japanese blocks, Korean roads.
fn east_asian(folded: &Folded, found: &mut Vec<(usize, usize, Kind)>) {
    let han = |c: char| crate::folded::is_cjk(c);
    let mut at = 0;
    while at < folded.cells.len() {
        let c = folded.at(at);
        let named = matches!(c, '路' | '街' | '道' | '巷' | '弄' | '村' | '区' | '町' | '丁' | '로' | '길');
        // Japanese blocks stand after any place's name: 六本木6-10-1.
        let before_blocks = matches!(c, '\u{4e00}'..='\u{9fff}') && folded.at(at + 1).is_ascii_digit();
        if !named && !before_blocks {
            at += 1;
            continue;
        }
        let mut next = at + 1;
        if folded.at(next) == ' ' {
            next += 1;
        }
        let digits = folded.rest(next).iter().take_while(|cell| cell.c.is_ascii_digit() || matches!(cell.c, '-' | '−')).count();
        let number_end = next + digits;
        let tail = ["号", "號", "弄", "番地", "番", "丁目", "번지", "번길"].iter().find(|t| folded.has(number_end, t));
        let blocks = folded.text(next, number_end).matches('-').count() >= 1;
        let korean = matches!(c, '로' | '길') && digits > 0 && !folded.at(number_end).is_ascii_alphanumeric();
        let three = folded.text(next, number_end).split('-').filter(|part| matches!(part.len(), 1..=3)).count() == 3;
        if digits == 0 || (named && tail.is_none() && !blocks && !korean) || (!named && !three) {
            at += 1;
            continue;
        }
        let mut end = number_end + tail.map_or(0, |t| t.chars().count());
        // Building, flat and room go on: 3号楼502室.
        loop {
            let more = folded.rest(end).iter().take_while(|cell| cell.c.is_ascii_digit() || cell.c == '-').count();
            let Some(unit) = ["号楼", "栋", "幢", "单元", "楼", "层", "室", "号", "番", "동", "호", "층"]
                .iter()
                .find(|u| more > 0 && folded.has(end + more, u))
            else {
                break;
            };
            end += more + unit.chars().count();
        }
        let mut from = at;
        while from > 0
            && (han(folded.before(from)) || folded.before(from) == ' ' && matches!(c, '로' | '길'))
            && at - from < 18
            && !"在是住到址给至寄은는이가をにではが我".contains(folded.before(from))
        {
            from -= 1;
        }
        // Three numbers after a word may be a score; after a town or a ward they are blocks.
        let placed = named || folded.range(from, at).iter().any(|cell| "都道府県市区町村".contains(cell.c));
        if from < at && placed {
            found.push((from, end, Kind::Address));
        }
        at = end;
    }
}
