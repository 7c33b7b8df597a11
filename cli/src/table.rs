//! Tables of text: CSV with or without a header.

use std::path::Path;

use anyhow::{Context, Result, bail};

/// One row with the line it began on.
pub struct Row {
    /// Line, from 1.
    pub line: usize,
    /// Its cells, trimmed.
    pub cells: Vec<String>,
}

/// Reads a file as UTF-8, naming the line of the first byte that is not.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.trim_start_matches('\u{feff}').to_owned()),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good].iter().filter(|b| **b == b'\n').count() + 1;
            bail!("{}:{line}: not UTF-8, expected a UTF-8 file", path.display())
        }
    }
}

/// Reads a CSV table of at least `columns` columns. A first row whose cells are all among `headers` is skipped.
pub fn read(path: &Path, columns: usize, headers: &[&str]) -> Result<Vec<Row>> {
    let text = read_text(path)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or(1, csv::Position::line);
            anyhow::anyhow!("{}:{line}: unreadable row: {e}", path.display())
        })?;
        let line = record.position().map_or(0, |p| p.line() as usize);
        let cells: Vec<String> = record.iter().map(|c| c.trim().to_owned()).collect();
        let is_header = rows.is_empty() && line <= 1 && cells.iter().take(columns).all(|c| headers.contains(&c.to_lowercase().as_str()));
        if is_header || cells.iter().all(String::is_empty) {
            continue;
        }
        if cells.len() < columns {
            bail!("{}:{line}: {} column(s), expected {columns}", path.display(), cells.len());
        }
        rows.push(Row { line, cells });
    }
    if rows.is_empty() {
        bail!("{}: no rows", path.display());
    }
    Ok(rows)
}

const LABEL_HEADERS: &[&str] =
    &["text", "utterance", "sentence", "query", "question", "message", "label", "intent", "category", "class", "id", "article", "wording"];

/// Reads `text,label` rows; a row without text or label is refused.
pub fn labelled(path: &Path) -> Result<Vec<(String, String)>> {
    let rows = read(path, 2, LABEL_HEADERS)?;
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
