//! Building into `dist/`, which the Worker serves as its assets.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result};
use nearside_assistant::{Assistant, Pack};
use nearside_nlu::StaticVectors;
use nearside_protocol::{Manifest, PackRef};
use pulldown_cmark::{Event, Options, Parser, html::push_html};
use serde_json::json;

use crate::tools::{self, cargo, cargo_bin, npm_bin, run};
use crate::{Home, root};

/// Set for programs that would otherwise build again (wrangler's build step).
pub const BUILT: &str = "NEARSIDE_BUILT";

/// Builds widget, site and packs, and what `homes` need beside them.
pub fn all(homes: &[Home]) -> Result<()> {
    if std::env::var_os(BUILT).is_some() {
        return Ok(());
    }
    tools::ensure()?;
    web()?;
    site()?;
    packs()?;
    for home in homes {
        match home {
            Home::Cloudflare => worker()?,
            Home::Spin => component()?,
        }
    }
    Ok(())
}

/// The Spin component, and the widget's files in brotli: Cloudflare compresses by itself, Spin does not.
fn component() -> Result<()> {
    run(cargo(&["build", "--quiet", "--release", "--target", "wasm32-wasip2", "--package", "nearside-spin"]).env("RUSTFLAGS", SIMD))?;
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
        let (plain, compressed) = (dist().join(name), dist().join(format!("{name}.br")));
        if !tools::newer(&compressed, &plain) {
            put(&compressed, &brotli(&fs::read(&plain)?)?)?;
        }
    }
    Ok(())
}

/// The Spin component's file.
pub fn component_file() -> PathBuf {
    root().join("target/wasm32-wasip2/release/nearside_spin.wasm")
}

fn dist() -> PathBuf {
    root().join("dist")
}

/// Copies `from` to `to` unless the bytes are there already, so that times of unchanged files stay.
fn put(to: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(to, bytes).with_context(|| format!("{}", to.display()))
}

/// The browser's modules and the loader.
pub fn web() -> Result<()> {
    module("nearside-widget-core", "core", "widget/core/worker.js", "worker.js", &SMALL)?;
    module("nearside-widget-chat", "chat", "", "nearside_chat.js", &SMALL)?;
    module("nearside-widget-mask", "mask", "", "nearside_mask.js", &SMALL)?;
    module("nearside-widget-encoder", "encoder", "widget/encoder/stream.js", "nearside_encoder.js", &FAST)?;
    texts()?;
    let out = dist().join("nearside.js");
    esbuild(&root().join("widget/loader/nearside.js"), &out, false)
}

/// The chat's words, a file a language, each with the same names as the English one.
fn texts() -> Result<()> {
    let read = |path: &Path| -> Result<BTreeMap<String, String>> {
        serde_json::from_slice(&fs::read(path)?).with_context(|| path.display().to_string())
    };
    let folder = root().join("widget/chat/texts");
    let english = read(&folder.join("en.json"))?;
    for file in fs::read_dir(&folder)?.flatten() {
        let words = read(&file.path())?;
        let odd = english.keys().chain(words.keys()).find(|name| !english.contains_key(*name) || !words.contains_key(*name));
        anyhow::ensure!(odd.is_none(), "{}: {odd:?} stands in one of this file and en.json only", file.path().display());
        put(&dist().join("chat/texts").join(file.file_name()), serde_json::to_string(&words)?.as_bytes())?;
    }
    Ok(())
}

/// Every Workers runtime and wasmtime have 128-bit vector instructions; a turn takes about a tenth less with them.
pub const SIMD: &str = "-C target-feature=+simd128";

