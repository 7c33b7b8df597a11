//! The sentence encoder as a WebAssembly module of its own: texts in, vectors out.
//!
//! Apart from core and edge, so that neither's start pays for ten times its code: it is fetched and started where it is
//! first needed.

use nearside_encoder::Settings;
use nearside_nlu::Encoder as _;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// A loaded sentence encoder.
#[wasm_bindgen]
pub struct Encoder(nearside_encoder::Encoder);

#[wasm_bindgen]
impl Encoder {
    /// Loads an encoder from the contents of `model.onnx`, `tokenizer.json` and `encoder.json`.
    ///
    /// # Errors
    /// Which file is wrong, and how.
    #[wasm_bindgen(constructor)]
    pub fn new(model: Vec<u8>, tokenizer: &[u8], settings: &[u8]) -> Result<Self, JsError> {
        let settings: Settings = serde_json::from_slice(settings).map_err(|e| JsError::new(&format!("encoder.json: {e}")))?;
        Ok(Self(nearside_encoder::Encoder::load(model, tokenizer, settings)?))
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
