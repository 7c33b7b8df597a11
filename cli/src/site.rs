//! `nearside site`: a domain as the edge serves it: packs with the vectors they rank by, manifest, and a sentence encoder
//! where one is wanted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use nearside_assistant::{Domain, Pack, VectorSource, content_hash};
use nearside_nlu::StaticVectors;
use nearside_protocol::{EncoderRef, Manifest, PackRef, VERSION, VectorsRef};
use serde_json::json;

use crate::tier::{Built, Choice, Tier, build_pack, on_all_cores};
use crate::{domain_dir, encoder, pack, table};

#[derive(Subcommand)]
pub enum SiteCommand {
    /// Put a site together for the edge: packs, manifest (settings from site.toml beside domain.toml), encoder
    #[command(after_help = "Example: nearside site build my-shop --site my-shop --into dist/blobs --edge-encoder en")]
    Build(Build),
}

#[derive(Args)]
pub struct Build {
    /// The domain folder
    domain: PathBuf,
    /// The site's id, as the script tag's data-site has it
    #[arg(long)]
    site: String,
    /// The folder that the edge reads
    #[arg(long, default_value = "dist/blobs")]
    into: PathBuf,
    /// Languages, the default one first; default: all that have articles
    #[arg(long)]
    lang: Vec<String>,
    /// Table of more wordings (text, article id) in the first language, trained on but not stored
    #[arg(long)]
    wordings: Option<PathBuf>,
    /// Languages in which the edge understands with the sentence encoder
    #[arg(long)]
    edge_encoder: Vec<String>,
    /// Let browsers on a good connection fetch the encoder too
    #[arg(long, requires = "edge_encoder")]
    browser_encoder: bool,
    #[command(flatten)]
    choice: Choice,
}

const SETTINGS: [&str; 3] = ["origins", "consent", "retention"];

pub fn run(command: SiteCommand) -> Result<()> {
    let SiteCommand::Build(asked) = command;
    if asked.choice.tier == Some(Tier::Encoder) {
        bail!("browsers take packs without encoder: expected --tier ngram, static or auto; --edge-encoder LANG gives the edge its own");
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=32).contains(&asked.site.len()) || !asked.site.bytes().all(plain) {
        bail!("--site {:?}: expected 1 to 32 lower-case letters, digits or '-'", asked.site);
    }
    let mut domain = domain_dir::read(&asked.domain)?;
    if domain.unpublished > 0 {
        println!("{} unpublished article(s) are in no pack", domain.unpublished);
    }
    let languages = languages(&domain, &asked.lang);
    if let (Some(path), Some(first)) = (&asked.wordings, languages.first()) {
        domain.extra_wordings.insert(first.clone(), table::labelled(path)?);
    }
    if let Some(odd) = asked.edge_encoder.iter().find(|l| !languages.contains(l)) {
        bail!("--edge-encoder {odd}: the site has {}", languages.join(", "));
    }
    let mut manifest = settings(&asked.domain.join("site.toml"), &asked.site)?;
    manifest.packs = put_packs(&domain, &languages, &asked.choice, &asked)?;
    if !asked.edge_encoder.is_empty() {
        let choice = Choice { tier: Some(Tier::Encoder), ..asked.choice.clone() };
        let packs = put_packs(&domain, &asked.edge_encoder, &choice, &asked)?;
        let (name, hash) = put_encoder(&encoder::files(asked.choice.encoder.as_deref())?, &asked.into)?;
        manifest.encoder = Some(EncoderRef { name, hash, packs, browser: asked.browser_encoder });
    }
    // Last: what the manifest names is there by then.
    put(&asked.into.join(format!("sites/{}.json", asked.site)), &serde_json::to_vec(&manifest)?)?;
    list(&asked.into)
}

fn languages(domain: &Domain, asked: &[String]) -> Vec<String> {
    if !asked.is_empty() {
        return asked.to_vec();
    }
    let mut all: BTreeSet<&str> = domain.articles.iter().map(|a| a.language.as_str()).collect();
    let first = all.take(domain.default_language.as_str());
    first.into_iter().chain(all).map(str::to_owned).collect()
}

/// What `site.toml` says, as a manifest without packs.
fn settings(path: &Path, site: &str) -> Result<Manifest> {
    let text = fs::read_to_string(path).with_context(|| {
        format!("{}: expected at least origins = [\"https://www.example.com\"], the pages that may use the site", path.display())
    })?;
    let mut value: serde_json::Value = toml::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {}", path.display(), e.message()))?;
    if let Some(odd) = value.as_object().into_iter().flat_map(|v| v.keys()).find(|key| !SETTINGS.contains(&key.as_str())) {
        bail!("{}: {odd:?} is no setting, expected {}", path.display(), SETTINGS.join(", "));
    }
    (value["v"], value["site"], value["packs"]) = (json!(VERSION), json!(site), json!([]));
    serde_json::from_value(value).with_context(|| path.display().to_string())
}

