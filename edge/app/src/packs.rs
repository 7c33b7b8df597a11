//! Packs that stay loaded between requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use nearside_assistant::{Assistant, Pack};
use nearside_protocol::Manifest;

use crate::ports::Host;
use crate::problem::Problem;

/// How long a manifest is believed before it is read again, milliseconds.
const FRESH_MS: f64 = 30_000.0;

/// Assistants by site, shared by all requests of one instance.
#[derive(Clone, Default)]
pub struct PackCache(Arc<Mutex<BTreeMap<String, Entry>>>);

#[derive(Clone)]
pub(crate) struct Entry {
    read_ms: f64,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) assistant: Option<Arc<Assistant>>,
}

impl PackCache {
    fn get(&self, site: &str) -> Option<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(site).cloned()
    }

    fn put(&self, site: &str, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(site.to_owned(), entry);
    }

    /// The site's manifest, read again every half minute.
    pub(crate) async fn manifest(&self, host: &impl Host, site: &str) -> Result<Entry, Problem> {
        let held = self.get(site);
        if let Some(entry) = held.as_ref().filter(|e| host.now_ms() - e.read_ms < FRESH_MS) {
            return Ok(entry.clone());
        }
        let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown-site", format!("site {site:?} is not served here"));
        if !crate::extract::is_site(site) {
            return Err(unknown());
        }
        let bytes = host.blob(&format!("sites/{site}.json")).await.map_err(|e| unavailable(host, &e.0))?.ok_or_else(unknown)?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| unavailable(host, &format!("sites/{site}.json: {e}")))?;
        let same = held.filter(|e| *e.manifest == manifest);
        let entry = Entry { read_ms: host.now_ms(), manifest: Arc::new(manifest), assistant: same.and_then(|e| e.assistant) };
        self.put(site, entry.clone());
        Ok(entry)
    }

    /// The site's assistant with all its packs, loaded on first need.
    pub(crate) async fn assistant(&self, host: &impl Host, site: &str) -> Result<(Arc<Manifest>, Arc<Assistant>), Problem> {
        let mut entry = self.manifest(host, site).await?;
        if let Some(assistant) = entry.assistant {
            return Ok((entry.manifest, assistant));
        }
        let mut packs = Vec::new();
        for reference in &entry.manifest.packs {
            let path = format!("packs/{}.pack", reference.hash);
            let bytes = host
                .blob(&path)
                .await
                .map_err(|e| unavailable(host, &e.0))?
                .ok_or_else(|| unavailable(host, &format!("{path}: no such file; deploy it with the manifest")))?;
            let pack = Pack::load(&bytes).map_err(|e| unavailable(host, &format!("{path}: {e}")))?;
            if pack.hash != reference.hash {
                return Err(unavailable(host, &format!("{path}: its content is {}, expected the hash in its name", pack.hash)));
            }
            packs.push(pack);
        }
        let assistant = Arc::new(Assistant::new(packs));
        entry.assistant = Some(assistant.clone());
        let manifest = entry.manifest.clone();
        self.put(site, entry);
        Ok((manifest, assistant))
    }
}

/// A part that should be there is not: the log gets the reason, the visitor a plain word, both the same reference.
pub(crate) fn unavailable(host: &impl Host, reason: &str) -> Problem {
    let reference = format!("{:016x}", host.random());
    host.log(&format!("unavailable ({reference}): {reason}"));
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "a part of the service is not available; try again soon");
    Problem { instance: Some(format!("urn:nearside:{reference}").into()), ..problem }
}
