//! Names that words announce: "my name is", "Herr", "kind regards", and the like of twelve languages.
//!
//! A visitor's question must not be masked away: "my name is misspelt" gives no name. Whether a word is one is told by its
//! capital, and where visitors write without capitals by a table of the words that are none (`names.txt`).

use std::sync::LazyLock;

use crate::Kind;
use crate::cues::{Cue, Cues, Hit};
use crate::folded::{Folded, Script, holds, is_cjk, is_joined, lists, one_of, part};
use crate::table;

/// Letters in the longest word of a name.
const LONGEST: usize = 24;

const TEXT: &str = include_str!("names.txt");

/// Groups of `names.txt` by name.
static GROUPS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    TEXT.lines().skip(1).filter_map(|line| line.split_once(':').map(|(name, words)| (name, words.trim_start()))).collect()
});

// Groups of words, each a bit. A word may stand in several.
const COMMON: u16 = 1;
const STEM: u16 = 2;
const PARTICLES: u16 = 4;
const JOINS: u16 = 8;
const ARAB: u16 = 16;
const ALSO: u16 = 32;
const STARTS: u16 = 64;
const WEAK_BYES: u16 = 128;
const GIVEN: u16 = 256;
const LINKS: u16 = 512;
const ARTICLES: u16 = 1024;
const TITLES: u16 = 2048;
const PARTS: u16 = 4096;

static WORDS: LazyLock<table::Words> = LazyLock::new(|| {
    let mut words = table::Words::new();
    for (name, line) in &*GROUPS {
        let bit = match *name {
            "particles" => PARTICLES,
            "joins" => JOINS,
            "arab" => ARAB,
            "also" => ALSO,
            "starts" => STARTS,
            "weak_byes" => WEAK_BYES,
            "given" => GIVEN,
            "links" => LINKS,
            "articles" => ARTICLES,
            "titles" => TITLES,
            "parts" => PARTS,
            // Those of the East Asian languages are characters.
            other if other.contains('_') => continue,
            _ => COMMON,
        };
        for word in line.split(' ').filter(|word| !word.is_empty()) {
            let stem = word.strip_suffix('*');
            words.add(stem.unwrap_or(word), if stem.is_some() { STEM } else { bit });
        }
    }
    words
});

pub(crate) fn group(name: &str) -> &'static str {
    GROUPS.iter().find(|(known, _)| *known == name).map_or("", |(_, words)| words)
}

fn in_group(group: u16, word: &str) -> bool {
    WORDS.groups(word) & group != 0
}

/// A phrase as the tables have it, where spaces part the words.
#[inline(never)]
fn bound(phrase: &str) -> String {
    phrase.chars().map(|c| if c == ' ' { '_' } else { c }).collect()
}

/// Whether a folded word is one that no visitor is called.
pub(crate) fn is_common(word: &str) -> bool {
    in_group(COMMON, word) || word.char_indices().take(12).skip(2).any(|(at, c)| in_group(STEM, part(word, 0, at + c.len_utf8())))
}

pub(crate) fn find(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    for hit in &cues.names {
        let span = match hit.cue {
            Cue::Speaks => before(folded, hit),
            Cue::Title if folded.at(hit.end) == '.' => after(folded, hit, hit.end + 1),
            _ => after(folded, hit, hit.end),
        };
        found.extend(span.filter(|(from, to)| from < to).map(|(from, to)| (from, to, Kind::Name)));
    }
    crate::names_cjk::find(folded, found);
    known(folded, cues, found);
}

