//! Turns to compare: real sentences in every language there is, and the oddest that visitors and attackers type.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use nearside_conversation::Input;
use nearside_nlu::Rng;
use nearside_protocol::MAX_MESSAGE_CHARS;
use serde_json::Value;

use xtask::build::{data, packs::DEMO_LANGUAGES};
use xtask::root;

/// One turn to take.
pub struct Asked {
    /// Whether a conversation begins here; else it goes on from the state before.
    pub begins: bool,
    pub locale: String,
    pub input: Input,
}

const LOCALES: [&str; 16] = ["en", "en-GB", "zh", "zh-TW", "de", "es", "fr", "it", "pt-BR", "tr", "ar", "ja", "ko", "id", "", "tlh"];

/// `turns` turns, the same for the same seed and data.
pub fn generate(turns: usize, seed: u64) -> Result<Vec<Asked>> {
    let (sentences, articles) = (sentences()?, articles()?);
    let mut rng = Rng::new(seed);
    let mut out = Vec::with_capacity(turns);
    let mut left = 0;
    let mut locale = "";
    while out.len() < turns {
        let begins = left == 0;
        if begins {
            left = 1 + rng.below(6);
            locale = LOCALES[rng.below(LOCALES.len())];
        }
        left -= 1;
        let input = match rng.below(40) {
            0 => Input::Open,
            1 => Input::RequestPerson,
            2 => Input::Choose { article: articles[rng.below(articles.len())].clone() },
            3 => Input::Feedback { article: articles[0].clone(), helpful: rng.below(2) == 0 },
            4 => Input::Choose { article: "no-such-article".into() },
            _ => Input::Text { text: text(&sentences, &mut rng) },
        };
        out.push(Asked { begins, locale: locale.to_owned(), input });
    }
    Ok(out)
}

fn text(sentences: &[String], rng: &mut Rng) -> String {
    let pick = |rng: &mut Rng| sentences[rng.below(sentences.len())].clone();
    let plain = pick(rng);
    let odd = match rng.below(24) {
        0 => plain.to_uppercase(),
        1 => format!("{plain} {}", pick(rng)),
        2 => weave(&plain, rng, &['\u{200b}', '\u{200d}', '\u{feff}', '\u{2060}', '\u{ad}']),
        3 => weave(&plain, rng, &['🙂', '👍', '🏽', '❤', '\u{fe0f}', '🇩', '🇪']),
        4 => weave(&plain, rng, &['\u{301}', '\u{308}', '\u{327}', '\u{64b}', '\u{3099}']),
        5 => weave(&plain, rng, &['\u{202e}', '\u{2066}', '\u{2069}', '\t', '\n', '\0', '\u{7f}', '\u{2028}']),
        6 => plain.chars().map(full_width).collect(),
        7 => plain.chars().rev().collect(),
        8 => plain.chars().cycle().take(1 + rng.below(MAX_MESSAGE_CHARS)).collect(),
        9 => (0..1 + rng.below(60)).filter_map(|_| char::from_u32(rng.below(0x11_0000) as u32)).collect(),
        10 => (0..1 + rng.below(30)).map(|_| char::from(b'0' + rng.below(10) as u8)).collect(),
        11 => " ".repeat(rng.below(5)),
        12 => typo(&plain, rng),
        _ => plain,
    };
    odd.chars().take(MAX_MESSAGE_CHARS).collect()
}

fn weave(text: &str, rng: &mut Rng, among: &[char]) -> String {
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if rng.below(4) == 0 {
            out.push(among[rng.below(among.len())]);
        }
    }
    out
}

fn full_width(c: char) -> char {
    if ('!'..='~').contains(&c) { char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c) } else { c }
}

fn typo(text: &str, rng: &mut Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.len() > 2 {
        let at = rng.below(chars.len() - 1);
        chars.swap(at, at + 1);
    }
    chars.into_iter().collect()
}

fn articles() -> Result<Vec<String>> {
    let files = std::fs::read_dir(root().join("demo/shop/articles/en"))?.flatten();
    let mut ids: Vec<String> = files.filter_map(|f| f.file_name().to_str()?.strip_suffix(".md").map(str::to_owned)).collect();
    ids.sort();
    Ok(ids)
}

/// The demo's own questions, and every sentence of the open data where that is there. Each source counts alike, so
/// that the largest does not drown the others.
fn sentences() -> Result<Vec<String>> {
    let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for language in DEMO_LANGUAGES {
        let path = root().join(format!("demo/shop/golden/{language}.csv"));
        sources.insert(format!("golden {language}"), longest(&path, b',')?);
    }
    if let Some(data) = data() {
        for (file, separator) in [
            ("banking77/test.csv", b','),
            ("bitext/test.csv", b','),
            ("coldataset_zh/test.csv", b','),
            ("goemotions/test.tsv", b'\t'),
            ("prompt_injection/deepset_test.csv", b','),
            ("prompt_injection/giskard.csv", b','),
        ] {
            sources.insert(file.to_owned(), longest(&data.join(file), separator)?);
        }
        for language in ["ar", "de", "en", "it", "tr", "zh"] {
            let text = std::fs::read_to_string(data.join(format!("xsid/{language}.test.conll")))?;
            let lines = text.lines().filter_map(|l| l.strip_prefix("# text = ").map(str::to_owned));
            sources.insert(format!("xsid {language}"), lines.collect());
        }
        let clinc: Value = serde_json::from_str(&std::fs::read_to_string(data.join("clinc150/data_full.json"))?)?;
        let rows = ["test", "oos_test"].iter().flat_map(|part| clinc[*part].as_array().into_iter().flatten());
        sources.insert("clinc150".into(), rows.filter_map(|row| Some(row[0].as_str()?.to_owned())).collect());
    }
    let each = 400;
    Ok(sources
        .into_values()
        .flat_map(|lines| {
            let step = (lines.len() / each).max(1);
            lines.into_iter().filter(|l| !l.trim().is_empty()).step_by(step).take(each)
        })
        .collect())
}

/// The longest cell of each row, which is the text.
fn longest(path: &Path, separator: u8) -> Result<Vec<String>> {
    let reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).quoting(separator == b',').from_path(path);
    let mut out = Vec::new();
    for row in reader.with_context(|| path.display().to_string())?.records() {
        let row = row.with_context(|| path.display().to_string())?;
        out.push(row.iter().max_by_key(|cell| cell.chars().count()).unwrap_or_default().to_owned());
    }
    Ok(out)
}
