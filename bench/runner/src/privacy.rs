//! Masking judged on a generated corpus: what was planted is found, what only looks like it is left alone.

mod values;

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use nearside_nlu::Rng;
use nearside_privacy::{Span, find};

use xtask::{build, root};

use crate::load::percentile;

/// One sentence and where its private values stand, each with the label of its kind.
struct Sentence {
    language: String,
    text: String,
    planted: Vec<(usize, usize, String)>,
}

/// What masking did with the corpus.
#[derive(Default)]
pub struct Score {
    planted: usize,
    covered: usize,
    spans: usize,
    right: usize,
}

impl Score {
    /// The share of planted values that were masked whole.
    pub fn recall(&self) -> f64 {
        self.covered as f64 / self.planted.max(1) as f64
    }

    /// The share of masks that lie on a planted value.
    pub fn precision(&self) -> f64 {
        self.right as f64 / self.spans.max(1) as f64
    }
}

/// The command: every miss, then the table.
pub fn command(sentences: usize, seed: u64) -> Result<()> {
    let (all, parts) = judge(sentences, seed, true)?;
    for (name, score) in &parts {
        println!("{name:<16} recall {:>6.2} % of {}", 100.0 * score.recall(), score.planted);
    }
    println!("recall {:.2} %, precision {:.2} % over {sentences} sentences", 100.0 * all.recall(), 100.0 * all.precision());
    Ok(())
}

/// The sums alone, held to what is promised.
pub fn check(sentences: usize, seed: u64) -> Result<()> {
    let (all, _) = judge(sentences, seed, false)?;
    let (recall, precision) = (all.recall(), all.precision());
    let which = if recall >= 0.99 && precision >= 0.97 { "ok" } else { "not ok" };
    println!(
        "{which} masking: recall {:.2} %, precision {:.2} %; at least 99 and 97 are asked, cargo xtask privacy names each miss",
        100.0 * recall,
        100.0 * precision
    );
    Ok(())
}

/// Judges masking on `count` sentences; gives the sum, and the recall by kind and by language.
pub fn judge(count: usize, seed: u64, show: bool) -> Result<(Score, BTreeMap<String, Score>)> {
    let mut all = Score::default();
    let mut parts: BTreeMap<String, Score> = BTreeMap::new();
    for sentence in corpus(count, seed)? {
        let spans = find(&sentence.text);
        let covers = |from: usize, to: usize| {
            let plain = sentence.text[from..to].char_indices().filter(|(_, c)| c.is_alphanumeric()).map(|(at, _)| from + at);
            plain.into_iter().all(|at| spans.iter().any(|s| (s.start..s.end).contains(&at)))
        };
        let touches = |span: &Span| sentence.planted.iter().any(|(from, to, _)| span.start < *to && *from < span.end);
        for (from, to, kind) in &sentence.planted {
            let covered = covers(*from, *to);
            if show && !covered {
                println!("missed {kind} {:?} in {}: {}", &sentence.text[*from..*to], sentence.language, sentence.text);
            }
            for score in [&mut all, parts.entry(format!("kind {kind}")).or_default()] {
                score.planted += 1;
                score.covered += usize::from(covered);
            }
            let own = parts.entry(format!("language {}", sentence.language)).or_default();
            own.planted += 1;
            own.covered += usize::from(covered);
        }
        let right = spans.iter().filter(|s| touches(s)).count();
        if show && right < spans.len() {
            println!("too much in {}: {} {spans:?}", sentence.language, sentence.text);
        }
        for score in [&mut all, parts.entry(format!("language {}", sentence.language)).or_default()] {
            score.spans += spans.len();
            score.right += right;
        }
    }
    Ok((all, parts))
}

/// Writes `conversations` of three sentences each, with what was planted in them, as JSON: what the egress capture says.
pub fn conversations(to: &std::path::Path, conversations: usize, seed: u64) -> Result<()> {
    let mut sentences = corpus(conversations * 3, seed)?;
    // Templates stand in order of language; a conversation mixes them.
    let mut rng = Rng::new(seed);
    for at in (1..sentences.len()).rev() {
        sentences.swap(at, rng.below(at + 1));
    }
    let lines = |part: &[Sentence]| -> Vec<serde_json::Value> {
        let line = |s: &Sentence| {
            let planted: Vec<&str> = s.planted.iter().map(|(from, to, _)| &s.text[*from..*to]).collect();
            serde_json::json!({"text": s.text, "planted": planted})
        };
        part.iter().map(line).collect()
    };
    let all: Vec<_> = sentences.chunks(3).map(lines).collect();
    Ok(std::fs::write(to, serde_json::to_string(&all)?)?)
}

/// Texts of 500 characters, and hostile ones of 4,000: what masking is timed on.
fn texts() -> Result<(Vec<String>, Vec<String>)> {
    let sentences = corpus(2000, 7)?;
    let join = |chunk: &[Sentence]| chunk.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ").chars().take(500).collect();
    let hostile = HOSTILE.iter().map(|part| part.repeat(64 * 1024 / part.len()));
    Ok((sentences.chunks(12).map(join).collect(), hostile.collect()))
}