/// A known first name and a second word, both with capitals, in a text that is not all capitals: "tell Anna Vogt".
fn known(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    let mut at = 0;
    while at < folded.cells.len() {
        let length = word_length(folded, at);
        let begins = folded.cells[at].written.is_capital() && !is_joined(folded.before(at));
        if length > 2
            && begins
            && is_given(folded, at)
            && !lists("ben mark can", folded.text(at, at + length))
            && folded.cells[at + 1].written.is_small()
        {
            let hit = Hit { end: at, length: 0, cue: Cue::Of };
            // "it is her account, Doreen, not mine"
            let beside = folded.before(at) == ' ' && at > 1 && folded.before(at - 1) == ',';
            if beside
                && matches!(folded.at(at + length), ',' | '.')
                && !folded.range(at + length + 2, at + length + 3).iter().any(|cell| cell.written.is_capital())
            {
                found.push((at, at + length, Kind::Name));
                at += length;
                continue;
            }
            if let Some(name) = read(folded, at, false, &hit).filter(|name| {
                let art = cues.near(at, Cue::Art, 64) || cues.after(name.end, 64, &[Cue::Art]).is_some();
                let other = folded.text(at, name.end).split(' ').any(|word| is_common(word) && !in_group(ALSO | PARTICLES, word));
                name.words > 1 && !art && !other
            }) {
                found.push((name.from, name.end, Kind::Name));
                at = name.end;
                continue;
            }
        }
        at += length.max(1);
    }
}

