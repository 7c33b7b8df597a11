//! What `bindgen!` makes of Spin's interfaces; see `build.rs`.
#![allow(missing_docs, dead_code, clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
