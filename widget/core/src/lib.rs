//! The core as a WebAssembly module: packs in, turns out. `worker.js` beside it fetches and answers messages.

use std::sync::Arc;

use nearside_assistant::{Assistant, Need, Pack, Step, Turn, TurnContext, VectorSource, content_hash};
use nearside_conversation::{Input, Rung, Tracker};
use nearside_nlu::{EncodeError, StaticVectors};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// The encoder's module, which stands apart from this one. A text that it cannot take has an empty vector.
    pub type Encoder;
    #[wasm_bindgen(method, getter)]
    fn width(this: &Encoder) -> usize;
    #[wasm_bindgen(method)]
    fn encode(this: &Encoder, text: &str) -> Vec<f32>;
}

impl nearside_nlu::Encoder for Encoder {
    fn width(&self) -> usize {
        self.width()
    }

    fn encode(&self, text: &str) -> Result<Vec<f32>, EncodeError> {
        Ok(self.encode(text))
    }
}

/// An assistant with the packs that have been loaded.
#[wasm_bindgen]
#[derive(Default)]
pub struct Core {
    assistant: Assistant,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    now_ms: f64,
    locale: String,
    languages: Vec<String>,
    /// Those in which the edge understands more than this core.
    edge: Vec<String>,
}

/// How far a turn has come, on the way to JavaScript.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Taken {
    Turn(Box<Turn>),
    Needs(Need),
}

impl From<Context> for TurnContext {
    fn from(c: Context) -> Self {
        Self { now_ms: c.now_ms as i64, locale: c.locale, site_languages: c.languages, edge_languages: c.edge, rung: Rung::Browser }
    }
}

#[wasm_bindgen]
impl Core {
    /// An assistant without packs.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Loads the pack whose bytes have this SHA-256; gives its language.
    ///
    /// # Errors
    /// Where the bytes have another one, and the `LoadError`'s text.
    #[wasm_bindgen(js_name = addPack)]
    pub fn add_pack(&mut self, bytes: &[u8], hash: &str) -> Result<String, JsError> {
        let pack = Pack::load(bytes)?;
        if pack.hash != hash {
            return Err(JsError::new("these are not the bytes that the site's manifest names"));
        }
        let language = pack.meta.language.clone();
        self.assistant.add(pack);
        Ok(language)
    }

    /// Adds the token vectors of `language`, whose pack is there.
    ///
    /// # Errors
    /// Where the bytes are damaged or others than the pack was made with.
    #[wasm_bindgen(js_name = addTokens)]
    pub fn add_tokens(&mut self, language: &str, bytes: Vec<u8>) -> Result<(), JsError> {
        let wanted = VectorSource::Tokens(content_hash(&bytes));
        let pack = self.assistant.packs().iter().find(|pack| pack.meta.language == language);
        if pack.and_then(|pack| pack.vectors()) != Some(&wanted) {
            return Err(JsError::new("these are not the vectors that the language's pack was made with"));
        }
        self.assistant.add_tokens(language, Arc::new(StaticVectors::load(bytes)?));
        Ok(())
    }

    /// Adds the sentence encoder, and the pack that was trained with it in the place of the one of its language.
    ///
    /// # Errors
    /// As [`add_pack`](Self::add_pack).
    #[wasm_bindgen(js_name = setEncoder)]
    pub fn set_encoder(&mut self, encoder: Encoder, pack: &[u8], hash: &str) -> Result<(), JsError> {
        self.add_pack(pack, hash)?;
        self.assistant = std::mem::take(&mut self.assistant).with_encoder(Arc::new(encoder));
        Ok(())
    }

    /// Takes a turn: state (`undefined` for a new conversation), input and context in, `{turn}` out, or `{needs}` where
    /// something has to be brought before.
    ///
    /// # Errors
    /// Where an argument has another shape.
    pub fn turn(&self, state: JsValue, input: JsValue, context: JsValue) -> Result<JsValue, JsError> {
        let state: Option<Tracker> = serde_wasm_bindgen::from_value(state)?;
        let input: Input = serde_wasm_bindgen::from_value(input)?;
        let context: Context = serde_wasm_bindgen::from_value(context)?;
        let taken = match self.assistant.step(&state.unwrap_or_default(), &input, &context.into()) {
            Step::Done(turn) => Taken::Turn(turn),
            Step::Needs(need) => Taken::Needs(need),
        };
        Ok(taken.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
    }

    /// Questions that a visitor may be typing: `[[article, question], …]`.
    ///
    /// # Errors
    /// Where the context has another shape.
    pub fn suggest(&self, typed: &str, context: JsValue, limit: usize) -> Result<JsValue, JsError> {
        let context: Context = serde_wasm_bindgen::from_value(context)?;
        Ok(serde_wasm_bindgen::to_value(&self.assistant.suggest(typed, &context.into(), limit))?)
    }
}
