//! What stands around a street and its number: the flat, the postcode, the town.

use super::{AFTER_SURE, BEFORE_SURE, BEFORE_UNSURE, ENDINGS, LONE, OTHER, SMALL, STATES, STOP, TURKISH, UNITS, Words, ending_at};
use crate::folded::one_of;

/// So many words may an address have.
const WORDS: usize = 32;

#[derive(PartialEq, Eq)]
enum Link {
    Space,
    Comma,
}

/// What was read of an address, up to its last word that surely belongs to it.
#[derive(Clone, Copy, Default)]
struct Grown {
    last: usize,
    digits: usize,
    /// Streets' words, and flats'.
    streets: usize,
    units: usize,
    code: bool,
    words: usize,
    capitals: usize,
}

impl Words<'_> {
    /// Flats and postcodes with their town before the street: "Flat 3, 12 Oak Road", "10115 Berlin, Hauptstraße 12".
    pub(super) fn extend_left(&self, first: usize) -> usize {
        let mut first = first;
        for _ in 0..3 {
            let Some(before) = first.checked_sub(1) else { break };
            let gap = self.gap(before);
            if !(gap.trim_matches([' ', '\n']) == "," || gap == "\n" || gap == " - " || gap == " ") {
                break;
            }
            // "Flat 3"
            if self.short_number(before)
                && before > 0
                && self.is(before - 1, UNITS)
                && self.text(before - 1).len() > 2
                && self.gap(before - 1).trim_matches([' ', '.']).is_empty()
            {
                first = before - 1;
                continue;
            }
            // "حي النرجس شارع …"
            if let Some(quarter) = (1..=3).find(|&back| first > back && self.text(first - back) == "حي") {
                first -= quarter;
                continue;
            }
            if gap == " " {
                break;
            }
            // "10115 Berlin"
            let town = (0..3).find(|&back| {
                before > back && self.code(before - back - 1).is_some_and(|n| n == 1) && (0..=back).all(|b| self.capital(before - b))
            });
            match town {
                Some(back) => first = before - back - 1,
                None if self.code(before) == Some(1) && self.text(before).len() == 5 => first = before,
                None => break,
            }
        }
        first
    }

    /// Everything after the number that belongs to it.
    pub(super) fn extend_right(&self, last: usize) -> usize {
        self.grow(last + 1, false).map_or(last, |grown| grown.last)
    }

    /// What words announce as an address: "send it to Rose Cottage, Queen's Road, Leeds LS1 4AB". `from` is the first word
    /// after the cue.
    pub(super) fn told(&self, from: usize) -> Option<(usize, usize)> {
        let grown = self.grow(from, true)?;
        (grown.digits > 0 && (grown.streets > 0 || grown.code && grown.words > 0 || grown.capitals > 0)).then_some((from, grown.last))
    }

    /// The same with nothing before it but a street's or flat's word: more must speak for it.
    pub(super) fn untold(&self, from: usize) -> Option<(usize, usize)> {
        let grown = self.grow(from, true)?;
        (grown.digits > 1 && grown.streets + grown.units > 0 && (grown.streets + grown.units > 1 || grown.code))
            .then_some((from, grown.last))
    }

    /// Reads on from word `from` as long as the words may be parts of an address: numbers, units, postcodes, and names up
    /// to a comma. It ends with the last word that surely belongs to it.
    fn grow(&self, from: usize, begins: bool) -> Option<Grown> {
        let mut grown = Grown::default();
        let mut sure = None;
        // Of the part since the last comma or number: its words, whether all have capitals, whether a comma began it.
        let (mut words, mut plain, mut parted) = (0, true, false);
        let mut after_code = !begins && self.code(from - 1).is_some() && self.text(from - 1).len() > 3;
        let mut unit = !begins && self.is(from - 1, UNITS);
        for n in from..from + WORDS {
            let before = if n == from && begins { " " } else { self.gap(n - 1) };
            let Some(link) = self.link(n, before) else { break };
            let word = self.text(n);
            let single = word.chars().count() == 1;
            // "scala A", "3º B", "(TO)"
            let tail = single && (unit || before.contains(['º', '°', 'ª']))
                || before.ends_with('(') && self.gap(n).starts_with(')') && word.len() == 2;
            // "Rue Sainte-Catherine Est"
            let within = before == " "
                && n > from
                && words > 0
                && (self.capital(n) && self.capital(n - 1) || self.is(n - 1, SMALL) && !self.is(n - 1, STOP));
            let and = self.caseless(n) && word.starts_with('و') && words > 0 && link == Link::Space;
            if word.is_empty() || self.is(n, OTHER) || (self.is(n, STOP) && !tail && !within) || and {
                break;
            }
            if link == Link::Comma {
                (words, plain, parted) = (0, true, true);
                after_code &= n == from || self.text(n - 1).ends_with(|c: char| c.is_ascii_digit());
            }
            let and = self.caseless(n + 1) && self.text(n + 1).starts_with('و');
            let closed = !matches!(self.gap(n), " " | "'") && !self.gap(n).starts_with(['@', '_']) || self.is(n + 1, STOP) || and;
            if word.bytes().any(|b| b.is_ascii_digit()) {
                let brazil = word.len() == 8 && grown.digits > 0 && word.bytes().all(|b| b.is_ascii_digit());
                let code = self.code(n);
                if word.len() > 9 || self.counts(n) || !(self.house(n) || code.is_some() || self.short_number(n) || brazil) {
                    break;
                }
                after_code = code.is_some() && word.len() > 3;
                // Years are no postcodes.
                let after_code = after_code && (word.len() > 4 || self.capital(n + 1) || grown.streets > 0);
                grown.code |= after_code || code == Some(2);
                grown.digits += 1;
                grown.last = n;
                sure = Some(grown);
                (words, plain, unit, parted) = (0, true, false, false);
                continue;
            }
            let street = self.is(n, TURKISH | AFTER_SURE | BEFORE_SURE | ENDINGS) || ending_at(word, ENDINGS);
            // "2. Stock"
            let floor =
                self.is(n, UNITS) && n > 0 && self.text(n - 1).len() < 5 && self.text(n - 1).starts_with(|c: char| c.is_ascii_digit());
            let floor = floor && !single && (closed || before.len() > 1) && !self.text(n + 1).starts_with(|c: char| c.is_ascii_digit());
            let small = self.is(n, SMALL) && !self.capital(n);
            let state = self.is(n, STATES) && (self.acronym(n) || closed && before.contains([',', '-', '/']));
            unit = self.is(n, UNITS);
            words = if unit { 0 } else { words + usize::from(!small) };
            plain &= small || self.capital(n) || self.caseless(n);
            if !single {
                grown.streets += usize::from(street);
                grown.units += usize::from(self.is(n, UNITS));
                grown.words += usize::from(!small);
                grown.capitals += usize::from(!small && !unit && (self.capital(n) || self.caseless(n)));
            }
            let town = closed && !small && !unit && words <= 4;
            let mark = self.gap(n) != " " && self.gap(n) != "'";
            let named = town && plain && (parted || mark && words <= 3) && !self.gap(n).starts_with(['?', '!']);
            let coded = after_code && !small && (town || words == 1 && link == Link::Space);
            let joined = before.contains('/') && sure.is_some_and(|sure: Grown| sure.last + 1 == n);
            if tail || floor || self.is(n, LONE) || state || named || coded || joined {
                grown.last = n;
                sure = Some(grown);
            }
            if words > 5 {
                break;
            }
        }
        sure
    }

    /// How word `n` is linked to the one before, if both may belong to one address.
    fn link(&self, n: usize, gap: &str) -> Option<Link> {
        let trimmed = gap.trim_matches([' ', '\n', '\r']);
        if gap.contains('\n') && trimmed.is_empty() {
            return Some(Link::Comma);
        }
        let previous = n.checked_sub(1);
        let short =
            previous.is_some_and(|p| self.text(p).chars().count() <= 4 || self.is(p, UNITS | TURKISH | BEFORE_SURE | BEFORE_UNSURE));
        let number = previous.is_some_and(|p| self.text(p).ends_with(|c: char| c.is_ascii_digit()));
        match trimmed {
            "" | "'" | "#" | "º" | "°" | "ª" | ".º" | "nº" | "/" | "•" => Some(Link::Space),
            "," | "،" | "-" | ";" | "(" | ")," | ".," | ", #" | "º," | "°," | "ª," | ".º," | "|" | "º -" => Some(Link::Comma),
            ")" | ").," => Some(Link::Comma),
            "." if number && gap.len() > 1 => self.is(n, UNITS | TURKISH).then_some(Link::Space),
            "." if number => None,
            "." | ":" | ".:" if short => Some(Link::Space),
            _ => None,
        }
    }

    fn short_number(&self, n: usize) -> bool {
        let text = self.text(n);
        text.len() <= 5 && (text.bytes().any(|b| b.is_ascii_digit()) || text.chars().count() == 1)
    }

    /// How many words the postcode that begins at word `n` has: 10115, LS1 4AB, M5V 2T6, 1000-001, 34-567.
    pub(super) fn code(&self, n: usize) -> Option<usize> {
        let text = self.text(n);
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if (4..=6).contains(&text.len()) && digits(text) {
            return Some(1);
        }
        if let Some((a, b)) = text.split_once('-')
            && (digits(a) && digits(b) && matches!((a.len(), b.len()), (4, 3) | (5, 3 | 4) | (2, 3))
                || one_of("d|a|f|i|ch|tr|e", a) && (4..=5).contains(&b.len()) && digits(b))
        {
            return Some(1);
        }
        let shape = |t: &str| t.bytes().map(|b| if b.is_ascii_digit() { '9' } else { 'a' }).collect::<String>();
        if text.len() > 8 || !text.is_ascii() {
            return None;
        }
        let next = if self.gap(n) == " " && self.text(n + 1).len() == 3 && self.text(n + 1).is_ascii() {
            shape(self.text(n + 1))
        } else {
            String::new()
        };
        match (shape(text).as_str(), next.as_str()) {
            ("a9" | "a99" | "aa9" | "aa99" | "a9a" | "aa9a", "9aa") => Some(2),
            ("a9a", "9a9") => Some(2),
            ("a99aa" | "a999aa" | "aa99aa" | "aa999aa" | "a9a9a9" | "a9a9aa" | "aa9a9aa" | "a9999" | "a9999aaa", _) => Some(1),
            _ => None,
        }
    }
}
