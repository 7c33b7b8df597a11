//! WebAssembly modules: compiled, with their JavaScript glue, bundled.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Form, brotli, program, put};
use crate::root;
use crate::tools::{self, BROWSER, COMPONENT, cargo, newer, npm_bin, run};

/// Every Workers runtime and wasmtime have 128-bit vector instructions; a turn takes about a tenth less with them.
pub const SIMD: &str = "-C target-feature=+simd128";
/// Every engine of the last four years has 128-bit SIMD; relaxed SIMD, not all. `getrandom` 0.3 wants its backend as a flag.
const ENCODER_FLAGS: &str = "-C target-feature=+simd128 --cfg getrandom_backend=\"wasm_js\"";

/// A browser's module: its package, its name in `dist`, and the script of ours that is bundled with its glue, where there is
/// one (else the glue itself is).
struct Module {
    package: &'static str,
    name: &'static str,
    entry: &'static str,
    bundle: &'static str,
}

const WIDGET: [Module; 3] = [
    Module { package: "nearside-widget-core", name: "core", entry: "widget/core/worker.js", bundle: "worker.js" },
    Module { package: "nearside-widget-chat", name: "chat", entry: "", bundle: "nearside_chat.js" },
    Module { package: "nearside-widget-mask", name: "mask", entry: "", bundle: "nearside_mask.js" },
];
const ENCODER: Module =
    Module { package: "nearside-widget-encoder", name: "encoder", entry: "widget/encoder/stream.js", bundle: "nearside_encoder.js" };
const WORKER: &str = "nearside-cloudflare";

/// The widget and, where it is wanted, the Worker in one compilation: the core once for browser and edge. Features leak from one
/// module into the other, and all have SIMD; neither shows but in their sizes.
///
/// # Errors
/// Something does not compile.
pub fn compile_together(worker: bool) -> Result<()> {
    tools::target(BROWSER)?;
    let mut command = cargo(&["build", "--target", BROWSER]);
    if worker {
        command.args(["--package", WORKER]);
    }
    command.args(WIDGET.iter().flat_map(|module| ["--package", module.package]));
    run(command.env("RUSTFLAGS", SIMD))
}

/// The browser's modules but the encoder's, their words, and the loader.
///
/// # Errors
/// A tool fails, or a file is not there.
pub fn widget(form: Form) -> Result<()> {
    for module in &WIDGET {
        if form == Form::Release {
            compile(module.package, "web", "")?;
        }
        pack(module, form, if form == Form::Release { "web" } else { "debug" })?;
    }
    texts(form)?;
    esbuild(form, &root().join("widget/loader/nearside.js"), &form.dist().join("nearside.js"), &[])
}

/// The encoder's module, in each form optimised: unoptimised it would take a second for a sentence. Cloudflare's isolates
/// run the same one.
///
/// # Errors
/// As [`widget`].
pub fn encoder(form: Form) -> Result<()> {
    compile(ENCODER.package, "encoder", ENCODER_FLAGS)?;
    pack(&ENCODER, form, "encoder")?;
    let (dist, worker) = (form.dist().join("encoder"), form.worker());
    let copies = [
        (root().join("edge/cloudflare/entry.js"), "entry.js"),
        (dist.join("nearside_encoder.js"), "encoder.js"),
        (dist.join("nearside_encoder_bg.wasm"), "encoder_bg.wasm"),
    ];
    copies.iter().try_for_each(|(from, to)| put(&worker.join(to), &fs::read(from)?))
}

/// Compiles one module on its own, so that its features do not leak.
fn compile(package: &str, profile: &str, flags: &str) -> Result<()> {
    tools::target(BROWSER)?;
    let mut command = cargo(&["build", "--profile", profile, "--target", BROWSER, "--package", package]);
    if !flags.is_empty() {
        command.env("RUSTFLAGS", flags);
    }
    run(&mut command)
}

fn compiled(package: &str, folder: &str) -> PathBuf {
    root().join("target").join(BROWSER).join(folder).join(format!("{}.wasm", package.replace('-', "_")))
}

/// wasm-bindgen's glue for a module, in an empty folder of its own.
fn glue(kind: &str, compiled: &Path, name: &str, form: Form, folder: &str) -> Result<PathBuf> {
    let work = root().join("target/web").join(if form == Form::Dev { "dev" } else { "release" }).join(folder);
    let _ = fs::remove_dir_all(&work);
    run(Command::new(program("nearside-bindgen")).arg(kind).arg(compiled).arg(name).arg(&work))?;
    Ok(work)
}

/// What wasm-opt may use: all that the four browsers and workerd have had for years.
const ENGINES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

fn optimise(passes: &[&str], from: &Path, to: &Path) -> Result<()> {
    run(Command::new(npm_bin("wasm-opt")).args(passes).args(ENGINES).arg(from).arg("-o").arg(to))
}

