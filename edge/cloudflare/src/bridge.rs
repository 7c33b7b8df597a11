//! Requests and responses across the border to JavaScript.
//!
//! Each crossing costs about as much as classifying a word, so a whole request comes over in one and a whole response in
//! another; `bridge.js` takes them apart and puts them together. The `worker` crate's own conversions cross for every
//! header and stream the bodies; measured on plain workerd they took twice the time of a turn.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use nearside_edge::TooSlow;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{Error, Result, web_sys};

#[wasm_bindgen(module = "/src/bridge.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn respond(status: u16, head: &str, body: &[u8]) -> std::result::Result<web_sys::Response, wasm_bindgen::JsValue>;
}

/// The longest that `bridge.js` waits for a body, seconds; it has the same number.
const BODY_WITHIN_S: u32 = 15;

/// The request: method, address and headers in `head`, a line each. Of a body that is too long stands here what was read of
/// it, more than the service takes. Without a body it had one that did not come in time.
pub(crate) fn request(head: &str, body: Option<Vec<u8>>) -> Result<Request<Body>> {
    let is_late = body.is_none();
    let mut lines = head.lines();
    let (Some(method), Some(url)) = (lines.next(), lines.next()) else {
        return Err(Error::RustError(format!("bridge: expected method and address, got {head:?}")));
    };
    // A value that is not ASCII is left out: none that the service knows is anything else.
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    };
    let mut made = Request::builder().method(method).uri(target(url)).body(Body::from(body.unwrap_or_default()))?;
    if is_late {
        made.extensions_mut().insert(TooSlow { waited_s: BODY_WITHIN_S });
    }
    made.headers_mut().extend(lines.filter_map(header));
    Ok(made)
}

/// Path and query of an absolute address.
fn target(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    url[after_scheme..].find('/').map_or("/", |at| &url[after_scheme + at..])
}

/// The response with its whole body.
pub(crate) async fn response(from: Response<Body>) -> Result<web_sys::Response> {
    let (parts, body) = from.into_parts();
    let bytes = body.collect().await.map_err(|e| Error::RustError(e.to_string()))?.to_bytes();
    let line = |(name, value): (_, &http::HeaderValue)| value.to_str().ok().map(|value| format!("{name}: {value}"));
    let head: Vec<String> = parts.headers.iter().filter_map(line).collect();
    Ok(respond(parts.status.as_u16(), &head.join("\n"), &bytes)?)
}
