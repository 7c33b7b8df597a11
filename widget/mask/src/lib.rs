//! The gate as a WebAssembly module of its own, with the masker: most visitors send nothing and never load it.
//!
//! What always holds: a request with anything of the visitor's in it is made here and nowhere else, after the gate has allowed
//! it in a transaction that also writes it into the receipt; its words are [`Masked`](nearside_conversation::Masked), which
//! only the masker in this module makes.

mod request;
mod sender;

use nearside_privacy::Masker;
use wasm_bindgen::prelude::wasm_bindgen;

pub use sender::Sender;

/// Masks the texts of one conversation in order; the same value has the same placeholder in all of them.
#[wasm_bindgen]
pub fn mask(texts: Vec<String>) -> Vec<String> {
    let mut masker = Masker::default();
    texts.iter().map(|text| masker.mask(text).0).collect()
}
