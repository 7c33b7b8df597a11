//! A host for Spin components, for the tests: the interfaces that `spin.toml` grants, on wasmtime.
//!
//! It is not Spin: no routing, no variable templates, no outbound requests, no libSQL. SQLite is a real file, WAL and
//! all; the key-value store is a table in a file of its own; component files are mounted read-only.

mod bindings;
mod key_value;
mod server;
mod sqlite;
mod state;
mod variables;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Parser;
use wasmtime::component::Component;
use wasmtime::error::Context as _;
use wasmtime::{Config, Engine};

/// Serves one Spin component over HTTP.
#[derive(Parser)]
pub(crate) struct Options {
    /// The component (.wasm)
    component: PathBuf,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Folder for the database and the key-value store; made where it is missing
    #[arg(long)]
    data: PathBuf,
    /// A folder to mount, HOST=GUEST, read-only
    #[arg(long, value_parser = pair)]
    files: Vec<(String, String)>,
    /// A variable, NAME=VALUE
    #[arg(long = "variable", value_parser = pair)]
    variables: Vec<(String, String)>,
    /// Grants no database, as a manifest without `sqlite_databases` would
    #[arg(long)]
    no_database: bool,
    /// Requests that one instance serves before another takes its place
    #[arg(long, default_value_t = 128)]
    reuse: usize,
    /// Requests that one instance serves at a time
    #[arg(long, default_value_t = 16)]
    concurrent: usize,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main]
async fn main() -> wasmtime::Result<()> {
    let options = Options::parse();
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.allocation_strategy(wasmtime::InstanceAllocationStrategy::pooling());
    let engine = Engine::new(&config)?;
    let component = compiled(&engine, &options.component)?;
    server::serve(&engine, &component, options).await
}

/// The component as machine code, kept beside it: compiling takes half a second, loading ten milliseconds.
#[allow(unsafe_code, reason = "the machine code is our own, made from the same component by the same engine")]
fn compiled(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    let cache = path.with_extension("cwasm");
    let modified = |p: &Path| std::fs::metadata(p).and_then(|m| m.modified()).ok();
    if modified(&cache).is_some_and(|made| Some(made) > modified(path))
        // SAFETY: only this program writes the file, and wasmtime checks its own version in it.
        && let Ok(component) = unsafe { Component::deserialize_file(engine, &cache) }
    {
        return Ok(component);
    }
    let bytes = std::fs::read(path).with_context(|| format!("component {}", path.display()))?;
    let component = Component::new(engine, &bytes)?;
    std::fs::write(&cache, component.serialize()?)?;
    Ok(component)
}
