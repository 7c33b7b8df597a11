//! Packs that stay loaded between requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use nearside_assistant::{Assistant, Pack};
use nearside_protocol::{EncoderRef, Manifest, PackRef};

use crate::ports::{Host, SharedEncoder};
use crate::problem::Problem;

/// How long a manifest, or that something was wrong with a pack, is believed before it is read again, milliseconds.
const FRESH_MS: f64 = 30_000.0;

/// Assistants by site, shared by all requests of one instance.
#[derive(Clone, Default)]
pub struct PackCache(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    sites: BTreeMap<String, Entry>,
    /// Encoders by hash; sites share them.
    encoders: BTreeMap<String, SharedEncoder>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    read_ms: f64,
    pub(crate) manifest: Arc<Manifest>,
    loaded: Option<Result<Arc<Assistant>, Broken>>,
    encoded: Encoded,
}

/// The assistant with the site's encoder.
#[derive(Clone, Default)]
enum Encoded {
    #[default]
    Unasked,
    /// A request began to load it at this time, milliseconds, and has not ended, or failed.
    Since(f64),
    Ready(Arc<Assistant>),
}

/// Why a site's packs cannot be used, and the reference under which the log has it.
#[derive(Clone)]
struct Broken {
    reason: Arc<str>,
    reference: Arc<str>,
}

/// Why a manifest cannot be given.
enum Missing {
    Unknown,
    Broken(String),
}

impl PackCache {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, site: &str) -> Option<Entry> {
        self.lock().sites.get(site).cloned()
    }

    /// Changes what is held of a site, unless its manifest is another one by now.
    fn update(&self, site: &str, manifest: &Arc<Manifest>, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.lock().sites.get_mut(site).filter(|e| Arc::ptr_eq(&e.manifest, manifest)) {
            change(entry);
        }
    }

    /// The site's manifest, read again every half minute.
    pub(crate) async fn manifest(&self, host: &impl Host, site: &str) -> Result<Entry, Problem> {
        self.read(host, site).await.map_err(|missing| match missing {
            Missing::Unknown => Problem::new(StatusCode::NOT_FOUND, "unknown-site", format!("site {site:?} is not served here")),
            Missing::Broken(reason) => unavailable(host, &reason),
        })
    }

    async fn read(&self, host: &impl Host, site: &str) -> Result<Entry, Missing> {
        let held = self.get(site);
        if let Some(entry) = held.as_ref().filter(|e| host.now_ms() - e.read_ms < FRESH_MS) {
            return Ok(entry.clone());
        }
        if !crate::extract::is_site(site) {
            return Err(Missing::Unknown);
        }
        let bytes = host.blob(&format!("sites/{site}.json")).await.map_err(|e| Missing::Broken(e.0))?.ok_or(Missing::Unknown)?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| Missing::Broken(format!("sites/{site}.json: {e}")))?;
        // What was wrong with a pack may be mended by now; what was loaded cannot change under its hash.
        let read_ms = host.now_ms();
        let entry = match held.filter(|e| *e.manifest == manifest) {
            Some(same) => Entry { read_ms, loaded: same.loaded.filter(Result::is_ok), ..same },
            None => Entry { read_ms, manifest: Arc::new(manifest), loaded: None, encoded: Encoded::Unasked },
        };
        self.lock().sites.insert(site.to_owned(), entry.clone());
        Ok(entry)
    }

    /// The site's assistant with all its packs, loaded on first need.
    pub(crate) async fn assistant(&self, host: &impl Host, site: &str) -> Result<(Arc<Manifest>, Arc<Assistant>), Problem> {
        let entry = self.manifest(host, site).await?;
        match self.loaded(host, site, &entry).await {
            Ok(plain) => {
                let assistant = self.encoded(host, site, &entry, &plain).await.unwrap_or(plain);
                Ok((entry.manifest, assistant))
            }
            Err(broken) => Err(refer(&broken.reference)),
        }
    }

    /// The assistant with the site's encoder. The first request that wants it loads it; until it is there, and where it
    /// cannot be had, the packs that need none answer: two at once would not fit into an isolate's memory.
    async fn encoded(&self, host: &impl Host, site: &str, entry: &Entry, plain: &Assistant) -> Option<Arc<Assistant>> {
        let wanted = entry.manifest.encoder.as_ref()?;
        match &entry.encoded {
            Encoded::Ready(assistant) => return Some(assistant.clone()),
            Encoded::Since(ms) if host.now_ms() - ms < FRESH_MS => return None,
            _ => {}
        }
        let since = Encoded::Since(host.now_ms());
        self.update(site, &entry.manifest, |e| e.encoded = since);
        match self.load_encoded(host, wanted, plain).await {
            Ok(assistant) => {
                let ready = Arc::new(assistant);
                self.update(site, &entry.manifest, |e| e.encoded = Encoded::Ready(ready.clone()));
                Some(ready)
            }
            Err(reason) => {
                note(host, &format!("site {site}, encoder {}: {reason}", wanted.name));
                None
            }
        }
    }

    async fn load_encoded(&self, host: &impl Host, wanted: &EncoderRef, plain: &Assistant) -> Result<Assistant, String> {
        let mut assistant = plain.clone();
        for pack in load(host, &wanted.packs).await? {
            if pack.meta.encoder.as_ref() != Some(&wanted.name) {
                let trained = pack.meta.encoder.as_deref().unwrap_or("no encoder");
                return Err(format!("packs/{}.pack: trained with {trained}; build it with this one", pack.hash));
            }
            assistant.add(pack);
        }
        let held = self.lock().encoders.get(&wanted.hash).cloned();
        let encoder = match held {
            Some(encoder) => encoder,
            None => {
                let encoder = host.encoder(&wanted.hash).await.map_err(|e| e.0)?;
                self.lock().encoders.insert(wanted.hash.clone(), encoder.clone());
                encoder
            }
        };
        Ok(assistant.with_encoder(encoder))
    }

    async fn loaded(&self, host: &impl Host, site: &str, entry: &Entry) -> Result<Arc<Assistant>, Broken> {
        if let Some(loaded) = &entry.loaded {
            return loaded.clone();
        }
        let loaded = load(host, &entry.manifest.packs).await.map(|packs| Arc::new(Assistant::new(packs))).map_err(|reason| {
            let reason = format!("site {site}: {reason}");
            Broken { reference: note(host, &reason).into(), reason: reason.into() }
        });
        self.update(site, &entry.manifest, |e| e.loaded = Some(loaded.clone()));
        loaded
    }

    /// The sites that `sites.json` lists; none where there is no list.
    pub(crate) async fn sites(&self, host: &impl Host) -> Result<Vec<String>, String> {
        match host.blob("sites.json").await {
            Ok(Some(bytes)) => serde_json::from_slice::<Vec<String>>(&bytes).map_err(|e| format!("sites.json: {e}")),
            Ok(None) => Ok(Vec::new()),
            Err(error) => Err(error.0),
        }
    }

    /// What is wrong with the packs of those sites, a sentence each.
    pub(crate) async fn wrong(&self, host: &impl Host) -> Vec<String> {
        let sites = match self.sites(host).await {
            Ok(sites) => sites,
            Err(reason) => return vec![reason],
        };
        let mut wrong = Vec::new();
        for site in sites {
            match self.read(host, &site).await {
                Err(Missing::Unknown) => wrong.push(format!("sites/{site}.json: no such file, though sites.json lists the site")),
                Err(Missing::Broken(reason)) => wrong.push(reason),
                Ok(entry) => wrong.extend(self.loaded(host, &site, &entry).await.err().map(|b| b.reason.to_string())),
            }
        }
        wrong
    }
}

