//! The npm package: widget, Worker and migrations as they are served, and the command line in WebAssembly, so that a
//! machine with Node alone has all of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::tools::{self, cargo, run};
use crate::{build, root};

/// Bytes that the tarball may have.
const MOST: u64 = 20 << 20;

/// Makes the tarball; gives its path.
pub fn make() -> Result<PathBuf> {
    tools::ensure()?;
    build::web()?;
    build::worker()?;
    let stage = root().join("target/npm");
    let _ = fs::remove_dir_all(&stage);
    build::copy_tree(&root().join("npm"), &stage)?;
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        put(&root().join(name), &stage.join(name))?;
    }
    put(&program()?, &stage.join("program/nearside.wasm"))?;
    build::copy_tree(&root().join("edge/migrations"), &stage.join("migrations"))?;
    let (dist, worker) = (root().join("dist"), root().join("edge/cloudflare/build"));
    for name in ["nearside.js", "_headers"] {
        put(&dist.join(name), &stage.join("widget").join(name))?;
    }
    for folder in ["chat", "core", "mask"] {
        build::copy_tree(&dist.join(folder), &stage.join("widget").join(folder))?;
    }
    // The Worker without the encoder's module: with it, it is larger than a free plan takes.
    for name in ["worker.js", "bridge.js", "index.js", "index_bg.wasm"] {
        put(&worker.join(name), &stage.join("worker").join(name))?;
    }
    let packed = Command::new("npm")
        .args(["pack", "--silent", "--pack-destination", "target"])
        .arg(&stage)
        .current_dir(root())
        .output()
        .context("npm")?;
    anyhow::ensure!(packed.status.success(), "npm pack: {}", String::from_utf8_lossy(&packed.stderr));
    let tarball = root().join("target").join(String::from_utf8_lossy(&packed.stdout).trim());
    let bytes = fs::metadata(&tarball).with_context(|| tarball.display().to_string())?.len();
    println!("{} has {bytes} bytes, of {MOST} at most", tarball.display());
    anyhow::ensure!(bytes <= MOST, "the tarball is too large");
    Ok(tarball)
}

/// The command line for WASI.
fn program() -> Result<PathBuf> {
    println!("building the command line in WebAssembly");
    run(cargo(&["build", "--quiet", "--profile", "host", "--target", "wasm32-wasip1", "--package", "nearside-cli"])
        .env("RUSTFLAGS", build::SIMD))?;
    // wasm-opt takes a minute and a half for a fiftieth of the compressed bytes.
    Ok(root().join("target/wasm32-wasip1/host/nearside.wasm"))
}

fn put(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}
