//! Tables of text: the separator, the quotes and the header found out from what is there (RFC 4180 where it applies).

use crate::Note;
use crate::fields::{Role, role_of};

/// A row with the line that it began on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line, from 1; in a spreadsheet the row's number.
    pub line: usize,
    /// Its cells, trimmed.
    pub cells: Vec<String>,
}

/// A table whose rows all have the same number of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The names of its columns, where the first row has some.
    pub header: Option<Vec<String>>,
    /// Its rows, without the header and without empty ones.
    pub rows: Vec<Row>,
}

const SEPARATORS: [u8; 4] = *b",;\t|";

/// So many rows are looked at to find out how a table is written.
const LOOKED_AT: usize = 200;

impl Table {
    /// Reads text as a table.
    ///
    /// # Errors
    /// A note for every row that is torn: a quote that is not closed, a number of cells unlike the others'.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Note>> {
        Self::read(path, text, is_header)
    }

    /// As [`Table::parse`], where the first row is a header if `is_named` holds of it, whatever an importer would take it for.
    ///
    /// # Errors
    /// As [`Table::parse`].
    pub fn parse_named(path: &str, text: &str, is_named: impl Fn(&[String]) -> bool) -> Result<Self, Vec<Note>> {
        Self::read(path, text, |rows| rows.first().is_some_and(|row| is_named(&row.cells)))
    }

    fn read(path: &str, text: &str, is_header: impl Fn(&[Row]) -> bool) -> Result<Self, Vec<Note>> {
        let (text, separator, skipped) = match named_separator(text) {
            Some((separator, rest)) => (rest, separator, 1),
            None => (text, separator_of(text), 0),
        };
        // RFC 4180 doubles a quote within quotes; some programs put a backslash before it.
        let mut torn = torn_quotes(text, separator, false);
        let is_escaped = !torn.is_empty() && text.contains("\\\"") && torn_quotes(text, separator, true).is_empty();
        if is_escaped {
            torn.clear();
        }
        if !torn.is_empty() {
            let told = torn.iter().map(|(line, told)| Note::new(path, line + skipped, told.clone()));
            return Err(told.collect());
        }
        let rows: Vec<Row> = rows(text, separator, is_escaped).into_iter().map(|r| Row { line: r.line + skipped, ..r }).collect();
        let mut rows = rows;
        // A title and a date above the table are no part of it.
        let filled = |row: &Row| row.cells.iter().filter(|c| !c.is_empty()).count();
        let above = rows.iter().take(6).take_while(|row| filled(row) < 2).count();
        if above > 0 && above < rows.len() && is_header(&rows[above..]) {
            rows.drain(..above);
        }
        let has_header = is_header(&rows);
        Self::of(path, rows, has_header)
    }

    /// A table of rows that were read elsewhere, as in a spreadsheet.
    ///
    /// # Errors
    /// A note for every row with a number of cells unlike the others'; one where there are no rows.
    pub fn of_rows(path: &str, rows: Vec<Row>) -> Result<Self, Vec<Note>> {
        let has_header = is_header(&rows);
        Self::of(path, rows, has_header)
    }

    fn of(path: &str, mut rows: Vec<Row>, has_header: bool) -> Result<Self, Vec<Note>> {
        rows.retain(|row| row.cells.iter().any(|c| !c.is_empty()));
        let Some(first) = rows.first() else { return Err(vec![Note::whole(path, "empty: no rows")]) };
        let width = if has_header { first.cells.len() } else { usual_width(&rows) };
        for row in &mut rows {
            // Spreadsheet programs fill rows up with separators, or leave the last empty ones away.
            while row.cells.len() > width && row.cells.last().is_some_and(String::is_empty) {
                row.cells.pop();
            }
        }
        let ragged: Vec<&Row> = rows.iter().filter(|row| row.cells.len() > width || row.cells.len() < width.min(2)).collect();
        if !ragged.is_empty() {
            let told = |row: &Row| {
                let cells = row.cells.len();
                let advice = if cells > width { ": put quotes around a text that has the separator in it" } else { "" };
                Note::new(
                    path,
                    row.line,
                    format!("{cells} column{}, where the table has {width}{advice}", if cells == 1 { "" } else { "s" }),
                )
            };
            return Err(ragged.into_iter().map(told).collect());
        }
        for row in &mut rows {
            row.cells.resize(width, String::new());
        }
        let header = has_header.then(|| rows.remove(0).cells);
        Ok(Self { header, rows })
    }

    /// Each column's role, where the header names it; of several with one role the best name.
    pub fn roles(&self) -> Vec<Option<Role>> {
        let names = self.header.as_deref().unwrap_or_default();
        let found: Vec<Option<(Role, usize)>> = names.iter().map(|name| role_of(name)).collect();
        let best = |at: usize, role: Role, rank: usize| {
            !found.iter().enumerate().any(|(n, f)| f.is_some_and(|(r, k)| r == role && (k, n) < (rank, at)))
        };
        let several = |role| matches!(role, Role::Tags | Role::Wordings | Role::Ignored | Role::State);
        found.iter().enumerate().map(|(at, f)| f.and_then(|(role, rank)| (several(role) || best(at, role, rank)).then_some(role))).collect()
    }
}

