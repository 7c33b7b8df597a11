//! What one instance of the component has.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::bindings::spin;
use crate::key_value::Stores;
use crate::sqlite::Databases;

/// What all instances share.
pub(crate) struct Shared {
    pub(crate) databases: Option<Databases>,
    pub(crate) stores: Stores,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) files: Vec<(String, String)>,
}

/// One instance's state.
pub(crate) struct State {
    pub(crate) table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    pub(crate) shared: Arc<Shared>,
}

impl State {
    pub(crate) fn new(shared: Arc<Shared>) -> wasmtime::Result<Self> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.inherit_stderr();
        for (host, guest) in &shared.files {
            wasi.preopened_dir(host, guest, FsPerms::ReadOnly)?;
        }
        Ok(Self { table: ResourceTable::new(), wasi: wasi.build(), http: WasiHttpCtx::new(), shared })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: Default::default() }
    }
}

/// Everything that a component may import.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)?;
    spin::sqlite::sqlite::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    spin::key_value::key_value::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    spin::variables::variables::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}
