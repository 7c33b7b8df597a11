//! Spreadsheets: XLSX, XLS and ODS.

use std::io::Cursor;

use calamine::{Data, Reader, open_workbook_auto_from_rs};

use crate::fields::Role;
use crate::table::{Row, Table};
use crate::{Import, Note, rows};

/// Reads all sheets of a workbook; each that has questions and answers counts.
///
/// # Errors
/// Notes: encrypted, damaged, or no sheet with questions and answers.
pub(crate) fn read(path: &str, bytes: &[u8]) -> Result<Import, Vec<Note>> {
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|e| {
        let told = e.to_string();
        let is_locked = told.to_lowercase().contains("password") || told.to_lowercase().contains("encrypt");
        vec![Note::whole(
            path,
            if is_locked { "encrypted: save it without a password".to_owned() } else { format!("a damaged spreadsheet: {told}") },
        )]
    })?;
    let names = book.sheet_names();
    let (mut tables, mut faults) = (Vec::new(), Vec::new());
    for name in &names {
        let range = book.worksheet_range(name).map_err(|e| vec![Note::whole(path, format!("sheet {name:?} is damaged: {e}"))])?;
        let first = range.start().map_or(0, |(row, _)| row as usize);
        let cells = range.rows().enumerate().map(|(at, row)| Row { line: first + at + 1, cells: row.iter().map(text).collect() });
        let mut rows: Vec<Row> = cells.collect();
        rows.retain(|row| row.cells.iter().any(|c| !c.is_empty()));
        if rows.is_empty() {
            continue;
        }
        without_edges(&mut rows);
        match Table::of_rows(path, rows) {
            Ok(table) => tables.push((name, table)),
            Err(notes) => faults.extend(notes.into_iter().map(|n| of_sheet(name, n))),
        }
    }
    // Where a sheet's header says question and answer, a sheet whose header does not is something else.
    let is_named = |table: &Table| [Role::Question, Role::Answer].iter().all(|role| table.roles().contains(&Some(*role)));
    let some_named = tables.iter().any(|(_, table)| is_named(table));
    let mut found = Import::default();
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

fn of_sheet(name: &str, note: Note) -> Note {
    Note { told: format!("sheet {name:?}: {}", note.told), ..note }
}

/// A title above the table and columns without any words are no part of it.
fn without_edges(rows: &mut Vec<Row>) {
    let width = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
    let used: Vec<bool> = (0..width).map(|at| rows.iter().any(|r| r.cells.get(at).is_some_and(|c| !c.is_empty()))).collect();
    for row in rows.iter_mut() {
        let mut at = 0;
        row.cells.retain(|_| {
            at += 1;
            used[at - 1]
        });
    }
    let filled = |row: &Row| row.cells.iter().filter(|c| !c.is_empty()).count();
    let above = rows.iter().take_while(|r| filled(r) < 2).count();
    if above < rows.len() {
        rows.drain(..above);
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
        other => other.to_string(),
    }
}
