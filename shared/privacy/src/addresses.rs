//! Postal addresses where a pattern gives them away: a street with a house number, and with it the flat, the postcode and
//! the town that stand beside it. Addresses of East Asia are in `blocks`.

use std::sync::LazyLock;

use crate::Kind;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, Script, lists, one_of};
use crate::names::is_common;
use crate::table;

const TEXT: &str = include_str!("streets.txt");

// The groups of `streets.txt`, each a bit.
const AFTER_SURE: u16 = 1 << 0;
const AFTER_UNSURE: u16 = 1 << 1;
const TURKISH: u16 = 1 << 2;
const BEFORE_SURE: u16 = 1 << 3;
const BEFORE_UNSURE: u16 = 1 << 4;
const ENDINGS: u16 = 1 << 5;
const ENDINGS_UNSURE: u16 = 1 << 6;
const SMALL: u16 = 1 << 7;
const UNITS: u16 = 1 << 8;
const STATES: u16 = 1 << 9;
const COUNTS: u16 = 1 << 10;
/// Parts of an address without a number: "bajo", "cedex".
const LONE: u16 = 1 << 11;
/// A word that no address has: a common one, and those of `OTHER`.
const STOP: u16 = 1 << 12;
/// The cue of another thing, or a part of something found already.
const OTHER: u16 = 1 << 13;

/// Words that a quarter's name follows: "perumahan", "urbanización".
const QUARTERS: u16 = 1 << 14;

const GROUPS: [(&str, u16); 13] = [
    ("quarters", QUARTERS),
    ("lone", LONE),
    ("after_sure", AFTER_SURE),
    ("after_unsure", AFTER_UNSURE),
    ("turkish", TURKISH),
    ("before_sure", BEFORE_SURE),
    ("before_unsure", BEFORE_UNSURE),
    ("endings", ENDINGS),
    ("endings_unsure", ENDINGS_UNSURE),
    ("small", SMALL),
    ("units", UNITS),
    ("states", STATES),
    ("counts", COUNTS),
];

/// The groups that each word belongs to.
static WORDS: LazyLock<table::Words> = LazyLock::new(|| {
    let mut words = table::Words::new();
    for (group, line) in TEXT.lines().filter_map(|line| line.split_once(':')) {
        let bit = GROUPS.iter().find(|(name, _)| *name == group).map_or(0, |(_, bit)| *bit);
        for word in line.split(' ').filter(|word| !word.is_empty()) {
            words.add(word, bit);
        }
    }
    words
});

/// Common words that towns begin with as well.
const TOWNS: &str = "new nice reading bad old real la le el los las mobile orange san santa st north south east west sur norte sud nord est ovest oeste este no";

/// A message as words: runs of letters and digits, with the quotes and dashes within.
pub(crate) struct Words<'a> {
    folded: &'a Folded,
    words: Vec<(usize, usize)>,
    /// The groups that each word belongs to: looked up once, asked for thirty times.
    groups: Vec<u16>,
}

pub(crate) fn find(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    let words = Words::new(folded, cues, found);
    let mut next = 0;
    let mut told = words.told_starts(cues).into_iter().peekable();
    for n in 0..words.words.len() {
        let mut announced = None;
        while let Some(&from) = told.peek().filter(|&&from| from <= n) {
            told.next();
            if from == n && n >= next {
                announced = words.told(n);
            }
        }
        if n < next {
            continue;
        }
        if let Some((first, last)) = announced {
            let first = words.extend_left(first);
            found.push((words.words[first].0, words.words[last].1, Kind::Address));
            next = last + 1;
            continue;
        }
        let street = words
            .number_first(cues, n)
            .or_else(|| words.street_first(cues, n))
            .or_else(|| words.german(cues, n))
            .or_else(|| words.turkish(cues, n))
            .or_else(|| words.before_town(n))
            .or_else(|| words.begins_street(n).then(|| words.untold(n)).flatten());
        if let Some((first, last)) = street.or_else(|| words.box_number(n)) {
            let (first, last) = (words.extend_left(first), words.extend_right(last));
            found.push((words.words[first].0, words.words[last].1, Kind::Address));
            next = last + 1;
        }
    }
}