/// `sep=;` in the first line, as spreadsheet programs write and read it.
fn named_separator(text: &str) -> Option<(u8, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let sign = first.trim().trim_matches('"').strip_prefix("sep=")?;
    let separator = if sign == "\\t" { b'\t' } else { *sign.as_bytes().first()? };
    Some((separator, rest))
}

/// The separator by which most rows have the same number of cells, more than one.
fn separator_of(text: &str) -> u8 {
    let mut end = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if at == LOOKED_AT {
            break;
        }
        end += line.len();
    }
    let text = &text[..end];
    let fits = |separator: u8| {
        let rows = rows(text, separator, false);
        let width = usual_width(&rows);
        let same = rows.iter().filter(|r| r.cells.len() == width).count();
        if width < 2 { (0, 0) } else { (same * 1000 / rows.len().max(1), 1000 - torn_quotes(text, separator, false).len().min(1000)) }
    };
    let mut best = (b',', fits(b','));
    for separator in &SEPARATORS[1..] {
        let fit = fits(*separator);
        if fit.0 > 0 && (best.1.0 == 0 || (fit.1, fit.0) > (best.1.1, best.1.0)) {
            best = (*separator, fit);
        }
    }
    best.0
}

fn rows(text: &str, separator: u8, is_escaped: bool) -> Vec<Row> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(separator);
    if is_escaped {
        builder.double_quote(true).escape(Some(b'\\'));
    }
    let mut reader = builder.from_reader(text.as_bytes());
    // Text in memory that is UTF-8 and may be ragged has nothing to fail by.
    let records = reader.records().filter_map(Result::ok);
    records
        .map(|record| Row {
            line: record.position().map_or(1, |p| p.line() as usize),
            cells: record.iter().map(|c| c.trim().to_owned()).collect(),
        })
        .collect()
}

/// Quotes that open and never close, or close in the middle of a cell, with the lines of both.
fn torn_quotes(text: &str, separator: u8, is_escaped: bool) -> Vec<(usize, String)> {
    let bytes = text.as_bytes();
    let (mut line, mut at, mut torn) = (1, 0, Vec::new());
    let mut at_start = true;
    while at < bytes.len() {
        if at_start && bytes[at] == b'"' {
            let opened = line;
            at += 1;
            let closed = loop {
                match bytes.get(at) {
                    None => break false,
                    Some(b'"') if bytes.get(at + 1) == Some(&b'"') => at += 2,
                    Some(b'\\') if is_escaped && bytes.get(at + 1).is_some() => at += 2,
                    Some(b'"') => break true,
                    Some(b) => {
                        line += usize::from(*b == b'\n');
                        at += 1;
                    }
                }
            };
            if !closed {
                torn.push((opened, "a quote opens here and is never closed".to_owned()));
                break;
            }
            at += 1;
            while bytes.get(at) == Some(&b' ') {
                at += 1;
            }
            if bytes.get(at).is_some_and(|b| *b != separator && *b != b'\n') {
                let told = if line == opened { String::new() } else { format!(" (it opened on line {opened})") };
                torn.push((line, format!("a quote closes within a cell{told}: write a quote in a quoted text twice, \"\"")));
            }
            at_start = false;
            continue;
        }
        at_start = bytes[at] == separator || bytes[at] == b'\n';
        line += usize::from(bytes[at] == b'\n');
        at += 1;
    }
    torn
}

fn usual_width(rows: &[Row]) -> usize {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for row in rows.iter().take(LOOKED_AT) {
        *counts.entry(row.cells.len()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(width, count)| (count, width)).map_or(0, |(width, _)| width)
}

/// Whether the first row names columns: at least two known names, or one and no other cell that reads like a text, or
/// words so short against what stands below them that they can be nothing else.
fn is_header(rows: &[Row]) -> bool {
    let Some(first) = rows.iter().find(|row| row.cells.iter().any(|c| !c.is_empty())).map(|row| &row.cells) else { return false };
    let named = first.iter().filter(|c| is_short(c) && role_of(c).is_some()).count();
    let names_only = first.iter().all(|c| c.is_empty() || is_short(c));
    if named >= 2 || (named == 1 && names_only) {
        return names_only || named * 2 >= first.len();
    }
    let below: Vec<&String> = rows[1..].iter().flat_map(|r| &r.cells).collect();
    let mean = below.iter().map(|c| c.chars().count()).sum::<usize>() / below.len().max(1);
    let longest = first.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    rows.len() > 2 && names_only && longest > 0 && mean >= 5 * longest
}

/// Three words at most, without a sentence's end.
fn is_short(cell: &str) -> bool {
    cell.chars().count() <= 30 && cell.split_whitespace().count() <= 4 && !cell.contains(['?', '？', '!', '.', '。', '؟'])
}