/// The name after a cue.
fn after(folded: &Folded, hit: &Hit, end: usize) -> Option<(usize, usize)> {
    let colon = folded.run(end, |c| matches!(c, ' ' | ':' | '-'));
    let marked = [":", " - "].iter().any(|mark| holds(folded.text(end, end + colon), mark));
    // "Eng.ª"
    let dash = marked && matches!(hit.cue, Cue::Says | Cue::Label | Cue::Of) && folded.text(end, end + colon).contains('-');
    let mut from = if dash { end + colon } else { folded.skip_spaces(end + usize::from(matches!(folded.at(end), 'ª' | 'º'))) };
    // In Turkish "my name" is "step" as well: "adım adım", "bu adım".
    let step = folded.text(hit.start(), hit.end) == "adim"
        && ["adim ", "ilk ", "her ", "bu ", "son ", "bir ", "sonraki ", "ikinci "]
            .iter()
            .any(|word| folded.text(0, hit.start()).ends_with(word));
    // "DON'T"
    if step
        || (hit.cue == Cue::Title
            && (folded.at(hit.end) == '\''
                || (hit.start() > 0
                    && !matches!(folded.before(hit.start()), ' ' | '\n' | '(' | '/')
                    && !is_cjk(folded.before(hit.start())))))
    {
        return None;
    }
    let own = hit.length > 5 && marked || is_cjk(folded.at(hit.start()));
    if hit.cue == Cue::Label && !own && !label_stands_alone(folded, hit.start()) {
        return None;
    }
    // "It's me, Maria"
    if matches!(hit.cue, Cue::Of | Cue::Kin) && matches!(folded.at(from), ',' | '、' | '，') {
        from = folded.skip_spaces(from + 1);
    }
    // "my wife is called Anna", "ibu saya, Sri"
    for _ in 0..2 {
        let length = word_length(folded, from);
        if !matches!(hit.cue, Cue::Of | Cue::Pair | Cue::Kin | Cue::Label | Cue::Says | Cue::Iam)
            || length == 0
            || folded.cells[from].written.is_capital() && hit.cue != Cue::Says && !in_group(TITLES, folded.text(from, from + length))
            || !in_group(
                if !matches!(hit.cue, Cue::Kin | Cue::Of | Cue::Pair) { LINKS | TITLES } else { LINKS | TITLES | ARTICLES },
                folded.text(from, from + length),
            )
        {
            break;
        }
        from = folded.skip_spaces(from + length + usize::from(matches!(folded.at(from + length), ',' | '.')));
    }
    if hit.cue == Cue::Bye {
        from = end + folded.run(end, |c| matches!(c, ' ' | ',' | '.' | '!' | '\n' | '\r' | '-' | ':' | '،' | '。' | '~'));
        let gap = folded.text(end, from);
        // "Mit besten Grüßen Ihre Ursula Behrens"
        let own = word_length(folded, from);
        if lists("ihr ihre euer eure dein deine your votre tu su seu sua tua vostro", folded.text(from, from + own)) {
            from = folded.skip_spaces(from + own);
        }
        let marked = hit.start() == 0 || matches!(last_mark(folded, hit.start()), '.' | '!' | '?' | '\n');
        let capital = folded.rest(from).first().is_some_and(|cell| !cell.written.is_small());
        let short = hit.length < 4;
        let strong =
            gap.contains('\n') || marked && (capital || short) || !short && !in_group(WEAK_BYES, &bound(folded.text(hit.start(), hit.end)));
        let parted = gap.contains(['\n', ',', '.', '!', '،', '。', '-', '~']) || (strong && gap.contains(':'));
        if !(parted || strong && from > end && (capital || begins_clause(folded, hit.start())))
            || !(strong || capital)
            || !begins_clause(folded, hit.start()) && !strong
        {
            return None;
        }
    }
    // "예약자는 최수진"
    if folded.at(from) == 'を' && hit.cue != Cue::Says {
        from += 1;
    }
    if matches!(folded.at(from), '은' | '는' | '이' | '가' | '을' | '를') && folded.at(from + 1) == ' ' {
        from += 2;
    }
    if is_cjk(folded.at(from)) {
        return crate::names_cjk::after(folded, hit, from).map(|to| (from, to));
    }
    let shouted = is_shouted(folded, hit);
    let name = read(folded, from, shouted, hit)?;
    let closed = is_closed(folded, name.end);
    let parted = begins_clause(folded, hit.start());
    let known = is_given(folded, name.from);
    let ends = folded.rest(name.end).iter().find(|cell| !matches!(cell.c, ' ' | '.' | '!' | ',' | '\r')).is_none_or(|cell| cell.c == '\n');
    let fits = match hit.cue {
        Cue::Says => true,
        Cue::Label if marked => {
            // "first name: noah last name: …"
            let form = folded.range(name.end, name.end + 24).iter().take_while(|cell| cell.c.is_letter() || matches!(cell.c, ' ' | ':'));
            name.first != Case::Lower || name.words >= 2 || ends || known || form.map(|cell| cell.c).any(|c| c == ':')
        }
        // "date of birth 1.2.1990, name Anna Vogt"
        Cue::Label if hit.length < 3 => false,
        Cue::Label => {
            let plain = folded.has_any(hit.start(), "na|no|is");
            let part = in_group(PARTS, &bound(folded.text(hit.start(), hit.end)));
            name.first == Case::Upper && part
                || (name.first == Case::Upper || parted && plain && closed) && name.words >= 2
                || known && parted && closed
        }
        Cue::Pair if is_all_capitals(folded, &name) => false,
        Cue::Pair => {
            // German writes every noun with a capital; other words stand after "not" as well.
            let weak = one_of("muss|statt|anstatt|und nicht|not|e non|e nao|et non|y no", folded.text(hit.start(), hit.end));
            name.first != Case::Lower && name.words >= 2 && (known || !weak)
        }
        Cue::Of => name.first != Case::Lower || name.words >= 2 && (marked || known),
        Cue::Kin => match name.first {
            // German writes every noun with a capital.
            Case::Upper if is_all_capitals(folded, &name) || in_group(STARTS, folded.text(from, from + word_length(folded, from))) => false,
            Case::Upper => {
                name.words >= 2
                    || known
                    || matches!(folded.at(name.end), ',' | '.' | '(')
                    || !folded.cells[hit.start()].written.is_capital()
            }
            Case::Lower => known && name.words >= 2,
            Case::None => in_group(ARAB, folded.text(from, from + word_length(folded, from))) || name.words >= 2 && closed,
        },
        Cue::Title => {
            let title = folded.text(hit.start(), hit.end);
            (name.first != Case::Lower
                || lists("mr mr. mrs mrs. herr herrn frau senor senora monsieur signora signor sig. sra. sr. senhora mbak bapak", title)
                    && name.words <= 3
                    && folded.cells[hit.start()].written.is_small())
                && name.end > from + 1
                && (folded.cells[hit.start()].written.is_capital()
                    || !is_also_a_word(title)
                    || title == "frau" && parted && hit.start() > 0)
        }
        Cue::Bye => {
            // A signature goes on with a telephone, a street or a firm.
            let next = folded.at(folded.run(name.end, |c| matches!(c, ' ' | ',' | '|' | '\n' | '-' | '/')) + name.end);
            let goes_on = name.first != Case::Lower && (name.words >= 2 || matches!(next, '0'..='9' | '+' | '('));
            ends && (name.first != Case::Lower || name.words <= 4)
                || goes_on
                    && from > end
                    && (matches!(last_mark(folded, hit.start()), '.' | '!' | '?' | '\n')
                        || !in_group(WEAK_BYES, &bound(folded.text(hit.start(), hit.end))))
        }
        Cue::Iam => introduces(folded, hit, &name, closed),
        _ => false,
    };
    fits.then_some((from, name.end))
}

