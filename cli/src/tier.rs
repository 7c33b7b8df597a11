//! Which tier understands: n-grams alone, beside word vectors, beside a sentence encoder, or one after the other.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use nearside_assistant::{BuildReport, Domain, DomainError, Teaching, Tokens, as_classes, build_taught, content_hash};
use nearside_nlu::distil::{DistilOptions, Teacher, distil, word_list};
use nearside_nlu::{
    Classification, Encoder as _, Example, HeldOut, IntentClassifier, StaticVectors, TrainOptions, Trained, VectorKind, sure_from, train,
    train_encoded,
};

use crate::encoder::{self, Encoder};

/// The tiers that a classifier can be trained for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tier {
    /// Words and characters only: microseconds, no download
    Ngram,
    /// With word vectors distilled from a sentence encoder: microseconds, in the pack
    Static,
    /// With the vector of a sentence encoder: milliseconds, for the edge
    Encoder,
    /// What cross-validation on the training examples finds best, each cheaper tier answering where it is as sure
    Auto,
}

#[derive(Args, Clone)]
pub struct Choice {
    /// What understands
    #[arg(long, value_enum)]
    pub tier: Option<Tier>,
    /// The encoder: its folder, or `small`, the one within this program; default: what `nearside encoder fetch` brought
    #[arg(long)]
    pub encoder: Option<PathBuf>,
    /// Numbers in a word vector
    #[arg(long, default_value_t = DistilOptions::default().width)]
    pub width: usize,
    /// Word vectors of so many common words beside those of the examples
    #[arg(long, default_value_t = COMMON_WORDS)]
    pub common_words: usize,
}

impl Choice {
    fn distillation(&self) -> DistilOptions {
        DistilOptions { width: self.width, ..DistilOptions::default() }
    }
}

/// The examples' own words do most; `cargo xtask bench encoder` draws the curve.
const COMMON_WORDS: usize = 2000;

/// Where a stage's sentence vectors come from.
enum Source {
    None,
    Static(StaticVectors),
    Encoder(Box<Encoder>),
}

/// One tier, and the confidence from which its answer stands.
struct Stage {
    name: &'static str,
    classifier: IntentClassifier,
    source: Source,
    sure: f32,
}

/// A trained classifier: tiers, cheapest first.
pub struct Classifier {
    stages: Vec<Stage>,
}

impl Classifier {
    fn last(&self) -> &IntentClassifier {
        &self.stages[self.stages.len() - 1].classifier
    }

    pub fn labels(&self) -> &[String] {
        self.last().labels()
    }

    pub fn threshold(&self) -> f32 {
        self.last().threshold()
    }

    /// The tiers' names, cheapest first.
    pub fn tiers(&self) -> Vec<&'static str> {
        self.stages.iter().map(|s| s.name).collect()
    }

    /// What the first sure tier makes of `text`, and that tier's number.
    pub fn classify(&self, text: &str) -> Result<(Classification, usize)> {
        for (number, stage) in self.stages.iter().enumerate() {
            let found = match &stage.source {
                Source::None => stage.classifier.classify(text),
                Source::Static(words) => stage.classifier.classify_with(text, &words.encode(text)),
                Source::Encoder(encoder) => stage.classifier.classify_with(text, &encoder.encode(text)?),
            };
            if number + 1 == self.stages.len() || found.confidence >= stage.sure {
                return Ok((found, number));
            }
        }
        bail!("no tier")
    }

    /// The bytes that a pack stores of this; an encoder's own file is not among them.
    pub fn stored_bytes(&self) -> usize {
        let words = |source: &Source| match source {
            Source::Static(words) => words.store().len(),
            _ => 0,
        };
        self.stages.iter().map(|s| nearside_assistant::postcard_bytes(&s.classifier.store()) + words(&s.source)).sum()
    }
}

