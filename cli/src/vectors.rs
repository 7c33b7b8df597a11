//! `nearside vectors`: makes and measures the word vectors of a language (`shared/nlu/vectors`).

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use nearside_encoder::Encoder;
use nearside_nlu::StaticVectors;
use nearside_nlu::distil::{LanguageOptions, LanguageTeacher, distil_language};

use crate::encoder;
use crate::tier::encode_all;

#[derive(Subcommand)]
pub enum VectorsCommand {
    /// Distil the word vectors of a language from an encoder
    #[command(after_help = "shared/nlu/vectors/texts.py brings words and sentences of twelve languages")]
    Build {
        /// The language: de
        #[arg(long)]
        lang: String,
        /// Words, one a line, the most frequent first
        #[arg(long)]
        words: PathBuf,
        /// Take so many words; those that get no unit of their own teach their parts
        #[arg(long, default_value_t = 18_000)]
        take: usize,
        /// Sentences, one a line
        #[arg(long)]
        sentences: PathBuf,
        #[command(flatten)]
        teacher: Asked,
        /// Units in the table at most
        #[arg(long, default_value_t = LanguageOptions::default().units)]
        units: usize,
        /// Numbers in a vector
        #[arg(long, default_value_t = LanguageOptions::default().width)]
        width: usize,
        /// Bits a number, 1 to 8
        #[arg(long, default_value_t = LanguageOptions::default().bits)]
        bits: u32,
        /// How strongly units are held to the encoder's vectors of them alone
        #[arg(long, default_value_t = LanguageOptions::default().ridge)]
        ridge: f32,
        /// The share of all words from which on a word counts less than half
        #[arg(long, default_value_t = LanguageOptions::default().frequent)]
        frequent: f32,
        /// How much a word without a unit counts beside a sentence
        #[arg(long, default_value_t = LanguageOptions::default().tail)]
        tail: f32,
        /// The file to write
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Compare word vectors with the encoder they come from: on sentences, and on questions to a help centre
    Measure {
        /// The file that `build` wrote; without it the encoder itself is measured
        #[arg(long)]
        vectors: Option<PathBuf>,
        /// Sentences that it was not made from
        #[arg(long)]
        sentences: Option<PathBuf>,
        #[command(flatten)]
        teacher: Asked,
        /// Tables with id, question, answer; each has its questions beside it, with query and id, in NAME.queries.csv
        #[arg(long, num_args = 1..)]
        articles: Vec<PathBuf>,
    },
}

#[derive(Args)]
pub struct Asked {
    /// The encoder's folder; what it is asked goes to the cache first
    #[arg(long)]
    encoder: Option<PathBuf>,
    /// Where the encoder's vectors are kept from one run to the next
    #[arg(long)]
    cache: Option<PathBuf>,
}

pub fn run(command: VectorsCommand) -> Result<()> {
    match command {
        VectorsCommand::Build { lang, words, take, sentences, teacher, units, width, bits, ridge, frequent, tail, output } => {
            let language = lang.as_bytes().try_into().with_context(|| format!("--lang {lang}: expected two letters"))?;
            let (words, sentences) = (lines(&words)?, lines(&sentences)?);
            let words: Vec<&str> = words.iter().take(take).map(String::as_str).collect();
            let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
            let mut asker = Asker::new(&teacher)?;
            let (word_vectors, sentence_vectors) = (asker.ask(&words)?, asker.ask(&sentences)?);
            let teacher = LanguageTeacher {
                language,
                words: &words,
                word_vectors: &word_vectors,
                sentences: &sentences,
                sentence_vectors: &sentence_vectors,
            };
            let bytes = distil_language(&teacher, LanguageOptions { width, bits, units, ridge, frequent, tail })?;
            fs::write(&output, &bytes).with_context(|| output.display().to_string())?;
            let made = StaticVectors::load(bytes)?;
            let sent = brotli_bytes(made.store())?;
            println!("{}: {} units, {} bytes, {sent} with brotli", output.display(), made.units(), made.store().len());
            Ok(())
        }
        VectorsCommand::Measure { vectors, sentences, teacher, articles } => {
            let read = |path: &PathBuf| -> Result<StaticVectors> {
                let bytes = fs::read(path).with_context(|| path.display().to_string())?;
                StaticVectors::load(bytes).with_context(|| path.display().to_string())
            };
            let vectors = vectors.as_ref().map(read).transpose()?;
            let mut asker = Asker::new(&teacher)?;
            if let (Some(path), Some(vectors)) = (sentences, &vectors) {
                compare(&lines(&path)?, vectors, &mut asker)?;
            }
            let mut all = (0, 0, 0);
            for path in &articles {
                let (asked, first, three) = search(path, vectors.as_ref(), &mut asker)?;
                all = (all.0 + asked, all.1 + first, all.2 + three);
                println!("{}: {asked} questions, right first {first}, among three {three}", path.display());
            }
            if articles.len() > 1 {
                println!("all: {} questions, right first {}, among three {}", all.0, all.1, all.2);
            }
            Ok(())
        }
    }
}

fn lines(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect())
}