/// Titles that are other words when no capital begins them: "I miss", "don".
fn is_also_a_word(title: &str) -> bool {
    one_of("miss|bu|mas|ms|m.|don|dona|sir|frau|mx", title)
}

/// "I am Dorian Hexley", "this is Maria speaking": two capitals, or one that nothing follows.
fn introduces(folded: &Folded, hit: &Hit, name: &Name, closed: bool) -> bool {
    let phrase = folded.text(hit.start(), hit.end);
    let next = folded.skip_spaces(name.end);
    if folded.has_any_word(next, "speaking|calling|am apparat|al habla|a l'appareil|al telefono") {
        return name.words <= 3;
    }
    if name.first == Case::None {
        let first = folded.text(name.from, name.from + folded.run(name.from, |c| c.is_letter()));
        return in_group(ARAB, first) || holds(phrase, "مع") && name.words >= 2;
    }
    // "i'm john smith"
    if name.first == Case::Lower {
        let english = phrase.contains(['\'']) || one_of("i am|it is|this is|im|its", phrase);
        let own = lists("soy yo_soy je_suis sono sou sou_o sou_a hier_ist hier_spricht c'est ben", &bound(phrase));
        let clause = own && begins_clause(folded, hit.start()) && folded.at(name.end) == ',';
        let next_common = is_common(folded.text(next, next + word_length(folded, next)));
        return (closed || next_common) && is_given(folded, name.from)
            || !english && clause && name.words >= 2 && !is_inflected_any(folded, name);
    }
    if lists("called named namens by_the_name_of", &bound(phrase)) {
        return is_given(folded, name.from);
    }
    let here = folded.has_any_word(next, "here|from|hier");
    match phrase {
        // Things, too, are said to be: "it's Great".
        "this is" | "it's" | "it is" | "here is" | "its" | "here's" | "that's" => {
            name.words >= 2 && here || is_given(folded, name.from) && (here || closed)
        }
        "c'est" | "ici" | "aqui" | "ini" | "da ist" | "moi" => name.words >= 2 && (here || closed && begins_clause(folded, hit.start())),
        // German writes every noun with a capital.
        "hier" => closed && begins_clause(folded, hit.start()) && matches!(folded.at(name.end), ',' | '.'),
        "ich bin" | "ich bin die" | "ich bin der" => name.words >= 2 && closed || is_given(folded, name.from),
        "im" => name.words >= 2 && is_given(folded, name.from),
        "ben" | "benim" | "ben de" => (closed || name.words >= 2) && begins_clause(folded, hit.start()),
        "saya" | "aku" | "dengan" | "dg" if name.words >= 2 => begins_clause(folded, hit.start()),
        _ if closed && name.words == 1 && is_all_capitals(folded, name) => false,
        "saya" | "sou" | "soy" | "sono" | "je suis" | "i am" | "i'm" | "habla" | "fala" => closed,
        // 我是 with a name in Latin letters.
        _ => name.words >= 2 || phrase.is_ascii(),
    }
}

fn is_all_capitals(folded: &Folded, name: &Name) -> bool {
    name.end > name.from + 1
        && folded.range(name.from, name.end).iter().all(|cell| !cell.written.is_small())
        && folded.at(name.from).is_ascii()
}

