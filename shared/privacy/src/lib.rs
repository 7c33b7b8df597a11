//! Finding and masking personal data before a message leaves the device.
//!
//! What always holds: time grows linearly with the message; nothing is looked up or sent; a placeholder stays the same
//! for the same value as long as its [`Masker`] lives. Deliberately absent: names and addresses that nothing announces,
//! which no pattern can tell from other words.

mod addresses;
mod blocks;
#[cfg(feature = "seal")]
pub mod chain;
mod checks;
mod cues;
mod dates;
mod folded;
#[cfg(feature = "seal")]
pub mod jwt;
mod names;
mod names_cjk;
mod numbers;
mod plates;
#[cfg(feature = "seal")]
pub mod seal;
mod secrets;
mod spelt;
mod spoken_for;
mod table;
mod tokens;

use cues::Cues;
use folded::{Folded, Script, part};

/// What kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A street with its number.
    Address,
    /// A bank account that is no IBAN.
    Account,
    /// A birth date.
    Birthdate,
    /// A payment card.
    Card,
    /// An e-mail address.
    Email,
    /// Coordinates.
    Geo,
    /// IBAN.
    Iban,
    /// A national identity or tax number.
    Id,
    /// An IP address.
    Ip,
    /// A MAC address.
    Mac,
    /// A person's name.
    Name,
    /// A passport number.
    Passport,
    /// A telephone number.
    Phone,
    /// A vehicle's number plate.
    Plate,
    /// A password, PIN or one-time code.
    Secret,
    /// A US social security number.
    Ssn,
    /// A web address that lets its holder in.
    Url,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::Address,
        Self::Account,
        Self::Birthdate,
        Self::Card,
        Self::Email,
        Self::Geo,
        Self::Iban,
        Self::Id,
        Self::Ip,
        Self::Mac,
        Self::Name,
        Self::Passport,
        Self::Phone,
        Self::Plate,
        Self::Secret,
        Self::Ssn,
        Self::Url,
    ];

    /// The word in a placeholder: `EMAIL` in `[EMAIL_1]`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Address => "ADDRESS",
            Self::Account => "ACCOUNT",
            Self::Birthdate => "BIRTHDATE",
            Self::Card => "CARD",
            Self::Email => "EMAIL",
            Self::Geo => "GEO",
            Self::Iban => "IBAN",
            Self::Id => "ID",
            Self::Ip => "IP",
            Self::Mac => "MAC",
            Self::Name => "NAME",
            Self::Passport => "PASSPORT",
            Self::Phone => "PHONE",
            Self::Plate => "PLATE",
            Self::Secret => "SECRET",
            Self::Ssn => "SSN",
            Self::Url => "URL",
        }
    }
}

/// A piece of personal data in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
}

/// The personal data in `text`, in order; spans do not overlap.
pub fn find(text: &str) -> Vec<Span> {
    let folded = Folded::new(text);
    let mut found: Vec<(usize, usize, Kind)> = Vec::new();
    // Where two finders claim the same characters, the earlier in this order is right: its pattern is the stricter.
    let cues = Cues::of(&folded);
    spelt::find(&folded, &mut found);
    tokens::find(&folded, &cues, &mut found);
    secrets::find(&folded, &cues, &mut found);
    numbers::find(&folded, &cues, &mut found);
    dates::find(&folded, &cues, &mut found);
    plates::find(&folded, &cues, &mut found);
    blocks::find(&folded, &cues, &mut found);
    addresses::find(&folded, &cues, &mut found);
    names::find(&folded, &cues, &mut found);
    // By cells, so that nothing need be sorted: whether each is taken, and the span that begins there.
    let mut taken = vec![false; folded.cells.len()];
    let mut spans = vec![None; folded.cells.len()];
    for (from, to, kind) in found {
        let mut to = to.min(folded.cells.len());
        // A name ends where an address begins: "Anna Vogt 9 Quarry Close".
        if kind == Kind::Name && from < to && !taken[from] {
            to = from + taken[from..to].iter().position(|&taken| taken).unwrap_or(to - from);
            to -= folded.behind(from, to, usize::MAX, &|cell| cell.c == ' ');
        }
        if from < to && !taken[from..to].contains(&true) {
            taken[from..to].fill(true);
            spans[from] = Some(Span { start: folded.cells[from].start, end: folded.cells[to - 1].end, kind });
        }
    }
    spans.into_iter().flatten().collect()
}

/// So many lists of values.
const LISTS: usize = 1024;

/// Replaces personal data by placeholders, the same for the same value over all texts it is given.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    /// Each value and its number, in lists by hash.
    seen: Vec<Vec<(Kind, String, usize)>>,
    /// The highest number given so far, by kind.
    last: [usize; Kind::ALL.len()],
}

impl Masker {
    /// The text with `[EMAIL_1]` and the like, and where in the original each piece stood.
    ///
    /// ```
    /// let mut masker = nearside_privacy::Masker::default();
    /// assert_eq!(masker.mask("write to ana@example.com").0, "write to [EMAIL_1]");
    /// assert_eq!(masker.mask("not bo@example.com but ana@example.com").0, "not [EMAIL_2] but [EMAIL_1]");
    /// ```
    pub fn mask(&mut self, text: &str) -> (String, Vec<Span>) {
        self.reserve(text);
        let spans = find(text);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for span in &spans {
            out.push_str(part(text, at, span.start));
            out.push_str(&self.placeholder(span.kind, part(text, span.start, span.end)));
            at = span.end;
        }
        out.push_str(part(text, at, text.len()));
        (out, spans)
    }

    /// Placeholders that the text has already, masked once before, keep their numbers to themselves.
    fn reserve(&mut self, text: &str) {
        for part in text.split('[').skip(1) {
            let Some((label, number)) = part.split(']').next().and_then(|p| p.split_once('_')) else { continue };
            let (Some(kind), Ok(number)) = (Kind::ALL.into_iter().find(|k| k.label() == label), number.parse::<u16>()) else { continue };
            let last = &mut self.last[kind as usize];
            *last = usize::from(number).max(*last);
        }
    }

    fn placeholder(&mut self, kind: Kind, value: &str) -> String {
        // One number written in two ways is one number.
        let plain: String =
            Folded::new(value).cells.iter().map(|cell| cell.c).filter(|c| c.is_in_word() || matches!(c, '@' | '.')).collect();
        self.seen.resize_with(LISTS, Vec::new);
        let list = &mut self.seen[table::hash(plain.as_bytes()) % LISTS];
        let known = list.iter().find(|(other, value, _)| *other == kind && *value == plain).map(|known| known.2);
        let number = known.unwrap_or_else(|| {
            let last = &mut self.last[kind as usize];
            *last += 1;
            list.push((kind, plain, *last));
            *last
        });
        format!("[{}_{number}]", kind.label())
    }
}

impl nearside_conversation::Mask for Masker {
    fn mask(&mut self, text: &str) -> String {
        Self::mask(self, text).0
    }
}

/// Masks one text on its own.
pub fn mask(text: &str) -> String {
    Masker::default().mask(text).0
}

#[cfg(test)]
mod tests;
