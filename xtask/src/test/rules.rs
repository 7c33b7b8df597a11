//! Rules of the source that no lint knows.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::root;
use crate::tools::cargo;

/// Who may know whom, as ARCHITECTURE.md draws it. A crate that is not here is none that the project knows.
const ALLOWED: [(&str, &[&str]); 24] = [
    // What a fresh machine compiles before it can say a word.
    ("xtask", &[]),
    ("nearside-bindgen", &[]),
    ("nearside-conversation", &[]),
    ("nearside-text", &[]),
    ("nearside-nlu", &["nearside-text"]),
    ("nearside-knowledge", &["nearside-text"]),
    ("nearside-import", &["nearside-text"]),
    ("nearside-encoder", &["nearside-nlu"]),
    ("nearside-dialogue", &["nearside-conversation"]),
    ("nearside-privacy", &["nearside-conversation"]),
    ("nearside-protocol", &["nearside-conversation"]),
    ("nearside-client", &["nearside-conversation", "nearside-protocol"]),
    ("nearside-assistant", &["nearside-text", "nearside-nlu", "nearside-knowledge", "nearside-conversation", "nearside-dialogue"]),
    ("nearside-contract", &["nearside-privacy"]),
    (
        "nearside-edge",
        &["nearside-assistant", "nearside-conversation", "nearside-encoder", "nearside-nlu", "nearside-privacy", "nearside-protocol"],
    ),
    ("nearside-cloudflare", &["nearside-edge", "nearside-nlu"]),
    ("nearside-spin", &["nearside-edge", "nearside-assistant", "nearside-protocol"]),
    ("nearside-spin-host", &[]),
    ("nearside-widget-core", &["nearside-assistant", "nearside-conversation", "nearside-nlu"]),
    ("nearside-widget-chat", &["nearside-client", "nearside-conversation", "nearside-protocol", "nearside-text"]),
    ("nearside-widget-encoder", &["nearside-encoder", "nearside-nlu"]),
    ("nearside-widget-mask", &["nearside-client", "nearside-conversation", "nearside-privacy", "nearside-protocol"]),
    (
        "nearside-cli",
        &[
            "nearside-assistant",
            "nearside-conversation",
            "nearside-encoder",
            "nearside-import",
            "nearside-knowledge",
            "nearside-nlu",
            "nearside-privacy",
            "nearside-protocol",
            "nearside-text",
        ],
    ),
    (
        "nearside-bench",
        &[
            "nearside-assistant",
            "nearside-contract",
            "nearside-conversation",
            "nearside-edge",
            "nearside-knowledge",
            "nearside-nlu",
            "nearside-privacy",
            "nearside-protocol",
        ],
    ),
];

/// Crates that run without a platform.
const WITHOUT_PLATFORM: [&str; 12] = [
    "nearside-conversation",
    "nearside-text",
    "nearside-nlu",
    "nearside-knowledge",
    "nearside-import",
    "nearside-encoder",
    "nearside-dialogue",
    "nearside-privacy",
    "nearside-protocol",
    "nearside-client",
    "nearside-assistant",
    "nearside-edge",
];

/// Checks who knows whom; gives the crates that were looked at.
pub(super) fn dependency_direction() -> Result<u32> {
    const PLATFORM: [&str; 4] = ["wasm-bindgen", "js-sys", "web-sys", "getrandom"];
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let mut seen = 0;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let known = ALLOWED.iter().find(|(n, _)| *n == name);
        let (_, allowed) = known.with_context(|| format!("{name} is a crate that nobody has placed: say here what it may know"))?;
        for dependency in package["dependencies"].as_array().into_iter().flatten().filter(|d| d["kind"].is_null()) {
            let other = dependency["name"].as_str().unwrap_or_default();
            anyhow::ensure!(!other.starts_with("nearside-") || allowed.contains(&other), "{name} may not depend on {other}");
            anyhow::ensure!(
                name == "nearside-encoder" || !["tract-onnx", "tokenizers"].contains(&other),
                "{name} may not depend on {other}: nearside-encoder alone does"
            );
            anyhow::ensure!(
                !WITHOUT_PLATFORM.contains(&name) || !PLATFORM.contains(&other),
                "{name} may not depend on {other}: the core and the edge's app know no platform"
            );
        }
        seen += 1;
    }
    anyhow::ensure!(seen as usize == ALLOWED.len(), "{seen} crates, {} are placed here", ALLOWED.len());
    Ok(seen)
}

/// The widget's requests, each at its one place: whatever asks elsewhere would be in no receipt.
const REQUESTS: [(&str, &str, usize); 8] = [
    // The launcher's import of the chat and of its words, at the visitor's click; `start` writes it down afterwards.
    ("widget/loader/nearside.js", "import(", 1),
    ("widget/loader/nearside.js", "fetch(", 1),
    // The Web Worker's script and the gate's module.
    ("widget/chat/src/browser.js", "import(", 2),
    // What the gate sends.
    ("widget/chat/src/browser.js", "fetch(", 1),
    // An answer's image, where the site shows them.
    ("widget/chat/src/nodes.js", ".src = ", 1),
    ("widget/core/worker.js", "fetch(", 1),
    // The encoder's module.
    ("widget/core/worker.js", "import(", 1),
    ("widget/core/worker.js", "init({", 1),
];
const WAYS_OUT: [&str; 14] = [
    "import(",
    "fetch(",
    "init({",
    "XMLHttpRequest",
    "sendBeacon",
    "WebSocket",
    "EventSource",
    "RTCPeerConnection",
    "new Image",
    ".src = ",
    "set_src",
    "fetch_with",
    "gloo_net",
    "WebTransport",
];

/// Whether each request of the widget stands at its one place.
pub(super) fn gate() -> Result<()> {
    let mut files = Vec::new();
    sources(&root().join("widget"), &mut files)?;
    anyhow::ensure!(files.len() > 12, "{} sources below widget/", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let name = file.strip_prefix(root())?.to_string_lossy().into_owned();
        for way in WAYS_OUT {
            let allowed = REQUESTS.iter().find(|(f, w, _)| *f == name && *w == way).map_or(0, |r| r.2);
            let found = text.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| l.matches(way).count()).sum::<usize>();
            anyhow::ensure!(found == allowed, "{name}: {way:?} stands there {found} times, {allowed} allowed: send through the gate");
        }
    }
    Ok(())
}

/// Every source below a folder, however deep.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        match path.extension().and_then(|e| e.to_str()) {
            _ if path.is_dir() => sources(&path, into)?,
            Some("rs" | "js" | "mjs" | "ts" | "html") => into.push(path),
            _ => {}
        }
    }
    Ok(())
}
