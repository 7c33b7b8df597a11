//! The in-memory adapter: every port over plain maps, for tests and for trying things out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use nearside_protocol::{EventBatch, EventRecord, HandoffReceipt};

use crate::limits::Window;
use crate::ports::{Blobs, Database, Limits, PortError, StoredHandoff, System};

/// A host that lives in memory; clones share it.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    blobs: BTreeMap<String, Vec<u8>>,
    handoffs: Vec<StoredHandoff>,
    events: BTreeMap<(String, String), EventRecord>,
    token: Option<String>,
    now_ms: f64,
    randoms: u64,
    window: Option<Window>,
}

impl Memory {
    /// An empty host whose agents show `token` and which admits `per_key` requests a key (`None`: all).
    pub fn new(token: &str, per_key: Option<u32>) -> Self {
        let inner =
            Inner { token: Some(token.to_owned()), window: per_key.map(Window::new), now_ms: 1_790_000_000_000.0, ..Default::default() };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Adds a file.
    pub fn add_blob(&self, path: &str, bytes: Vec<u8>) {
        self.lock().blobs.insert(path.to_owned(), bytes);
    }

    /// How many events are stored.
    pub fn event_count(&self) -> usize {
        self.lock().events.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Database for Memory {
    async fn put_handoff(&self, record: StoredHandoff) -> Result<HandoffReceipt, PortError> {
        let mut inner = self.lock();
        if let Some(old) = inner.handoffs.iter().find(|h| h.id == record.id && h.site == record.site) {
            return Ok(HandoffReceipt::new(old.id.clone(), old.created_ms));
        }
        let receipt = HandoffReceipt::new(record.id.clone(), record.created_ms);
        inner.handoffs.push(record);
        Ok(receipt)
    }

    async fn handoffs(&self, site: &str, limit: u32) -> Result<Vec<StoredHandoff>, PortError> {
        Ok(self.lock().handoffs.iter().rev().filter(|h| h.site == site).take(limit as usize).cloned().collect())
    }

    async fn put_events(&self, batch: EventBatch, _now_ms: f64) -> Result<(), PortError> {
        let mut inner = self.lock();
        for event in batch.events {
            inner.events.entry((batch.site.clone(), event.id.clone())).or_insert(event);
        }
        Ok(())
    }

    async fn ready(&self) -> Result<(), PortError> {
        Ok(())
    }
}

impl Blobs for Memory {
    async fn blob(&self, path: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.lock().blobs.get(path).cloned())
    }
}

impl System for Memory {
    fn now_ms(&self) -> f64 {
        let mut inner = self.lock();
        inner.now_ms += 1.0;
        inner.now_ms
    }

    fn random(&self) -> u64 {
        let mut inner = self.lock();
        inner.randoms += 1;
        inner.randoms
    }

    async fn agent_token(&self) -> Result<String, PortError> {
        self.lock().token.clone().filter(|t| !t.is_empty()).ok_or_else(|| PortError("no agents' token: give Memory::new one".into()))
    }

    async fn seal_keys(&self) -> Result<String, PortError> {
        Ok(format!("memory={}", "5e".repeat(32)))
    }

    fn log(&self, line: &str) {
        eprintln!("{line}");
    }
}

impl Limits for Memory {
    async fn admit(&self, key: &str) -> Result<(), u32> {
        let mut inner = self.lock();
        let now_ms = inner.now_ms;
        inner.window.as_mut().map_or(Ok(()), |window| window.admit(key, now_ms))
    }

    fn client<'a>(&self, _headers: &'a HeaderMap) -> &'a str {
        "-"
    }
}
