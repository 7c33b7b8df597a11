//! Spin's SQLite interface over one file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::{Value as Sql, ValueRef};
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

use crate::bindings::spin::sqlite::sqlite::{Error, Host, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value};
use crate::state::State;

/// An open connection; a guest's statements run on it one after another.
pub struct Connection {
    open: Arc<Mutex<rusqlite::Connection>>,
    pool: Databases,
}

/// The file `default.db`, and connections to it that nobody uses at present.
#[derive(Clone)]
pub(crate) struct Databases(Arc<Pool>);

struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Arc<Mutex<rusqlite::Connection>>>>,
}

impl Databases {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(Arc::new(Pool { path, idle: Mutex::default() }))
    }

    fn open(&self, name: &str) -> Result<Connection, Error> {
        if name != "default" {
            return Err(Error::NoSuchDatabase);
        }
        if let Some(open) = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(Connection { open, pool: self.clone() });
        }
        let made = rusqlite::Connection::open(&self.0.path).and_then(|open| {
            open.busy_timeout(Duration::from_secs(10))?;
            open.pragma_update(None, "journal_mode", "WAL")?;
            Ok(open)
        });
        made.map(|open| Connection { open: Arc::new(Mutex::new(open)), pool: self.clone() }).map_err(failed)
    }
}

impl Connection {
    /// Gives the connection back; a transaction that the guest left open is undone.
    fn give_back(self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let clean = open.is_autocommit() || open.execute_batch("ROLLBACK").is_ok();
        drop(open);
        if clean {
            self.pool.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.open);
        }
    }
}

fn failed(error: rusqlite::Error) -> Error {
    Error::Io(error.to_string())
}

fn run(open: &Mutex<rusqlite::Connection>, statement: &str, parameters: Vec<Value>) -> Result<(Vec<String>, Vec<RowResult>), Error> {
    let open = open.lock().unwrap_or_else(PoisonError::into_inner);
    let mut prepared = open.prepare_cached(statement).map_err(failed)?;
    let columns: Vec<String> = prepared.column_names().into_iter().map(str::to_owned).collect();
    let values = parameters.into_iter().map(|value| match value {
        Value::Integer(number) => Sql::Integer(number),
        Value::Real(number) => Sql::Real(number),
        Value::Text(text) => Sql::Text(text),
        Value::Blob(bytes) => Sql::Blob(bytes),
        Value::Null => Sql::Null,
    });
    let mut found = prepared.query(rusqlite::params_from_iter(values)).map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        let value = |at: usize| {
            Ok(match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
            })
        };
        let values = (0..columns.len()).map(value).collect::<rusqlite::Result<_>>().map_err(failed)?;
        rows.push(RowResult { values });
    }
    Ok((columns, rows))
}

impl Host for State {}

impl State {
    fn open_database(&mut self, name: &str) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let opened = self.shared.databases.as_ref().ok_or(Error::AccessDenied).and_then(|d| d.open(name));
        opened.map(|connection| self.table.push(connection).map_err(Into::into)).map_or_else(|e| Ok(Err(e)), |r| r.map(Ok))
    }
}

impl HostConnection for State {
    fn open(&mut self, database: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        self.open_database(&database)
    }

    fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        let done = run(&self.table.get(&connection)?.open, &statement, parameters);
        Ok(done.map(|(columns, rows)| QueryResult { columns, rows }))
    }

    fn last_insert_rowid(&mut self, connection: Resource<Connection>) -> wasmtime::Result<i64> {
        Ok(self.table.get(&connection)?.open.lock().unwrap_or_else(PoisonError::into_inner).last_insert_rowid())
    }

    fn changes(&mut self, connection: Resource<Connection>) -> wasmtime::Result<u64> {
        Ok(self.table.get(&connection)?.open.lock().unwrap_or_else(PoisonError::into_inner).changes())
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?.give_back();
        Ok(())
    }
}

impl HostConnectionWithStore<State> for HasSelf<State> {
    async fn open_async(accessor: &Accessor<State, Self>, database: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        accessor.with(|mut access| access.get().open_database(&database))
    }

    async fn execute_async(
        accessor: &Accessor<State, Self>,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<(Vec<String>, StreamReader<RowResult>, FutureReader<Result<(), Error>>), Error>> {
        let open = accessor.with(|mut access| access.get().table.get(&connection).map(|c| c.open.clone()))?;
        let done = tokio::task::spawn_blocking(move || run(&open, &statement, parameters)).await?;
        // As with Spin, an error in a statement shows in the outcome and not in the call.
        let (columns, rows, outcome) = match done {
            Ok((columns, rows)) => (columns, rows, Ok(())),
            Err(error) => (Vec::new(), Vec::new(), Err(error)),
        };
        accessor.with(|mut access| {
            let rows = StreamReader::new(&mut access, rows)?;
            let outcome = FutureReader::new(&mut access, async move { wasmtime::error::Ok(outcome) })?;
            Ok(Ok((columns, rows, outcome)))
        })
    }

    async fn last_insert_rowid_async(accessor: &Accessor<State, Self>, connection: Resource<Connection>) -> wasmtime::Result<i64> {
        accessor.with(|mut access| HostConnection::last_insert_rowid(access.get(), connection))
    }

    async fn changes_async(accessor: &Accessor<State, Self>, connection: Resource<Connection>) -> wasmtime::Result<u64> {
        accessor.with(|mut access| HostConnection::changes(access.get(), connection))
    }
}
