//! The small models that come with `shared/nlu`: made from open data, committed with their recipe, and judged.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nearside_nlu::labels::{LabelClassifier, LabelOptions, Labelled, Line};

use xtask::{build, root};

/// A text with its labels.
type Row = (String, Vec<&'static str>);

/// Makes the models from `../shared/data`.
pub fn make() -> Result<()> {
    let data = build::data().context("the models' data is not there; shared/nlu/models/README.md names it")?;
    for (name, rows, line) in [
        ("mood.en", [mood(&data, "train")?, mood(&data, "dev")?].concat(), Line::FalseAlarms(0.1)),
        ("offence.zh", [offence(&data, "train")?, offence(&data, "dev")?].concat(), Line::MicroF1),
        ("injection", injection(&data, "train")?, Line::FalseAlarms(FALSE_ALARMS)),
    ] {
        let examples: Vec<Labelled<'_>> = rows.iter().map(|(text, labels)| Labelled { text, labels: labels.clone() }).collect();
        let model = LabelClassifier::train(&examples, LabelOptions { line, features: FEATURES, ..LabelOptions::default() })?;
        let bytes = postcard::to_allocvec(&model.store())?;
        println!("{name}: {} texts, {} bytes", rows.len(), bytes.len());
        fs::write(path(name), bytes)?;
    }
    Ok(())
}

/// N-grams that a model keeps.
const FEATURES: usize = 16_000;
/// Share of harmless messages in training that may be taken for an attack.
const FALSE_ALARMS: f32 = 0.02;

fn path(name: &str) -> PathBuf {
    root().join(format!("shared/nlu/models/{name}.bin"))
}

/// How the committed models do on test splits: what is measured, and the figure.
pub fn judge() -> Result<Option<[(&'static str, f64); 5]>> {
    let Some(data) = build::data() else { return Ok(None) };
    let load = |name: &str| -> Result<LabelClassifier> { Ok(LabelClassifier::load(postcard::from_bytes(&fs::read(path(name))?)?)?) };
    let share = |model: &LabelClassifier, rows: &[Row], label: &str, keep: &dyn Fn(&[&str]) -> bool| {
        let kept: Vec<&Row> = rows.iter().filter(|(_, own)| keep(own)).collect();
        let right = kept.iter().filter(|(text, own)| model.label(text).iter().any(|(l, _)| *l == label) == own.contains(&label)).count();
        right as f64 / kept.len().max(1) as f64
    };
    let (english, chinese, attacks) = (load("mood.en")?, load("offence.zh")?, load("injection")?);
    let (mood, offence) = (mood(&data, "test")?, offence(&data, "test")?);
    let injection = injection(&data, "test")?;
    let polar: Vec<&Row> = mood.iter().filter(|(_, own)| own == &["negative"] || own == &["positive"]).collect();
    let negative = |text: &str| english.margins(text).first() > english.margins(text).last();
    let right = polar.iter().filter(|(text, own)| negative(text) == (own == &["negative"])).count();
    let calm: Vec<&Row> = mood.iter().filter(|(_, own)| own.is_empty()).collect();
    let alarmed = calm.iter().filter(|(text, _)| english.label(text).first().is_some_and(|(l, _)| *l == "negative")).count();
    Ok(Some([
        ("negative against positive, GoEmotions test, right", right as f64 / polar.len().max(1) as f64),
        ("negative, GoEmotions test, false alarms among neutral", alarmed as f64 / calm.len().max(1) as f64),
        ("offence, COLD test, right", share(&chinese, &offence, "offence", &|_| true)),
        ("injection, deepset test, found", share(&attacks, &injection, "injection", &|own| !own.is_empty())),
        ("injection, Banking77 test, false alarms", 1.0 - share(&attacks, &bank(&data, "test")?, "injection", &|_| true)),
    ]))
}

fn cells(path: &Path, separator: u8) -> Result<Vec<csv::StringRecord>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(separator == b',')
        .quoting(separator == b',')
        .from_path(path)?;
    reader.records().collect::<Result<_, _>>().with_context(|| path.display().to_string())
}

fn mood(data: &Path, split: &str) -> Result<Vec<Row>> {
    let rows = cells(&data.join(format!("goemotions/{split}.tsv")), b'\t')?;
    let labels = |ids: &str| {
        ids.split(',')
            .filter_map(|id| match id {
                "1" => Some("negative"),
                "3" => Some("positive"),
                _ => None,
            })
            .collect()
    };
    Ok(rows.iter().map(|row| (row[0].to_owned(), labels(&row[1]))).collect())
}

fn offence(data: &Path, split: &str) -> Result<Vec<Row>> {
    let rows = cells(&data.join(format!("coldataset_zh/{split}.csv")), b',')?;
    Ok(rows.iter().map(|row| (row[row.len() - 1].to_owned(), if &row[3] == "1" { vec!["offence"] } else { vec![] })).collect())
}

fn bank(data: &Path, split: &str) -> Result<Vec<Row>> {
    Ok(cells(&data.join(format!("banking77/{split}.csv")), b',')?.iter().map(|row| (row[0].to_owned(), vec![])).collect())
}

/// Attacks and harmless messages; to learn from, with a bank's real questions and comments as more harmless ones.
fn injection(data: &Path, split: &str) -> Result<Vec<Row>> {
    let rows = cells(&data.join(format!("prompt_injection/deepset_{split}.csv")), b',')?;
    let mut rows: Vec<Row> = rows.iter().map(|row| (row[0].to_owned(), if &row[1] == "1" { vec!["injection"] } else { vec![] })).collect();
    if split == "train" {
        rows.extend(bank(data, split)?);
        rows.extend(mood(data, split)?.into_iter().step_by(5).map(|(text, _)| (text, vec![])));
    }
    Ok(rows)
}
