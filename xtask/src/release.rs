//! The npm package: widget, Worker and migrations as they are served, and the command line in WebAssembly, so that a
//! machine with Node alone has all of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::build::{self, Form, modules};
use crate::root;
use crate::tools::{self, WASI, cargo, run};

/// Bytes that the tarball may have.
const MOST: u64 = 20 << 20;

/// Makes the tarball; gives its path.
///
/// # Errors
/// Something does not compile, or the tarball is larger than it may be.
pub fn make() -> Result<PathBuf> {
    tools::npm()?;
    build::native(Form::Release, true)?;
    modules::widget(Form::Release)?;
    modules::worker(Form::Release)?;
    let stage = root().join("target/npm");
    let _ = fs::remove_dir_all(&stage);
    build::copy_tree(&root().join("npm"), &stage)?;
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        put(&root().join(name), &stage.join(name))?;
    }
    put(&program()?, &stage.join("program/nearside.wasm"))?;
    build::copy_tree(&root().join("edge/migrations"), &stage.join("migrations"))?;
    let (dist, worker) = (Form::Release.dist(), Form::Release.worker());
    put(&dist.join("nearside.js"), &stage.join("widget/nearside.js"))?;
    put(&root().join("demo/site/_headers"), &stage.join("widget/_headers"))?;
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
    println!("compiling the command line for WebAssembly (with tract; minutes the first time)");
    tools::target(WASI)?;
    run(cargo(&["build", "--profile", "host", "--target", WASI, "--package", "nearside-cli"]).env("RUSTFLAGS", modules::SIMD))?;
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
