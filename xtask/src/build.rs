//! Building what the hosts serve: in the form that is tested and deployed, or in one that is compiled in minutes.

pub mod modules;
pub mod packs;
pub mod site;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::progress::Steps;
use crate::tools::{self, cargo, run};
use crate::{Home, root};

pub use packs::{data, has_site};

/// Set for programs that would otherwise build again (wrangler's build step).
pub const BUILT: &str = "NEARSIDE_BUILT";

/// What the modules are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As little time to compile as possible: `cargo xtask dev` alone serves it, from `target/dev`
    Dev,
    /// What is tested and deployed, in `dist` and `edge/cloudflare/build`
    Release,
}

impl Form {
    /// What the edge serves as files.
    pub fn dist(self) -> PathBuf {
        root().join(match self {
            Self::Dev => "target/dev/dist",
            Self::Release => "dist",
        })
    }

    /// The Worker's folder.
    pub fn worker(self) -> PathBuf {
        root().join(match self {
            Self::Dev => "target/dev/worker",
            Self::Release => "edge/cloudflare/build",
        })
    }
}

/// Builds what is deployed: widget, site, packs, the encoder, and what `homes` need beside them.
///
/// # Errors
/// A tool cannot be fetched, or something does not compile.
pub fn all(homes: &[Home]) -> Result<()> {
    if std::env::var_os(BUILT).is_some() {
        return Ok(());
    }
    let (form, steps) = (Form::Release, Steps::new(7 + homes.len()));
    steps.step("npm packages (300 MB unpacked): wrangler, esbuild, binaryen, Playwright", tools::npm)?;
    steps.step("this machine's programs: command line, wasm-bindgen", || native(Form::Release, true))?;
    steps.step("the widget's modules: core, chat, masking", || modules::widget(form))?;
    steps.step("demo pages in twelve languages", || site::pages(form))?;
    steps.step("packs of the demo sites", || packs::publish(true))?;
    if homes.contains(&Home::Cloudflare) {
        steps.step("the Worker", || modules::worker(form))?;
    }
    // Last: it takes longest and is changed least.
    steps.step("the encoder's module", || modules::encoder(form))?;
    steps.step("files of the sites", || packs::lay(form, true))?;
    if homes.contains(&Home::Spin) {
        steps.step("the Spin component", || modules::component(form))?;
    }
    Ok(())
}

/// Features of the whole native workspace. A build that names other ones, or single packages, compiles the core anew.
pub const FEATURES: &str = "nearside-assistant/build,nearside-privacy/seal,nearside-encoder/convert";

/// The command line and wasm-bindgen. For what is deployed the command line is whole, and comes out of the same compilation
/// as the tests; else it is what the demo needs, without tract unless an `encoder` is asked for.
pub(crate) fn native(form: Form, encoder: bool) -> Result<()> {
    let mut build = cargo(&["build"]);
    match form {
        Form::Release => build.args(["--features", FEATURES, "--bin", "nearside", "--bin", "nearside-bindgen"]),
        Form::Dev => build.args(["--package", "nearside-bindgen", "--package", "nearside-cli", "--no-default-features"]),
    };
    if form == Form::Dev && encoder {
        build.args(["--features", "nearside-cli/encoder"]);
    }
    run(&mut build)
}

/// A program of this machine that [`native`] made.
pub fn program(name: &str) -> PathBuf {
    root().join("target/debug").join(name)
}

/// The Spin component's file.
pub fn component_file(form: Form) -> PathBuf {
    let folder = match form {
        Form::Dev => "debug",
        Form::Release => "release",
    };
    root().join("target/wasm32-wasip2").join(folder).join("nearside_spin.wasm")
}

/// Writes `bytes` to `to` unless they are there already, so that times of unchanged files stay.
pub(crate) fn put(to: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(to, bytes).with_context(|| format!("{}", to.display()))
}

/// Copies a folder, leaving files alone that are the same already.
///
/// # Errors
/// A file cannot be read or written.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("{}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            put(&target, &fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

/// Brotli at its strongest, since files are compressed once and fetched often; what is large, in seconds instead of minutes.
///
/// # Errors
/// Memory is short.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: if bytes.len() > 4 << 20 { 9 } else { 11 }, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)?;
    Ok(out)
}
