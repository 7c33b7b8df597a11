//! Build tools: what registries have ready, and what is compiled once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::root;

/// Runs a command, its output passing through; fails with its name where it fails.
///
/// # Errors
/// The command cannot be started, or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} could not be started"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("{name} {} failed ({status})", command.get_args().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }
}

/// `cargo` in the repository. It tells what it compiles, on a terminal with a bar.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(root());
    command
}

/// A program of the npm packages.
pub fn npm_bin(name: &str) -> PathBuf {
    root().join("node_modules/.bin").join(name)
}

/// Where fetched things are kept: `NEARSIDE_CACHE`, or `nearside` in the user's cache.
pub fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).unwrap_or_else(|| root().join("target"));
    std::env::var_os("NEARSIDE_CACHE").map_or_else(|| base.join("nearside"), PathBuf::from)
}

/// For browsers and Workers; 35 MB.
pub const BROWSER: &str = "wasm32-unknown-unknown";
/// For the core's tests under WASM and the npm package's command line; 40 MB.
pub const WASI: &str = "wasm32-wasip1";
/// For the Spin component; 40 MB.
pub const COMPONENT: &str = "wasm32-wasip2";

/// Brings a target's standard library where rustup can and it is not there.
///
/// # Errors
/// It cannot be fetched.
pub fn target(name: &str) -> Result<()> {
    static HAVE: OnceLock<Option<String>> = OnceLock::new();
    let listed = || Command::new("rustup").args(["target", "list", "--installed"]).output();
    let have = HAVE.get_or_init(|| listed().ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()));
    match have {
        Some(have) if !have.lines().any(|line| line == name) => {
            println!("fetching Rust's standard library for {name} (40 MB)");
            run(Command::new("rustup").args(["target", "add", name]))
        }
        _ => Ok(()),
    }
}

/// The npm packages: wrangler with workerd, esbuild, binaryen, Playwright. 300 MB unpacked.
///
/// # Errors
/// npm is not there, or fails.
pub fn npm() -> Result<()> {
    let (lock, installed) = (root().join("package-lock.json"), root().join("node_modules/.package-lock.json"));
    if newer(&installed, &lock) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(root()))
}

/// cargo-deny, compiled once into the cache: without optimisation, which takes a third of the time and checks as well.
///
/// # Errors
/// It cannot be fetched or compiled.
pub fn cargo_deny() -> Result<PathBuf> {
    const SPEC: &str = "cargo-deny@0.20.2";
    let tools = cache().join("tools");
    let mark = tools.join(SPEC.replace('@', "-"));
    if !mark.exists() {
        println!("compiling {SPEC}, which checks licences and sources of all dependencies (90 MB of sources, 3 min)");
        // Outside the repository, so that its settings do not leak into the tool.
        run(Command::new("cargo")
            .args(["install", "--locked", "--debug", SPEC, "--no-default-features", "--root"])
            .arg(&tools)
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .current_dir(std::env::temp_dir()))?;
        std::fs::write(&mark, "")?;
    }
    Ok(tools.join("bin/cargo-deny"))
}

/// Whether `product` exists and is at least as new as `source`.
pub fn newer(product: &Path, source: &Path) -> bool {
    let time = |p: &Path| std::fs::metadata(p).and_then(|m| m.modified()).ok();
    matches!((time(product), time(source)), (Some(made), Some(from)) if made >= from)
}

/// A Chromium to drive: `CHROMIUM`, one on the path, or Debian's, installed where that is allowed.
///
/// # Errors
/// There is none.
pub fn chromium() -> Result<PathBuf> {
    let find = || {
        let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
        let known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
        named.into_iter().chain(known).find(|p| p.exists())
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    println!("fetching chromium: a real browser for the tests (Debian package, 90 MB)");
    let quiet = |args: &[&str]| Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive").output();
    let _ = quiet(&["update", "-q"]);
    let _ = quiet(&["install", "-y", "-q", "chromium", "fonts-noto-cjk"]);
    find().context("no Chromium: install Debian's package chromium, or set CHROMIUM to a Chromium or Chrome")
}
