//! The component's entry point.

use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response};
use nearside_edge::{PackCache, router};
use spin_sdk::http_service;
use tower_service::Service;

use crate::{host, site};

static ROUTER: OnceLock<Router> = OnceLock::new();

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> Result<Response<Body>, std::convert::Infallible> {
    let is_file = matches!(*request.method(), Method::GET | Method::HEAD) && !site::is_api(request.uri().path());
    if is_file && let Some(found) = site::serve(request.uri().path(), request.headers(), read) {
        return Ok(found);
    }
    let mut service = ROUTER.get_or_init(|| router(host::Spin::default(), PackCache::default())).clone();
    let (parts, body) = request.into_parts();
    service.call(Request::from_parts(parts, Body::new(body))).await
}

/// A component file, as `spin.toml` mounts it.
fn read(path: &str) -> Option<Vec<u8>> {
    std::fs::read(format!("{}/{path}", host::FILES)).ok()
}
