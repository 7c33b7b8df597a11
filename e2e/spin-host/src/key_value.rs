//! Spin's key-value interface over a table.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

use crate::bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use crate::state::State;

/// The store `default`.
pub struct Store(Stores);

/// The stores' file.
#[derive(Clone)]
pub(crate) struct Stores(Arc<Mutex<Connection>>);

impl Stores {
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let open = Connection::open(path)?;
        open.execute_batch("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL)")?;
        Ok(Self(Arc::new(Mutex::new(open))))
    }

    fn with<R>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<R>) -> Result<R, Error> {
        act(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).map_err(|e| Error::Other(e.to_string()))
    }
}

impl Host for State {}

impl HostStore for State {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

fn on<R>(
    accessor: &Accessor<State, HasSelf<State>>,
    store: &Resource<Store>,
    act: impl FnOnce(&Connection) -> rusqlite::Result<R>,
) -> wasmtime::Result<Result<R, Error>> {
    let stores = accessor.with(|mut access| access.get().table.get(store).map(|s| s.0.clone()))?;
    Ok(stores.with(act))
}

impl HostStoreWithStore<State> for HasSelf<State> {
    async fn open(accessor: &Accessor<State, Self>, label: String) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        if label != "default" {
            return Ok(Err(Error::NoSuchStore));
        }
        accessor.with(|mut access| {
            let state = access.get();
            let store = Store(state.shared.stores.clone());
            Ok(Ok(state.table.push(store)?))
        })
    }

    async fn get(
        accessor: &Accessor<State, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        on(accessor, &store, |c| c.query_row("SELECT value FROM entries WHERE key = ?1", [key], |row| row.get(0)).optional())
    }

    async fn set(
        accessor: &Accessor<State, Self>,
        store: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        on(accessor, &store, |c| c.execute("REPLACE INTO entries (key, value) VALUES (?1, ?2)", (key, value)).map(drop))
    }

    async fn delete(accessor: &Accessor<State, Self>, store: Resource<Store>, key: String) -> wasmtime::Result<Result<(), Error>> {
        on(accessor, &store, |c| c.execute("DELETE FROM entries WHERE key = ?1", [key]).map(drop))
    }

    async fn exists(accessor: &Accessor<State, Self>, store: Resource<Store>, key: String) -> wasmtime::Result<Result<bool, Error>> {
        on(accessor, &store, |c| {
            c.query_row("SELECT count(*) FROM entries WHERE key = ?1", [key], |row| row.get::<_, i64>(0)).map(|n| n > 0)
        })
    }

    async fn get_keys(
        accessor: &Accessor<State, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let found = on(accessor, &store, |c| {
            c.prepare("SELECT key FROM entries ORDER BY key")?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        })?;
        let (keys, outcome) = found.map_or_else(|error| (Vec::new(), Err(error)), |keys| (keys, Ok(())));
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            Ok((keys, FutureReader::new(&mut access, async move { wasmtime::error::Ok(outcome) })?))
        })
    }
}
