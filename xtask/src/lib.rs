//! What the project does to itself: build, dev, test, deploy, release. `bench/runner` builds on it.
//!
//! What always holds: it depends on no crate of the core, so that `cargo xtask` is compiled in seconds. What asks the core
//! itself (contract, parity, figures, recipes of models) is `bench/runner`, which `cargo xtask` calls by name.

pub mod build;
pub mod deploy;
pub mod progress;
pub mod release;
pub mod serve;
pub mod sizes;
pub mod spin;
pub mod test;
pub mod tools;

use std::path::PathBuf;

use clap::ValueEnum;

/// Where the edge runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Home {
    /// Cloudflare Workers
    Cloudflare,
    /// Spin
    Spin,
}

impl Home {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Cloudflare, Self::Spin];
}

/// The repository's root.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
