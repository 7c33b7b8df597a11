//! Tables with text and label: read by the importer's rules, in any order of columns.

use std::path::Path;

use anyhow::{Context, Result, bail};
use nearside_import::decode;
pub use nearside_import::table::{Row, Table};

/// Reads a text file in whatever encoding it is, naming the lines that cannot be read.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    decode(&path.display().to_string(), &bytes).map(|d| d.text).map_err(|notes| nearside_import::ImportError(notes).into())
}

/// Reads a table whose columns are named by `headers`, in the order of `headers`; one without a header in its own order.
///
/// Each entry of `headers` lists the names of one column; `needed` columns must be there.
pub fn read(path: &Path, needed: usize, headers: &[&[&str]]) -> Result<Vec<Row>> {
    Ok(read_named(path, needed, headers)?.1)
}

/// As [`read`], and whether there was a header.
pub fn read_named(path: &Path, needed: usize, headers: &[&[&str]]) -> Result<(bool, Vec<Row>)> {
    let name = path.display().to_string();
    let text = read_text(path)?;
    let known = |cell: &str| headers.iter().position(|names| names.contains(&cell.trim().to_lowercase().as_str()));
    let table = Table::parse_named(&name, &text, |cells| {
        cells.len() >= needed.min(2) && cells.iter().filter(|c| known(c).is_some()).count() >= needed
    })
    .map_err(nearside_import::ImportError)?;
    let width = table.header.as_ref().map_or_else(|| table.rows.first().map_or(0, |r| r.cells.len()), Vec::len);
    if width < needed {
        bail!("{name}: {width} column(s), expected {needed}");
    }
    if table.rows.is_empty() {
        bail!("{name}: no rows");
    }
    let Some(header) = &table.header else { return Ok((false, table.rows)) };
    let places: Vec<Option<usize>> = (0..headers.len()).map(|at| header.iter().position(|cell| known(cell) == Some(at))).collect();
    let cells = |row: &Row| places.iter().map(|place| place.and_then(|at| row.cells.get(at).cloned()).unwrap_or_default()).collect();
    Ok((true, table.rows.iter().map(|row| Row { line: row.line, cells: cells(row) }).collect()))
}

/// Names of a column of texts and of one of labels.
const TEXTS: &[&str] = &["text", "utterance", "sentence", "query", "question", "message", "wording"];
const LABELS: &[&str] = &["label", "intent", "category", "class", "id", "article"];

/// Reads rows of text and label; a row without text or label is refused.
pub fn labelled(path: &Path) -> Result<Vec<(String, String)>> {
    let rows = read(path, 2, &[TEXTS, LABELS])?;
    rows.into_iter()
        .map(|row| {
            let mut cells = row.cells.into_iter();
            match (cells.next().filter(|c| !c.is_empty()), cells.next().filter(|c| !c.is_empty())) {
                (Some(text), Some(label)) => Ok((text, label)),
                (None, _) => bail!("{}:{}: row without a text", path.display(), row.line),
                (_, None) => bail!("{}:{}: row without a label", path.display(), row.line),
            }
        })
        .collect()
}
