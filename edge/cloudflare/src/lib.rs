//! The edge on Cloudflare Workers.
//!
//! What always holds: the router and its packs are made once an isolate and serve every request of it; a missing
//! binding is a problem document and a line in the log, never a panic.

mod bridge;
mod host;

use std::cell::RefCell;
use std::task::{self, Poll, Waker};

use axum::Router;
use axum::body::Body;
use http::Request;
use nearside_edge::{PackCache, daily_job, router};
use tower_service::Service;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::wasm_bindgen_futures::future_to_promise;
use worker::web_sys;
use worker::{Env, Result, ScheduleContext, ScheduledEvent, event};

thread_local! {
    static ROUTER: RefCell<Option<Router>> = const { RefCell::new(None) };
}

/// Answers a request whose parts `bridge.js` has read: the response, or a promise of it where something has to be waited for.
/// Most turns wait for nothing, and a promise of its own would take a good part of their time.
#[wasm_bindgen]
pub fn answer(head: &str, body: Option<Vec<u8>>, env: Env) -> std::result::Result<JsValue, JsValue> {
    let mut answered = Box::pin(respond(bridge::request(head, body).map_err(JsValue::from)?, env));
    match answered.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Ok(done?.into()),
        Poll::Pending => Ok(future_to_promise(async move { Ok(answered.await?.into()) }).into()),
    }
}

async fn respond(asked: Request<Body>, env: Env) -> Result<web_sys::Response> {
    let held = ROUTER.with_borrow(Clone::clone);
    let mut service = held.unwrap_or_else(|| {
        let made = router(host::Workers::new(env), PackCache::default());
        ROUTER.set(Some(made.clone()));
        made
    });
    bridge::response(service.call(asked).await?).await
}

/// Once a day, as wrangler.toml says: deletes what is past its time.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    daily_job(&host::Workers::new(env), &PackCache::default()).await;
}
