//! The edge's HTTP service, without a platform: an axum [`Router`](axum::Router) over ports.
//!
//! What always holds: nothing here knows Cloudflare or Spin; every error is `application/problem+json`; answering from
//! a pack needs no database. Deliberately absent: sockets, clocks, files.

mod extract;
mod handlers;
mod limits;
mod memory;
mod openapi;
mod packs;
mod ports;
mod problem;
mod sealing;

pub use handlers::router;
pub use memory::Memory;
pub use openapi::openapi;
pub use packs::PackCache;
pub use ports::{Blobs, Database, Host, Limits, PortError, StoredHandoff, System};
pub use problem::Problem;
