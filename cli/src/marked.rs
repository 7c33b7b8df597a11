//! Files of texts with several labels or with marked slots.

use std::path::Path;

use anyhow::{Context, Result, bail};
use nearside_nlu::slots::{Marked, Slot};
use serde_json::Value;

use crate::table;

/// A text with its labels.
pub type Labels = (String, Vec<String>);

/// Reads texts with labels: JSON, a list of objects with `text` and `intents` (as NLU++ has them), or CSV with
/// `text,labels`, the labels separated by `|` and perhaps none.
pub fn labels(path: &Path) -> Result<Vec<Labels>> {
    let shown = path.display();
    if path.extension().is_some_and(|e| e == "json") {
        let all: Vec<Value> = serde_json::from_str(&table::read_text(path)?)
            .map_err(|e| anyhow::anyhow!("{shown}:{}: {e}; expected a list of objects with text and intents", e.line()))?;
        let row = |(at, value): (usize, &Value)| {
            let text = value["text"].as_str().with_context(|| format!("{shown}: object {}: no text", at + 1))?;
            let intents = value["intents"].as_array().map(Vec::as_slice).unwrap_or_default();
            let names = intents.iter().map(|i| i.as_str().map(str::to_owned));
            let names =
                names.collect::<Option<Vec<String>>>().with_context(|| format!("{shown}: object {}: intents are no strings", at + 1))?;
            Ok((text.to_owned(), names))
        };
        return all.iter().enumerate().map(row).collect();
    }
    let rows = table::read(path, 2, &[&["text"], &["labels", "label", "intents"]])?;
    let split = |cell: &str| cell.split('|').map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    Ok(rows.into_iter().map(|row| (row.cells[0].clone(), split(&row.cells[1]))).collect())
}

/// A marked text and its intent, where the file has one.
pub struct Sentence {
    pub marked: Marked,
    pub intent: Option<String>,
}

/// Reads marked texts: CoNLL blocks (`number, token, intent, tag` with tags B-, I-, O and comments `# text = …`,
/// `# intent = …`), or CSV with `utterance, intent, entity_type, entity_value, start_offset, end_offset` (in characters).
pub fn sentences(path: &Path) -> Result<Vec<Sentence>> {
    let text = table::read_text(path)?;
    if path.extension().is_some_and(|e| e == "csv") { from_csv(path) } else { from_conll(path, &text) }
}

fn from_conll(path: &Path, text: &str) -> Result<Vec<Sentence>> {
    let mut out = Vec::new();
    let mut block: Vec<(usize, &str)> = Vec::new();
    for (number, line) in text.lines().enumerate().chain(std::iter::once((0, ""))) {
        if !line.trim().is_empty() {
            block.push((number + 1, line));
        } else if !block.is_empty() {
            out.push(sentence(path, &std::mem::take(&mut block))?);
        }
    }
    if out.is_empty() {
        bail!("{}: no sentences, expected blocks of lines number, token, intent, tag", path.display());
    }
    Ok(out)
}

fn sentence(path: &Path, block: &[(usize, &str)]) -> Result<Sentence> {
    let comment = |name: &str| block.iter().find_map(|(_, line)| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(" = "));
    let mut text = comment("text").unwrap_or_default().trim().to_owned();
    let tokens: Vec<(usize, Vec<&str>)> =
        block.iter().filter(|(_, line)| !line.starts_with('#')).map(|(number, line)| (*number, line.split('\t').collect())).collect();
    if let Some((number, cells)) = tokens.iter().find(|(_, cells)| cells.len() < 4) {
        bail!("{}:{number}: {} column(s), expected number, token, intent, tag", path.display(), cells.len());
    }
    let words: Vec<&str> = tokens.iter().map(|(_, cells)| cells[1]).collect();
    let mut places = places(&text, &words);
    if places.is_none() {
        text = words.join(" ");
        places = self::places(&text, &words);
    }
    let places = places.with_context(|| format!("{}:{}: tokens do not make the text", path.display(), block[0].0))?;
    let mut slots: Vec<Slot> = Vec::new();
    for ((number, cells), place) in tokens.iter().zip(places) {
        match cells[3].trim().split_once('-') {
            Some(("B", name)) => slots.push(Slot { span: place, name: name.to_owned() }),
            // An inside tag that continues nothing begins a slot, as the shared tasks' own script has it.
            Some(("I", name)) => match slots.last_mut().filter(|s| s.name == name) {
                Some(slot) => slot.span.end = place.end,
                None => slots.push(Slot { span: place, name: name.to_owned() }),
            },
            _ if cells[3].trim() == "O" => {}
            _ => bail!("{}:{number}: tag {:?}, expected O, B-NAME or I-NAME", path.display(), cells[3]),
        }
    }
    let intent = comment("intent").map(|i| i.trim().to_owned());
    Ok(Sentence { marked: Marked { text, slots }, intent })
}

/// Where each word stands in the text; `None` where one does not come after the last.
fn places(text: &str, words: &[&str]) -> Option<Vec<std::ops::Range<usize>>> {
    let mut from = 0;
    let place = |word: &&str| {
        let at = from + text.get(from..)?.find(word)?;
        from = at + word.len();
        Some(at..from)
    };
    words.iter().map(place).collect()
}

fn from_csv(path: &Path) -> Result<Vec<Sentence>> {
    let headers: [&[&str]; 6] =
        [&["utterance", "text"], &["intent"], &["entity_type"], &["entity_value"], &["start_offset"], &["end_offset"]];
    let rows = table::read(path, 6, &headers)?;
    rows.into_iter()
        .map(|row| {
            let [text, intent, name, _, start, end] = &row.cells[..6] else { bail!("{}:{}: too short", path.display(), row.line) };
            let mut slots = Vec::new();
            if !name.is_empty() {
                let place = |cell: &str| {
                    let n: usize = cell.parse().ok()?;
                    text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len())).nth(n)
                };
                let span = place(start).zip(place(end)).filter(|(from, to)| from < to);
                let (from, to) = span.with_context(|| {
                    format!("{}:{}: offsets {start:?} to {end:?}, expected characters within the text", path.display(), row.line)
                })?;
                slots.push(Slot { span: from..to, name: name.clone() });
            }
            Ok(Sentence { marked: Marked { text: text.clone(), slots }, intent: Some(intent.clone()).filter(|i| !i.is_empty()) })
        })
        .collect()
}
