//! Requests and responses across the border to JavaScript.
//!
//! Each crossing costs about as much as classifying a word, so only what the service reads comes over: named headers
//! instead of all, the address as one string, a body where the method has one. The `worker` crate's own conversions
//! read everything; measured on plain workerd they took twice the time of a turn.

use axum::body::Body;
use http::header::{self, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use js_sys::{Object, Reflect, Uint8Array};
use nearside_protocol::MAX_BODY_BYTES;
use wasm_bindgen::JsValue;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Error, Result, web_sys};

/// A body declared longer than this is not read at all; the app refuses all above its own, smaller limit.
const READ_AT_MOST: usize = 1 << 20;

/// The headers that the service reads.
const READ: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::ORIGIN,
    header::AUTHORIZATION,
    header::IF_NONE_MATCH,
    header::ACCEPT_ENCODING,
    HeaderName::from_static("cf-connecting-ip"),
];

/// The request with its body read: one left unread would break the connection for the request after it.
pub(crate) async fn request(from: &web_sys::Request) -> Result<http::Request<Body>> {
    let (method, url, headers) = (from.method(), from.url(), from.headers());
    let has_body = method != "GET" && method != "HEAD";
    let declared = || headers.get("content-length").ok()??.parse::<usize>().ok();
    let body = if !has_body {
        Body::empty()
    } else if declared().unwrap_or(0) > READ_AT_MOST {
        Body::from(vec![b' '; MAX_BODY_BYTES + 1])
    } else {
        Body::from(Uint8Array::new(&JsFuture::from(from.array_buffer()?).await?).to_vec())
    };
    let mut made = http::Request::builder().method(method.as_str()).uri(target(&url)).body(body)?;
    let reads_encoding = made.uri().path().starts_with("/v1/pack/");
    for name in READ {
        // The platform rewrites Accept-Encoding; what the client really takes stands in its own properties.
        let value = if name == header::ACCEPT_ENCODING {
            if reads_encoding { accepted(from).or(headers.get(name.as_str())?) } else { None }
        } else {
            headers.get(name.as_str())?
        };
        if let Some(value) = value.and_then(|v| HeaderValue::from_str(&v).ok()) {
            made.headers_mut().insert(name, value);
        }
    }
    Ok(made)
}

/// Path and query of an absolute address.
fn target(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    url[after_scheme..].find('/').map_or("/", |at| &url[after_scheme + at..])
}

fn accepted(from: &web_sys::Request) -> Option<String> {
    let properties = Reflect::get(from, &"cf".into()).ok()?;
    Reflect::get(&properties, &"clientAcceptEncoding".into()).ok()?.as_string()
}

/// One buffer instead of a stream: answers are small, and a stream costs a handful of promises each.
pub(crate) async fn response(from: http::Response<Body>) -> Result<web_sys::Response> {
    let (parts, body) = from.into_parts();
    let bytes = body.collect().await.map_err(|e| Error::RustError(e.to_string()))?.to_bytes();
    let headers = Object::new();
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            Reflect::set(&headers, &name.as_str().into(), &value.into())?;
        }
    }
    let init = web_sys::ResponseInit::new();
    init.set_status(parts.status.as_u16());
    init.set_headers(&headers);
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        // The bytes are compressed already.
        Reflect::set(&init, &JsValue::from_str("encodeBody"), &JsValue::from_str("manual"))?;
    }
    let body = (!bytes.is_empty()).then(|| Uint8Array::from(&bytes[..]));
    Ok(web_sys::Response::new_with_opt_buffer_source_and_init(body.as_deref(), &init)?)
}