/// What a module is made for.
struct Aim {
    profile: &'static str,
    rust_flags: &'static str,
    /// wasm-opt's passes, where they pay.
    optimise: Option<[&'static str; 2]>,
}

const SMALL: Aim = Aim { profile: "web", rust_flags: "", optimise: Some(["-Oz", "--converge"]) };
/// Every engine of the last four years has 128-bit SIMD; relaxed SIMD, not all. `getrandom` 0.3 wants its backend as a flag.
const FAST: Aim = Aim {
    profile: "encoder",
    rust_flags: "-C target-feature=+simd128 --cfg getrandom_backend=\"wasm_js\"",
    // Two minutes for a twelfth of the bytes.
    optimise: None,
};

/// Compiles one module on its own, makes its glue and bundles `entry` (or the glue itself) into `dist/NAME/BUNDLE`.
fn module(package: &str, name: &str, entry: &str, bundle: &str, aim: &Aim) -> Result<()> {
    let mut compile = cargo(&["build", "--quiet", "--profile", aim.profile, "--target", "wasm32-unknown-unknown", "--package", package]);
    if !aim.rust_flags.is_empty() {
        compile.env("RUSTFLAGS", aim.rust_flags);
    }
    run(&mut compile)?;
    let compiled = root().join("target/wasm32-unknown-unknown").join(aim.profile).join(format!("{}.wasm", package.replace('-', "_")));
    let work = root().join("target/web").join(name);
    let glue = format!("nearside_{name}");
    let (wasm, bundled) = (dist().join(name).join(format!("{glue}_bg.wasm")), dist().join(name).join(bundle));
    // Without an entry of its own, the module's bundle is its glue; the root folder's own time would say nothing.
    let own_sources = [entry, "widget/chat/src/host.js"].into_iter().filter(|s| !s.is_empty());
    if tools::newer(&wasm, &compiled) && own_sources.into_iter().all(|s| tools::newer(&bundled, &root().join(s))) {
        return Ok(());
    }
    println!("packing {package}");
    let _ = fs::remove_dir_all(&work);
    run(Command::new(cargo_bin("wasm-bindgen"))
        .args([
            "--target",
            "web",
            "--no-typescript",
            "--remove-producers-section",
            "--remove-name-section",
            "--out-name",
            &glue,
            "--out-dir",
        ])
        .arg(&work)
        .arg(&compiled))?;
    let raw = work.join(format!("{glue}_bg.wasm"));
    let small = work.join("small.wasm");
    let features = [
        "--enable-bulk-memory",
        "--enable-nontrapping-float-to-int",
        "--enable-sign-ext",
        "--enable-mutable-globals",
        "--enable-reference-types",
        "--enable-multivalue",
    ];
    match aim.optimise {
        Some(passes) => run(Command::new(npm_bin("wasm-opt")).args(passes).args(features).arg(&raw).arg("-o").arg(&small))?,
        None => fs::rename(&raw, &small)?,
    }
    fs::create_dir_all(dist().join(name))?;
    fs::copy(&small, &wasm)?;
    let from = if entry.is_empty() {
        work.join(format!("{glue}.js"))
    } else {
        let beside = work.join("entry.js");
        fs::copy(root().join(entry), &beside)?;
        beside
    };
    esbuild(&from, &bundled, true)
}

fn esbuild(from: &Path, to: &Path, bundle: bool) -> Result<()> {
    let mut command = Command::new(npm_bin("esbuild"));
    command.arg(from).args(["--minify", "--log-level=warning", "--target=es2022"]).arg(format!("--outfile={}", to.display()));
    if bundle {
        // The glue's own fallback address is never used: every caller passes one.
        command.args(["--bundle", "--format=esm", "--log-override:empty-import-meta=silent", "--log-override:duplicate-object-key=silent"]);
    }
    run(&mut command)
}

/// The demo site's pages.
pub fn site() -> Result<()> {
    copy_tree(&root().join("demo/site"), &dist())?;
    help_pages()?;
    let bank = fs::read_to_string(root().join("demo/site/bank.html"))?;
    let bank = bank.replace("<!-- articles -->", &help_articles(&root().join("demo/bank/articles/en"))?);
    put(&dist().join("bank.html"), bank.as_bytes())?;
    // The same page with the site whose edge and browsers have a sentence encoder.
    let home = fs::read_to_string(root().join("demo/site/index.html"))?;
    put(&dist().join("encoder.html"), home.replace("data-site=\"demo\"", "data-site=\"encoder\"").as_bytes())
}

/// The shop's help in each language, from one page and the words of `demo/help.toml`.
fn help_pages() -> Result<()> {
    let template = fs::read_to_string(root().join("demo/site/help.html"))?;
    let words: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(&fs::read_to_string(root().join("demo/help.toml"))?)?;
    let page = |language: &str| if language == "en" { "help.html".to_owned() } else { format!("{language}.html") };
    let link = |l: &&str| format!("<a href=\"/{}\" lang=\"{l}\">{}</a>", page(l), words[*l]["name"]);
    let links: String = DEMO_LANGUAGES.iter().map(link).collect();
    for language in DEMO_LANGUAGES {
        let own = &words[language];
        let articles = help_articles(&root().join("demo/shop/articles").join(language))?;
        let direction = if language == "ar" { "rtl" } else { "ltr" };
        let parts = [
            ("{lang}", language),
            ("{dir}", direction),
            ("{title}", &own["title"]),
            ("{foot}", &own["foot"]),
            ("<!-- languages -->", &links),
        ];
        let text = parts.iter().fold(template.clone(), |text, (from, to)| text.replace(from, to));
        put(&dist().join(page(language)), text.replace("<!-- articles -->", &articles).as_bytes())?;
    }
    Ok(())
}

/// A domain's articles as sections of a help page, each under the anchor that its source names.
fn help_articles(folder: &Path) -> Result<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|e| e.path()).collect();
    files.sort();
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = String::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let (head, body) = text.trim_start_matches("+++").split_once("\n+++").with_context(|| format!("{}", file.display()))?;
        let front: toml::Table = head.parse().with_context(|| format!("{}", file.display()))?;
        let value = |key: &str| front.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let anchor = value("source").split('#').nth(1).unwrap_or_default().to_owned();
        // As the chat has it: a line's end is one.
        let mut shown = String::new();
        let events = Parser::new_ext(body.trim(), Options::ENABLE_TABLES);
        push_html(&mut shown, events.map(|event| if event == Event::SoftBreak { Event::HardBreak } else { event }));
        out += &format!("<section id=\"{}\"><h2>{}</h2>{shown}</section>\n", escape(&anchor), escape(&value("title")));
    }
    Ok(out)
}

