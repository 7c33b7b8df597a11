//! Packs and manifests of the demo's sites: made once by `nearside site build`, laid out for each form.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Form, copy_tree, program, put};
use crate::root;
use crate::tools::{self, run};

/// What the demo shop speaks, its default language first.
pub const DEMO_LANGUAGES: [&str; 12] = ["en", "zh", "ar", "de", "es", "fr", "id", "it", "ja", "ko", "pt", "tr"];

/// Folder of data sets beside the checkout, absent on most machines.
pub fn data() -> Option<PathBuf> {
    let path = std::env::var_os("NEARSIDE_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    path.is_dir().then_some(path)
}

/// The default sentence encoder's folder, fetched once.
///
/// # Errors
/// It cannot be fetched.
pub fn encoder() -> Result<PathBuf> {
    let folder = tools::cache().join("encoders/all-MiniLM-L6-v2.2");
    if !folder.join("model.onnx").is_file() {
        println!("fetching the sentence encoder (84 MB)");
        run(Command::new(program("nearside")).args(["encoder", "fetch", "--into"]).arg(&folder))?;
    }
    Ok(folder)
}

/// Where packs are made for both forms.
fn blobs() -> PathBuf {
    root().join("target/blobs")
}

/// Builds the sites' packs, those with a sentence encoder where `encoder` says so.
///
/// # Errors
/// A site cannot be built.
pub fn publish(encoder_too: bool) -> Result<()> {
    let languages: Vec<&OsStr> = DEMO_LANGUAGES.iter().flat_map(|l| ["--lang", l]).map(OsStr::new).collect();
    build("demo", "demo/shop", &languages)?;
    if encoder_too {
        let encoder = encoder().unwrap_or_else(|error| {
            println!("the sentence encoder could not be fetched ({error:#}): site encoder has the small one");
            PathBuf::from("small")
        });
        let asked = ["--lang", "en", "--edge-encoder", "en", "--browser-encoder", "--encoder"].map(OsStr::new);
        build("encoder", "demo/shop", &[&asked[..], &[encoder.as_os_str()]].concat())?;
    }
    match data().map(|d| d.join("banking77/train.csv")).filter(|p| p.is_file()) {
        Some(train) => build("bank", "demo/bank", &["--wordings".as_ref(), train.as_os_str()]),
        None => {
            println!("site bank left out: its training questions (banking77/train.csv) are not there; see demo/bank/README.md");
            Ok(())
        }
    }
}

/// Puts a site together with `nearside site build`, unless that is newer than its domain and the program's sources.
fn build(site: &str, domain: &str, more: &[&OsStr]) -> Result<()> {
    let stamp = root().join(format!("target/packs/{site}.stamp"));
    let domain = root().join(domain);
    let sources = [newest(&domain), newest_source()];
    let fresh = modified(&stamp).is_some_and(|done| sources.iter().all(|source| source.is_some_and(|time| time <= done)));
    if fresh && blobs().join(format!("sites/{site}.json")).is_file() {
        return Ok(());
    }
    println!("building site {site}");
    let began = SystemTime::now();
    let mut command = Command::new(program("nearside"));
    command.args(["site", "build"]).arg(&domain).args(["--site", site, "--into"]).arg(blobs()).args(more);
    let log = command.output()?;
    anyhow::ensure!(log.status.success(), "site {site}: {}", String::from_utf8_lossy(&log.stderr));
    put(&stamp, b"")?;
    Ok(fs::File::options().write(true).open(&stamp)?.set_modified(began)?)
}

/// When a source of the command line was changed last, as cargo lists them. The program's own time would not do: with and
/// without the encoder it makes the same packs.
fn newest_source() -> Option<SystemTime> {
    let listed = fs::read_to_string(program("nearside.d")).ok()?;
    let (_, sources) = listed.split_once(": ")?;
    let sources = sources.split_whitespace().map(PathBuf::from).chain([root().join("Cargo.lock")]);
    sources.filter_map(|path| modified(&path)).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|m| m.modified()).ok()
}

/// The newest time in a file or a whole folder.
fn newest(path: &Path) -> Option<SystemTime> {
    if !path.is_dir() {
        return modified(path);
    }
    fs::read_dir(path).ok()?.flatten().filter_map(|e| newest(&e.path())).max()
}

/// Lays the sites out where the form's hosts read them; for what is tested also two that the contract suite wants: one that
/// not every origin may use, and one that keeps nothing.
///
/// # Errors
/// A file cannot be written.
pub fn lay(form: Form, encoder_too: bool) -> Result<()> {
    let (from, to) = (blobs(), form.dist().join("blobs"));
    for folder in ["packs", "vectors"] {
        copy_tree(&from.join(folder), &to.join(folder))?;
    }
    if encoder_too {
        copy_tree(&from.join("encoders"), &to.join("encoders"))?;
    }
    let mut sites = Vec::new();
    for name in ["demo", "bank", "encoder"] {
        let path = from.join(format!("sites/{name}.json"));
        if path.is_file() && (name != "encoder" || encoder_too) {
            let manifest: Value = serde_json::from_slice(&fs::read(&path)?).with_context(|| path.display().to_string())?;
            sites.push((name, manifest));
        }
    }
    if form == Form::Release {
        let demo = sites.first().map(|(_, manifest)| manifest.clone()).context("site demo")?;
        let nothing = json!({"conversations_days": 0, "questions_days": 0, "events_days": 0});
        for (name, key, value) in [("guarded", "origins", json!(["http://allowed.example"])), ("fleeting", "retention", nothing)] {
            let mut made = demo.clone();
            (made["site"], made[key]) = (json!(name), value);
            sites.push((name, made));
        }
    }
    let names: BTreeSet<&str> = sites.iter().map(|(name, _)| *name).collect();
    for file in fs::read_dir(to.join("sites")).into_iter().flatten().flatten() {
        let known = file.path().file_stem().and_then(OsStr::to_str).is_some_and(|name| names.contains(name));
        if !known {
            fs::remove_file(file.path())?;
        }
    }
    for (name, manifest) in &sites {
        put(&to.join(format!("sites/{name}.json")), manifest.to_string().as_bytes())?;
    }
    put(&to.join("sites.json"), json!(names).to_string().as_bytes())
}

/// Whether a site was laid out.
pub fn has_site(form: Form, name: &str) -> bool {
    form.dist().join(format!("blobs/sites/{name}.json")).is_file()
}