/// Glue and bundle of a compiled module, into `dist`.
fn pack(module: &Module, form: Form, folder: &str) -> Result<()> {
    let Module { package, name, entry, bundle } = *module;
    let (compiled, dist, glued) = (compiled(package, folder), form.dist().join(name), format!("nearside_{name}"));
    let (wasm, bundled) = (dist.join(format!("{glued}_bg.wasm")), dist.join(bundle));
    // Without an entry of its own, the module's bundle is its glue; the root folder's own time would say nothing.
    let mut own_sources = [entry, "widget/chat/src/host.js"].into_iter().filter(|s| !s.is_empty());
    if newer(&wasm, &compiled) && own_sources.all(|s| newer(&bundled, &root().join(s))) {
        return Ok(());
    }
    let work = glue("web", &compiled, &glued, form, name)?;
    let raw = work.join(format!("{glued}_bg.wasm"));
    fs::create_dir_all(&dist)?;
    match (form, name) {
        (Form::Dev, _) => fs::copy(&raw, &wasm).map(drop)?,
        // Two minutes for a twelfth of the bytes.
        (Form::Release, "encoder") => fs::copy(&raw, &wasm).map(drop)?,
        (Form::Release, _) => optimise(&["-Oz", "--converge"], &raw, &wasm)?,
    }
    let from = if entry.is_empty() { work.join(format!("{glued}.js")) } else { work.join("entry.js") };
    if !entry.is_empty() {
        fs::copy(root().join(entry), &from)?;
    }
    // The glue's own fallback address is never used: every caller passes one.
    let bundle = ["--bundle", "--format=esm", "--log-override:empty-import-meta=silent", "--log-override:duplicate-object-key=silent"];
    esbuild(form, &from, &bundled, &bundle)
}

fn esbuild(form: Form, from: &Path, to: &Path, more: &[&str]) -> Result<()> {
    let mut command = Command::new(npm_bin("esbuild"));
    command.arg(from).args(["--log-level=warning", "--target=es2022"]).arg(format!("--outfile={}", to.display())).args(more);
    if form == Form::Release {
        command.arg("--minify");
    }
    run(&mut command)
}

/// The chat's words, a file a language, each with the same names as the English one.
fn texts(form: Form) -> Result<()> {
    let read = |path: &Path| -> Result<BTreeMap<String, String>> {
        serde_json::from_slice(&fs::read(path)?).with_context(|| path.display().to_string())
    };
    let folder = root().join("widget/chat/texts");
    let english = read(&folder.join("en.json"))?;
    for file in fs::read_dir(&folder)?.flatten() {
        let words = read(&file.path())?;
        let odd = english.keys().chain(words.keys()).find(|name| !english.contains_key(*name) || !words.contains_key(*name));
        anyhow::ensure!(odd.is_none(), "{}: {odd:?} stands in one of this file and en.json only", file.path().display());
        put(&form.dist().join("chat/texts").join(file.file_name()), serde_json::to_string(&words)?.as_bytes())?;
    }
    Ok(())
}

/// The Cloudflare Worker without the encoder's module: glue that can start its module again, bundled with `restart.js`.
///
/// # Errors
/// As [`widget`].
pub fn worker(form: Form) -> Result<()> {
    let (here, made) = (root().join("edge/cloudflare"), form.worker());
    if form == Form::Release {
        tools::target(BROWSER)?;
        run(cargo(&["build", "--release", "--target", BROWSER, "--package", WORKER]).env("RUSTFLAGS", SIMD))?;
    }
    let compiled = compiled(WORKER, if form == Form::Release { "release" } else { "debug" });
    let (wasm, script) = (made.join("index_bg.wasm"), made.join("index.js"));
    if !newer(&wasm, &compiled) || !newer(&script, &here.join("restart.js")) {
        let work = glue("module", &compiled, "glue", form, "worker")?;
        let glue = fs::read_to_string(work.join("glue.js"))?;
        // Workers import a module as it is; `import source` would be what the standard says.
        put(&work.join("glue.js"), glue.replace("import source ", "import ").replace("./glue_bg.wasm", "./index_bg.wasm").as_bytes())?;
        fs::copy(here.join("restart.js"), work.join("restart.js"))?;
        fs::create_dir_all(&made)?;
        match form {
            Form::Dev => fs::copy(work.join("glue_bg.wasm"), &wasm).map(drop)?,
            // With the functions' names, for the trace of a crash.
            Form::Release => optimise(&["-O", "--enable-exception-handling", "--debuginfo"], &work.join("glue_bg.wasm"), &wasm)?,
        }
        let outside = ["--bundle", "--format=esm", "--external:./index_bg.wasm", "--external:cloudflare:*"];
        esbuild(form, &work.join("restart.js"), &script, &outside)?;
    }
    let copies = [here.join("worker.js"), here.join("src/bridge.js")];
    copies.iter().try_for_each(|from| put(&made.join(from.file_name().unwrap_or(OsStr::new(""))), &fs::read(from)?))
}

/// The Spin component; beside it, for what is deployed, the widget's files in brotli: Cloudflare compresses by itself, Spin
/// does not.
///
/// # Errors
/// As [`widget`].
pub fn component(form: Form) -> Result<()> {
    tools::target(COMPONENT)?;
    let mut command = cargo(&["build", "--target", COMPONENT, "--package", "nearside-spin"]);
    if form == Form::Release {
        command.arg("--release");
    }
    run(command.env("RUSTFLAGS", SIMD))?;
    if form == Form::Dev {
        return Ok(());
    }
    for name in [
        "nearside.js",
        "chat/nearside_chat.js",
        "chat/nearside_chat_bg.wasm",
        "core/worker.js",
        "core/nearside_core_bg.wasm",
        "mask/nearside_mask.js",
        "mask/nearside_mask_bg.wasm",
        "encoder/nearside_encoder.js",
        "encoder/nearside_encoder_bg.wasm",
    ] {
        let (plain, compressed) = (form.dist().join(name), form.dist().join(format!("{name}.br")));
        if !newer(&compressed, &plain) {
            put(&compressed, &brotli(&fs::read(&plain)?)?)?;
        }
    }
    Ok(())
}
