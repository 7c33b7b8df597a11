//! `cargo xtask deploy`: one step after another, each named; a failure says which and how to go on.

use anyhow::Result;

use crate::Home;

pub fn deploy(_home: Home, _dry_run: bool) -> Result<()> {
    anyhow::bail!("to do")
}
