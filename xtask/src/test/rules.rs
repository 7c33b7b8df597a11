//! Rules of the source that no lint knows.

use anyhow::{Context, Result};

use crate::root;
use crate::tools::cargo;

/// Who may know whom, as ARCHITECTURE.md draws it.
///
/// Gives the crates that were looked at.
pub(super) fn dependency_direction() -> Result<u32> {
    const ALLOWED: [(&str, &[&str]); 12] = [
        // What a fresh machine compiles before it can say a word.
        ("xtask", &[]),
        ("nearside-text", &[]),
        ("nearside-nlu", &["nearside-text"]),
        ("nearside-knowledge", &["nearside-text"]),
        ("nearside-import", &["nearside-text"]),
        ("nearside-encoder", &["nearside-nlu"]),
        ("nearside-dialogue", &[]),
        ("nearside-privacy", &[]),
        ("nearside-protocol", &["nearside-dialogue"]),
        ("nearside-assistant", &["nearside-text", "nearside-nlu", "nearside-knowledge", "nearside-dialogue"]),
        ("nearside-contract", &["nearside-privacy"]),
        (
            "nearside-edge",
            &["nearside-assistant", "nearside-dialogue", "nearside-encoder", "nearside-nlu", "nearside-privacy", "nearside-protocol"],
        ),
    ];
    const BANNED_IN_CORE: [&str; 4] = ["wasm-bindgen", "js-sys", "web-sys", "getrandom"];
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let mut seen = 0;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(n, _)| *n == name) else { continue };
        let is_encoder = name == "nearside-encoder";
        for dependency in package["dependencies"].as_array().into_iter().flatten().filter(|d| d["kind"].is_null()) {
            let other = dependency["name"].as_str().unwrap_or_default();
            anyhow::ensure!(!other.starts_with("nearside-") || allowed.contains(&other), "{name} may not depend on {other}");
            anyhow::ensure!(
                is_encoder || !["tract-onnx", "tokenizers"].contains(&other),
                "{name} may not depend on {other}: nearside-encoder alone does"
            );
            anyhow::ensure!(
                !BANNED_IN_CORE.contains(&other),
                "{name} may not depend on {other}: the core and the edge's app know no platform"
            );
        }
        seen += 1;
    }
    Ok(seen)
}

/// The widget's requests, each at its one place: whatever asks elsewhere would be in no receipt.
const REQUESTS: [(&str, &str, usize); 8] = [
    // The launcher's import of the chat and of its words, at the visitor's click; `start` writes it down afterwards.
    ("widget/loader/nearside.js", "import(", 1),
    ("widget/loader/nearside.js", "fetch(", 1),
    // The Web Worker's script and the masking module.
    ("widget/chat/src/host.js", "import(", 2),
    ("widget/chat/src/host.js", "fetch(", 1),
    // An answer's image, where the site shows them.
    ("widget/chat/src/host.js", ".src = ", 1),
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
    let mut files = ["loader/nearside.js", "core/worker.js", "encoder/stream.js"].map(|name| root().join("widget").join(name)).to_vec();
    for folder in ["widget/chat/src", "widget/core/src", "widget/encoder/src", "widget/mask/src"] {
        files.extend(std::fs::read_dir(root().join(folder))?.flatten().map(|f| f.path()));
    }
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let name = file.strip_prefix(root())?.to_string_lossy().into_owned();
        for way in WAYS_OUT {
            let allowed = REQUESTS.iter().find(|(f, w, _)| *f == name && *w == way).map_or(0, |r| r.2);
            let found = text.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| l.matches(way).count()).sum::<usize>();
            anyhow::ensure!(
                found == allowed,
                "{name}: {way:?} stands there {found} times, {allowed} allowed: send through the gate in host.js"
            );
        }
    }
    Ok(())
}