/// Builds a pack of the chosen tier, and gives the encoder where its turns need it. What is wrong with the domain is told
/// with its folder `dir` before the file, where it has one.
pub fn build_pack((dir, domain): (Option<&Path>, &Domain), language: &str, choice: &Choice) -> Result<Built> {
    let wrong = |error: DomainError| match dir {
        Some(dir) => anyhow!("{}/{error}", dir.display()),
        None => error.into(),
    };
    let table = tokens(language)?;
    let token_vectors = table.as_ref().map(|(hash, vectors)| Tokens { hash: hash.clone(), vectors });
    // Documents of the universal ranker take a language's ready vectors; only classes have word vectors of their own made.
    let untaught = match choice.tier {
        None | Some(Tier::Ngram) => true,
        Some(Tier::Static | Tier::Auto) => !as_classes(domain, language),
        Some(Tier::Encoder) => false,
    };
    if untaught {
        let token_vectors = token_vectors.filter(|_| choice.tier != Some(Tier::Ngram));
        let (bytes, report) = build_taught(domain, language, token_vectors.as_ref(), None).map_err(wrong)?;
        return Ok(Built { bytes, report, encoder: None, tokens: table.map(|t| Arc::new(t.1)) });
    }
    let loaded = Arc::new(encoder::load(choice.encoder.as_deref())?);
    let tier = match choice.tier {
        Some(Tier::Ngram) => nearside_assistant::Tier::Ngram,
        None | Some(Tier::Static) => nearside_assistant::Tier::Static,
        Some(Tier::Encoder) => nearside_assistant::Tier::Encoder,
        Some(Tier::Auto) => nearside_assistant::Tier::Auto,
    };
    let encode = |texts: &[&str]| encode_all(&loaded, texts).map_err(|e| format!("{e:#}"));
    let encode_passages = |texts: &[&str]| encode_passages(&loaded, texts).map_err(|e| format!("{e:#}"));
    let teaching = Teaching {
        encoder: loaded.name().to_owned(),
        encode: &encode,
        encode_passages: &encode_passages,
        leading: loaded.leading(),
        common_words: loaded.common_words(choice.common_words),
        options: choice.distillation(),
        tier,
    };
    let (bytes, report) = build_taught(domain, language, token_vectors.as_ref(), Some(&teaching)).map_err(wrong)?;
    let encoder = (choice.tier == Some(Tier::Encoder)).then_some(loaded);
    Ok(Built { bytes, report, encoder, tokens: table.map(|t| Arc::new(t.1)) })
}

/// A pack, and what its turns need beside it.
pub struct Built {
    pub bytes: Vec<u8>,
    pub report: BuildReport,
    pub encoder: Option<Arc<Encoder>>,
    pub tokens: Option<Arc<StaticVectors>>,
}

/// The token vectors of a language within this program, and the hash of their file; `None` for a language without.
pub fn tokens(language: &str) -> Result<Option<(String, StaticVectors)>> {
    let Some(bytes) = nearside_nlu::language_vectors(language) else { return Ok(None) };
    let vectors = StaticVectors::load(bytes.to_vec()).with_context(|| format!("vectors of {language}"))?;
    Ok(Some((content_hash(bytes), vectors)))
}

/// Trains for the chosen tier. What `auto` found goes to standard error.
pub fn fit(rows: &[(String, String)], oos_label: Option<&str>, choice: &Choice, source: &Path) -> Result<Classifier> {
    let names = named_examples(rows, oos_label);
    let rows = rows.iter().chain(&names);
    let examples: Vec<Example<'_>> =
        rows.map(|(text, label)| Example { text, label: Some(label.as_str()).filter(|l| Some(*l) != oos_label) }).collect();
    let named = || source.display().to_string();
    let ngram = || train(&examples, TrainOptions::default()).with_context(named);
    let alone = |name, trained: Trained, source| Classifier { stages: vec![stage(name, trained.classifier, source, 0.0)] };
    let tier = choice.tier.unwrap_or(Tier::Ngram);
    if tier == Tier::Ngram {
        return Ok(alone("ngram", ngram()?, Source::None));
    }
    let loaded = encoder::load(choice.encoder.as_deref())?;
    let texts: Vec<&str> = examples.iter().map(|e| e.text).collect();
    let vectors = encode_all(&loaded, &texts)?;
    let with_words = || -> Result<(Trained, StaticVectors)> {
        let (words, held_out) = distilled(&loaded, &texts, &vectors, choice)?;
        Ok((train_encoded(&examples, (VectorKind::Words, &held_out), TrainOptions::default()).with_context(named)?, words))
    };
    let with_encoder = || {
        train_encoded(&examples, (VectorKind::Encoder { leading: loaded.leading() }, &vectors), TrainOptions::default()).with_context(named)
    };
    match tier {
        Tier::Static => {
            let (trained, words) = with_words()?;
            Ok(alone("static", trained, Source::Static(words)))
        }
        Tier::Encoder => Ok(alone("encoder", with_encoder()?, Source::Encoder(Box::new(loaded)))),
        _ => {
            let (trained, words) = with_words()?;
            let tiers = vec![
                ("ngram", ngram()?, Source::None),
                ("static", trained, Source::Static(words)),
                ("encoder", with_encoder()?, Source::Encoder(Box::new(loaded))),
            ];
            cascade(tiers)
        }
    }
}

