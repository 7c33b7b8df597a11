//! The edge's HTTP service, without a platform: an axum [`Router`](axum::Router) over ports.
//!
//! What always holds: nothing here knows Cloudflare or Spin; every error is `application/problem+json`; answering from
//! a pack needs no database. Deliberately absent: sockets, clocks, files.

mod agents;
mod audit;
#[cfg(feature = "encoder")]
mod encoder;
mod entries;
mod erasure;
mod events;
mod extract;
mod handlers;
mod inbox;
mod keys;
mod limits;
mod log;
#[cfg(feature = "memory")]
mod memory;
mod openapi;
mod operators;
mod packs;
mod ports;
mod problem;
mod ready;
mod records;
mod retention;
mod rotation;
pub mod schema;
mod sealed;
mod sessions;
mod visitors;

#[cfg(feature = "encoder")]
pub use encoder::start;
pub use extract::TooSlow;
pub use handlers::router;
#[cfg(feature = "memory")]
pub use memory::Memory;
pub use openapi::openapi;
pub use packs::PackCache;
pub use ports::{Blobs, Database, Encoders, Host, Kind, Level, Limits, PortError, Row, Secret, SharedEncoder, Statement, System};
pub use problem::Problem;
pub use retention::daily_job;
