//! `nearside eval labels` and `nearside eval slots`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};
use nearside_nlu::labels::{EncodedLabelClassifier, LabelClassifier, LabelOptions, Labelled, Line};
use nearside_nlu::slots::{EncodedSlotTagger, Marked, Slot, SlotCounts, SlotTagger};
use nearside_nlu::{Encoder as _, Example, TokenVector, TrainOptions, VectorKind, train, train_encoded};
use serde_json::json;

use crate::encoder::{self, Encoder};
use crate::eval::show;
use crate::marked::{self, Labels, Sentence};
use crate::tier::{encode_all, on_all_cores, spoken};

/// Where the rows come from.
pub struct Rows<'a> {
    pub train: &'a [PathBuf],
    pub test: &'a [PathBuf],
    /// Each is trained on alone and all others tested.
    pub folds: &'a [PathBuf],
}

/// What `eval labels` trains.
enum Labeller {
    Words(LabelClassifier),
    Encoded(EncodedLabelClassifier),
}

impl Labeller {
    /// By the vectors of all texts where there are any.
    fn train(rows: &[Labels], vectors: &BTreeMap<String, Vec<f32>>, options: LabelOptions) -> Result<Self> {
        let examples: Vec<Labelled<'_>> =
            rows.iter().map(|(text, own)| Labelled { text, labels: own.iter().map(String::as_str).collect() }).collect();
        if vectors.is_empty() {
            return Ok(Self::Words(LabelClassifier::train(&examples, options)?));
        }
        let vectors: Vec<Vec<f32>> = examples.iter().map(|e| vectors[e.text].clone()).collect();
        Ok(Self::Encoded(EncodedLabelClassifier::train(&examples, &vectors, options)?))
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Words(model) => nearside_assistant::postcard_bytes(&model.store()),
            Self::Encoded(model) => nearside_assistant::postcard_bytes(&model.store()),
        }
    }

    fn label(&self, text: &str, vectors: &BTreeMap<String, Vec<f32>>) -> Vec<(&str, f32)> {
        match self {
            Self::Words(model) => model.label(text),
            Self::Encoded(model) => model.label(text, &vectors[text]),
        }
    }
}

/// The labels' names as examples: in an encoder's space they lie near what people say.
fn named(rows: &[Labels]) -> Vec<Labels> {
    let labels: BTreeSet<&String> = rows.iter().flat_map(|(_, own)| own).collect();
    labels.into_iter().filter_map(|label| Some((spoken(label)?, vec![label.clone()]))).collect()
}

