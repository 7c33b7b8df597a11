//! `nearside replay`: a saved conversation's turns, taken again.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nearside_assistant::{Assistant, Pack, TurnContext};
use nearside_conversation::{Entry, Event, Recorded, Rung, Taken, replay};
use nearside_nlu::StaticVectors;
use nearside_protocol::Manifest;
use serde_json::Value;

/// A site's assistant, with its vectors and without: the first answers of a visit come before they have arrived.
struct Site {
    with_vectors: Assistant,
    without: Assistant,
    languages: Vec<String>,
}

impl Site {
    fn load(manifest: &Path) -> Result<Self> {
        let shown = || manifest.display().to_string();
        let named: Manifest = serde_json::from_slice(&std::fs::read(manifest).with_context(shown)?).with_context(shown)?;
        let blobs = manifest.parent().and_then(Path::parent).context("expected the manifest in sites/, beside packs/")?;
        let read = |path: std::path::PathBuf| std::fs::read(&path).with_context(|| path.display().to_string());
        let packs = || {
            let load = |hash: &str| Ok(Pack::load(&read(blobs.join(format!("packs/{hash}.pack")))?)?);
            named.packs.iter().map(|pack| load(&pack.hash)).collect::<Result<Vec<_>>>()
        };
        let mut with_vectors = Assistant::new(packs()?);
        for pack in &named.packs {
            if let Some(vectors) = &pack.vectors {
                let bytes = read(blobs.join(format!("vectors/{}.bin", vectors.hash)))?;
                with_vectors.add_tokens(&pack.language, Arc::new(StaticVectors::load(bytes)?));
            }
        }
        Ok(Self { with_vectors, without: Assistant::new(packs()?), languages: named.packs.into_iter().map(|p| p.language).collect() })
    }

    fn take(&self, recorded: &Recorded<'_>, locale: &str) -> Option<Taken> {
        let explanation: Value = recorded.explanation.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let assistant = if explanation["vectors"] == true { &self.with_vectors } else { &self.without };
        let ctx = TurnContext {
            now_ms: recorded.at_ms,
            locale: locale.to_owned(),
            site_languages: self.languages.clone(),
            edge_languages: vec![],
            rung: Rung::Browser,
        };
        let turn = assistant.turn(recorded.tracker, recorded.input, &ctx)?;
        Some(Taken { facts: turn.facts, replies: turn.replies })
    }
}

/// Entries of a saved file: an object with `entries`, a list of them, or one a line.
fn entries(text: &str) -> Result<Vec<Entry>> {
    let text = text.trim_start_matches('\u{feff}');
    if let Ok(mut whole) = serde_json::from_str::<Value>(text) {
        let list = if whole.is_array() { whole } else { whole["entries"].take() };
        if !list.is_null() {
            return serde_json::from_value(list).context("entries");
        }
    }
    let line = |(at, line): (usize, &str)| serde_json::from_str(line).with_context(|| format!("line {}: expected an entry", at + 1));
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

pub fn run(file: &Path, site: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let entries = entries(&text).with_context(|| file.display().to_string())?;
    let locale = entries.iter().find_map(|e| if let Event::Opened { locale, .. } = &e.event { Some(locale.as_str()) } else { None });
    let site = Site::load(site)?;
    let elsewhere = entries.iter().filter(|e| matches!(&e.event, Event::Turned { rung, .. } if *rung != Rung::Browser)).count();
    match replay(&entries, Rung::Browser, |recorded| site.take(recorded, locale.unwrap_or("en"))) {
        Ok(same) => {
            println!("{same} turns are the same");
            if elsewhere > 0 {
                println!("{elsewhere} turns of the edge are left out: they were taken from masked words");
            }
            Ok(())
        }
        Err(difference) => {
            let shown = |taken: &Taken| serde_json::to_string_pretty(&(&taken.facts, &taken.replies)).unwrap_or_else(|e| e.to_string());
            let now = difference.now.as_ref().map_or("no turn: a pack of that language is missing".into(), shown);
            bail!("the turn for entry {} differs\nrecorded: {}\nnow: {now}", difference.of.as_str(), shown(&difference.recorded))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn reads_what_the_chat_saves_and_lines() {
        let entry = r#"{"id":"entry-0001","at_ms":1,"by":"visitor","event":{"type":"said","text":"hi"}}"#;
        for text in [format!(r#"{{"receipt":[],"entries":[{entry}]}}"#), format!("[{entry}]"), format!("{entry}\n\n{entry}\n")] {
            assert!(entries(&text).is_ok_and(|e| !e.is_empty()), "{text}");
        }
        let odd = entries("{\"id\":1}\nnonsense").map_err(|e| format!("{e:#}"));
        assert!(odd.is_err_and(|e| e.starts_with("line 1: expected an entry")));
    }
}
