//! What a visitor downloads, and the most that it may be.

use anyhow::{Context, Result};

use crate::build::{Form, brotli};

/// Bytes after brotli that a visitor pays, with the most that is allowed.
pub const BUDGETS: [(&str, &[&str], usize); 4] = [
    ("loader", &["nearside.js"], 5 * 1024),
    (
        "widget and core, on opening",
        &["chat/nearside_chat.js", "chat/nearside_chat_bg.wasm", "chat/texts/ar.json", "core/worker.js", "core/nearside_core_bg.wasm"],
        // 242 KB before the universal ranker and the acts, which take 25; the aim is to be there again.
        270 * 1024,
    ),
    // The masker has 86 of them (its aim is 60); the gate, which opening the chat does not pay for, the others.
    ("gate and masker, before the first thing is sent", &["mask/nearside_mask.js", "mask/nearside_mask_bg.wasm"], 150 * 1024),
    ("core alone", &["core/worker.js", "core/nearside_core_bg.wasm"], 200 * 1024),
];

/// The sum of a budget's files after brotli.
///
/// # Errors
/// A file was not built.
pub fn brotli_sum(files: &[&str]) -> Result<usize> {
    files.iter().map(|f| Ok(brotli(&std::fs::read(Form::Release.dist().join(f)).with_context(|| (*f).to_owned())?)?.len())).sum()
}
