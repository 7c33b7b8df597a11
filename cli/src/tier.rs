//! Which tier understands: n-grams alone, or n-grams beside a sentence encoder.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use nearside_encoder::Encoder;
use nearside_nlu::{
    Classification, EncodedClassifier, Encoder as _, Example, HeldOut, IntentClassifier, TrainOptions, train, train_encoded,
};

use crate::encoder;

/// The tiers that a classifier can be trained for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tier {
    /// Words and characters only: microseconds, no download
    Ngram,
    /// With the vector of a sentence encoder: milliseconds, for the edge
    Encoder,
    /// The one that cross-validation on the training examples finds better
    Auto,
}

#[derive(Args)]
pub struct Choice {
    /// What understands
    #[arg(long, value_enum, default_value = "ngram")]
    pub tier: Tier,
    /// The encoder's folder; default: what `nearside encoder fetch` brought
    #[arg(long)]
    pub encoder: Option<PathBuf>,
}

/// A trained classifier of some tier.
pub enum Classifier {
    Ngram(Box<IntentClassifier>),
    Encoder(Box<EncodedClassifier>, Box<Encoder>),
}

impl Classifier {
    pub fn labels(&self) -> &[String] {
        match self {
            Self::Ngram(classifier) => classifier.labels(),
            Self::Encoder(classifier, _) => classifier.labels(),
        }
    }

    pub fn threshold(&self) -> f32 {
        match self {
            Self::Ngram(classifier) => classifier.threshold(),
            Self::Encoder(classifier, _) => classifier.threshold(),
        }
    }

    pub fn classify(&self, text: &str) -> Result<Classification> {
        Ok(match self {
            Self::Ngram(classifier) => classifier.classify(text),
            Self::Encoder(classifier, encoder) => classifier.classify(text, &encoder.encode(text)?),
        })
    }

    /// The classifier's bytes as a pack stores them; the encoder tier is in no pack yet.
    pub fn stored_bytes(&self) -> Option<usize> {
        match self {
            Self::Ngram(classifier) => Some(nearside_assistant::stored_bytes(classifier)),
            Self::Encoder(..) => None,
        }
    }
}

/// Trains for the chosen tier. What `auto` found goes to standard error.
pub fn fit(rows: &[(String, String)], oos_label: Option<&str>, choice: &Choice, source: &Path) -> Result<Classifier> {
    let examples: Vec<Example<'_>> =
        rows.iter().map(|(text, label)| Example { text, label: Some(label.as_str()).filter(|l| Some(*l) != oos_label) }).collect();
    let named = || source.display().to_string();
    let ngram = || train(&examples, TrainOptions::default()).with_context(named);
    if choice.tier == Tier::Ngram {
        return Ok(Classifier::Ngram(Box::new(ngram()?.classifier)));
    }
    let folder = choice.encoder.clone().unwrap_or_else(encoder::default_folder);
    let loaded = encoder::load(&folder)?;
    let vectors = encode_all(&loaded, &examples)?;
    let encoded = train_encoded(&examples, &vectors, TrainOptions::default()).with_context(named)?;
    if choice.tier == Tier::Auto {
        let plain = ngram()?;
        let (with, without) = (right(&encoded.held_out), right(&plain.held_out));
        let better = if with > without { loaded.name() } else { "n-grams alone" };
        writeln!(
            std::io::stderr(),
            "cross-validation: {:.2} % with {}, {:.2} % with n-grams alone; taken: {better}",
            100.0 * with,
            loaded.name(),
            100.0 * without
        )?;
        if with <= without {
            return Ok(Classifier::Ngram(Box::new(plain.classifier)));
        }
    }
    Ok(Classifier::Encoder(Box::new(encoded.classifier), Box::new(loaded)))
}

/// The share of held-out examples whose intent stood first.
fn right(held_out: &[HeldOut]) -> f64 {
    let inside: Vec<&HeldOut> = held_out.iter().filter(|h| h.truth.is_some()).collect();
    let right = inside.iter().filter(|h| h.candidates.first().map(|c| c.0) == h.truth).count();
    right as f64 / inside.len().max(1) as f64
}

/// A vector for each example, on all cores.
fn encode_all(encoder: &Encoder, examples: &[Example<'_>]) -> Result<Vec<Vec<f32>>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = examples.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let encode = |part: &[Example<'_>]| part.iter().map(|e| Ok(encoder.encode(e.text)?)).collect::<Result<Vec<_>>>();
        let running: Vec<_> = examples.chunks(part).map(|part| scope.spawn(move || encode(part))).collect();
        let mut all = Vec::with_capacity(examples.len());
        for thread in running {
            let Ok(vectors) = thread.join() else { bail!("encoding ended early") };
            all.extend(vectors?);
        }
        Ok(all)
    })
}
