//! Entities by pattern and by list.

use nearside_text::{in_order, normalize, tokens};
use serde::{Deserialize, Serialize};

/// What a piece of an utterance denotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A count or measure: `3`, `2.5`.
    Number,
    /// A calendar date: `2026-03-04`, `4.3.2026`, `3月4日`.
    Date,
    /// An amount of money: `$20`, `19,99 €`, `20元`.
    Amount,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An order number, in the shape that the domain defines.
    OrderNumber,
    /// An entry of one of the domain's lists.
    Listed,
}

impl EntityKind {
    /// Its name as stored: `order_number`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
            Self::Amount => "amount",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::OrderNumber => "order_number",
            Self::Listed => "listed",
        }
    }
}

/// An entity found in an utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it denotes.
    pub kind: EntityKind,
    /// The list's name for [`EntityKind::Listed`], empty otherwise.
    pub list: String,
    /// The value: as written, or the list's canonical entry.
    pub value: String,
    /// Byte range in the raw utterance.
    pub start: usize,
    /// Byte range in the raw utterance.
    pub end: usize,
}

/// A named list of values that visitors mention, such as product names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityList {
    /// The list's name.
    pub name: String,
    /// Canonical values and how they may be written; the first writing is the canonical one.
    pub values: Vec<Vec<String>>,
}

/// What a domain adds to the patterns that every domain has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityRules {
    /// Shapes of order numbers: `9` stands for a digit, `A` for a letter, anything else for itself (`NS-999999`).
    pub order_numbers: Vec<String>,
    /// Lists of values.
    pub lists: Vec<EntityList>,
}

/// Finds entities by a domain's rules, made ready once.
#[derive(Clone, Debug, Default)]
pub struct EntityFinder {
    order_numbers: Vec<String>,
    listed: Vec<Listed>,
}

/// One way of writing a value of a list.
#[derive(Clone, Debug)]
struct Listed {
    list: String,
    value: String,
    writing: String,
    normalized: String,
    words: Vec<Vec<char>>,
}

impl EntityFinder {
    /// A finder for `rules`.
    pub fn new(rules: &EntityRules) -> Self {
        let ready = |list: &EntityList, value: &String, writing: &String| {
            let normalized = normalize(writing);
            let words = tokens(&normalized).map(|t| t.text.chars().collect()).collect();
            Listed { list: list.name.clone(), value: value.clone(), writing: writing.clone(), normalized, words }
        };
        let mut listed = Vec::new();
        for list in &rules.lists {
            for writings in &list.values {
                listed.extend(writings.iter().map(|writing| ready(list, &writings[0], writing)).filter(|l| !l.words.is_empty()));
            }
        }
        Self { order_numbers: rules.order_numbers.clone(), listed }
    }

    /// All entities of raw `text`, in order; of overlapping ones the longer, then the earlier kind of the list
    /// order number, e-mail, date, amount, phone, listed, number.
    ///
    /// Linear in the length of `text` times the number of listed values.
    pub fn find(&self, text: &str) -> Vec<Entity> {
        let mut found = patterns(text, &self.order_numbers);
        self.find_listed(text, &mut found);
        keep_longest(&found)
    }

    fn find_listed(&self, text: &str, found: &mut Vec<Entity>) {
        if self.listed.is_empty() {
            return;
        }
        let places = word_spans(text);
        let folded: Vec<Vec<char>> = places.iter().map(|&(s, e)| normalize(&text[s..e]).chars().collect()).collect();
        let whole = normalize(text);
        for listed in &self.listed {
            let entity = |start: usize, end: usize| Entity {
                kind: EntityKind::Listed,
                list: listed.list.clone(),
                value: listed.value.clone(),
                start,
                end,
            };
            let n = listed.words.len();
            for (i, window) in folded.windows(n).enumerate() {
                if window.iter().zip(&listed.words).all(|(have, want)| within_typo(have, want)) {
                    found.push(entity(places[i].0, places[i + n - 1].1));
                }
            }
            // Scripts without spaces have no word to compare: the value stands inside a run.
            if listed.normalized.chars().any(nearside_text::is_unspaced)
                && whole.contains(&listed.normalized)
                && let Some(start) = text.find(listed.writing.as_str())
            {
                found.push(entity(start, start + listed.writing.len()));
            }
        }
    }
}

fn patterns(text: &str, order_numbers: &[String]) -> Vec<Entity> {
    let mut found = Vec::new();
    for shape in order_numbers {
        scan(text, |rest, before| shape_length(rest, shape).filter(|_| !joins(before)), EntityKind::OrderNumber, &mut found);
    }
    scan(text, email_length, EntityKind::Email, &mut found);
    for (start, end) in numeric_runs(text) {
        let run = &text[start..end];
        let digits = run.chars().filter(char::is_ascii_digit).count();
        let money_before = text[..start].trim_end().chars().next_back().is_some_and(is_currency);
        let after = text[end..].trim_start();
        let money_after = after.chars().next().is_some_and(is_currency)
            || ["元", "块", "円", "원", "USD", "EUR", "euro", "dollar", "TL"].iter().any(|u| after.starts_with(u));
        let kind = if is_date(run) {
            EntityKind::Date
        } else if money_before || money_after {
            EntityKind::Amount
        } else if (7..=15).contains(&digits)
            && !run.contains(',')
            && (run.starts_with('+') || run.starts_with('0') || digits >= 10 || run.contains(['-', ' ']))
        {
            EntityKind::Phone
        } else if digits <= 12 && !run.contains(' ') && !run.starts_with('+') {
            EntityKind::Number
        } else {
            continue;
        };
        found.push(entity(kind, run, start));
    }
    found
}

