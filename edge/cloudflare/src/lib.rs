//! The edge on Cloudflare Workers.
//!
//! What always holds: the router and its packs are made once an isolate and serve every request of it; a missing
//! binding is a problem document and a line in the log, never a panic.

mod bridge;
mod host;

use std::cell::RefCell;

use axum::Router;
use nearside_edge::{PackCache, daily_job, router};
use tower_service::Service;
use worker::web_sys;
use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};

thread_local! {
    static ROUTER: RefCell<Option<Router>> = const { RefCell::new(None) };
}

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, _context: Context) -> Result<web_sys::Response> {
    let held = ROUTER.with_borrow(Clone::clone);
    let mut service = held.unwrap_or_else(|| {
        let made = router(host::Workers::new(env), PackCache::default());
        ROUTER.set(Some(made.clone()));
        made
    });
    let asked = bridge::request(&request).await?;
    bridge::response(service.call(asked).await?).await
}

/// Once a day, as wrangler.toml says: deletes what is past its time.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    daily_job(&host::Workers::new(env), &PackCache::default()).await;
}
