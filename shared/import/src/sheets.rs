//! Spreadsheets: XLSX, XLS and ODS.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Reader, SheetVisible, Sheets, open_workbook_auto_from_rs};
use quick_xml::events::Event;

use crate::fields::Role;
use crate::table::{Row, Table};
use crate::{Import, Note, archive, rows};

/// So many cells of an ODS file are held.
const MOST_CELLS: u64 = 5_000_000;
/// So many columns may have words.
const MOST_COLUMNS: usize = 200;

type Book<'a> = Sheets<Cursor<&'a [u8]>>;

/// Reads all sheets of a workbook; each that has questions and answers counts.
///
/// # Errors
/// Notes: encrypted, damaged, or no sheet with questions and answers.
pub(crate) fn read(path: &str, bytes: &[u8]) -> Result<Import, Vec<Note>> {
    let mut book: Book<'_> = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|e| {
        let told = e.to_string();
        let is_locked = told.to_lowercase().contains("password") || told.to_lowercase().contains("encrypt");
        vec![Note::whole(
            path,
            if is_locked { "encrypted: save it without a password".to_owned() } else { format!("a damaged spreadsheet: {told}") },
        )]
    })?;
    if matches!(book, Sheets::Ods(_)) && repeats_without_end(path, bytes)? {
        return Err(vec![Note::whole(path, format!("more than {MOST_CELLS} cells: expected a FAQ"))]);
    }
    let is_shown = |sheet: &&calamine::Sheet| sheet.visible == SheetVisible::Visible;
    let names: Vec<String> = book.sheets_metadata().iter().filter(is_shown).map(|s| s.name.clone()).collect();
    let hidden: Vec<String> = book.sheets_metadata().iter().filter(|s| !is_shown(s)).map(|s| s.name.clone()).collect();
    let (mut tables, mut faults) = (Vec::new(), Vec::new());
    for name in &names {
        let mut rows = rows_of(&mut book, name).map_err(|told| vec![of_sheet(name, Note::whole(path, told))])?;
        if rows.is_empty() {
            continue;
        }
        without_title(&mut rows);
        match Table::of_rows(path, rows) {
            Ok(table) => tables.push((name, table)),
            Err(notes) => faults.extend(notes.into_iter().map(|n| of_sheet(name, n))),
        }
    }
    // Where a sheet's header says question and answer, a sheet whose header does not is something else.
    let is_named = |table: &Table| [Role::Question, Role::Answer].iter().all(|role| table.roles().contains(&Some(*role)));
    let some_named = tables.iter().any(|(_, table)| is_named(table));
    let mut found = Import::default();
    if !hidden.is_empty() {
        found.notes.push(Note::whole(path, format!("hidden sheets left out: {}", hidden.join(", "))));
    }
    for (name, table) in &tables {
        // A sheet's name says something where there are several.
        let group = (names.len() > 1).then_some(name.as_str()).filter(|n| !is_default(n));
        if some_named && !is_named(table) {
            faults.push(of_sheet(name, Note::whole(path, "no columns named question and answer")));
            continue;
        }
        match rows::read(path, table, group) {
            Ok(more) => {
                found.articles.extend(more.articles);
                found.notes.extend(more.notes);
            }
            Err(notes) => faults.extend(notes.into_iter().map(|n| of_sheet(name, n))),
        }
    }
    if found.articles.is_empty() {
        return Err(if faults.is_empty() { vec![Note::whole(path, "empty: no sheet has rows")] } else { faults });
    }
    found.notes.extend(faults.into_iter().map(|n| Note { told: format!("{}: left out", n.told), ..n }));
    Ok(found)
}

