//! The ports over Cloudflare's bindings: `DB` (D1), `ASSETS`, `LIMITER`, `WRITE_LIMITER`, and secrets.

use std::sync::Arc;

use http::HeaderMap;
use js_sys::{Function, Object, Promise, Reflect};
use nearside_edge::{Blobs, Database, Encoders, Kind, Level, Limits, PortError, Row, Secret, SharedEncoder, Statement, System};
use nearside_nlu::{EncodeError, Encoder};
use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::send::{SendFuture, SendWrapper};
use worker::wasm_bindgen_futures::{self, JsFuture};
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
        self.env.d1("DB").map_err(|e| PortError::Unavailable(format!("binding DB: name a D1 database in wrangler.toml ({e})")))
    }
}

fn failed(what: &str) -> impl Fn(worker::Error) -> PortError + '_ {
    move |e| PortError::Unavailable(format!("{what}: {e}"))
}

/// Why a batch was not carried out. D1 gives no code with it, only SQLite's own words.
fn refused(text: &str) -> PortError {
    if text.contains("UNIQUE constraint failed") {
        return PortError::Conflict(format!("database: {text}"));
    }
    let hint = if text.contains("no such table") { "; apply the migrations with wrangler d1 migrations apply DB" } else { "" };
    PortError::Unavailable(format!("database: {text}{hint}"))
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
            let done = db.batch(prepared).await.map_err(|e| refused(&e.to_string()))?;
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
                other => Err(PortError::Unavailable(format!("{path}: assets answered {other}"))),
            }
        })
    }
}

#[wasm_bindgen]
extern "C" {
    /// The encoder's module, which `entry.js` starts.
    type Module;
    #[wasm_bindgen(method, getter)]
    fn width(this: &Module) -> usize;
    #[wasm_bindgen(method, catch)]
    fn encode(this: &Module, text: &str) -> Result<Vec<f32>, JsValue>;
    #[wasm_bindgen(catch, js_namespace = globalThis, js_name = nearsideEncoder)]
    async fn start(env: &JsValue, hash: &str) -> Result<JsValue, JsValue>;
}

/// An encoder in a WebAssembly module of its own.
struct Apart {
    module: SendWrapper<Module>,
    width: usize,
}

impl Encoder for Apart {
    fn width(&self) -> usize {
        self.width
    }

    fn encode(&self, text: &str) -> Result<Vec<f32>, EncodeError> {
        self.module.encode(text).map_err(|e| EncodeError(said(&e)))
    }
}

/// What a thrown value says.
fn said(thrown: &JsValue) -> String {
    let message = Reflect::get(thrown, &"message".into()).ok().and_then(|m| m.as_string());
    message.or(thrown.as_string()).unwrap_or_else(|| "it failed without a word".into())
}

impl Encoders for Workers {
    fn encoder(&self, hash: &str) -> impl Future<Output = Result<SharedEncoder, PortError>> + Send {
        let hash = hash.to_owned();
        SendFuture::new(async move {
            let module: Module = start(&self.env, &hash).await.map_err(|e| PortError::Unavailable(said(&e)))?.unchecked_into();
            let width = module.width();
            Ok(Arc::new(Apart { module: SendWrapper::new(module), width }) as SharedEncoder)
        })
    }
}

impl System for Workers {
    fn now_ms(&self) -> f64 {
        Date::now().as_millis() as f64
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(|e| PortError::Unavailable(format!("no randomness: {e}")))
    }

    async fn secret(&self, secret: Secret) -> Result<String, PortError> {
        let name = secret.name();
        let value = self.env.secret(name).ok().map(|s| s.to_string()).filter(|s| !s.is_empty());
        value.ok_or_else(|| PortError::NotSet(format!("no {name}: set it with npx wrangler secret put {name}")))
    }

    fn log(&self, level: Level, line: &str) {
        match level {
            Level::Info => worker::console_log!("{line}"),
            Level::Warning => worker::console_warn!("{line}"),
            Level::Error => worker::console_error!("{line}"),
        }
    }
}

/// Names of bindings that count requests of this kind, the best first: a deployment of before there were two has one.
fn limiters(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Asking => &["LIMITER"],
        Kind::Writing => &["WRITE_LIMITER", "LIMITER"],
    }
}

/// Whether a rate limiter admits `key`; `None` where there is none. By name and not by `Env::rate_limiter`, which knows only
/// one of the classes that platforms give the binding: the local one has another.
async fn limit(env: &JsValue, kind: Kind, key: &str) -> Result<Option<bool>, JsValue> {
    let named = |name: &&str| Reflect::get(env, &(*name).into()).ok().filter(JsValue::is_object);
    let Some(limiter) = limiters(kind).iter().find_map(named) else { return Ok(None) };
    let limit: Function = Reflect::get(&limiter, &"limit".into())?.dyn_into()?;
    let options = Object::new();
    Reflect::set(&options, &"key".into(), &key.into())?;
    let promise: Promise = limit.call1(&limiter, &options)?.dyn_into()?;
    let outcome = JsFuture::from(promise).await?;
    let admits = Reflect::get(&outcome, &"success".into())?.as_bool();
    admits.map(Some).ok_or_else(|| "the limiter's answer says neither yes nor no".into())
}

impl Limits for Workers {
    fn admit(&self, kind: Kind, key: &str) -> impl Future<Output = Result<(), u32>> + Send {
        let key = key.to_owned();
        SendFuture::new(async move {
            match limit(&self.env, kind, &key).await {
                Ok(Some(false)) => Err(WINDOW_S),
                // Without the binding there is no limit: a developer's machine, or a plan that has none.
                Ok(_) => Ok(()),
                Err(thrown) => {
                    self.log(Level::Error, &format!("rate limiter: {}; requests are not limited", said(&thrown)));
                    Ok(())
                }
            }
        })
    }

    fn client<'a>(&self, headers: &'a HeaderMap) -> &'a str {
        headers.get("cf-connecting-ip").and_then(|v| v.to_str().ok()).unwrap_or("-")
    }
}
