//! Packs that stay loaded between requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use nearside_assistant::{Assistant, Pack, VectorSource, content_hash};
use nearside_nlu::StaticVectors;
use nearside_protocol::{EncoderRef, Manifest, PackRef};

use crate::ports::{Host, Level, SharedEncoder};
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
    /// Token vectors by hash; sites share them.
    vectors: BTreeMap<String, Arc<StaticVectors>>,
}

/// A pack, and the token vectors that it ranks with, where it does.
struct Loaded {
    pack: Pack,
    vectors: Option<Arc<StaticVectors>>,
}

impl Loaded {
    fn add_to(self, assistant: &mut Assistant) {
        if let Some(vectors) = self.vectors {
            assistant.add_tokens(&self.pack.meta.language, vectors);
        }
        assistant.add(self.pack);
    }
}

#[derive(Clone)]
pub(crate) struct Entry {
    read_ms: f64,
    pub(crate) manifest: Arc<Manifest>,
    /// With the packs that some visitor has wanted, the default language's first.
    assistant: Arc<Assistant>,
    /// Packs that cannot be used, by language.
    broken: BTreeMap<String, Broken>,
    encoder: Loading,
}

/// How far the site's encoder is.
#[derive(Clone, Default)]
enum Loading {
    #[default]
    Unasked,
    /// A request began to load it at this time, milliseconds, and has not ended, or failed.
    Since(f64),
    /// The assistant has it.
    Done,
}

impl Entry {
    fn has(&self, language: &str) -> bool {
        self.assistant.packs().iter().any(|pack| pack.meta.language == language)
    }
}