/// A sheet's rows. A cell may stand a thousand million places from the first one: what lies between is never held.
fn rows_of(book: &mut Book<'_>, name: &str) -> Result<Vec<Row>, String> {
    let damaged = |e: &dyn std::fmt::Display| format!("damaged: {e}");
    let mut cells: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
    let mut put = |row: u32, column: u32, cell: &Data| {
        let text = text(cell);
        if !text.is_empty() {
            cells.entry(row).or_default().insert(column, text);
        }
    };
    if let Sheets::Xlsx(book) = book {
        let mut reader = book.worksheet_cells_reader(name).map_err(|e| damaged(&e))?;
        while let Some(cell) = reader.next_cell().map_err(|e| damaged(&e))? {
            let (row, column) = cell.get_position();
            put(row, column, &Data::from(cell.get_value().clone()));
        }
    } else {
        let range = book.worksheet_range(name).map_err(|e| damaged(&e))?;
        let (first_row, first_column) = range.start().unwrap_or_default();
        for (row, column, cell) in range.used_cells() {
            put(first_row + row as u32, first_column + column as u32, cell);
        }
    }
    let columns: BTreeSet<u32> = cells.values().flat_map(|row| row.keys().copied()).collect();
    if columns.len() > MOST_COLUMNS {
        return Err(format!("{} columns, expected a question and an answer in each row", columns.len()));
    }
    let row = |(at, mut row): (u32, BTreeMap<u32, String>)| Row {
        line: at as usize + 1,
        cells: columns.iter().map(|column| row.remove(column).unwrap_or_default()).collect(),
    };
    Ok(cells.into_iter().map(row).collect())
}

/// Whether an ODS sheet repeats what it has so often that it would not fit: a row or cell stands there once, with a count.
fn repeats_without_end(path: &str, bytes: &[u8]) -> Result<bool, Vec<Note>> {
    let content = archive::entry(path, bytes, "content.xml")?.unwrap_or_default();
    let content = String::from_utf8_lossy(&content);
    let (mut reader, mut row, mut widest, mut deepest) = (quick_xml::Reader::from_str(&content), 0u64, 0u64, 0u64);
    let mut column = 0u64;
    loop {
        let (element, is_empty) = match reader.read_event() {
            Ok(Event::Start(e)) => (e, false),
            Ok(Event::Empty(e)) => (e, true),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => continue,
        };
        let count = |name: &str| {
            let found = element.attributes().flatten().find(|a| a.key.local_name().as_ref() == name);
            found.and_then(|a| a.value.parse::<u64>().ok()).unwrap_or(1)
        };
        match element.local_name().as_ref() {
            "table" => (row, column) = (0, 0),
            "table-row" => {
                row = row.saturating_add(count("number-rows-repeated"));
                column = 0;
            }
            "table-cell" => {
                column = column.saturating_add(count("number-columns-repeated"));
                if !is_empty {
                    (widest, deepest) = (widest.max(column), deepest.max(row));
                }
            }
            _ => {}
        }
    }
    Ok(widest.saturating_mul(deepest) > MOST_CELLS)
}

fn of_sheet(name: &str, note: Note) -> Note {
    Note { told: format!("sheet {name:?}: {}", note.told), ..note }
}

/// A title above the table is no part of it.
fn without_title(rows: &mut Vec<Row>) {
    let filled = |row: &Row| row.cells.iter().filter(|c| !c.is_empty()).count();
    let above = rows.iter().take_while(|r| filled(r) < 2).count();
    if above < rows.len() {
        rows.drain(..above);
    }
    let width = rows.first().map_or(0, |r| r.cells.len());
    let used: Vec<bool> = (0..width).map(|at| rows.iter().any(|r| !r.cells[at].is_empty())).collect();
    for row in rows.iter_mut() {
        let mut at = 0;
        row.cells.retain(|_| {
            at += 1;
            used[at - 1]
        });
    }
}

fn is_default(name: &str) -> bool {
    let letters: String = name.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    ["sheet", "tabelle", "hoja", "feuille", "feuil", "foglio", "planilha", "sayfa", "ورقة", "lembar", "工作表", "シート"]
        .contains(&letters.as_str())
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.replace("\r\n", "\n").trim().to_owned(),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, ..) = moment.to_ymd_hms_milli();
            let (date, time) = (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}"));
            match (moment.as_f64() < 1.0, moment.as_f64().fract() == 0.0) {
                (true, _) => time,
                (_, true) => date,
                _ => format!("{date} {time}"),
            }
        }
        other => other.to_string(),
    }
}