fn brotli_bytes(bytes: &[u8]) -> Result<usize> {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &brotli::enc::BrotliEncoderParams::default())?;
    Ok(out.len())
}

/// Asks the encoder, and remembers: a file of records, each a text's hash and its vector.
struct Asker {
    encoder: Option<PathBuf>,
    loaded: Option<Encoder>,
    cache: Option<PathBuf>,
    known: BTreeMap<u64, Vec<f32>>,
}

impl Asker {
    fn new(asked: &Asked) -> Result<Self> {
        let mut known = BTreeMap::new();
        if let Some(path) = asked.cache.as_ref().filter(|p| p.exists()) {
            let bytes = fs::read(path).with_context(|| path.display().to_string())?;
            let (width, records) = bytes.split_at_checked(4).with_context(|| format!("{}: no cache of vectors", path.display()))?;
            let width = u32::from_le_bytes(width.try_into()?) as usize;
            for record in records.chunks_exact(8 + 4 * width) {
                let (hash, vector) = record.split_at(8);
                let vector = vector.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
                known.insert(u64::from_le_bytes(hash.try_into()?), vector);
            }
        }
        Ok(Self { encoder: asked.encoder.clone(), loaded: None, cache: asked.cache.clone(), known })
    }

    /// The vectors of `texts`, in their order, without the parts that only a classifier reads.
    fn ask(&mut self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let mut new: Vec<&str> = texts.iter().copied().filter(|t| !self.known.contains_key(&nearside_text::hash_term(t))).collect();
        new.sort_unstable();
        new.dedup();
        for part in new.chunks(2000) {
            if self.loaded.is_none() {
                self.loaded = Some(encoder::load(self.encoder.as_deref())?);
            }
            let Some(loaded) = &self.loaded else { bail!("no encoder") };
            let mut records = Vec::new();
            for (text, mut vector) in part.iter().zip(encode_all(loaded, part)?) {
                vector.truncate(loaded.leading().into());
                if !self.cache.as_ref().is_some_and(|p| p.exists()) && self.known.is_empty() {
                    records.extend((vector.len() as u32).to_le_bytes());
                }
                let hash = nearside_text::hash_term(text);
                records.extend(hash.to_le_bytes());
                vector.iter().for_each(|v| records.extend(v.to_le_bytes()));
                self.known.insert(hash, vector);
            }
            if let Some(path) = &self.cache {
                let mut file = fs::OpenOptions::new().create(true).append(true).open(path).with_context(|| path.display().to_string())?;
                file.write_all(&records)?;
            }
        }
        let find = |text: &&str| self.known.get(&nearside_text::hash_term(text)).cloned();
        texts.iter().map(find).collect::<Option<_>>().context("a text without a vector")
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Takes the mean from all vectors and scales them to unit length: encoders' vectors lie in a narrow cone.
fn centre(vectors: &mut [Vec<f32>]) {
    let mut mean = vec![0.0f32; vectors.first().map_or(0, Vec::len)];
    vectors.iter().for_each(|vector| mean.iter_mut().zip(vector).for_each(|(m, v)| *m += v));
    let n = vectors.len().max(1) as f32;
    for vector in vectors {
        vector.iter_mut().zip(&mean).for_each(|(v, m)| *v -= m / n);
        let length = dot(vector, vector).sqrt().max(1e-9);
        vector.iter_mut().for_each(|v| *v /= length);
    }
}

/// How word vectors and encoder agree on which sentences are alike.
fn compare(sentences: &[String], vectors: &StaticVectors, asker: &mut Asker) -> Result<()> {
    let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let mut taught = asker.ask(&texts)?;
    centre(&mut taught);
    let ours: Vec<Vec<f32>> = texts.iter().map(|text| vectors.encode(text)).collect();
    let (mut x, mut y) = (Vec::new(), Vec::new());
    let mut nearest = 0;
    for i in 0..texts.len() {
        let of = |all: &[Vec<f32>]| -> Vec<f32> { (0..texts.len()).map(|j| if i == j { -2.0 } else { dot(&all[i], &all[j]) }).collect() };
        let (theirs, own) = (of(&taught), of(&ours));
        let best = (0..texts.len()).fold(0, |best, j| if theirs[j] > theirs[best] { j } else { best });
        nearest += usize::from(own.iter().filter(|s| **s > own[best]).count() < 3);
        x.extend_from_slice(&theirs[..i]);
        y.extend_from_slice(&own[..i]);
    }
    let unknown = ours.iter().filter(|v| v.iter().all(|x| *x == 0.0)).count();
    println!(
        "{} sentences: Pearson {:.3}, Spearman {:.3}, the encoder's nearest among our three nearest {:.1} %, no vector {unknown}",
        texts.len(),
        pearson(&x, &y),
        pearson(&ranks(&x), &ranks(&y)),
        100.0 * nearest as f32 / texts.len().max(1) as f32
    );
    Ok(())
}

fn pearson(x: &[f32], y: &[f32]) -> f64 {
    let mean = |v: &[f32]| v.iter().map(|v| f64::from(*v)).sum::<f64>() / v.len().max(1) as f64;
    let (mx, my) = (mean(x), mean(y));
    let (mut xy, mut xx, mut yy) = (0.0, 1e-12, 1e-12);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (f64::from(*x) - mx, f64::from(*y) - my);
        (xy, xx, yy) = (xy + x * y, xx + x * x, yy + y * y);
    }
    xy / (xx * yy).sqrt()
}

fn ranks(values: &[f32]) -> Vec<f32> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    order.iter().enumerate().for_each(|(rank, &at)| ranks[at] = rank as f32);
    ranks
}

