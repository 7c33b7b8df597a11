//! The browser, as `browser.js` and `nodes.js` give it.

#![allow(missing_docs, reason = "the macro makes public items of its own")]

use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};
use web_sys::Element;

#[wasm_bindgen(module = "/src/browser.js")]
extern "C" {
    /// Before anything else: the loader's options, what to do when something was written here or in another tab, and when the
    /// gate says something.
    pub(crate) fn start(options: &JsValue, on_change: &Closure<dyn Fn(bool)>, on_told: &Closure<dyn Fn(JsValue)>);
    /// Lets `change` see what is kept and writes what it gives; see `browser.js`.
    pub(crate) async fn transact(change: &Closure<dyn FnMut(JsValue) -> JsValue>);
    /// `{conversation, gate, mail, entries, receipt}`.
    pub(crate) async fn load() -> JsValue;
    #[wasm_bindgen(js_name = startCore)]
    pub(crate) fn start_core() -> js_sys::Promise;
    #[wasm_bindgen(catch)]
    pub(crate) async fn ask(op: &str, values: JsValue) -> Result<JsValue, JsValue>;
    /// What the gate's module is told before each call: `[purposes agreed to in the region, token, sub]`.
    pub(crate) fn settle(values: JsValue);
    /// Has the gate go on after so many milliseconds.
    pub(crate) fn wake(ms: f64);
    /// Calls the gate's module, which is fetched where it is not there yet.
    #[wasm_bindgen(catch)]
    pub(crate) async fn gate(op: &str, values: JsValue) -> Result<JsValue, JsValue>;
    pub(crate) fn signal() -> bool;
    pub(crate) fn zone() -> String;
    #[wasm_bindgen(js_name = isOnline)]
    pub(crate) fn is_online() -> bool;
    #[wasm_bindgen(js_name = onConnection)]
    pub(crate) fn on_connection(f: &Closure<dyn Fn()>);
    /// Saves what `load` gave as a file, without keys.
    pub(crate) fn save(kept: &JsValue);
    pub(crate) fn download(name: &str, text: &str);
    pub(crate) fn clock(ms: f64) -> String;
}

#[wasm_bindgen(module = "/src/nodes.js")]
extern "C" {
    /// Names the address that relative ones of answers are read against.
    #[wasm_bindgen(js_name = resolveAgainst)]
    pub(crate) fn resolve_against(base: &str);
    #[wasm_bindgen(js_name = pageUrl)]
    pub(crate) fn page_url(url: &str) -> String;
    pub(crate) fn style(shadow: &JsValue, css: &str);
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
