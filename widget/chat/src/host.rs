//! The browser as `host.js` gives it.

#![allow(missing_docs, reason = "the macro makes public items of its own")]

use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};
use web_sys::Element;

// What `host.js` imports lies beside it in the bundle only where it is named here as well.
#[wasm_bindgen(module = "/src/consent.js")]
extern "C" {
    #[wasm_bindgen(js_name = read)]
    pub(crate) async fn read_consent() -> JsValue;
}

#[wasm_bindgen(module = "/src/storage.js")]
extern "C" {
    /// Names the site whose storage is used; before anything else.
    #[wasm_bindgen(js_name = "use")]
    pub(crate) fn use_storage_of(site: &str);
}

#[wasm_bindgen(module = "/src/host.js")]
extern "C" {
    pub(crate) fn start(config: &JsValue, on_other_tab: &Closure<dyn Fn()>);
    #[wasm_bindgen(js_name = startCore)]
    pub(crate) fn start_core() -> js_sys::Promise;
    #[wasm_bindgen(catch)]
    pub(crate) async fn turn(state: JsValue, input: JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub(crate) async fn suggest(typed: &str, limit: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = edgeTurn)]
    pub(crate) async fn edge_turn(request: JsValue, before: Vec<String>) -> Result<JsValue, JsValue>;
    pub(crate) async fn receipt() -> JsValue;
    pub(crate) async fn load() -> JsValue;
    pub(crate) async fn save(conversation: JsValue);
    pub(crate) async fn enqueue(path: &str, body: JsValue, purpose: &str) -> JsValue;
    #[wasm_bindgen(js_name = handOff)]
    pub(crate) async fn hand_off(body: JsValue, key: &str) -> JsValue;
    pub(crate) async fn agree(purpose: &str, agreed: bool) -> JsValue;
    #[wasm_bindgen(js_name = isHeld)]
    pub(crate) async fn is_held() -> JsValue;
    pub(crate) fn identify(token: &str);
    pub(crate) fn style(shadow: &JsValue, css: &str);
    pub(crate) fn download(name: &str, text: &str);
    pub(crate) fn clock(ms: f64, locale: &str) -> String;
    #[wasm_bindgen(js_name = isOnline)]
    pub(crate) fn is_online() -> bool;
    #[wasm_bindgen(js_name = onConnection)]
    pub(crate) fn on_connection(f: &Closure<dyn Fn()>);
    #[wasm_bindgen(js_name = pageUrl)]
    pub(crate) fn page_url(url: &str) -> String;
    /// Names the node that the following are about.
    pub(crate) fn fill(node: &Element);
    /// Opens a node in the innermost open one; `url` is for `a`.
    pub(crate) fn open(tag: &str, url: &str);
    /// Opens a list with numbers from `first` on, or one without where that is negative.
    pub(crate) fn list(first: i32);
    /// Closes the innermost nodes.
    pub(crate) fn close(levels: u32);
    /// Puts text into the innermost node.
    pub(crate) fn say(text: &str);
    /// Puts an image there, with the words that stand for it until it has come.
    pub(crate) fn show(url: &str, text: &str);
}
