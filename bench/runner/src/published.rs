//! Published sites as the edge has them.

use std::fs;
use std::sync::Arc;

use anyhow::{Context, Result};
use nearside_assistant::{Assistant, Pack};
use nearside_nlu::StaticVectors;
use nearside_protocol::{Manifest, PackRef};
use xtask::build::Form;

/// A published site's packs as its manifest lists them: language and bytes.
pub fn site_packs(name: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let read = |pack: PackRef| Ok((pack.language, fs::read(Form::Release.dist().join(format!("blobs/packs/{}.pack", pack.hash)))?));
    manifest(name)?.packs.into_iter().map(read).collect()
}

/// A published site as the edge has it when everything is loaded: its languages in order and its assistant.
pub fn site_assistant(name: &str) -> Result<(Vec<String>, Assistant)> {
    let (languages, packs): (Vec<_>, Vec<_>) = site_packs(name)?.into_iter().unzip();
    let mut assistant = Assistant::new(packs.iter().map(|bytes| Ok(Pack::load(bytes)?)).collect::<Result<_>>()?);
    for pack in manifest(name)?.packs {
        if let Some(vectors) = pack.vectors {
            let path = Form::Release.dist().join(format!("blobs/vectors/{}.bin", vectors.hash));
            let read = StaticVectors::load(fs::read(&path)?).with_context(|| path.display().to_string())?;
            assistant.add_tokens(&pack.language, Arc::new(read));
        }
    }
    Ok((languages, assistant))
}

fn manifest(name: &str) -> Result<Manifest> {
    let path = Form::Release.dist().join(format!("blobs/sites/{name}.json"));
    serde_json::from_slice(&fs::read(&path)?).with_context(|| path.display().to_string())
}
