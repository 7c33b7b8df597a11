//! Statements and rows, as all that is stored is written and read. A column that is missing, or holds what it cannot, is an
//! error and never an empty value.

use serde_json::Value;

use crate::ports::{PortError, Row, Statement};

/// A statement with its values.
pub(crate) fn statement<const N: usize>(sql: &'static str, values: [Value; N]) -> Statement {
    Statement { sql, values: values.into() }
}

/// A number as a value; null where it is none, which columns of times refuse.
pub(crate) fn number(n: f64) -> Value {
    serde_json::Number::from_f64(n).map_or(Value::Null, Value::Number)
}

/// What went wrong beyond a port.
pub(crate) fn failure(why: impl std::fmt::Display) -> PortError {
    PortError::Unavailable(why.to_string())
}

/// The rows of a transaction's statement, counted from 0.
pub(crate) fn rows(all: &[Vec<Row>], at: usize) -> Result<&[Row], PortError> {
    all.get(at).map(Vec::as_slice).ok_or_else(|| failure(format!("database: no answer to statement {at}, expected one for each")))
}

/// A text of a row.
pub(crate) fn text<'a>(row: &'a Row, name: &str) -> Result<&'a str, PortError> {
    optional(row, name)?.ok_or_else(|| failure(format!("database: column {name} is null, expected a text")))
}

/// A text of a row, or null.
pub(crate) fn optional<'a>(row: &'a Row, name: &str) -> Result<Option<&'a str>, PortError> {
    match row.get(name) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Null) => Ok(None),
        other => Err(failure(format!("database: column {name} is {other:?}, expected a text or null"))),
    }
}

/// A number of a row.
pub(crate) fn amount(row: &Row, name: &str) -> Result<f64, PortError> {
    let wrong = || failure(format!("database: column {name} is {:?}, expected a number", row.get(name)));
    row.get(name).and_then(Value::as_f64).ok_or_else(wrong)
}

/// What a statement counted as `n`.
pub(crate) fn count(all: &[Vec<Row>], at: usize) -> Result<u32, PortError> {
    let row = rows(all, at)?.first().ok_or_else(|| failure(format!("database: statement {at} counted nothing, expected a row")))?;
    Ok(amount(row, "n")? as u32)
}

/// The ids that a statement found.
pub(crate) fn ids(all: &[Vec<Row>], at: usize) -> Result<Vec<String>, PortError> {
    rows(all, at)?.iter().map(|row| text(row, "id").map(str::to_owned)).collect()
}
