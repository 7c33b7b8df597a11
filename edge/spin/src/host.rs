//! The ports over Spin's interfaces: SQLite `default`, key-value `default`, variables, component files.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use nearside_edge::{Blobs, Database, Encoders, Kind, Level, Limits, PortError, Row, Secret, SharedEncoder, Statement, System, schema};
use serde_json::Value as Json;
use spin_sdk::key_value::{Error as StoreError, Store};
use spin_sdk::sqlite::{Connection, Error as SqlError, RowResult, Value};
use spin_sdk::variables;

use crate::transaction::end;

/// Where `spin.toml` mounts the files of `dist/`.
pub(crate) const FILES: &str = "/dist";

/// Spin's interfaces. Connections are opened for each piece of work: the host pools them.
#[derive(Clone, Default)]
pub(crate) struct Spin {
    migrated: Arc<AtomicBool>,
}

fn failed(error: SqlError) -> PortError {
    PortError::Unavailable(match error {
        // The interface has no code for it; SQLite's own words come through, from a local file and from libSQL alike.
        SqlError::Io(text) if text.contains("UNIQUE constraint failed") => return PortError::Conflict(format!("database: {text}")),
        SqlError::NoSuchDatabase => "database: no SQLite database \"default\"; define it in Spin's runtime configuration".into(),
        SqlError::AccessDenied => "database: access denied; spin.toml wants sqlite_databases = [\"default\"]".into(),
        SqlError::DatabaseFull => "database: full; free space where its file lies".into(),
        SqlError::InvalidConnection => "database: connection lost".into(),
        SqlError::Io(text) => format!("database: {text}"),
    })
}

/// Runs one statement. Rows are always read to the end before the outcome: Spin waits for that.
async fn run(db: &Connection, sql: &str, values: Vec<Value>) -> Result<Vec<RowResult>, PortError> {
    db.execute(sql, values).await.map_err(failed)?.collect().await.map_err(failed)
}

impl Spin {
    /// An open database whose schema is this component's.
    async fn db(&self) -> Result<Connection, PortError> {
        let db = Connection::open_default().await.map_err(failed)?;
        if !self.migrated.load(Ordering::Relaxed) {
            migrate(&db).await?;
            self.migrated.store(true, Ordering::Relaxed);
        }
        Ok(db)
    }
}

/// Brings the schema up to date in one transaction; instances that start together wait for one another.
async fn migrate(db: &Connection) -> Result<(), PortError> {
    run(db, "BEGIN IMMEDIATE", vec![]).await?;
    end(migrate_inside(db).await, |sql| async move { run(db, sql, vec![]).await.map(drop) }).await
}

async fn migrate_inside(db: &Connection) -> Result<(), PortError> {
    run(db, schema::VERSION_TABLE, vec![]).await?;
    let rows = run(db, "SELECT max(version) FROM schema_version", vec![]).await?;
    let version = rows.first().and_then(|row| row.get::<i64>(0)).unwrap_or(0);
    for (number, sql) in schema::pending(version).map_err(PortError::Unavailable)? {
        for statement in schema::statements(sql) {
            run(db, &statement, vec![]).await.map_err(|e| PortError::Unavailable(format!("migration {number}: {e}")))?;
        }
        run(db, "INSERT INTO schema_version (version) VALUES (?1)", vec![Value::Integer(number)]).await?;
    }
    Ok(())
}

fn bound(value: &Json) -> Value {
    match value {
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => number.as_f64().map_or(Value::Null, Value::Real),
        _ => Value::Null,
    }
}

fn read(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Null | Value::Blob(_) => Json::Null,
    }
}

async fn run_all(db: &Connection, statements: &[Statement]) -> Result<Vec<Vec<Row>>, PortError> {
    let mut all = Vec::with_capacity(statements.len());
    for statement in statements {
        // Rows are always read to the end before the outcome: Spin waits for that.
        let result = db.execute(statement.sql, statement.values.iter().map(bound).collect::<Vec<_>>()).await.map_err(failed)?;
        let names = result.columns().to_vec();
        let rows = result.collect().await.map_err(failed)?;
        all.push(rows.iter().map(|row| names.iter().cloned().zip(row.values.iter().map(read)).collect()).collect());
    }
    Ok(all)
}

impl Database for Spin {
    async fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, PortError> {
        let db = self.db().await?;
        run(&db, "BEGIN IMMEDIATE", vec![]).await?;
        let done = run_all(&db, &statements).await;
        let db = &db;
        end(done, |sql| async move { run(db, sql, vec![]).await.map(drop) }).await
    }
}

impl Blobs for Spin {
    /// The key-value store goes before the component's files, so that a new pack needs no new deployment.
    async fn blob(&self, path: &str) -> Result<Option<Vec<u8>>, PortError> {
        let stored = match Store::open_default().await {
            Ok(store) => store.get(format!("blobs/{path}")).await,
            // A site that keeps all in files needs no store.
            Err(StoreError::NoSuchStore | StoreError::AccessDenied) => Ok(None),
            Err(error) => Err(error),
        };
        if let Some(bytes) = stored.map_err(|e| PortError::Unavailable(format!("key-value store: {e}")))? {
            return Ok(Some(bytes));
        }
        match std::fs::read(format!("{FILES}/blobs/{path}")) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PortError::Unavailable(format!("component file {FILES}/blobs/{path}: {error}"))),
        }
    }
}

impl Encoders for Spin {
    /// The component would grow from 2 to 22 MB, and its platform gives it no SIMD: the packs without an encoder answer.
    async fn encoder(&self, _hash: &str) -> Result<SharedEncoder, PortError> {
        Err(PortError::Unavailable("this component holds no sentence encoder".into()))
    }
}

impl System for Spin {
    fn now_ms(&self) -> f64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_millis() as f64,
            // A clock of before 1970 is told as it is: a zero would look like a time.
            Err(before) => -(before.duration().as_millis() as f64),
        }
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(|e| PortError::Unavailable(format!("no randomness: {e}")))
    }

    async fn secret(&self, secret: Secret) -> Result<String, PortError> {
        let name = secret.name();
        let value = variables::get(&name.to_lowercase()).await.ok().filter(|v| !v.is_empty());
        value.ok_or_else(|| PortError::NotSet(format!("no {name}: start with SPIN_VARIABLE_{name} set, see spin.toml")))
    }

    fn log(&self, level: Level, line: &str) {
        eprintln!("{level:?}: {line}");
    }
}

impl Limits for Spin {
    /// Spin has no shared counter, and an instance ends after some requests: limits belong into the ingress before it.
    async fn admit(&self, _kind: Kind, _key: &str) -> Result<(), u32> {
        Ok(())
    }

    /// Spin writes the peer's address with its port; the port changes with each connection.
    fn client<'a>(&self, headers: &'a HeaderMap) -> &'a str {
        let shown = headers.get("spin-client-addr").and_then(|v| v.to_str().ok()).unwrap_or("-");
        shown.rsplit_once(':').map_or(shown, |(address, _)| address)
    }
}