/// Whether a clause begins at `at`: nothing, a mark or a greeting stands before.
fn begins_clause(folded: &Folded, at: usize) -> bool {
    let spaces = folded.behind(0, at, 3, &|cell| cell.c == ' ');
    let before = at - spaces;
    before == 0
        || !folded.before(before).is_in_word()
        || [
            "hi", "hello", "hey", "merhaba", "selam", "and", "many", "muchas", "halo", "hallo", "hola", "ciao", "salut", "ola", "oi",
            "kak", "min", "gan", "sis",
        ]
        .iter()
        .any(|word| folded.text(before.saturating_sub(7), before).ends_with(word))
}

/// The mark before `at`, with spaces between.
fn last_mark(folded: &Folded, at: usize) -> char {
    folded.range(at.saturating_sub(3), at).iter().rev().find(|cell| cell.c != ' ').map_or(' ', |cell| cell.c)
}

/// Whether a clause ends at `at`, or a word goes on that begins another.
fn is_closed(folded: &Folded, at: usize) -> bool {
    let next = folded.skip_spaces(at);
    let length = folded.run(next, |c| c.is_letter() || c == '\'');
    length == 0 || in_group(JOINS, folded.text(next, next + length))
}

/// "Name:" may stand after "full" or at the start, but not in "product name:".
fn label_stands_alone(folded: &Folded, at: usize) -> bool {
    let before = folded.before(at);
    if before != ' ' || at < 2 {
        return !is_joined(before) && before != '-' && before != '_';
    }
    let length = folded.behind(0, at - 1, LONGEST, &|cell| cell.c.is_letter() || cell.c == '\'');
    let word = folded.text(at - 1 - length, at - 1);
    length == 0 || one_of("my|the|and|your|mein|und|mi|mon|il|mio|meu|o|her|his|legal|billing|new|y|e|et", word)
}

/// Whether the cue is all in capitals, or each of its words has one: then a capital tells nothing.
fn is_shouted(folded: &Folded, hit: &Hit) -> bool {
    let cells = folded.range(hit.start(), hit.end);
    let upper = |cell: &&crate::folded::Cell| cell.written.is_capital();
    let letters = cells.iter().filter(|cell| cell.c.is_letter()).count();
    let words = cells.split(|cell| cell.c == ' ').filter(|word| !word.is_empty());
    let titled = hit.cue == Cue::Says && words.clone().count() > 1 && words.clone().all(|word| word[0].written.is_capital());
    matches!(hit.cue, Cue::Says | Cue::Iam) && letters > 1 && (cells.iter().filter(upper).count() == letters || titled)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    /// A script without capitals.
    None,
}

struct Name {
    from: usize,
    end: usize,
    words: usize,
    first: Case,
}

/// The words of a name from `from` on.
fn read(folded: &Folded, from: usize, shouted: bool, hit: &Hit) -> Option<Name> {
    let mut name: Option<Name> = None;
    let mut at = from;
    let (mut particles, mut led) = (0, None);
    while particles < 4 && name.as_ref().is_none_or(|name| name.words < 5) {
        let length = word_length(folded, at);
        if length == 0 || length > LONGEST || is_cjk(folded.at(at)) {
            break;
        }
        let own = if length > 2 && folded.has(at + length - 2, "'s") { 2 } else { 0 };
        let word = folded.text(at, at + length - own);
        let written = folded.cells[at].written;
        let case = match written {
            _ if !shouted && (written.is_capital() || capital_within(folded, at, length)) => Case::Upper,
            _ if written.is_capital() || written.is_small() => Case::Lower,
            _ => Case::None,
        };
        let count = name.as_ref().map_or(0, |name| name.words);
        let next = at + length;
        let goes_on = folded.at(next) == ' ' && word_length(folded, next + 1) > 0;
        let small =
            in_group(PARTICLES, word) && goes_on && (case != Case::Upper || name.is_none() && folded.cells[next + 1].written.is_capital());
        if small
            && (count > 0
                || case == Case::Upper
                || matches!(hit.cue, Cue::Says | Cue::Label | Cue::Pair)
                || hit.cue == Cue::Of && one_of("de|uf|di|er|us", folded.text(hit.end.saturating_sub(2), hit.end)))
            && leads_on(folded, name.as_ref(), next + 1)
        {
            particles += 1;
            led = led.or(Some(at).filter(|_| case == Case::Upper));
            at = next + 1;
            continue;
        }
        // "name: melanie stolz termin: …"
        if count > usize::from(case == Case::Upper) && folded.text(next, next + 2).trim_start().starts_with(':') {
            break;
        }
        if !is_name_word(folded, word, case, name.as_ref(), hit, at, length) {
            break;
        }
        let end = at + word.chars().count();
        match &mut name {
            Some(name) => (name.end, name.words) = (end, name.words + 1),
            None => name = Some(Name { from: led.unwrap_or(from), end, words: 1 + usize::from(led.is_some()), first: case }),
        }
        particles = 0;
        at = next;
        // "A. Meyer": an initial's full stop goes on.
        if folded.at(at) == '.' && length <= 3 && case == Case::Upper && folded.at(at + 1) == ' ' {
            at += 1;
        }
        if folded.at(at) != ' ' || end != next {
            break;
        }
        at += 1;
    }
    name
}

