//! The sentence encoder as a WebAssembly module of its own: texts in, vectors out.
//!
//! Apart from core and edge, so that neither's start pays for ten times its code: it is fetched and started where it is
//! first needed.

use nearside_encoder::Settings;
use nearside_nlu::Encoder as _;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// A file as it arrives: chunks go straight into this module's memory, which never shrinks, and no copy of the whole
/// lies beside it.
#[wasm_bindgen]
#[derive(Default)]
pub struct Contents(Vec<u8>);

#[wasm_bindgen]
impl Contents {
    /// Nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for so many more bytes, as far as that is known.
    pub fn reserve(&mut self, bytes: usize) {
        self.0.reserve_exact(bytes);
    }

    /// Adds what came next.
    pub fn push(&mut self, chunk: &[u8]) {
        self.0.extend_from_slice(chunk);
    }
}

/// A loaded sentence encoder.
#[wasm_bindgen]
pub struct Encoder(nearside_encoder::Encoder);

#[wasm_bindgen]
impl Encoder {
    /// Loads an encoder from `model.onnx`, `tokenizer.json` and `encoder.json`.
    ///
    /// # Errors
    /// Which file is wrong, and how.
    #[wasm_bindgen(constructor)]
    pub fn new(model: Contents, tokenizer: Contents, settings: Contents) -> Result<Self, JsError> {
        let settings: Settings = serde_json::from_slice(&settings.0).map_err(|e| JsError::new(&format!("encoder.json: {e}")))?;
        Ok(Self(nearside_encoder::Encoder::load(model.0, &tokenizer.0, settings)?))
    }

    /// How many numbers a vector has.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// The vector of a text.
    ///
    /// # Errors
    /// Where the model and its own tokenizer do not fit.
    pub fn encode(&self, text: &str) -> Result<Vec<f32>, JsError> {
        Ok(self.0.encode(text)?)
    }
}