/// What repeated without end keeps a finder busy.
const HOSTILE: &[&str] = &[
    "pw-",
    "pin:pin:",
    "bearer ",
    "1 ",
    "1-",
    "1/1/",
    "0.",
    "(1)",
    "12345678",
    "A1",
    "SW1A 1AA ",
    "12 Oak Road, ",
    "Straße 1 ",
    "路1号",
    "区1-1-1",
    "로 1",
    "my name is A ",
    "my name is ",
    "Herr ",
    "van der ",
    "田中",
    "王先生",
    "김민수님",
    "اسمي ",
    "a@a",
    "@a.",
    "x at y dot com ",
    "dot at ",
    "(at)",
    "[EMAIL_",
    "http://",
    "eyJ0.",
    "code 1234 ",
    "1234 is the ",
    "best, ",
    "\n",
    "'",
    "º",
    "N ",
    "password is ",
    "1.1,",
    "京A",
    ":1",
    "三",
    "a1 ",
    "2fa ",
    "AAAA ",
];

/// How long masking takes, milliseconds: p95 over the plain texts, and the worst of the hostile ones.
pub fn times() -> Result<(f64, f64)> {
    let (plain, hostile) = texts()?;
    let time = |text: &String| {
        let started = Instant::now();
        std::hint::black_box(find(text));
        started.elapsed().as_secs_f64() * 1000.0
    };
    let mut millis: Vec<f64> = plain.iter().map(time).collect();
    let worst = hostile.iter().map(|text| (0..3).map(|_| time(text)).fold(f64::INFINITY, f64::min)).fold(0.0, f64::max);
    Ok((percentile(&mut millis, 0.95), worst))
}

/// The same of the browser's module, in Node.
pub fn times_in_wasm() -> Result<(f64, f64)> {
    let (plain, hostile) = texts()?;
    let mut node = std::process::Command::new("node")
        .arg(root().join("e2e/mask.mjs"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .context("node")?;
    let asked = serde_json::json!({"plain": plain, "hostile": hostile}).to_string();
    std::io::Write::write_all(&mut node.stdin.take().context("node")?, asked.as_bytes())?;
    let output = node.wait_with_output()?;
    let seen: serde_json::Value = serde_json::from_slice(&output.stdout).context("e2e/mask.mjs")?;
    Ok((seen["p95"].as_f64().context("p95")?, seen["worst"].as_f64().context("worst")?))
}

/// The share of real sentences without private data that masking changes, in the open data beside the checkout.
pub fn changed_in_real_text() -> Result<Option<(usize, usize)>> {
    let Some(data) = build::data() else { return Ok(None) };
    let mut sentences: Vec<String> = Vec::new();
    for language in ["ar", "de", "en", "it", "tr", "zh"] {
        let text = std::fs::read_to_string(data.join(format!("xsid/{language}.test.conll")))?;
        sentences.extend(text.lines().filter_map(|l| l.strip_prefix("# text = ")).map(str::to_owned));
    }
    for record in csv::Reader::from_path(data.join("banking77/test.csv"))?.records() {
        sentences.push(record?[0].to_owned());
    }
    let changed = sentences.iter().filter(|s| !find(s).is_empty()).count();
    Ok(Some((changed, sentences.len())))
}

/// `count` sentences: templates in turn, values by chance, one in five with a second sentence after it.
fn corpus(count: usize, seed: u64) -> Result<Vec<Sentence>> {
    let text = std::fs::read_to_string(root().join("e2e/privacy/templates.tsv"))?;
    let templates: Vec<(&str, &str, &str)> = text
        .lines()
        .filter(|l| !l.starts_with('#') && !l.is_empty())
        .map(|l| {
            let mut columns = l.splitn(3, '\t');
            columns.next().zip(columns.next()).zip(columns.next()).map(|((a, b), c)| (a, b, c)).with_context(|| format!("template {l:?}"))
        })
        .collect::<Result<_>>()?;
    let mut rng = Rng::new(seed);
    let mut out = Vec::with_capacity(count);
    for n in 0..count {
        let (language, kind, template) = templates[n % templates.len()];
        let mut sentence = Sentence { language: language.to_owned(), text: String::new(), planted: Vec::new() };
        sentence.add(kind, template, &mut rng);
        if rng.below(5) == 0 {
            let same: Vec<_> = templates.iter().filter(|t| t.0 == language).collect();
            let (_, kind, template) = *same[rng.below(same.len())];
            sentence.text.push(' ');
            sentence.add(kind, template, &mut rng);
        }
        out.push(sentence);
    }
    Ok(out)
}

impl Sentence {
    fn add(&mut self, kind: &str, template: &str, rng: &mut Rng) {
        let mut rest = template;
        while let Some(at) = rest.find('{') {
            self.text.push_str(&rest[..at]);
            let end = rest[at..].find('}').map_or(rest.len() - 1, |e| at + e);
            let name = &rest[at + 1..end];
            if name.is_empty() {
                let value = values::private(kind, &self.language, rng);
                self.planted.push((self.text.len(), self.text.len() + value.len(), kind.to_owned()));
                self.text.push_str(&value);
            } else {
                self.text.push_str(&values::filler(name, rng));
            }
            rest = &rest[end + 1..];
        }
        self.text.push_str(rest);
    }
}
