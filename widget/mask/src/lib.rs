//! Masking as a WebAssembly module of its own: most visitors send nothing and never load it.

use nearside_privacy::Masker;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;

/// Masks the texts of one conversation in order; the same value has the same placeholder in all of them.
#[wasm_bindgen]
pub fn mask(texts: Vec<String>) -> Vec<String> {
    let mut masker = Masker::default();
    texts.iter().map(|text| masker.mask(text).0).collect()
}

/// SHA-256 of a conversation's key, in hexadecimal digits. Browsers compute it on secure pages only.
#[wasm_bindgen]
pub fn hash(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
