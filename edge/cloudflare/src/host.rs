//! The ports over Cloudflare's bindings: `DB` (D1), `ASSETS`, `LIMITER`, `AGENT_TOKEN`.

use std::sync::Arc;

use http::HeaderMap;
use js_sys::{Function, Object, Promise, Reflect};
use nearside_edge::{Blobs, Database, Limits, PortError, StoredHandoff, System};
use nearside_protocol::{EventBatch, HandoffReceipt};
use serde::Deserialize;
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

#[derive(Deserialize)]
struct HandoffRow {
    id: String,
    site: String,
    conversation: String,
    reason: String,
    locale: String,
    created_ms: f64,
    transcript: String,
}

impl Database for Workers {
    fn put_handoff(&self, record: StoredHandoff) -> impl Future<Output = Result<HandoffReceipt, PortError>> + Send {
        SendFuture::new(async move {
            let db = self.db()?;
            let text = |s: &str| JsValue::from_str(s);
            let created = JsValue::from_f64(record.created_ms);
            let statement = |sql: &str, values: &[JsValue]| db.prepare(sql).bind(values).map_err(failed("handoffs"));
            let batch = vec![
                statement("INSERT OR IGNORE INTO sites (id, created_ms) VALUES (?1, ?2)", &[text(&record.site), created.clone()])?,
                statement(
                    "INSERT OR IGNORE INTO conversations (site, id, locale, created_ms) VALUES (?1, ?2, ?3, ?4)",
                    &[text(&record.site), text(&record.conversation), text(&record.locale), created.clone()],
                )?,
                statement(
                    "INSERT OR IGNORE INTO handoffs (site, id, conversation, reason, locale, created_ms, transcript) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    &[
                        text(&record.site),
                        text(&record.id),
                        text(&record.conversation),
                        text(&record.reason),
                        text(&record.locale),
                        created,
                        text(&record.transcript),
                    ],
                )?,
                statement("SELECT created_ms FROM handoffs WHERE site = ?1 AND id = ?2", &[text(&record.site), text(&record.id)])?,
            ];
            let results = db.batch(batch).await.map_err(failed("handoffs"))?;
            #[derive(Deserialize)]
            struct Created {
                created_ms: f64,
            }
            let rows: Vec<Created> =
                results.last().map(worker::D1Result::results).transpose().map_err(failed("handoffs"))?.unwrap_or_default();
            let created_ms = rows.first().map(|r| r.created_ms).ok_or_else(|| PortError("handoffs: stored row not found".into()))?;
            Ok(HandoffReceipt::new(record.id, created_ms))
        })
    }

    fn handoffs(&self, site: &str, limit: u32) -> impl Future<Output = Result<Vec<StoredHandoff>, PortError>> + Send {
        let site = site.to_owned();
        SendFuture::new(async move {
            let statement = self
                .db()?
                .prepare("SELECT id, site, conversation, reason, locale, created_ms, transcript FROM handoffs WHERE site = ?1 ORDER BY created_ms DESC, id LIMIT ?2")
                .bind(&[JsValue::from_str(&site), JsValue::from_f64(f64::from(limit))])
                .map_err(failed("handoffs"))?;
            let rows: Vec<HandoffRow> = statement.all().await.and_then(|r| r.results()).map_err(failed("handoffs"))?;
            let stored = |row: HandoffRow| StoredHandoff {
                id: row.id,
                site: row.site,
                conversation: row.conversation,
                reason: row.reason,
                locale: row.locale,
                created_ms: row.created_ms,
                transcript: row.transcript,
            };
            Ok(rows.into_iter().map(stored).collect())
        })
    }

    fn put_events(&self, batch: EventBatch, now_ms: f64) -> impl Future<Output = Result<(), PortError>> + Send {
        SendFuture::new(async move {
            let db = self.db()?;
            let text = |s: &str| JsValue::from_str(s);
            let mut statements = Vec::with_capacity(batch.events.len());
            for event in &batch.events {
                let article = event.article.as_deref().map_or(JsValue::NULL, text);
                let values = [
                    text(&batch.site),
                    text(&event.id),
                    text(&event.name),
                    article,
                    JsValue::from_f64(event.at_ms),
                    JsValue::from_f64(now_ms),
                ];
                let sql = "INSERT OR IGNORE INTO events (site, id, name, article, at_ms, received_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                statements.push(db.prepare(sql).bind(&values).map_err(failed("events"))?);
            }
            db.batch(statements).await.map(drop).map_err(failed("events"))
        })
    }

    fn ready(&self) -> impl Future<Output = Result<(), PortError>> + Send {
        SendFuture::new(async move {
            let found = self.db()?.prepare("SELECT count(*) AS n FROM handoffs").first::<f64>(Some("n")).await;
            found.map(drop).map_err(|e| PortError(format!("database: {e}; apply the migrations with wrangler d1 migrations apply DB")))
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

    fn random(&self) -> u64 {
        getrandom::u64().unwrap_or_default()
    }

    async fn agent_token(&self) -> Result<String, PortError> {
        let token = self.env.secret("AGENT_TOKEN").ok().map(|s| s.to_string()).filter(|s| !s.is_empty());
        token.ok_or_else(|| PortError("no agents' token: set it with npx wrangler secret put AGENT_TOKEN".into()))
    }

    async fn seal_keys(&self) -> Result<String, PortError> {
        let keys = self.env.secret("SEAL_KEYS").ok().map(|s| s.to_string()).filter(|s| !s.is_empty());
        keys.ok_or_else(|| PortError("no sealing keys: set them with npx wrangler secret put SEAL_KEYS".into()))
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
