//! Build tools, fetched once into a cache.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::root;

/// Runs a command, its output passing through; fails with its name where it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} could not be started"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("{name} {} failed ({status})", command.get_args().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }
}

/// `cargo` in the repository.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(root());
    command
}

/// A program of the npm packages.
pub fn npm_bin(name: &str) -> PathBuf {
    root().join("node_modules/.bin").join(name)
}

pub fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).unwrap_or_else(|| root().join("target"));
    std::env::var_os("NEARSIDE_CACHE").map_or_else(|| base.join("nearside"), PathBuf::from)
}

/// A program installed by cargo into the cache.
pub fn cargo_bin(name: &str) -> PathBuf {
    cache().join("tools/bin").join(name)
}

/// Tools built from the registry: name, version, why, about how large the download is.
const CARGO_TOOLS: [(&str, &str, &str); 3] = [
    ("wasm-bindgen-cli", "0.2.130", "JavaScript glue for the widget's modules; must match the crate (60 MB of sources, 2 min)"),
    ("cargo-deny", "0.20.2", "checks licences and sources of all dependencies (90 MB of sources, 4 min)"),
    ("worker-build", "0.8.7", "packs the Cloudflare Worker (80 MB of sources, 3 min)"),
];
const TARGETS: [(&str, &str); 3] = [
    ("wasm32-unknown-unknown", "browser and Workers (35 MB)"),
    ("wasm32-wasip1", "the core's tests under WASM (40 MB)"),
    ("wasm32-wasip2", "the Spin component (40 MB)"),
];

/// Brings everything that a build needs.
pub fn ensure() -> Result<()> {
    ensure_targets()?;
    ensure_npm()?;
    for (name, version, why) in CARGO_TOOLS {
        let mark = cache().join("tools").join(format!("{name}-{version}"));
        if mark.exists() {
            continue;
        }
        println!("fetching {name} {version}: {why}");
        let root_arg = cache().join("tools");
        let spec = format!("{name}@{version}");
        // Outside the repository, so that its settings do not leak into the tool.
        run(Command::new("cargo")
            .args(["install", "--quiet", &spec, "--no-default-features", "--root"])
            .arg(&root_arg)
            .current_dir(std::env::temp_dir()))?;
        std::fs::write(&mark, "")?;
    }
    Ok(())
}

fn ensure_targets() -> Result<()> {
    let listed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    let Ok(listed) = listed else { return Ok(()) };
    let have = String::from_utf8_lossy(&listed.stdout).into_owned();
    for (target, why) in TARGETS {
        if !have.lines().any(|l| l == target) {
            println!("fetching target {target}: {why}");
            run(Command::new("rustup").args(["target", "add", target]))?;
        }
    }
    Ok(())
}

fn ensure_npm() -> Result<()> {
    let (lock, installed) = (root().join("package-lock.json"), root().join("node_modules/.package-lock.json"));
    if newer(&installed, &lock) {
        return Ok(());
    }
    println!("fetching npm packages: wrangler, esbuild, binaryen, playwright-core, axe-core (250 MB unpacked)");
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(root()))
}

/// Whether `product` exists and is at least as new as `source`.
pub fn newer(product: &Path, source: &Path) -> bool {
    let time = |p: &Path| std::fs::metadata(p).and_then(|m| m.modified()).ok();
    matches!((time(product), time(source)), (Some(made), Some(from)) if made >= from)
}

/// A Chromium to drive: `CHROMIUM`, one on the path, or Debian's, installed where that is allowed.
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
