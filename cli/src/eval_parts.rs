//! `nearside eval labels` and `nearside eval slots`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};
use nearside_nlu::labels::{LabelClassifier, LabelOptions, Labelled, Line};
use nearside_nlu::slots::{Marked, SlotCounts, SlotTagger};
use nearside_nlu::{Example, TrainOptions, train};
use serde_json::json;

use crate::eval::show;
use crate::marked::{self, Labels};

/// Where the rows come from.
pub struct Rows<'a> {
    pub train: &'a [PathBuf],
    pub test: &'a [PathBuf],
    /// Each is trained on alone and all others tested.
    pub folds: &'a [PathBuf],
}

pub fn labels(rows: &Rows<'_>, false_alarms: Option<f32>, as_json: bool) -> Result<()> {
    let line = false_alarms.map_or(Line::MicroF1, Line::FalseAlarms);
    let read = |paths: &[PathBuf]| -> Result<Vec<Vec<Labels>>> { paths.iter().map(|path| marked::labels(path)).collect() };
    let parts: Vec<(Vec<Labels>, Vec<Labels>)> = if rows.folds.is_empty() {
        vec![(read(rows.train)?.concat(), read(rows.test)?.concat())]
    } else {
        let folds = read(rows.folds)?;
        let others = |own: usize| folds.iter().enumerate().filter(|(at, _)| *at != own).flat_map(|(_, rows)| rows.clone()).collect();
        (0..folds.len()).map(|own| (folds[own].clone(), others(own))).collect()
    };
    let (mut f1, mut precision, mut recall, mut alarms, mut exact) = (vec![], vec![], vec![], vec![], vec![]);
    let mut micros = Vec::new();
    let mut bytes = 0;
    for (train_rows, test_rows) in &parts {
        let examples: Vec<Labelled<'_>> =
            train_rows.iter().map(|(text, own)| Labelled { text, labels: own.iter().map(String::as_str).collect() }).collect();
        let model = LabelClassifier::train(&examples, LabelOptions { line, ..LabelOptions::default() })?;
        bytes = nearside_assistant::postcard_bytes(&model.store());
        let (mut right, mut found, mut wanted, mut same, mut clean, mut alarmed) = (0usize, 0usize, 0usize, 0usize, 0usize, 0usize);
        for (text, own) in test_rows {
            let asked = Instant::now();
            let said = model.label(text);
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

pub fn slots(train_path: &Path, test_path: &Path, as_json: bool) -> Result<()> {
    let (train_rows, test_rows) = (marked::sentences(train_path)?, marked::sentences(test_path)?);
    let started = Instant::now();
    let examples: Vec<Marked> = train_rows.iter().map(|s| s.marked.clone()).collect();
    let tagger = SlotTagger::train(&examples, 1)?;
    let tagger = SlotTagger::load(&tagger.store())?;
    let train_seconds = started.elapsed().as_secs_f64();
    let mut counts = SlotCounts::default();
    let mut micros = Vec::new();
    for row in &test_rows {
        let asked = Instant::now();
        let said = tagger.tag(&row.marked.text);
        micros.push(asked.elapsed().as_nanos() as f64 / 1000.0);
        counts.add(&said, &row.marked.slots);
    }
    let intents: Vec<Example<'_>> = train_rows.iter().map(|s| Example { text: &s.marked.text, label: s.intent.as_deref() }).collect();
    let accuracy = if intents.iter().all(|e| e.label.is_none()) {
        None
    } else {
        let classifier = train(&intents, TrainOptions::default())?.classifier;
        let first = |text: &str| classifier.labels()[classifier.classify(text).candidates[0].intent].clone();
        let hits: Vec<bool> = test_rows.iter().filter_map(|s| Some(first(&s.marked.text) == *s.intent.as_ref()?)).collect();
        (!hits.is_empty()).then(|| hits.iter().filter(|hit| **hit).count() as f64 / hits.len() as f64)
    };
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let (p50, p95) = crate::eval::percentiles(&mut micros);
    let report = json!({
        "slot_f1": counts.f1(), "slot_precision": share(counts.right, counts.found), "slot_recall": share(counts.right, counts.wanted),
        "intent_accuracy": accuracy, "train_seconds": train_seconds,
        "model_bytes": nearside_assistant::postcard_bytes(&tagger.store()), "p50_us": p50, "p95_us": p95,
    });
    show(&report, as_json)
}
