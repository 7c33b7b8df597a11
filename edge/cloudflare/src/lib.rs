//! The edge on Cloudflare Workers.
//!
//! What always holds: the router and its packs are made once an isolate and serve every request of it; a missing
//! binding is a problem document and a line in the log, never a panic.

mod host;

use std::cell::RefCell;

use axum::Router;
use http_body_util::BodyExt;
use nearside_edge::{PackCache, router};
use tower_service::Service;
use worker::{Context, EncodeBody, Env, HttpRequest, Response, ResponseBuilder, Result, event};

thread_local! {
    static ROUTER: RefCell<Option<Router>> = const { RefCell::new(None) };
}

#[event(fetch)]
async fn fetch(request: HttpRequest, env: Env, _context: Context) -> Result<Response> {
    let held = ROUTER.with_borrow(Clone::clone);
    let mut service = held.unwrap_or_else(|| {
        let made = router(host::Workers::new(env), PackCache::default());
        ROUTER.set(Some(made.clone()));
        made
    });
    let (parts, body) = service.call(request.map(axum::body::Body::new)).await?.into_parts();
    // One buffer instead of a stream: answers are small, and a stream costs a handful of promises each.
    let bytes = body.collect().await.map_err(|e| worker::Error::RustError(e.to_string()))?.to_bytes();
    let mut builder = ResponseBuilder::new().with_status(parts.status.as_u16()).with_headers((&parts.headers).into());
    if parts.headers.contains_key(http::header::CONTENT_ENCODING) {
        builder = builder.with_encode_body(EncodeBody::Manual);
    }
    Ok(if bytes.is_empty() { builder.empty() } else { builder.fixed(bytes.to_vec()) })
}