/// Copies a folder, leaving files alone that are the same already.
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

/// Folder of data sets beside the checkout, absent on most machines.
pub fn data() -> Option<PathBuf> {
    let path = std::env::var_os("NEARSIDE_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    path.is_dir().then_some(path)
}

/// What the demo shop speaks, its default language first.
pub const DEMO_LANGUAGES: [&str; 12] = ["en", "zh", "ar", "de", "es", "fr", "id", "it", "ja", "ko", "pt", "tr"];

/// Packs and manifests of the demo sites.
pub fn packs() -> Result<()> {
    run(&mut cargo(&["build", "--quiet", "--package", "nearside-cli"]))?;
    let languages: Vec<&OsStr> = DEMO_LANGUAGES.iter().flat_map(|l| ["--lang", l]).map(OsStr::new).collect();
    publish("demo", "demo/shop", &languages)?;
    variants()?;
    let encoder = encoder().unwrap_or_else(|error| {
        println!("the sentence encoder could not be fetched ({error:#}): site encoder has the small one");
        PathBuf::from("small")
    });
    let asked = ["--lang", "en", "--edge-encoder", "en", "--browser-encoder", "--encoder"].map(OsStr::new);
    publish("encoder", "demo/shop", &[&asked[..], &[encoder.as_os_str()]].concat())?;
    match data().map(|d| d.join("banking77/train.csv")).filter(|p| p.is_file()) {
        Some(train) => publish("bank", "demo/bank", &["--wordings".as_ref(), train.as_os_str()])?,
        None => println!("site bank left out: its training questions (banking77/train.csv) are not there; see demo/bank/README.md"),
    }
    Ok(())
}

/// The default sentence encoder's folder, fetched once.
pub fn encoder() -> Result<PathBuf> {
    let folder = tools::cache().join("encoders/all-MiniLM-L6-v2.2");
    if !folder.join("model.onnx").is_file() {
        println!("fetching the sentence encoder (84 MB)");
        run(Command::new(root().join(CLI)).args(["encoder", "fetch", "--into"]).arg(&folder))?;
    }
    Ok(folder)
}

const CLI: &str = "target/debug/nearside";

/// Puts a site together with `nearside site build`, unless that is newer than its domain and the program.
fn publish(site: &str, domain: &str, more: &[&OsStr]) -> Result<()> {
    let (stamp, cli) = (root().join(format!("target/packs/{site}.stamp")), root().join(CLI));
    let domain = root().join(domain);
    let fresh = [&domain, &cli].into_iter().all(|s| newest(s).is_some_and(|t| modified(&stamp).is_some_and(|done| done >= t)));
    if !fresh || !has_site(site) {
        println!("building site {site}");
        let mut command = Command::new(&cli);
        command.args(["site", "build"]).arg(&domain).args(["--site", site, "--into"]).arg(dist().join("blobs")).args(more);
        let log = command.output()?;
        anyhow::ensure!(log.status.success(), "site {site}: {}", String::from_utf8_lossy(&log.stderr));
        put(&stamp, b"")?;
        fs::File::options().write(true).open(&stamp)?.set_modified(std::time::SystemTime::now())?;
    }
    Ok(())
}

/// The contract suite wants a site that not every origin may use, and one that keeps nothing.
fn variants() -> Result<()> {
    let sites = dist().join("blobs/sites");
    let demo: serde_json::Value = serde_json::from_slice(&fs::read(sites.join("demo.json"))?)?;
    let nothing = json!({"conversations_days": 0, "questions_days": 0, "events_days": 0});
    for (name, key, value) in [("guarded", "origins", json!(["http://allowed.example"])), ("fleeting", "retention", nothing)] {
        let mut made = demo.clone();
        (made["site"], made[key]) = (json!(name), value);
        put(&sites.join(format!("{name}.json")), made.to_string().as_bytes())?;
    }
    let list = dist().join("blobs/sites.json");
    let mut all: std::collections::BTreeSet<String> = serde_json::from_slice(&fs::read(&list)?)?;
    all.extend(["fleeting", "guarded"].map(str::to_owned));
    put(&list, json!(all).to_string().as_bytes())
}

/// Whether a site was published.
pub fn has_site(name: &str) -> bool {
    dist().join(format!("blobs/sites/{name}.json")).is_file()
}

/// A published site's packs as its manifest lists them: language and bytes.
pub fn site_packs(name: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let read = |pack: PackRef| Ok((pack.language, fs::read(dist().join(format!("blobs/packs/{}.pack", pack.hash)))?));
    manifest(name)?.packs.into_iter().map(read).collect()
}

/// A published site as the edge has it when everything is loaded: its languages in order and its assistant.
pub fn site_assistant(name: &str) -> Result<(Vec<String>, Assistant)> {
    let (languages, packs): (Vec<_>, Vec<_>) = site_packs(name)?.into_iter().unzip();
    let mut assistant = Assistant::new(packs.iter().map(|bytes| Ok(Pack::load(bytes)?)).collect::<Result<_>>()?);
    for pack in manifest(name)?.packs {
        if let Some(vectors) = pack.vectors {
            let path = dist().join(format!("blobs/vectors/{}.bin", vectors.hash));
            let read = StaticVectors::load(fs::read(&path)?).with_context(|| path.display().to_string())?;
            assistant.add_tokens(&pack.language, Arc::new(read));
        }
    }
    Ok((languages, assistant))
}

fn manifest(name: &str) -> Result<Manifest> {
    let path = dist().join(format!("blobs/sites/{name}.json"));
    serde_json::from_slice(&fs::read(&path)?).with_context(|| path.display().to_string())
}

fn modified(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).and_then(|m| m.modified()).ok()
}