impl<'a> Words<'a> {
    fn new(folded: &'a Folded, cues: &Cues, found: &[(usize, usize, Kind)]) -> Self {
        let mut taken = vec![false; folded.cells.len()];
        for &(from, to, _) in found {
            taken[from..to].fill(true);
        }
        let mut words = Vec::new();
        let mut at = 0;
        while at < folded.cells.len() {
            if folded.has(at, "c/") && folded.before(at) != '/' && !folded.before(at).is_in_word() && !folded.has(at, "c/o") {
                words.push((at, at + 2));
                at += 2;
                continue;
            }
            let digits = folded.at(at).is_ascii_digit();
            let inside = |at: usize| {
                let (c, next) = (folded.at(at), folded.at(at + 1));
                (c.is_in_word() && !matches!(c, 'º' | 'ª'))
                    || (c == '\'' && next.is_letter())
                    || (c == '-' && next.is_in_word())
                    || (digits && c == '/' && next.is_ascii_alphanumeric())
            };
            let length = (at..folded.cells.len()).take_while(|&at| inside(at)).count();
            // "d'Italie" is two words to those who look for a capital.
            let article = folded.text(at, at + length.min(2)).ends_with('\'') && length > 2;
            let length = if article { 2 } else { length };
            if length > 0 {
                words.push((at, at + if article { 1 } else { length }));
            }
            at += length.max(1);
        }
        let mut groups: Vec<u16> = Vec::with_capacity(words.len());
        for &(from, to) in &words {
            let text = folded.text(from, to);
            let group = WORDS.groups(text);
            let part = group & !(COUNTS | AFTER_UNSURE) != 0;
            let other = if taken[from] || !lists("cep cap cp plz zip", text) && cues.begins_other(folded, from) { OTHER } else { 0 };
            let stop = other > 0 || (!part && is_common(text) && !lists(TOWNS, text));
            groups.push(group | other | if stop { STOP } else { 0 });
        }
        Self { folded, words, groups }
    }

    /// The first words after what announces an address: "my address is", "deliver to".
    fn told_starts(&self, cues: &Cues) -> Vec<usize> {
        let mut starts = Vec::new();
        for end in cues.places() {
            let mut n = self.words.partition_point(|&(from, _)| from < end);
            // "my new address, as of May, is": common words on the way to it, up to a comma.
            let most = n + 6;
            while n < most
                && n > 0
                && (self.is(n, SMALL) || self.is(n, STOP) && !self.is(n, OTHER))
                && !(self.is(n, BEFORE_SURE | BEFORE_UNSURE) || self.capital(n) && !self.is(n, STOP))
                && self.gap(n) != "\0"
                && one_of(" |, |: |:| : |:\n", self.gap(n))
            {
                n += 1;
            }
            if starts.last() != Some(&n) {
                starts.push(n);
            }
        }
        starts
    }

    /// Whether an address may begin with word `n`: a street's word, or a flat's with its number.
    fn begins_street(&self, n: usize) -> bool {
        self.is(n, BEFORE_SURE)
            || self.is(n, UNITS) && self.text(n).chars().count() > 2 && self.text(n + 1).bytes().any(|b| b.is_ascii_digit())
            || self.is(n, QUARTERS) && self.letters(n + 1)
    }

    /// "Rotonda Argento 135, 00147 Roma": no word says street, but number, postcode and town stand in order.
    fn before_town(&self, n: usize) -> Option<(usize, usize)> {
        let code = |at: usize| self.code(at) == Some(1) && self.text(at).len() > 3;
        let fits = n > 0
            && self.house(n)
            && one_of(" |, |,", self.gap(n))
            && self.capital(n - 1)
            && matches!(self.gap(n - 1), " " | ", ")
            && code(n + 1)
            && self.gap(n + 1) == " "
            && self.capital(n + 2)
            && !self.is(n - 1, STOP)
            && !self.is(n + 2, STOP);
        let back = (1..5).take_while(|&back| {
            n >= back
                && (self.capital(n - back) || self.is(n - back, SMALL))
                && !self.is(n - back, STOP)
                && (back == 1 || self.gap(n - back) == " ")
        });
        fits.then(|| back.filter(|&back| self.capital(n - back)).last().map(|back| (n - back, n))).flatten()
    }

    /// Whether word `n` belongs to the group.
    fn is(&self, n: usize, group: u16) -> bool {
        self.groups.get(n).is_some_and(|groups| groups & group != 0)
    }