/// An intent's name is one more example of it, where it is made of words (`card_arrival`): with 5 examples an intent it
/// brings two points in a hundred, with many it is lost among them.
fn named_examples(rows: &[(String, String)], oos_label: Option<&str>) -> Vec<(String, String)> {
    let labels: BTreeSet<&str> = rows.iter().map(|(_, label)| label.as_str()).filter(|l| Some(*l) != oos_label).collect();
    labels.into_iter().filter_map(|label| Some((spoken(label)?, label.to_owned()))).collect()
}

/// A label as words; `None` where it has none.
pub fn spoken(label: &str) -> Option<String> {
    let text: String = label.chars().map(|c| if c.is_alphabetic() { c } else { ' ' }).collect();
    let text = text.trim();
    text.split(' ').any(|word| word.chars().count() > 2).then(|| text.to_owned())
}

fn stage(name: &'static str, classifier: IntentClassifier, source: Source, sure: f32) -> Stage {
    Stage { name, classifier, source, sure }
}

/// The best tier by cross-validation, and before it the cheaper ones with the confidence from which they are right as
/// often as it.
fn cascade(tiers: Vec<(&'static str, Trained, Source)>) -> Result<Classifier> {
    let shares: Vec<f64> = tiers.iter().map(|(_, trained, _)| trained.right()).collect();
    let best = (0..shares.len()).fold(0, |best, at| if shares[at] > shares[best] { at } else { best });
    let mut err = std::io::stderr().lock();
    write!(err, "cross-validation:")?;
    for ((name, _, _), share) in tiers.iter().zip(&shares) {
        write!(err, " {name} {:.2} %", 100.0 * share)?;
    }
    writeln!(err, "; taken: {}", tiers[best].0)?;
    let sure: Vec<f32> = tiers[..best]
        .iter()
        .map(|(_, cheap, _)| {
            let confidence = |h: &HeldOut| cheap.classifier.held_out_confidence(h);
            sure_from(&cheap.held_out, &tiers[best].1.held_out, confidence)
        })
        .collect();
    let mut stages = Vec::new();
    for (at, (name, trained, source)) in tiers.into_iter().enumerate().take(best + 1) {
        let sure = sure.get(at).copied().unwrap_or(0.0);
        if sure <= 1.0 {
            stages.push(stage(name, trained.classifier, source, sure));
        }
    }
    for stage in &stages[..stages.len() - 1] {
        writeln!(err, "{} answers from confidence {:.2}", stage.name, stage.sure)?;
    }
    Ok(Classifier { stages })
}

/// Word vectors of the texts' words and of common ones, and the texts' vectors as words that were made without them give.
fn distilled(loaded: &Encoder, texts: &[&str], vectors: &[Vec<f32>], choice: &Choice) -> Result<(StaticVectors, Vec<Vec<f32>>)> {
    let words = word_list(texts, &loaded.common_words(choice.common_words));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let leading = |vectors: &[Vec<f32>]| -> Vec<Vec<f32>> { vectors.iter().map(|v| v[..loaded.leading().into()].to_vec()).collect() };
    let (vectors, word_vectors) = (leading(vectors), leading(&encode_all(loaded, &words)?));
    let teacher = Teacher { sentences: texts, sentence_vectors: &vectors, words: &words, word_vectors: &word_vectors };
    let made = distil(&teacher, choice.distillation())?;
    Ok((made.vectors, made.held_out))
}

/// A vector for each text, on all cores.
pub fn encode_all(encoder: &Encoder, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
    on_all_cores(texts, |text| Ok(encoder.encode(text)?))
}

/// As [`encode_all`], of what answers.
pub fn encode_passages(encoder: &Encoder, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
    on_all_cores(texts, |text| Ok(encoder.encode_passage(text)?))
}

/// What `encode` makes of each text, on all cores.
pub fn on_all_cores<T: Send>(texts: &[&str], encode: impl Fn(&str) -> Result<T> + Sync) -> Result<Vec<T>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // WebAssembly has one, and cannot start another.
    if threads == 1 {
        return texts.iter().map(|text| encode(text)).collect();
    }
    let part = texts.len().div_ceil(threads).max(1);
    let encode = &encode;
    std::thread::scope(|scope| {
        let running: Vec<_> =
            texts.chunks(part).map(|part| scope.spawn(move || part.iter().map(|text| encode(text)).collect::<Result<Vec<_>>>())).collect();
        let mut all = Vec::with_capacity(texts.len());
        for thread in running {
            let Ok(vectors) = thread.join() else { bail!("encoding ended early") };
            all.extend(vectors?);
        }
        Ok(all)
    })
}