/// Whether after a particle, at `at`, a name goes on: "von der Weide", "dorian van der hexley".
fn leads_on(folded: &Folded, name: Option<&Name>, at: usize) -> bool {
    let word = folded.text(at, at + word_length(folded, at));
    let capital = folded.rest(at).first().is_some_and(|cell| cell.written.is_capital());
    let lower = name.is_some_and(|name| name.first == Case::Lower && name.words < 3 && !is_common(word) && word.chars().count() > 2);
    capital || in_group(PARTICLES, word) || lower
}

/// Whether a capital stands after an article that clings to its name: "d'Arcy", "al-Farsi".
fn capital_within(folded: &Folded, at: usize, length: usize) -> bool {
    let cells = folded.range(at, at + length);
    cells.windows(2).take(3).any(|two| matches!(two[0].c, '\'' | '-') && two[1].written.is_capital())
}

fn word_length(folded: &Folded, at: usize) -> usize {
    let length = folded.run(at, |c| c.is_letter() && !is_cjk(c) || matches!(c, '-' | '\''));
    // A dash or quote at the end is no part of the word.
    let rest = folded.behind(at, at + length, usize::MAX, &|cell| !cell.c.is_letter());
    let letters = length - rest;
    if folded.at(at) == '-' || folded.at(at) == '\'' { 0 } else { letters }
}

fn is_name_word(folded: &Folded, word: &str, case: Case, name: Option<&Name>, hit: &Hit, at: usize, length: usize) -> bool {
    let letters = word.chars().count();
    let first = name.is_none();
    let cue = folded.text(hit.start(), hit.end);
    match case {
        // A word of one or two letters may be an initial or a short name; "I" begins a sentence.
        Case::Upper => {
            let initial = letters == 1 && (folded.at(at + length) == '.' || word != "i");
            let fits = name.is_none_or(|name| name.first == Case::Upper);
            // After a first word with a capital only one that begins a sentence ends the name.
            let known = if first { letters > 4 || hit.cue != Cue::Says } else { false };
            let other = if known { is_common(word) && !in_group(ALSO, word) } else { in_group(STARTS, word) && !first };
            fits && (initial || letters > 1) && !other
        }
        Case::Lower => {
            let fits = name.is_none_or(|name| name.first == Case::Lower && (name.words < 2 || ends_soon(folded, at + length)));
            fits && letters > 1 && !is_common(word) && !is_common_after(cue, word) && !(first && hit.cue == Cue::Says && is_inflected(word))
        }
        Case::None => {
            // Two names, and a third that is known, a family's, or bound to the one before: "عبد الرحمن بن سعد القحطاني".
            let linked = name.is_some_and(|name| {
                let last = folded.text(name.from, name.end).rsplit(' ').next().unwrap_or_default();
                lists("بن ابن بنت ابو عبد ال بنو ام بني", last)
            });
            let fits = name.is_none_or(|name| {
                name.first == Case::None
                    && (name.words < 2
                        || linked
                        || word.starts_with("ال")
                        || in_group(ARAB, word)
                        || lists("بن ابن بنت ابو عبد ال بنو", word))
            });
            // "The …" is a family's name but no first one; "and …" goes on with the sentence.
            let and = word.starts_with('و') && !in_group(ARAB, word);
            if first && and {
                return false;
            }
            let family = first && hit.cue != Cue::Title && word.starts_with("ال");
            let goes_on = family || (!first && and);
            fits && letters > 1 && !is_common(word) && !goes_on && !word.starts_with("بال") && !word.starts_with("لل")
        }
    }
}

