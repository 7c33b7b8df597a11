//! The edge on Cloudflare Workers.
//!
//! What always holds: the router and its packs are made once an isolate and serve every request of it; a missing
//! binding is a problem document and a line in the log, never a panic.

mod host;

use std::cell::RefCell;

use axum::Router;
use http_body_util::BodyExt;
use js_sys::Reflect;
use nearside_edge::{PackCache, router};
use nearside_protocol::MAX_BODY_BYTES;
use tower_service::Service;
use worker::{Context, EncodeBody, Env, Request, Response, ResponseBuilder, Result, event};

thread_local! {
    static ROUTER: RefCell<Option<Router>> = const { RefCell::new(None) };
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let held = ROUTER.with_borrow(Clone::clone);
    let mut service = held.unwrap_or_else(|| {
        let made = router(host::Workers::new(env), PackCache::default());
        ROUTER.set(Some(made.clone()));
        made
    });
    let (parts, body) = service.call(buffered(request).await?).await?.into_parts();
    // One buffer instead of a stream: answers are small, and a stream costs a handful of promises each.
    let bytes = body.collect().await.map_err(|e| worker::Error::RustError(e.to_string()))?.to_bytes();
    let mut builder = ResponseBuilder::new().with_status(parts.status.as_u16()).with_headers((&parts.headers).into());
    if parts.headers.contains_key(http::header::CONTENT_ENCODING) {
        builder = builder.with_encode_body(EncodeBody::Manual);
    }
    Ok(if bytes.is_empty() { builder.empty() } else { builder.fixed(bytes.to_vec()) })
}

/// A body declared longer than this is not read at all; the app refuses all above its own, smaller limit.
const READ_AT_MOST: usize = 1 << 20;

/// The request with its body read: one left unread would break the connection for the request after it.
async fn buffered(mut request: Request) -> Result<http::Request<axum::body::Body>> {
    let mut headers = http::HeaderMap::from(request.headers());
    let declared = headers.get(http::header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok()).unwrap_or(0);
    let bytes = if declared > READ_AT_MOST { vec![b' '; MAX_BODY_BYTES + 1] } else { request.bytes().await? };
    // The platform rewrites Accept-Encoding; what the client really takes stands in its own properties.
    let cf = Reflect::get(request.inner(), &"cf".into()).unwrap_or_default();
    let taken = Reflect::get(&cf, &"clientAcceptEncoding".into()).ok().and_then(|v| v.as_string());
    if let Some(value) = taken.and_then(|v| http::HeaderValue::from_str(&v).ok()) {
        headers.insert(http::header::ACCEPT_ENCODING, value);
    }
    let url = request.url()?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut made = http::Request::builder().method(request.method().as_ref()).uri(target).body(axum::body::Body::from(bytes))?;
    *made.headers_mut() = headers;
    Ok(made)
}