/// With `encoder`, the times printed are without its own.
pub fn labels(rows: &Rows<'_>, false_alarms: Option<f32>, encoder: Option<&Path>, as_json: bool) -> Result<()> {
    let line = false_alarms.map_or(Line::MicroF1, Line::FalseAlarms);
    let read = |paths: &[PathBuf]| -> Result<Vec<Vec<Labels>>> { paths.iter().map(|path| marked::labels(path)).collect() };
    let parts: Vec<(Vec<Labels>, Vec<Labels>)> = if rows.folds.is_empty() {
        vec![(read(rows.train)?.concat(), read(rows.test)?.concat())]
    } else {
        let folds = read(rows.folds)?;
        let others = |own: usize| folds.iter().enumerate().filter(|(at, _)| *at != own).flat_map(|(_, rows)| rows.clone()).collect();
        (0..folds.len()).map(|own| (folds[own].clone(), others(own))).collect()
    };
    let mut vectors = BTreeMap::new();
    let mut parts = parts;
    if let Some(path) = encoder {
        parts.iter_mut().for_each(|(train_rows, _)| {
            let names = named(train_rows);
            train_rows.extend(names);
        });
        let texts: BTreeSet<&str> = parts.iter().flat_map(|(a, b)| a.iter().chain(b)).map(|(text, _)| text.as_str()).collect();
        let texts: Vec<&str> = texts.into_iter().collect();
        let encoder = encoder::load(Some(path))?;
        let mut all = encode_all(&encoder, &texts)?;
        all.iter_mut().for_each(|vector| vector.truncate(encoder.leading().into()));
        vectors.extend(texts.into_iter().map(str::to_owned).zip(all));
    }
    let (mut f1, mut precision, mut recall, mut alarms, mut exact) = (vec![], vec![], vec![], vec![], vec![]);
    let mut micros = Vec::new();
    let mut bytes = 0;
    for (train_rows, test_rows) in &parts {
        let model = Labeller::train(train_rows, &vectors, LabelOptions { line, ..LabelOptions::default() })?;
        bytes = model.bytes();
        let (mut right, mut found, mut wanted, mut same, mut clean, mut alarmed) = (0usize, 0usize, 0usize, 0usize, 0usize, 0usize);
        for (text, own) in test_rows {
            let asked = Instant::now();
            let said = model.label(text, &vectors);
            micros.push(asked.elapsed().as_nanos() as f64 / 1000.0);
            let hits = said.iter().filter(|(label, _)| own.iter().any(|o| o == label)).count();
            right += hits;
            found += said.len();
            wanted += own.len();
            same += usize::from(hits == said.len() && hits == own.len());
            clean += usize::from(own.is_empty());
            alarmed += usize::from(own.is_empty() && !said.is_empty());
        }
        if test_rows.is_empty() {
            bail!("no row to test");
        }
        let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        f1.push(share(2 * right, found + wanted));
        precision.push(share(right, found));
        recall.push(share(right, wanted));
        exact.push(share(same, test_rows.len()));
        alarms.push(share(alarmed, clean));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (p50, p95) = crate::eval::percentiles(&mut micros);
    let report = json!({
        "micro_f1": mean(&f1), "precision": mean(&precision), "recall": mean(&recall), "exact": mean(&exact),
        "false_alarms": mean(&alarms), "runs": parts.len(), "model_bytes": bytes, "p50_us": p50, "p95_us": p95,
    });
    show(&report, as_json)
}

/// What `eval slots` trains.
enum Tagger {
    Words(SlotTagger),
    Encoded(Box<(EncodedSlotTagger, Encoder)>),
}

impl Tagger {
    fn train(rows: &[Sentence], encoder: Option<&Path>) -> Result<Self> {
        let examples: Vec<Marked> = rows.iter().map(|s| s.marked.clone()).collect();
        let Some(path) = encoder else {
            return Ok(Self::Words(SlotTagger::load(&SlotTagger::train(&examples, 1)?.store())?));
        };
        let encoder = encoder::load(Some(path))?;
        let texts: Vec<&str> = examples.iter().map(|e| e.text.as_str()).collect();
        let vectors: Vec<Vec<TokenVector>> = on_all_cores(&texts, |text| Ok(encoder.encode_tokens(text)?))?;
        let tagger = EncodedSlotTagger::train(&examples, &vectors, encoder.leading(), 1)?;
        Ok(Self::Encoded(Box::new((EncodedSlotTagger::load(&tagger.store())?, encoder))))
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Words(tagger) => nearside_assistant::postcard_bytes(&tagger.store()),
            Self::Encoded(both) => nearside_assistant::postcard_bytes(&both.0.store()),
        }
    }

    fn tag(&self, text: &str) -> Result<Vec<Slot>> {
        Ok(match self {
            Self::Words(tagger) => tagger.tag(text),
            Self::Encoded(both) => both.0.tag(text, &both.1.encode_tokens(text)?),
        })
    }

    /// The share of tested intents that come first; `None` where there are none.
    fn intents(&self, train_rows: &[Sentence], test_rows: &[Sentence]) -> Result<Option<f64>> {
        let examples: Vec<Example<'_>> = train_rows.iter().map(|s| Example { text: &s.marked.text, label: s.intent.as_deref() }).collect();
        let tested: Vec<&Sentence> = test_rows.iter().filter(|s| s.intent.is_some()).collect();
        if tested.is_empty() || examples.iter().all(|e| e.label.is_none()) {
            return Ok(None);
        }
        let tested_texts: Vec<&str> = tested.iter().map(|s| s.marked.text.as_str()).collect();
        let found: Vec<String> = match self {
            Self::Words(_) => {
                let classifier = train(&examples, TrainOptions::default())?.classifier;
                let first = |text: &&str| classifier.labels()[classifier.classify(text).candidates[0].intent].clone();
                tested_texts.iter().map(first).collect()
            }
            Self::Encoded(both) => {
                let encoder = &both.1;
                let texts: Vec<&str> = examples.iter().map(|e| e.text).collect();
                let vectors = encode_all(encoder, &texts)?;
                let kind = VectorKind::Encoder { leading: encoder.leading() };
                let classifier = train_encoded(&examples, (kind, &vectors), TrainOptions::default())?.classifier;
                let vectors = encode_all(encoder, &tested_texts)?;
                let first = |(text, vector): (&&str, &Vec<f32>)| {
                    classifier.labels()[classifier.classify_with(text, vector).candidates[0].intent].clone()
                };
                tested_texts.iter().zip(&vectors).map(first).collect()
            }
        };
        let right = tested.iter().zip(&found).filter(|(row, found)| row.intent.as_ref() == Some(found)).count();
        Ok(Some(right as f64 / tested.len() as f64))
    }
}

pub fn slots(train_path: &Path, test_path: &Path, encoder: Option<&Path>, as_json: bool) -> Result<()> {
    let (train_rows, test_rows) = (marked::sentences(train_path)?, marked::sentences(test_path)?);
    let started = Instant::now();
    let tagger = Tagger::train(&train_rows, encoder)?;
    let train_seconds = started.elapsed().as_secs_f64();
    let mut counts = SlotCounts::default();
    let mut micros = Vec::new();
    for row in &test_rows {
        let asked = Instant::now();
        let said = tagger.tag(&row.marked.text)?;
        micros.push(asked.elapsed().as_nanos() as f64 / 1000.0);
        counts.add(&said, &row.marked.slots);
    }
    let accuracy = tagger.intents(&train_rows, &test_rows)?;
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let (p50, p95) = crate::eval::percentiles(&mut micros);
    let report = json!({
        "slot_f1": counts.f1(), "slot_precision": share(counts.right, counts.found), "slot_recall": share(counts.right, counts.wanted),
        "intent_accuracy": accuracy, "train_seconds": train_seconds,
        "model_bytes": tagger.bytes(), "p50_us": p50, "p95_us": p95,
    });
    show(&report, as_json)
}