    fn text(&self, n: usize) -> &'a str {
        self.words.get(n).map_or("", |&(from, to)| self.folded.text(from, to))
    }

    /// What stands between word `n` and the next.
    fn gap(&self, n: usize) -> &'a str {
        self.words.get(n + 1).map_or("\0", |next| self.folded.text(self.words[n].1, next.0))
    }

    fn capital(&self, n: usize) -> bool {
        self.words.get(n).is_some_and(|&(from, _)| self.folded.cells[from].written.is_capital())
    }

    fn acronym(&self, n: usize) -> bool {
        self.words
            .get(n)
            .is_some_and(|&(from, to)| to - from > 1 && self.folded.range(from, to).iter().all(|cell| cell.written.is_capital()))
    }

    fn letters(&self, n: usize) -> bool {
        self.text(n).chars().next().is_some_and(Script::is_letter)
    }

    fn caseless(&self, n: usize) -> bool {
        self.words.get(n).is_some_and(|&(from, _)| {
            let c = self.folded.cells[from].written;
            c.is_letter() && !c.is_small() && !c.is_capital()
        })
    }

    /// 12, 12a, 12-14, 12/3: at most five digits and one letter.
    fn house(&self, n: usize) -> bool {
        let text = self.text(n);
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let rest = crate::folded::part(text, digits, text.len());
        // 12-14, 75/13/17
        let range = rest.starts_with(['-', '/'])
            && crate::folded::part(rest, 1, rest.len())
                .split(['-', '/'])
                .all(|r| (1..=6).contains(&r.len()) && r.bytes().all(|b| b.is_ascii_alphanumeric()));
        (1..=5).contains(&digits) && (rest.is_empty() || range || (rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_alphabetic())))
    }

    /// Whether the number `n` counts something: "20 Minuten".
    fn counts(&self, n: usize) -> bool {
        let gap = self.gap(n);
        (gap == " " && (self.is(n + 1, COUNTS)))
            || matches!(gap.trim_start().chars().next(), Some('%' | '€' | '$' | '£'))
            || gap.starts_with(':') && self.house(n + 1)
    }

    /// Whether words before `n` speak of a place: a cue, or a preposition at once.
    fn placed(&self, cues: &Cues, n: usize) -> bool {
        let before = n.checked_sub(1).filter(|&b| self.gap(b) == " ").map_or("", |b| self.text(b));
        cues.near(self.words[n].0, Cue::Address, 48) || one_of("at|near|address|from|to|in|en|au|a|bei|der|am|na|no|nella|di", before)
    }

    /// Whether nothing, or no word of the sentence, goes on after `n`.
    fn ends(&self, n: usize) -> bool {
        !matches!(self.gap(n), " ") || is_common(self.text(n + 1)) || self.is(n + 1, SMALL)
    }

    /// "221 Baker Street", "12 rue de la Paix": word `n` is the number.
    fn number_first(&self, cues: &Cues, n: usize) -> Option<(usize, usize)> {
        if !self.house(n) || !matches!(self.gap(n), " " | ", ") && !self.gap(n).starts_with(" ") {
            return None;
        }
        let start = if one_of("bis|ter|1/2", self.text(n + 1)) { n + 2 } else { n + 1 };
        if self.is(start, BEFORE_SURE)
            || (self.is(start, BEFORE_UNSURE) && self.placed(cues, n))
            || (self.is(start, BEFORE_UNSURE) && self.is(start + 1, SMALL) && self.name_after(start).is_some_and(|last| self.capital(last)))
        {
            return self.name_after(start).filter(|&last| last > start).map(|last| (n, last));
        }
        if self.gap(n) != " " || self.is(start, COUNTS) {
            return None;
        }
        let placed = self.placed(cues, n);
        let mut capitals = 0;
        for last in n + 1..n + 6 {
            let word = self.text(last);
            let sure = self.is(last, AFTER_SURE);
            if last > n + 1 && (sure || self.is(last, AFTER_UNSURE)) {
                let all = capitals == last - n - 1;
                // "64 GB Flash Drive" is none; "12 NW Oak Street" is one.
                let plain = !self.acronym(n + 1) || self.text(n + 1).len() < 3 && sure;
                let town = self.gap(last).starts_with(", ") && self.capital(last + 1);
                let go_on = self.is(last + 1, AFTER_SURE) && self.capital(last + 1);
                if plain
                    && !go_on
                    && ((all && (sure || placed || town)) || (placed && sure))
                    && (self.ends(last) || self.capital(last) && !is_thing(self.text(last + 1)))
                {
                    let compass = self.gap(last) == " " && one_of("n|s|e|w|nw|ne|sw|se|north|south|east|west", self.text(last + 1));
                    return Some((n, last + usize::from(compass)));
                }
            }
            let goes_on = matches!(self.gap(last), " " | ". ");
            if word.is_empty() || !goes_on || (is_common(word) && !self.capital(last)) {
                return None;
            }
            let ordinal =
                word.bytes().next().is_some_and(|b| b.is_ascii_digit()) && ["st", "nd", "rd", "th"].iter().any(|e| word.ends_with(e));
            capitals += usize::from(self.capital(last) || ordinal || self.is(last, SMALL));
        }
        None
    }

    /// The last word of a street's own name, which stands after word `n`: "de la Paix".
    fn name_after(&self, n: usize) -> Option<usize> {
        let mut last = n;
        let mut named = false;
        for m in n + 1..n + 8 {
            let gap = self.gap(m - 1);
            if !(gap == " " || gap == "'" || gap == ". " || gap == ".") || self.house(m) && named {
                break;
            }
            let word = self.text(m);
            let small = self.is(m, SMALL);
            let name = self.capital(m)
                || (self.caseless(m) && m < n + 4 && !is_common(word))
                || (m < n + 4 && self.letters(m) && !is_common(word) && !self.is(m, UNITS));
            if small || name {
                if !small || self.capital(m) {
                    last = m;
                    named = true;
                } else if named && !self.capital(m + 1) {
                    break;
                }
            } else {
                break;
            }
        }
        named.then_some(last)
    }

    /// "Calle Mayor 12", "Jalan Sudirman No. 5", "شارع الملك فهد رقم 12": word `n` says street.
    fn street_first(&self, cues: &Cues, n: usize) -> Option<(usize, usize)> {
        let sure = self.is(n, BEFORE_SURE);
        if !sure && !self.is(n, BEFORE_UNSURE) {
            return None;
        }
        let told = cues.near(self.words[n].0, Cue::Address, 48);
        let unsure = self.is(n, BEFORE_UNSURE) && (self.capital(n) || told || self.placed(cues, n));
        if !(sure || unsure) {
            return None;
        }
        let arabic = self.caseless(n);
        // "Calle 45 # 12-34" in Colombia.
        if self.house(n + 1) && self.gap(n + 1).contains('#') && self.house(n + 2) {
            return Some((n, n + 2));
        }
        let last = self.name_after(n)?;
        let own = (n + 1..=last).any(|m| self.capital(m) || self.caseless(m));
        let alone = self.house(last + 1) && !matches!(self.gap(last + 1).chars().next(), Some(' ' | ':'));
        let named = own || told || (sure && alone);
        if !named || self.acronym(n + 1) && !self.capital(n) {
            return None;
        }
        for number in last + 1..last + 4 {
            let link = self.folded.text(self.words[last].1, self.words.get(number)?.0);
            if link.chars().count() > 12 || link.contains(['?', '!', ';', '\n', '؟']) {
                break;
            }
            if self.house(number) {
                let link: String = link.chars().filter(|c| c.is_letter() || *c == 'º').collect();
                let links = ["", "no", "n", "nº", "nr", "num", "numero", "numara", "رقم", "nomor", "km"];
                let fits = links.contains(&link.as_str()) && !self.counts(number) && (sure || told || self.ends(number) || self.capital(n));
                if fits {
                    return Some((n, number));
                }
                break;
            }
        }
        // A street with a district or town, told as an address: "شارع التحرير، القاهرة".
        (arabic && self.gap(last).contains('،') && (told || self.is(last + 1, UNITS) && self.house(last + 2))).then_some((n, last))
    }

    /// "Hauptstraße 12", "Lange Gasse 3", "Am Markt 5".
    fn german(&self, cues: &Cues, n: usize) -> Option<(usize, usize)> {
        let word = self.text(n);
        let numbered = self.house(n + 1) || self.house(n + 2);
        let ending = |group: u16| numbered && ending_at(word, group);
        let own = (self.is(n, ENDINGS) || self.is(n, ENDINGS_UNSURE)) && n > 0 && self.capital(n - 1) && self.gap(n - 1) == " ";
        // "Straße des 17. Juni 135"
        let of = one_of("strasse|straße|platz|allee", word) && matches!(self.text(n + 1), "des" | "der");
        let hyphen = word.contains('-') && ending(ENDINGS);
        let sure = ending(ENDINGS) || hyphen || own && self.is(n, ENDINGS);
        let told = || self.placed(cues, n);
        let (first, last) = if of {
            (n, (n + 2..n + 6).find(|&m| self.house(m) && self.capital(m - 1))?)
        } else if sure || ending(ENDINGS_UNSURE) || own {
            let gap = self.gap(n);
            let numbered = if matches!(self.text(n + 1), "nr" | "no") { n + 2 } else { n + 1 };
            if !one_of(" |. |.|, ", gap) || !self.house(numbered) {
                return None;
            }
            let mut first = n;
            while own
                && first > 0
                && n - first < 3
                && self.capital(first - 1)
                && self.gap(first - 1) == " "
                && !is_common(self.text(first - 1))
            {
                first -= 1;
            }
            let first = if word.contains('-') || own || !self.capital(n) { first } else { n };
            (first, numbered)
        } else if one_of("am|an|im|auf|zum|zur|unter|hinter|in", word) {
            let name = if one_of("der|den|dem", self.text(n + 1)) { n + 2 } else { n + 1 };
            let last = name + 1;
            let plain = !ending_at(self.text(name), ENDINGS)
                && self.capital(name)
                && self.letters(name)
                && self.house(last)
                && self.gap(name) == " "
                && self.text(name).len() > 2;
            let town = self.gap(last).starts_with(", ") && self.code(last + 1).is_some();
            return (plain && town).then_some((n, last));
        } else {
            return None;
        };
        let town = self.gap(last).starts_with(", ") && self.code(last + 1).is_some();
        ((sure || town || of || told()) && !self.counts(last)).then_some((first, last))
    }

    /// "Atatürk Mah. Cumhuriyet Cad. No: 12": word `n` says street or quarter, its name before.
    fn turkish(&self, cues: &Cues, n: usize) -> Option<(usize, usize)> {
        // English addresses with the number last, as some write: only where a place is spoken of.
        let english = self.is(n, AFTER_SURE)
            && self.capital(n)
            && n > 0
            && cues.near(self.words[n].0, Cue::Address, 48)
            && self.house(n + 1)
            && self.gap(n) == " "
            && self.ends(n + 1);
        if !(self.is(n, TURKISH) || english) || n == 0 || self.gap(n - 1) != " " {
            return None;
        }
        let told = cues.near(self.words[n].0, Cue::Address, 48);
        let mut first = n;
        while first > 0
            && n - first < 3
            && self.gap(first - 1) == " "
            && (self.capital(first - 1) || (told && !is_common(self.text(first - 1)) && n == first) || self.house(first - 1))
            && !is_common(self.text(first - 1))
            && !self.is(first - 1, OTHER)
        {
            first -= 1;
        }
        if first == n {
            return None;
        }
        // On to the number, over further streets and names.
        if english { Some((first, n + 1)) } else { self.told(first).filter(|&(_, last)| last > n) }
    }

    /// "PO Box 123", "Postfach 12 34 56".
    fn box_number(&self, n: usize) -> Option<(usize, usize)> {
        let at = match self.text(n) {
            "po" | "p" if self.text(n + 1) == "box" => n + 2,
            "p" if self.text(n + 1) == "o" && self.text(n + 2) == "box" => n + 3,
            "postfach" | "bp" => n + 1,
            "apartado" | "caixa" | "casella" if matches!(self.text(n + 1), "postal" | "postale") => n + 2,
            _ => return None,
        };
        let number =
            |m: usize| (self.text(m).len() > 1 || m > n + 1) && self.text(m).len() <= 6 && self.text(m).bytes().all(|b| b.is_ascii_digit());
        if !number(at) {
            return None;
        }
        let last = (at..at + 3).take_while(|&m| number(m) && (m == at || self.gap(m - 1) == " ")).last().unwrap_or(at);
        Some((n, last))
    }
}

/// Whether a word ends as streets do: "Rosenweg".
fn ending_at(word: &str, group: u16) -> bool {
    word.char_indices().skip(2).any(|(at, _)| WORDS.groups(crate::folded::part(word, at, word.len())) & group != 0)
}

/// Words that make of a street's name something else: "Wall Street Journal", "Street Fighter".
fn is_thing(word: &str) -> bool {
    one_of("journal|fighter|view|food|lights|sign|edition|games|game|band|speakers|speaker", word)
}

mod around;