/// A pack that cannot be used: the reference under which the log says why.
#[derive(Clone)]
struct Broken {
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
        if let Some(entry) = self.get(site).filter(|e| host.now_ms() - e.read_ms < FRESH_MS) {
            return Ok(entry);
        }
        if !crate::extract::is_site(site) {
            return Err(Missing::Unknown);
        }
        let bytes = host.blob(&format!("sites/{site}.json")).await.map_err(|e| Missing::Broken(e.to_string()))?.ok_or(Missing::Unknown)?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| Missing::Broken(format!("sites/{site}.json: {e}")))?;
        // What was wrong with a pack may be mended by now; what was loaded cannot change under its hash.
        let read_ms = host.now_ms();
        let entry = match self.get(site).filter(|e| *e.manifest == manifest) {
            Some(same) => Entry { read_ms, broken: BTreeMap::new(), ..same },
            None => {
                let (manifest, assistant) = (Arc::new(manifest), Arc::default());
                Entry { read_ms, manifest, assistant, broken: BTreeMap::new(), encoder: Loading::Unasked }
            }
        };
        self.lock().sites.insert(site.to_owned(), entry.clone());
        Ok(entry)
    }

    /// The site's assistant with its default language, and with its encoder where it has one. Other languages come when a
    /// turn wants them ([`Self::with_language`]): a site of twelve took 170 ms more to its first answer, and most
    /// isolates meet one or two.
    pub(crate) async fn assistant(&self, host: &impl Host, site: &str) -> Result<(Arc<Manifest>, Arc<Assistant>), Problem> {
        let entry = self.manifest(host, site).await?;
        let Some(first) = entry.manifest.packs.first() else { return Ok((entry.manifest, entry.assistant)) };
        let entry = self.loaded(host, site, entry.clone(), first).await.map_err(|broken| refer(&broken.reference))?;
        let assistant = self.encoded(host, site, &entry).await.unwrap_or(entry.assistant);
        Ok((entry.manifest, assistant))
    }

    /// The site's assistant with the pack of one more of its languages.
    pub(crate) async fn with_language(&self, host: &impl Host, site: &str, language: &str) -> Result<Arc<Assistant>, Problem> {
        let mut entry = self.manifest(host, site).await?;
        let manifest = entry.manifest.clone();
        // The default one first, in case that the manifest is a new one by now.
        let wanted = manifest.packs.iter().enumerate().filter(|(at, pack)| *at == 0 || pack.language == language);
        for (_, pack) in wanted {
            entry = self.loaded(host, site, entry, pack).await.map_err(|broken| refer(&broken.reference))?;
        }
        Ok(entry.assistant)
    }

    /// The entry with this pack.
    async fn loaded(&self, host: &impl Host, site: &str, mut entry: Entry, wanted: &PackRef) -> Result<Entry, Broken> {
        if entry.has(&wanted.language) {
            return Ok(entry);
        }
        if let Some(broken) = entry.broken.get(&wanted.language) {
            return Err(broken.clone());
        }
        match self.load(host, wanted).await {
            Ok(loaded) => {
                self.extend(site, &mut entry, |mut assistant| {
                    // Another request may have been faster, and the encoder's pack of that language have taken its place.
                    if assistant.packs().iter().all(|p| p.meta.language != loaded.pack.meta.language) {
                        loaded.add_to(&mut assistant);
                    }
                    assistant
                });
                Ok(entry)
            }
            Err(reason) => {
                let broken = Broken { reference: note(host, format!("site {site}: {reason}")).into() };
                self.update(site, &entry.manifest, |e| drop(e.broken.insert(wanted.language.clone(), broken.clone())));
                Err(broken)
            }
        }
    }

    /// Changes the assistant, as held by now and in `entry`.
    fn extend(&self, site: &str, entry: &mut Entry, change: impl FnOnce(Assistant) -> Assistant) {
        let held = self.get(site).filter(|e| Arc::ptr_eq(&e.manifest, &entry.manifest));
        let assistant = held.map_or_else(|| (*entry.assistant).clone(), |e| (*e.assistant).clone());
        entry.assistant = Arc::new(change(assistant));
        self.update(site, &entry.manifest, |e| e.assistant = entry.assistant.clone());
    }

    /// The assistant with the site's encoder. The first request that wants it loads it; until it is there, and where it
    /// cannot be had, the packs that need none answer: two at once would not fit into an isolate's memory.
    async fn encoded(&self, host: &impl Host, site: &str, entry: &Entry) -> Option<Arc<Assistant>> {
        let wanted = entry.manifest.encoder.as_ref()?;
        match entry.encoder {
            Loading::Done => return None,
            Loading::Since(ms) if host.now_ms() - ms < FRESH_MS => return None,
            _ => {}
        }
        let since = Loading::Since(host.now_ms());
        self.update(site, &entry.manifest, |e| e.encoder = since);
        match self.load_encoded(host, wanted).await {
            Ok((packs, encoder)) => {
                let mut entry = entry.clone();
                self.extend(site, &mut entry, |mut assistant| {
                    packs.into_iter().for_each(|loaded| loaded.add_to(&mut assistant));
                    assistant.with_encoder(encoder)
                });
                self.update(site, &entry.manifest, |e| e.encoder = Loading::Done);
                Some(entry.assistant)
            }
            Err(reason) => {
                note(host, format!("site {site}, encoder {}: {reason}", wanted.name));
                None
            }
        }
    }

    async fn load_encoded(&self, host: &impl Host, wanted: &EncoderRef) -> Result<(Vec<Loaded>, SharedEncoder), String> {
        let mut packs = Vec::new();
        for reference in &wanted.packs {
            let loaded = self.load(host, reference).await?;
            if loaded.pack.meta.encoder.as_ref() != Some(&wanted.name) {
                let trained = loaded.pack.meta.encoder.as_deref().unwrap_or("no encoder");
                return Err(format!("packs/{}.pack: trained with {trained}; build it with this one", loaded.pack.hash));
            }
            packs.push(loaded);
        }
        let held = self.lock().encoders.get(&wanted.hash).cloned();
        let encoder = match held {
            Some(encoder) => encoder,
            None => {
                let encoder = host.encoder(&wanted.hash).await.map_err(|e| e.to_string())?;
                self.lock().encoders.insert(wanted.hash.clone(), encoder.clone());
                encoder
            }
        };
        Ok((packs, encoder))
    }

    /// A pack with what it ranks with: a language's vectors missing or damaged are told as a damaged pack is, since
    /// answers by words alone would hide it from whoever deploys.
    async fn load(&self, host: &impl Host, reference: &PackRef) -> Result<Loaded, String> {
        let pack = read_pack(host, reference).await?;
        let Some(VectorSource::Tokens(hash)) = pack.vectors() else { return Ok(Loaded { pack, vectors: None }) };
        if reference.vectors.as_ref().is_some_and(|named| named.hash != *hash) {
            return Err(format!("packs/{}.pack: made with other vectors than the manifest names; build the site again", pack.hash));
        }
        let held = self.lock().vectors.get(hash).cloned();
        let vectors = match held {
            Some(vectors) => vectors,
            None => {
                let read = Arc::new(read_vectors(host, hash).await?);
                self.lock().vectors.entry(hash.clone()).or_insert(read).clone()
            }
        };
        Ok(Loaded { pack, vectors: Some(vectors) })
    }

    /// The sites that `sites.json` lists; none where there is no list.
    pub(crate) async fn sites(&self, host: &impl Host) -> Result<Vec<String>, String> {
        match host.blob("sites.json").await {
            Ok(Some(bytes)) => serde_json::from_slice::<Vec<String>>(&bytes).map_err(|e| format!("sites.json: {e}")),
            Ok(None) => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What is wrong with the packs of these sites, a sentence each. Every pack is read anew and none is kept: all of them
    /// together would not fit into an isolate's memory.
    pub(crate) async fn wrong(host: &impl Host, sites: &[String]) -> Vec<String> {
        let mut wrong = Vec::new();
        for site in sites {
            let apart = Self::default();
            match apart.read(host, site).await {
                Err(Missing::Unknown) => wrong.push(format!("sites/{site}.json: no such file, though sites.json lists the site")),
                Err(Missing::Broken(reason)) => wrong.push(reason),
                Ok(entry) => {
                    for pack in &entry.manifest.packs {
                        wrong.extend(apart.load(host, pack).await.err().map(|reason| format!("site {site}: {reason}")));
                    }
                }
            }
        }
        wrong
    }
}

async fn read_pack(host: &impl Host, reference: &PackRef) -> Result<Pack, String> {
    let path = format!("packs/{}.pack", reference.hash);
    let bytes = host.blob(&path).await.map_err(|e| e.to_string())?;
    let bytes = bytes.ok_or_else(|| format!("{path}: no such file; deploy it with the manifest"))?;
    let pack = Pack::load(&bytes).map_err(|e| format!("{path}: {e}"))?;
    if pack.hash != reference.hash {
        return Err(format!("{path}: its content is {}, expected the hash in its name; deploy the pack again", pack.hash));
    }
    if pack.meta.language != reference.language {
        return Err(format!("{path}: its language is {:?}, where the manifest has {:?}", pack.meta.language, reference.language));
    }
    Ok(pack)
}

async fn read_vectors(host: &impl Host, hash: &str) -> Result<StaticVectors, String> {
    let path = format!("vectors/{hash}.bin");
    let bytes = host.blob(&path).await.map_err(|e| e.to_string())?;
    let bytes = bytes.ok_or_else(|| format!("{path}: no such file; deploy it with the packs"))?;
    let found = content_hash(&bytes);
    if found != hash {
        return Err(format!("{path}: its content is {found}, expected the hash in its name; deploy the vectors again"));
    }
    StaticVectors::load(bytes).map_err(|e| format!("{path}: {e}; build the site with a program of this version"))
}

/// A part that should be there is not: the log gets the reason, the visitor a plain word, both the same reference.
pub(crate) fn unavailable(host: &impl Host, reason: impl std::fmt::Display) -> Problem {
    refer(&note(host, reason))
}

fn note(host: &impl Host, reason: impl std::fmt::Display) -> String {
    // Where there is no randomness, all references are alike, and the log still has the reason.
    let mut bytes = [0; 8];
    let _ = host.random(&mut bytes);
    let reference = nearside_privacy::seal::to_hex(&bytes);
    host.log(Level::Error, &format!("unavailable ({reference}): {reason}"));
    reference
}

fn refer(reference: &str) -> Problem {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "a part of the service is not available; try again soon");
    Problem { instance: Some(format!("urn:nearside:{reference}").into()), ..problem }
}
