//! Requests as they go, and what their answers mean.

use nearside_client::gate::{Answer, Parcel, Request};
use nearside_conversation::EntryId;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

/// What is written into the receipt.
#[derive(Clone, Serialize)]
pub(crate) struct Noted {
    at: f64,
    purpose: &'static str,
    method: &'static str,
    url: String,
    fields: Vec<String>,
    bytes: u32,
    masked: u32,
}

/// A request as it would go.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) noted: Noted,
}

impl Prepared {
    /// `purpose` is what the receipt calls it: `turn`, `entries`, `events`, `improve`, `session` or `forget`.
    pub(crate) fn new(purpose: &'static str, url: String, body: &impl Serialize) -> Option<Self> {
        let value = to_js(body)?;
        let names = js_sys::Object::keys(&js_sys::Object::from(value.clone()));
        let body = String::from(js_sys::JSON::stringify(&value).ok()?);
        let noted = Noted {
            at: js_sys::Date::now(),
            purpose,
            method: "POST",
            url: url.clone(),
            fields: names.iter().filter_map(|name| name.as_string()).collect(),
            bytes: body.len() as u32,
            masked: placeholders(&body),
        };
        Some(Self { url, body, noted })
    }
}

/// How many placeholders such as `[EMAIL_1]` a text has.
fn placeholders(text: &str) -> u32 {
    let is_one = |inner: &str| {
        let parts = inner.split_once('_').filter(|(kind, number)| !kind.is_empty() && !number.is_empty());
        parts.is_some_and(|(kind, number)| kind.bytes().all(|b| b.is_ascii_uppercase()) && number.bytes().all(|b| b.is_ascii_digit()))
    };
    text.split('[').skip(1).filter(|rest| rest.split_once(']').is_some_and(|(inner, _)| is_one(inner))).count() as u32
}

/// What `send` of `browser.js` gives.
#[derive(Default, Deserialize)]
pub(crate) struct CameBack {
    /// 0 where nothing came back.
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) json: Option<Body>,
    retry_after: f64,
}

/// What is read of an answer: a problem document's `type`, a receipt's entries, a session.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Body {
    #[serde(rename = "type")]
    pub(crate) problem: Option<String>,
    pub(crate) detail: Option<String>,
    v: Option<u32>,
    more: bool,
    /// A list of them in a receipt; elsewhere it means something else.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    entries: JsValue,
    pub(crate) session: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: EntryId,
}

impl CameBack {
    pub(crate) fn answer(self, request: &Request) -> Answer {
        let body = self.json.unwrap_or_default();
        // What is no receipt of the edge's (a portal's page, another service's answer) delivers nothing.
        let receipt = match request.parcels.first() {
            Some(Parcel::Entries { .. }) => {
                let named = serde_wasm_bindgen::from_value::<Vec<Named>>(body.entries).unwrap_or_default();
                Some(named.into_iter().map(|e| e.id).collect())
            }
            Some(Parcel::Event { .. }) => (self.status == 204).then(Vec::new),
            // What is large is erased in parts: the wish is told again until nothing is left.
            _ => body.v.filter(|_| !body.more).map(|_| Vec::new()),
        };
        Answer {
            status: (self.status > 0).then_some(self.status),
            problem: body.problem.and_then(|t| Some(t.strip_prefix("about:blank#")?.to_owned())),
            receipt,
            retry_after: (self.retry_after > 0.0).then_some(self.retry_after as u32),
        }
    }
}

/// A value of ours as JavaScript has it.
pub(crate) fn to_js(value: &impl Serialize) -> Option<JsValue> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).ok()
}
