//! What stands around a street and its number: the flat, the postcode, the town.

use super::{SMALL, STATES, UNITS, Words};
use crate::folded::lists;
use crate::names::is_common;

/// So many parts, between commas, may follow a street.
const PARTS: usize = 8;

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
        let mut last = last;
        for _ in 0..PARTS {
            let next = last + 1;
            let gap = self.gap(last);
            let comma = matches!(gap.trim_matches([' ', '\n', '\r']), "," | "،" | "-" | "/" | ";" | ",\n")
                || (gap.contains('\n') && gap.trim() == "");
            let spaced = gap.chars().all(|c| c == ' ') || matches!(gap, ". " | "." | " #" | ", #" | " (");
            let floor = matches!(gap, "º " | "° " | "ª " | "º, " | ".º " | "º" | "ª");
            if self.text(next).is_empty() || !(comma || spaced || floor || gap == "º - ") {
                break;
            }
            let grown = self
                .unit(next)
                .or_else(|| {
                    self.postcode(next).map(|code| self.town(code + 1, self.gap(code) == " " || self.gap(code) == ", ").unwrap_or(code))
                })
                .or_else(|| self.state(next))
                .or_else(|| {
                    (comma && self.text(next) == "in" || spaced && matches!(self.text(next), "in" | "a" | "en" | "em"))
                        .then(|| self.postcode(next + 1))
                        .flatten()
                        .map(|code| self.town(code + 1, true).unwrap_or(code))
                })
                .or_else(|| (comma || floor).then(|| self.town_alone(next)).flatten())
                .or_else(|| ((spaced || comma) && !gap.contains('.')).then(|| self.town_with_code(next)).flatten())
                .or_else(|| (floor && self.text(next).chars().count() == 1).then_some(next));
            match grown {
                Some(end) => last = end,
                None => break,
            }
        }
        last
    }

    fn short_number(&self, n: usize) -> bool {
        let text = self.text(n);
        text.len() <= 5 && (text.bytes().any(|b| b.is_ascii_digit()) || text.chars().count() == 1)
    }

    /// "Apt 4B", "3º B", "kat 2", "Wohnung 5", "#12".
    fn unit(&self, n: usize) -> Option<usize> {
        if self.gap(n - 1).ends_with('#') && self.short_number(n) {
            return Some(n);
        }
        let word = self.text(n);
        if self.is(n, UNITS) {
            let gap = self.gap(n);
            if self.short_number(n + 1)
                && gap.len() <= 3
                && gap.chars().all(|c| matches!(c, ' ' | '.' | ':' | 'º'))
                && !(word.len() == 1 && gap.is_empty())
            {
                let last = n + 1;
                // "RT 03/RW 05" and "Kat 2/5"
                return Some(last);
            }
            // "Kel. Menteng", "Col. Roma"
            if matches!(word, "kel" | "kec" | "kab" | "col") && self.capital(n) {
                return self.town(n + 1, true);
            }
            return matches!(word, "bis" | "ter" | "cedex" | "bajo" | "hinterhaus" | "vorderhaus" | "eg" | "dcha" | "izda" | "izq")
                .then_some(n);
        }
        // "3. OG", "2nd floor", "1. kat"
        let number = self.text(n).bytes().take_while(u8::is_ascii_digit).count();
        let ordinal = (1..=2).contains(&number) && self.text(n).len() <= 4;
        if ordinal && self.is(n + 1, UNITS) && self.text(n + 1).len() > 1 && matches!(self.gap(n), ". " | " " | "." | "º " | "° ") {
            return Some(n + 1);
        }
        // "3º B" after a comma, "4B"
        if ordinal && matches!(self.gap(n).chars().next(), Some('º' | '°' | 'ª')) {
            let side = self.text(n + 1);
            let lettered = self.gap(n).trim_start_matches(['º', '°', 'ª']).trim_matches([' ', '.']).is_empty()
                && (side.chars().count() == 1 || self.is(n + 1, UNITS));
            return Some(if lettered { n + 1 } else { n });
        }
        None
    }

    /// How many words the postcode that begins at word `n` has: 10115, LS1 4AB, M5V 2T6, 1000-001, 34-567.
    fn code(&self, n: usize) -> Option<usize> {
        let text = self.text(n);
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if (4..=6).contains(&text.len()) && digits(text) {
            return Some(1);
        }
        if let Some((a, b)) = text.split_once('-')
            && (digits(a) && digits(b) && matches!((a.len(), b.len()), (4, 3) | (5, 3 | 4) | (2, 3))
                || matches!(a, "d" | "a" | "f" | "i" | "ch" | "tr" | "e") && (4..=5).contains(&b.len()) && digits(b))
        {
            return Some(1);
        }
        let shape = |t: &str| t.bytes().map(|b| if b.is_ascii_digit() { '9' } else { 'a' }).collect::<String>();
        if text.len() > 7 || !text.is_ascii() {
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
            ("a99aa" | "a999aa" | "aa99aa" | "aa999aa" | "a9a9a9" | "a9a9aa" | "aa9a9aa", _) => Some(1),
            _ => None,
        }
    }

    /// The last word of a postcode that begins at word `n`.
    pub(super) fn postcode(&self, n: usize) -> Option<usize> {
        let prefix = matches!(self.text(n), "cp" | "plz" | "cap" | "d" | "kode") && matches!(self.gap(n), " " | ". " | "-" | ": ");
        let n = if prefix { n + 1 } else { n };
        self.code(n).map(|words| n + words - 1)
    }

    /// The town after a postcode: up to three words with capitals, and its quarter: "Kadıköy/İstanbul".
    fn town(&self, n: usize, close: bool) -> Option<usize> {
        if !close || !self.town_word(n) {
            return None;
        }
        let mut last = n;
        while last < n + 4 && matches!(self.gap(last), " " | "/") {
            let next = last + 1;
            if self.town_word(next) {
                last = next;
            } else if self.is(next, SMALL) && self.town_word(next + 1) && self.gap(next) == " " {
                last = next + 1;
            } else {
                break;
            }
        }
        Some(last)
    }

    fn town_word(&self, n: usize) -> bool {
        // Words that towns begin with as well.
        const TOWNS: &str = "new nice reading bad old real la le el los las mobile orange san santa st";
        let word = self.text(n);
        let known = is_common(word) && !lists(TOWNS, word);
        (self.capital(n) || self.caseless(n)) && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'')) && !known
    }

    /// A state by its two letters, with or without its postcode: "TX 78701", "ON M5V 2T6".
    fn state(&self, n: usize) -> Option<usize> {
        if !self.is(n, STATES) || !self.acronym(n) {
            return None;
        }
        let code = if matches!(self.gap(n), " " | ", ") { self.postcode(n + 1) } else { None };
        Some(code.unwrap_or(n))
    }

    /// A town after a comma that ends its clause, or has its postcode or state after it.
    fn town_alone(&self, n: usize) -> Option<usize> {
        let last = self.town(n, true)?;
        let gap = self.gap(last);
        let code = |link: &[&str]| link.contains(&gap) && self.postcode(last + 1).is_some();
        if code(&[" ", ", "]) {
            return self.postcode(last + 1);
        }
        let state = matches!(gap, " " | ", ") && self.state(last + 1).is_some();
        let ends =
            gap.starts_with([',', '.', '!', '?', ')', ';', '\n', '،', '。', '\0', ' ']) && (gap != " " || is_common(self.text(last + 1)));
        (state || ends).then_some(last)
    }

    /// "Springfield IL 62704", "Leeds LS1 4AB" at once after the street.
    fn town_with_code(&self, n: usize) -> Option<usize> {
        // "york yo1 7hu": British postcodes tell a town in small letters.
        if self.letters(n) && self.gap(n) == " " && self.code(n + 1) == Some(2) {
            return Some(n + 2);
        }
        let last = self.town(n, true)?;
        // A state's letters look like a word of the town.
        let next = if self.gap(last) == " " || self.gap(last) == ", " { last + 1 } else { last };
        let state = |at: usize| at > n && self.is(at, STATES) && self.acronym(at);
        let (last, state) = if state(next) { (next, true) } else { (last, state(last)) };
        match self.postcode(last + 1).filter(|_| matches!(self.gap(last), " " | ", ")) {
            Some(code) => Some(code),
            // "17 Bandung.", "D: 5 Kadıköy/İstanbul"
            None => (state
                || self.folded.text(self.words[n].0, self.words[last].1).contains('/')
                || (last < n + 2 && !matches!(self.gap(last).chars().next(), Some(' ' | '-' | '\''))))
            .then_some(last),
        }
    }
}