/// A pack a language, on all cores: training and compressing twelve takes half a minute on one.
fn put_packs(domain: &Domain, languages: &[String], choice: &Choice, asked: &Build) -> Result<Vec<PackRef>> {
    let languages: Vec<&str> = languages.iter().map(String::as_str).collect();
    let made = on_all_cores(&languages, |language| put_pack(domain, language, choice, asked))?;
    Ok(made
        .into_iter()
        .map(|(pack, told)| {
            told.iter().for_each(|line| println!("{line}"));
            pack
        })
        .collect())
}

/// Gives the pack as the manifest names it, and what is to be told of it, a line each.
fn put_pack(domain: &Domain, language: &str, choice: &Choice, asked: &Build) -> Result<(PackRef, Vec<String>)> {
    let Built { bytes, report, tokens, .. } = build_pack((Some(&asked.domain), domain), language, choice)?;
    let hash = content_hash(&bytes);
    let fetched = put_compressed(&asked.into.join(format!("packs/{hash}.pack")), &bytes)?;
    let mut told = vec![format!(
        "{language}  {} articles, {} bytes, of which a browser fetches {fetched} (brotli); {}; {}",
        report.articles,
        bytes.len(),
        report.taken,
        pack::outlook(&report)
    )];
    told.extend(pack::too_much(fetched as usize).map(str::to_owned));
    let vectors = match (Pack::load(&bytes)?.vectors(), tokens) {
        (Some(VectorSource::Tokens(wanted)), Some(tokens)) => {
            let (vectors, fetched) = put_vectors(wanted, &tokens, &asked.into)?;
            told.push(format!(
                "{language}  {} bytes of token vectors, of which a browser fetches {fetched} (brotli), once for all packs",
                vectors.bytes
            ));
            Some(vectors)
        }
        _ => None,
    };
    Ok((PackRef { language: language.to_owned(), hash, bytes: bytes.len() as u32, vectors }, told))
}

/// A language's token vectors under their hash, and their bytes in brotli; the sites in a folder share them.
fn put_vectors(hash: &str, tokens: &StaticVectors, into: &Path) -> Result<(VectorsRef, u64)> {
    let bytes = tokens.store();
    let fetched = put_compressed(&into.join(format!("vectors/{hash}.bin")), bytes)?;
    Ok((VectorsRef { hash: hash.to_owned(), bytes: bytes.len() as u32 }, fetched))
}

/// Writes a file that never changes, and it in brotli beside it, unless they are there; gives the bytes in brotli.
fn put_compressed(path: &Path, bytes: &[u8]) -> Result<u64> {
    put(path, bytes)?;
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    let compressed = PathBuf::from(name);
    if !compressed.exists() {
        put(&compressed, &pack::brotli(bytes)?)?;
    }
    Ok(fs::metadata(&compressed)?.len())
}

/// What hosts take as one file, bytes (Cloudflare, 25 MiB): longer ones lie in parts of this size, and a whole one says that
/// another follows.
const PART: usize = 24 << 20;

fn parts(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..=file.len() / PART).map(|n| &file[n * PART..file.len().min((n + 1) * PART)])
}

/// Copies an encoder's files under the hash that names them; gives the encoder's name and the hash.
fn put_encoder(files: &encoder::Files, into: &Path) -> Result<(String, String)> {
    let hash = content_hash(&files.contents.concat());
    for (name, bytes) in encoder::FILES.iter().zip(&files.contents) {
        for (part, bytes) in parts(bytes).enumerate() {
            let part = if part == 0 { String::new() } else { format!(".{part}") };
            put(&into.join(format!("encoders/{hash}/{name}{part}")), bytes)?;
        }
    }
    Ok((files.name()?, hash))
}

/// `sites.json`: the sites whose packs readiness looks at.
fn list(into: &Path) -> Result<()> {
    let files = fs::read_dir(into.join("sites"))?.flatten();
    let sites: BTreeSet<String> = files.filter_map(|f| f.file_name().to_str()?.strip_suffix(".json").map(str::to_owned)).collect();
    put(&into.join("sites.json"), json!(sites).to_string().as_bytes())
}

/// Writes a file whole or not at all, unless it has these bytes already.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    domain_dir::write_whole(path, bytes)
}

#[cfg(test)]
mod tests {
    use super::{PART, parts};

    #[test]
    fn a_whole_part_says_that_another_follows() {
        let lengths = |n: usize| parts(&vec![0; n]).map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(0), [0]);
        assert_eq!(lengths(5), [5]);
        assert_eq!(lengths(PART), [PART, 0]);
        assert_eq!(lengths(PART + 1), [PART, 1]);
    }
}