/// The newest time in a file or a whole folder.
fn newest(path: &Path) -> Option<std::time::SystemTime> {
    if !path.is_dir() {
        return modified(path);
    }
    fs::read_dir(path).ok()?.flatten().filter_map(|e| newest(&e.path())).max()
}

/// Brotli at its strongest, since files are compressed once and fetched often; what is large, in seconds instead of minutes.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: if bytes.len() > 4 << 20 { 9 } else { 11 }, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)?;
    Ok(out)
}

/// The Cloudflare Worker.
pub fn worker() -> Result<()> {
    let here = root().join("edge/cloudflare");
    // Cargo decides cheaply whether anything changed; worker-build would pack again every time.
    let arguments = ["build", "--quiet", "--release", "--target", "wasm32-unknown-unknown", "--package", "nearside-cloudflare"];
    run(cargo(&arguments).env("RUSTFLAGS", SIMD))?;
    let compiled = root().join("target/wasm32-unknown-unknown/release/nearside_cloudflare.wasm");
    if tools::newer(&here.join("build/index_bg.wasm"), &compiled) {
        return beside(&here);
    }
    println!("packing the Worker");
    run(Command::new(cargo_bin("worker-build"))
        .args(["--release"])
        .current_dir(&here)
        .env("RUSTFLAGS", SIMD)
        .env("WASM_BINDGEN_BIN", cargo_bin("wasm-bindgen"))
        .env("WASM_OPT_BIN", npm_bin("wasm-opt"))
        .env("ESBUILD_BIN", npm_bin("esbuild")))?;
    beside(&here)
}

/// What stands beside the Worker's own module: its entries, and the encoder's module.
fn beside(here: &Path) -> Result<()> {
    let copies = [
        (here.join("entry.js"), "entry.js"),
        (here.join("worker.js"), "worker.js"),
        (here.join("src/bridge.js"), "bridge.js"),
        (dist().join("encoder/nearside_encoder.js"), "encoder.js"),
        (dist().join("encoder/nearside_encoder_bg.wasm"), "encoder_bg.wasm"),
    ];
    copies.iter().try_for_each(|(from, to)| put(&here.join("build").join(to), &fs::read(from)?))
}
