//! The edge as a Spin component.
//!
//! What always holds: the router and its packs are made once an instance and serve every request of it; a missing
//! variable, database or file is a problem document and a line in the log, never a panic.

#[cfg(target_os = "wasi")]
mod component;
#[cfg(target_os = "wasi")]
mod host;
mod site;
mod transaction;
