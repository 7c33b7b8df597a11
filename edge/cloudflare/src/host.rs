//! The ports over Cloudflare's bindings: `DB` (D1), `ASSETS`, `LIMITER`, and secrets.

use std::sync::Arc;

use http::HeaderMap;
use js_sys::{Function, Object, Promise, Reflect};
use nearside_edge::{Blobs, Database, Limits, PortError, Row, Secret, Statement, System};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use worker::send::{SendFuture, SendWrapper};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{D1Database, Date, Env};

/// Seconds after which the rate limiter's window has passed.
const WINDOW_S: u32 = 60;

/// Cloudflare's bindings. A Worker's isolate has one thread, so that sharing them is sound.
#[derive(Clone)]
pub(crate) struct Workers {
    env: Arc<SendWrapper<Env>>,
}

impl Workers {
    pub(crate) fn new(env: Env) -> Self {
        Self { env: Arc::new(SendWrapper::new(env)) }
    }

    fn db(&self) -> Result<D1Database, PortError> {
        self.env.d1("DB").map_err(|e| PortError(format!("binding DB: {e}; name a D1 database in wrangler.toml")))
    }
}

fn failed(what: &str) -> impl Fn(worker::Error) -> PortError + '_ {
    move |e| PortError(format!("{what}: {e}"))
}

fn bound(value: &Value) -> JsValue {
    match value {
        Value::String(text) => JsValue::from_str(text),
        Value::Number(number) => number.as_f64().map_or(JsValue::NULL, JsValue::from_f64),
        _ => JsValue::NULL,
    }
}

impl Database for Workers {
    /// D1 runs a batch as one transaction.
    fn transaction(&self, statements: Vec<Statement>) -> impl Future<Output = Result<Vec<Vec<Row>>, PortError>> + Send {
        SendFuture::new(async move {
            let db = self.db()?;
            let failed = failed("database");
            let prepare = |s: &Statement| db.prepare(s.sql).bind(&s.values.iter().map(bound).collect::<Vec<_>>());
            let prepared = statements.iter().map(prepare).collect::<Result<Vec<_>, _>>().map_err(&failed)?;
            let done = db.batch(prepared).await.map_err(|e| {
                let hint = if e.to_string().contains("no such table") {
                    "; apply the migrations with wrangler d1 migrations apply DB"
                } else {
                    ""
                };
                PortError(format!("database: {e}{hint}"))
            })?;
            done.iter().map(|result| result.results::<Row>().map_err(&failed)).collect()
        })
    }
}

impl Blobs for Workers {
    fn blob(&self, path: &str) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send {
        let path = path.to_owned();
        SendFuture::new(async move {
            let assets = self.env.assets("ASSETS").map_err(failed("binding ASSETS"))?;
            let response = assets.fetch(format!("https://assets.local/blobs/{path}"), None).await.map_err(failed(&path))?;
            let mut response: worker::Response = response.try_into().map_err(failed(&path))?;
            match response.status_code() {
                200 => response.bytes().await.map(Some).map_err(failed(&path)),
                404 => Ok(None),
                other => Err(PortError(format!("{path}: assets answered {other}"))),
            }
        })
    }
}

impl System for Workers {
    fn now_ms(&self) -> f64 {
        Date::now().as_millis() as f64
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(|e| PortError(format!("no randomness: {e}")))
    }

    async fn secret(&self, secret: Secret) -> Result<String, PortError> {
        let name = secret.name();
        let value = self.env.secret(name).ok().map(|s| s.to_string()).filter(|s| !s.is_empty());
        value.ok_or_else(|| PortError(format!("no {name}: set it with npx wrangler secret put {name}")))
    }

    fn log(&self, line: &str) {
        worker::console_error!("{line}");
    }
}

/// Whether the rate limiter admits `key`; `None` where there is no limiter. By name and not by `Env::rate_limiter`, which
/// knows only one of the classes that platforms give the binding: the local one has another.
async fn limit(env: &JsValue, key: &str) -> Option<bool> {
    let limiter = Reflect::get(env, &"LIMITER".into()).ok().filter(JsValue::is_object)?;
    let limit: Function = Reflect::get(&limiter, &"limit".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"key".into(), &key.into()).ok()?;
    let promise: Promise = limit.call1(&limiter, &options).ok()?.dyn_into().ok()?;
    let outcome = JsFuture::from(promise).await.ok()?;
    Reflect::get(&outcome, &"success".into()).ok()?.as_bool()
}

impl Limits for Workers {
    fn admit(&self, key: &str) -> impl Future<Output = Result<(), u32>> + Send {
        let key = key.to_owned();
        SendFuture::new(async move {
            // Without the binding there is no limit: a developer's machine, or a plan that has none.
            match limit(&self.env, &key).await {
                Some(outcome) if !outcome => Err(WINDOW_S),
                _ => Ok(()),
            }
        })
    }

    fn client<'a>(&self, headers: &'a HeaderMap) -> &'a str {
        headers.get("cf-connecting-ip").and_then(|v| v.to_str().ok()).unwrap_or("-")
    }
}