/// Words that are names in one language and none in another.
fn is_common_after(cue: &str, word: &str) -> bool {
    match word {
        "can" | "will" | "may" | "am" | "mine" => holds(cue, "name"),
        "dan" => holds(cue, "nama"),
        "ben" => cue.starts_with("ad") || holds(cue, "adim") || holds(cue, "ism"),
        _ => false,
    }
}

/// Whether the clause ends within three words of `at`, or goes on with a word that is no name.
fn ends_soon(folded: &Folded, mut at: usize) -> bool {
    for _ in 0..4 {
        let length = if folded.at(at) == ' ' { word_length(folded, at + 1) } else { 0 };
        if length == 0 || is_common(folded.text(at + 1, at + 1 + length)) {
            return true;
        }
        at += 1 + length;
    }
    false
}

/// Endings that verbs and adjectives have and first names have not.
fn is_inflected(word: &str) -> bool {
    const ENDINGS: &str = "ing tly lly ably elled elt rong ated ised ized cted ged ked ved wed yed bled tled iert isiert lich ando iendo endo mente cion ement iyor uyor miyor yor mis mus medi madi acak ecek adado zione zado cado rado ssato icato izzat zato ible able ful less ious eous ized";
    word.chars().count() >= 6 && ENDINGS.split(' ').any(|ending| word.ends_with(ending))
}

fn is_inflected_any(folded: &Folded, name: &Name) -> bool {
    folded.text(name.from, name.end).split(' ').any(is_inflected)
}

/// The name before "speaking" after nothing else, "Bey", "adına".
fn before(folded: &Folded, hit: &Hit) -> Option<(usize, usize)> {
    let phrase = folded.text(hit.start(), hit.end);
    if !one_of(
        "bey|hanim|beyefendi|hanimefendi|adina|adima|speaking|am apparat|al habla|al telefono|a l'appareil|ao telefone|here|is my name|mein name|hier|ben,|diye kayitli|adiyla|isimli",
        phrase,
    ) {
        return None;
    }
    let most = if phrase.starts_with("ad") || phrase.contains([' ', ',']) || phrase == "speaking" || phrase == "here" { 3 } else { 2 };
    let end = hit.start().checked_sub(1).filter(|&at| folded.at(at) == ' ')?;
    // "andrew pike here"
    let spoken = lists("here hier speaking", phrase);
    let mut from = end;
    let mut small = false;
    for _ in 0..most {
        let length = folded.behind(0, from, LONGEST + 1, &|cell| cell.c.is_letter());
        let start = from - length;
        let capital = folded.rest(start).first().is_some_and(|cell| cell.written.is_capital());
        let word = folded.text(start, from);
        if !(2..=LONGEST).contains(&length) || !capital && !spoken && !is_given(folded, start) || is_common(word) || word.ends_with("ly") {
            break;
        }
        small |= !capital;
        from = start;
        if from == 0 || folded.before(from) != ' ' {
            break;
        }
        from -= 1;
    }
    let mut from = from + folded.run(from, |c| c == ' ');
    // "Gelince Sevda Hanım"
    let first = word_length(folded, from);
    if !is_given(folded, from) && from + first < end && is_given(folded, from + first + 1) {
        from += first + 1;
    }
    // "Great phone here": only a known first name makes one of it, or two words that begin the message.
    let two = from == 0 && !small && folded.text(from, end).contains(' ') && matches!(folded.at(hit.end), ',' | '.' | '!');
    let known = is_given(folded, from) && (!small || begins_clause(folded, from));
    (from < end && (known || two || !spoken || phrase == "speaking" && !small)).then_some((from, end))
}

fn is_given(folded: &Folded, at: usize) -> bool {
    in_group(GIVEN, folded.text(at, at + word_length(folded, at)))
}
