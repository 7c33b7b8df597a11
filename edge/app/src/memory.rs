//! The in-memory adapter: SQLite without a file, files in a map; for tests and for trying things out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ffi, params_from_iter};
use serde_json::{Value, json};

use crate::limits::Window;
use crate::ports::{Blobs, Database, Encoders, Kind, Level, Limits, PortError, Row, Secret, SharedEncoder, Statement, System};
use crate::schema;

/// A host that lives in memory; clones share it.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<Inner>>);

struct Inner {
    database: Connection,
    blobs: BTreeMap<String, Vec<u8>>,
    secrets: BTreeMap<&'static str, String>,
    now_ms: f64,
    randoms: u64,
    asking: Option<Window>,
    writing: Option<Window>,
    log: Vec<String>,
}

fn failed(error: rusqlite::Error) -> PortError {
    let text = format!("database: {error}");
    match error.sqlite_error().map(|e| e.extended_code) {
        Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE) => PortError::Conflict(text),
        _ => PortError::Unavailable(text),
    }
}

impl Memory {
    /// An empty host with these secrets, which admits `per_key` requests a key and minute (`None`: all), and apart from them
    /// half as many that write.
    ///
    /// # Errors
    /// Where SQLite refuses the schema.
    pub fn new(secrets: &[(Secret, &str)], per_key: Option<u32>) -> Result<Self, PortError> {
        let database = Connection::open_in_memory().map_err(failed)?;
        for (_, sql) in schema::pending(0).map_err(PortError::Unavailable)? {
            schema::statements(sql).iter().try_for_each(|statement| database.execute_batch(statement)).map_err(failed)?;
        }
        let secrets = secrets.iter().map(|(secret, value)| (secret.name(), (*value).to_owned())).collect();
        let blobs = BTreeMap::new();
        let (asking, writing) = (per_key.map(Window::new), per_key.map(|most| Window::new(most / 2)));
        let inner = Inner { database, blobs, secrets, now_ms: 1_790_000_000_000.0, randoms: 0, asking, writing, log: vec![] };
        Ok(Self(Arc::new(Mutex::new(inner))))
    }

    /// Adds a file.
    pub fn add_blob(&self, path: &str, bytes: Vec<u8>) {
        self.lock().blobs.insert(path.to_owned(), bytes);
    }

    /// What was logged so far, oldest first, each line with its level before it.
    pub fn logged(&self) -> Vec<String> {
        self.lock().log.clone()
    }

    /// Lets time pass.
    pub fn wait(&self, ms: f64) {
        self.lock().now_ms += ms;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bound(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::String(text) => rusqlite::types::Value::Text(text.clone()),
        Value::Number(number) => number.as_f64().map_or(rusqlite::types::Value::Null, rusqlite::types::Value::Real),
        _ => rusqlite::types::Value::Null,
    }
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
        ValueRef::Integer(number) => json!(number),
        ValueRef::Real(number) => json!(number),
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
    }
}

fn run(database: &Connection, statement: &Statement) -> rusqlite::Result<Vec<Row>> {
    let mut prepared = database.prepare(statement.sql)?;
    let names: Vec<String> = prepared.column_names().iter().map(|name| (*name).to_owned()).collect();
    let rows = prepared.query_map(params_from_iter(statement.values.iter().map(bound)), |row| {
        names.iter().enumerate().map(|(at, name)| Ok((name.clone(), read(row.get_ref(at)?)))).collect()
    })?;
    rows.collect()
}

impl Database for Memory {
    async fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, PortError> {
        let mut inner = self.lock();
        let transaction = inner.database.transaction().map_err(failed)?;
        let rows = statements.iter().map(|s| run(&transaction, s).map_err(failed)).collect::<Result<_, _>>()?;
        transaction.commit().map_err(failed)?;
        Ok(rows)
    }
}

impl Blobs for Memory {
    async fn blob(&self, path: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.lock().blobs.get(path).cloned())
    }
}

impl Encoders for Memory {
    async fn encoder(&self, hash: &str) -> Result<SharedEncoder, PortError> {
        crate::encoder::start(self, hash).await
    }
}

impl System for Memory {
    fn now_ms(&self) -> f64 {
        let mut inner = self.lock();
        inner.now_ms += 1.0;
        inner.now_ms
    }

    /// A counter: the same in every run, and no secret.
    fn random(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        let mut inner = self.lock();
        for chunk in bytes.chunks_mut(8) {
            inner.randoms += 1;
            chunk.iter_mut().zip(inner.randoms.to_le_bytes()).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }

    async fn secret(&self, secret: Secret) -> Result<String, PortError> {
        let name = secret.name();
        self.lock()
            .secrets
            .get(name)
            .cloned()
            .filter(|s| !s.is_empty())
            .ok_or_else(|| PortError::NotSet(format!("no {name}: give Memory::new one")))
    }

    fn log(&self, level: Level, line: &str) {
        let line = format!("{level:?}: {line}");
        eprintln!("{line}");
        self.lock().log.push(line);
    }
}

impl Limits for Memory {
    async fn admit(&self, kind: Kind, key: &str) -> Result<(), u32> {
        let mut inner = self.lock();
        let now_ms = inner.now_ms;
        let window = if kind == Kind::Writing { &mut inner.writing } else { &mut inner.asking };
        window.as_mut().map_or(Ok(()), |window| window.admit(key, now_ms))
    }

    fn client<'a>(&self, _headers: &'a HeaderMap) -> &'a str {
        "-"
    }
}