async fn load(host: &impl Host, references: &[PackRef]) -> Result<Vec<Pack>, String> {
    let mut packs = Vec::new();
    for reference in references {
        let path = format!("packs/{}.pack", reference.hash);
        let bytes = host.blob(&path).await.map_err(|e| e.0)?;
        let bytes = bytes.ok_or_else(|| format!("{path}: no such file; deploy it with the manifest"))?;
        let pack = Pack::load(&bytes).map_err(|e| format!("{path}: {e}"))?;
        if pack.hash != reference.hash {
            return Err(format!("{path}: its content is {}, expected the hash in its name; deploy the pack again", pack.hash));
        }
        packs.push(pack);
    }
    Ok(packs)
}

/// A part that should be there is not: the log gets the reason, the visitor a plain word, both the same reference.
pub(crate) fn unavailable(host: &impl Host, reason: &str) -> Problem {
    refer(&note(host, reason))
}

fn note(host: &impl Host, reason: &str) -> String {
    // Where there is no randomness, all references are alike, and the log still has the reason.
    let mut bytes = [0; 8];
    let _ = host.random(&mut bytes);
    let reference = nearside_privacy::seal::to_hex(&bytes);
    host.log(&format!("unavailable ({reference}): {reason}"));
    reference
}

fn refer(reference: &str) -> Problem {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "a part of the service is not available; try again soon");
    Problem { instance: Some(format!("urn:nearside:{reference}").into()), ..problem }
}