/// How many questions there are to the articles of `path`, and for how many the right article is first, among three.
fn search(path: &Path, vectors: Option<&StaticVectors>, asker: &mut Asker) -> Result<(usize, usize, usize)> {
    let queries = path.with_extension("").with_extension("queries.csv");
    let articles = rows(path, &["id", "question", "answer"])?;
    let asked: Vec<Vec<String>> = rows(&queries, &["id", "query"])?.into_iter().filter(|q| articles.iter().any(|a| a[0] == q[0])).collect();
    let mut texts: Vec<&str> = asked.iter().map(|q| q[1].as_str()).collect();
    texts.extend(articles.iter().map(|a| a[1].as_str()));
    texts.extend(articles.iter().map(|a| a[2].as_str()));
    let all = match vectors {
        Some(vectors) => texts.iter().map(|text| vectors.encode(text)).collect(),
        None => {
            let mut all = asker.ask(&texts)?;
            centre(&mut all);
            all
        }
    };
    let (questions, rest) = all.split_at(asked.len());
    let (titles, bodies) = rest.split_at(articles.len());
    let (mut first, mut three) = (0, 0);
    for (question, row) in questions.iter().zip(&asked) {
        let scores: Vec<f32> = titles.iter().zip(bodies).map(|(t, b)| dot(question, t).max(dot(question, b))).collect();
        let right = articles.iter().zip(&scores).filter(|(a, _)| a[0] == row[0]).map(|(_, s)| *s).fold(-2.0, f32::max);
        let before = articles.iter().zip(&scores).filter(|(a, s)| a[0] != row[0] && **s >= right).count();
        first += usize::from(before == 0);
        three += usize::from(before < 3);
    }
    Ok((asked.len(), first, three))
}

/// The named columns of a table.
fn rows(path: &Path, columns: &[&str]) -> Result<Vec<Vec<String>>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| path.display().to_string())?;
    let head = reader.headers()?.clone();
    let place = |name: &&str| head.iter().position(|h| h == *name).with_context(|| format!("{}: no column {name}", path.display()));
    let places = columns.iter().map(place).collect::<Result<Vec<_>>>()?;
    let record = |row: Result<csv::StringRecord, csv::Error>| -> Result<Vec<String>> {
        let row = row.with_context(|| path.display().to_string())?;
        Ok(places.iter().map(|&at| row.get(at).unwrap_or_default().to_owned()).collect())
    };
    reader.records().map(record).collect()
}
