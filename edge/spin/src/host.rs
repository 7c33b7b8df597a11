//! The ports over Spin's interfaces: SQLite `default`, key-value `default`, variables, component files.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use nearside_edge::{Blobs, Database, Limits, PortError, StoredHandoff, System};
use nearside_protocol::{EventBatch, HandoffReceipt};
use spin_sdk::key_value::{Error as StoreError, Store};
use spin_sdk::sqlite::{Connection, Error as SqlError, RowResult, Value};
use spin_sdk::variables;

use crate::schema;

/// Where `spin.toml` mounts the files of `dist/`.
pub(crate) const FILES: &str = "/dist";

/// Spin's interfaces. Connections are opened for each piece of work: the host pools them.
#[derive(Clone, Default)]
pub(crate) struct Spin {
    migrated: Arc<AtomicBool>,
}

fn failed(error: SqlError) -> PortError {
    PortError(match error {
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

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
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
    let done = migrate_inside(db).await;
    run(db, if done.is_ok() { "COMMIT" } else { "ROLLBACK" }, vec![]).await?;
    done
}

async fn migrate_inside(db: &Connection) -> Result<(), PortError> {
    run(db, schema::VERSION_TABLE, vec![]).await?;
    let rows = run(db, "SELECT max(version) FROM schema_version", vec![]).await?;
    let version = rows.first().and_then(|row| row.get::<i64>(0)).unwrap_or(0);
    for (number, sql) in schema::pending(version).map_err(PortError)? {
        for statement in schema::statements(sql) {
            run(db, &statement, vec![]).await.map_err(|e| PortError(format!("migration {number}: {e}")))?;
        }
        run(db, "INSERT INTO schema_version (version) VALUES (?1)", vec![Value::Integer(number)]).await?;
    }
    Ok(())
}

impl Database for Spin {
    async fn put_handoff(&self, record: StoredHandoff) -> Result<HandoffReceipt, PortError> {
        let db = self.db().await?;
        let created = Value::Real(record.created_ms);
        let site = || text(&record.site);
        run(&db, "INSERT OR IGNORE INTO sites (id, created_ms) VALUES (?1, ?2)", vec![site(), created.clone()]).await?;
        run(
            &db,
            "INSERT OR IGNORE INTO conversations (site, id, locale, created_ms) VALUES (?1, ?2, ?3, ?4)",
            vec![site(), text(&record.conversation), text(&record.locale), created.clone()],
        )
        .await?;
        run(
            &db,
            "INSERT OR IGNORE INTO handoffs (site, id, conversation, reason, locale, created_ms, transcript) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            vec![
                site(),
                text(&record.id),
                text(&record.conversation),
                text(&record.reason),
                text(&record.locale),
                created,
                text(&record.transcript),
            ],
        )
        .await?;
        let rows = run(&db, "SELECT created_ms FROM handoffs WHERE site = ?1 AND id = ?2", vec![site(), text(&record.id)]).await?;
        let created_ms =
            rows.first().and_then(|row| row.get::<f64>(0)).ok_or_else(|| PortError("handoffs: stored row not found".into()))?;
        Ok(HandoffReceipt::new(record.id, created_ms))
    }

    async fn handoffs(&self, site: &str, limit: u32) -> Result<Vec<StoredHandoff>, PortError> {
        let db = self.db().await?;
        let sql = "SELECT id, site, conversation, reason, locale, created_ms, transcript FROM handoffs WHERE site = ?1 ORDER BY created_ms DESC, id LIMIT ?2";
        let rows = run(&db, sql, vec![text(site), Value::Integer(i64::from(limit))]).await?;
        let column = |row: &RowResult, at: usize| row.get::<&str>(at).unwrap_or_default().to_owned();
        let stored = |row: &RowResult| StoredHandoff {
            id: column(row, 0),
            site: column(row, 1),
            conversation: column(row, 2),
            reason: column(row, 3),
            locale: column(row, 4),
            created_ms: row.get::<f64>(5).unwrap_or_default(),
            transcript: column(row, 6),
        };
        Ok(rows.iter().map(stored).collect())
    }

    async fn put_events(&self, batch: EventBatch, now_ms: f64) -> Result<(), PortError> {
        let db = self.db().await?;
        run(&db, "BEGIN IMMEDIATE", vec![]).await?;
        let mut done = Ok(());
        for event in &batch.events {
            let article = event.article.as_deref().map_or(Value::Null, text);
            let values =
                vec![text(&batch.site), text(&event.id), text(&event.name), article, Value::Real(event.at_ms), Value::Real(now_ms)];
            let sql = "INSERT OR IGNORE INTO events (site, id, name, article, at_ms, received_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            if let Err(error) = run(&db, sql, values).await {
                done = Err(error);
                break;
            }
        }
        run(&db, if done.is_ok() { "COMMIT" } else { "ROLLBACK" }, vec![]).await?;
        done
    }

    async fn ready(&self) -> Result<(), PortError> {
        let db = self.db().await?;
        run(&db, "SELECT count(*) FROM handoffs", vec![]).await.map(drop)
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
        if let Some(bytes) = stored.map_err(|e| PortError(format!("key-value store: {e}")))? {
            return Ok(Some(bytes));
        }
        match std::fs::read(format!("{FILES}/blobs/{path}")) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PortError(format!("component file {FILES}/blobs/{path}: {error}"))),
        }
    }
}

impl System for Spin {
    fn now_ms(&self) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_millis() as f64)
    }

    fn random(&self) -> u64 {
        getrandom::u64().unwrap_or_default()
    }

    async fn agent_token(&self) -> Result<String, PortError> {
        let token = variables::get("agent_token").await.ok().filter(|t| !t.is_empty());
        token.ok_or_else(|| PortError("no agents' token: start with SPIN_VARIABLE_AGENT_TOKEN set, see spin.toml".into()))
    }

    async fn seal_keys(&self) -> Result<String, PortError> {
        let keys = variables::get("seal_keys").await.ok().filter(|k| !k.is_empty());
        keys.ok_or_else(|| PortError("no sealing keys: start with SPIN_VARIABLE_SEAL_KEYS set, see spin.toml".into()))
    }

    fn log(&self, line: &str) {
        eprintln!("{line}");
    }
}

impl Limits for Spin {
    /// Spin has no shared counter, and an instance ends after some requests: limits belong into the ingress before it.
    async fn admit(&self, _key: &str) -> Result<(), u32> {
        Ok(())
    }

    /// Spin writes the peer's address with its port; the port changes with each connection.
    fn client<'a>(&self, headers: &'a HeaderMap) -> &'a str {
        let shown = headers.get("spin-client-addr").and_then(|v| v.to_str().ok()).unwrap_or("-");
        shown.rsplit_once(':').map_or(shown, |(address, _)| address)
    }
}