fn keep_longest(found: &[Entity]) -> Vec<Entity> {
    let found = in_order(found, |a, b| (b.end - b.start).cmp(&(a.end - a.start)).then(a.start.cmp(&b.start)));
    let mut kept: Vec<Entity> = Vec::new();
    for candidate in found {
        if kept.iter().all(|k| candidate.end <= k.start || candidate.start >= k.end) {
            kept.push(candidate);
        }
    }
    in_order(&kept, |a, b| a.start.cmp(&b.start))
}

fn entity(kind: EntityKind, value: &str, start: usize) -> Entity {
    Entity { kind, list: String::new(), value: value.to_owned(), start, end: start + value.len() }
}

fn scan(text: &str, length: impl Fn(&str, Option<char>) -> Option<usize>, kind: EntityKind, found: &mut Vec<Entity>) {
    let mut at = 0;
    let mut before = None;
    while let Some(c) = text[at..].chars().next() {
        if let Some(n) = length(&text[at..], before).filter(|&n| n > 0) {
            found.push(entity(kind, &text[at..at + n], at));
            before = text[..at + n].chars().next_back();
            at += n;
        } else {
            before = Some(c);
            at += c.len_utf8();
        }
    }
}

fn joins(before: Option<char>) -> bool {
    before.is_some_and(|c| c.is_ascii_alphanumeric())
}

fn shape_length(rest: &str, shape: &str) -> Option<usize> {
    let mut chars = rest.char_indices().peekable();
    for wanted in shape.chars() {
        let (_, c) = chars.next()?;
        let fits = match wanted {
            '9' => c.is_ascii_digit(),
            'A' => c.is_ascii_alphabetic(),
            other => c.eq_ignore_ascii_case(&other),
        };
        if !fits {
            return None;
        }
    }
    match chars.peek() {
        Some((_, c)) if c.is_ascii_alphanumeric() => None,
        Some((end, _)) => Some(*end),
        None => Some(rest.len()),
    }
}

fn email_length(rest: &str, before: Option<char>) -> Option<usize> {
    let is_local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    if before.is_some_and(is_local) {
        return None;
    }
    let at = rest.find(|c| !is_local(c)).filter(|&n| n > 0 && rest[n..].starts_with('@'))?;
    let host = &rest[at + 1..];
    let end = host.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(host.len());
    let host = host[..end].trim_end_matches(['.', '-']);
    let (name, top) = host.rsplit_once('.')?;
    (!name.is_empty() && top.len() >= 2 && top.chars().all(|c| c.is_ascii_alphabetic())).then_some(at + 1 + host.len())
}

/// Runs that start and end with a digit (or start with `+` or `(`) and hold digits with single separators.
fn numeric_runs(text: &str) -> Vec<(usize, usize)> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut runs = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let (start, c) = chars[i];
        let opens = c == '+' && chars.get(i + 1).is_some_and(|x| x.1.is_ascii_digit());
        let inside_word = i > 0 && chars[i - 1].1.is_ascii_alphabetic();
        if !(c.is_ascii_digit() || opens) || inside_word {
            i += 1;
            continue;
        }
        let mut end = i + 1;
        let mut j = i + 1;
        while j < chars.len() {
            if chars[j].1.is_ascii_digit() || matches!(chars[j].1, '年' | '月' | '日') {
                end = j + 1;
            } else if !matches!(chars[j].1, '.' | ',' | '-' | '/' | ' ') || !chars[j - 1].1.is_ascii_digit() {
                break;
            }
            j += 1;
        }
        let stop = chars.get(end).map_or(text.len(), |x| x.0);
        if !chars.get(end).is_some_and(|x| x.1.is_ascii_alphabetic()) {
            runs.push((start, stop));
        }
        i = j.max(i + 1);
    }
    runs
}

fn is_date(run: &str) -> bool {
    if run.contains('月') {
        return true;
    }
    let parts: Vec<&str> = run.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else { return false };
    let value = |s: &str| s.parse::<u32>().unwrap_or(u32::MAX);
    let small = |s: &str, most: u32| s.len() <= 2 && (1..=most).contains(&value(s));
    let year = |s: &str| (s.len() == 4 && (1900..=2100).contains(&value(s))) || s.len() == 2;
    (a.len() == 4 && year(a) && small(b, 12) && small(c, 31)) || (small(a, 31) && small(b, 31) && year(c) && (small(a, 12) || small(b, 12)))
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '€' | '£' | '¥' | '￥' | '₺' | '₩' | '₹')
}

fn word_spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut open = None;
    for (at, c) in text.char_indices() {
        match (c.is_alphanumeric(), open) {
            (true, None) => open = Some(at),
            (false, Some(start)) => {
                spans.push((start, at));
                open = None;
            }
            _ => {}
        }
    }
    spans.extend(open.map(|start| (start, text.len())));
    spans
}

/// Equal, or one edit apart (insertion, deletion, substitution, swap of neighbours) for words of five letters and more
/// that hold no digit: a model number with another digit is another product.
fn within_typo(a: &[char], b: &[char]) -> bool {
    if a == b {
        return true;
    }
    if b.len() < 5 || a.len().abs_diff(b.len()) > 1 || a.iter().chain(b).any(char::is_ascii_digit) {
        return false;
    }
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let suffix = a[prefix..].iter().rev().zip(b[prefix..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (left, right) = (a.len() - prefix - suffix, b.len() - prefix - suffix);
    left.max(right) <= 1 || (left == 2 && right == 2 && a[prefix] == b[prefix + 1] && a[prefix + 1] == b[prefix])
}
