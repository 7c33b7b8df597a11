//! Others' software on the same sets in the same run: accuracy, time, bytes and memory, side by side.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::encoder::in_wasm;
use super::{nearside, number};
use xtask::build::{self, packs};
use xtask::root;
use xtask::tools::run as run_command;

/// What one of them did; `NaN` where it was not measured.
struct Seen {
    name: &'static str,
    right: f64,
    p50_ms: f64,
    bytes: f64,
    memory_mb: f64,
}

pub(super) fn run() -> Result<()> {
    let data = build::data().context("the peers' bench wants the data sets that demo/bank/README.md names")?;
    let work = root().join("target/peers");
    fs::create_dir_all(&work)?;
    let peers = Peers::fetch(work)?;
    let (train, test) = (data.join("banking77/train.csv"), data.join("banking77/test.csv"));
    let sets = json!({"train": rows(&train)?, "test": rows(&test)?});
    let mut text = String::from(
        "# Side by side\n\nBy `cargo xtask bench peers`: everyone in the same run on one machine, each in a process of its own, with its defaults or the setting that its own documentation recommends. The best figure of a column is bold, whoever has it.\n",
    );
    text += &intents(&peers, &sets, &train, &test)?;
    text += &retrieval(&peers, &sets, &train, &test)?;
    text += &encoders(&peers, &test)?;
    println!("{text}");
    Ok(fs::write(root().join("bench/peers.md"), text)?)
}

fn rows(path: &Path) -> Result<Vec<[String; 2]>> {
    let records = csv::Reader::from_path(path)?.into_records();
    records.map(|record| record.map(|r| [r[0].to_owned(), r[1].to_owned()]).map_err(Into::into)).collect()
}

/// The packages, fetched on demand.
struct Peers {
    work: PathBuf,
    folder: PathBuf,
}

impl Peers {
    fn fetch(work: PathBuf) -> Result<Self> {
        let folder = root().join("bench/peers");
        run_command(Command::new("npm").args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&folder))?;
        let python = work.join("venv/bin/python");
        if !python.exists() {
            run_command(Command::new("python3").args(["-m", "venv"]).arg(work.join("venv")))?;
        }
        run_command(
            Command::new(python)
                .args(["-m", "pip", "install", "--quiet", "--only-binary=:all:", "-r"])
                .arg(folder.join("requirements.txt")),
        )?;
        Ok(Self { work, folder })
    }

    fn ask(&self, mut command: Command, name: &str, input: &Value) -> Result<Value> {
        println!("measuring {name}");
        let mut child = command.arg(name).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        child.stdin.take().context("stdin")?.write_all(input.to_string().as_bytes())?;
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(said.trim().lines().last().unwrap_or_default()).with_context(|| format!("{name}: {said}"))
    }

    fn node(&self, name: &str, input: &Value) -> Result<Value> {
        let mut command = Command::new("node");
        command.arg(self.folder.join("peers.mjs"));
        self.ask(command, name, input)
    }

    fn python(&self, name: &str, input: &Value) -> Result<Value> {
        let mut command = Command::new(self.work.join("venv/bin/python"));
        command.arg(self.folder.join("peers.py"));
        self.ask(command, name, input)
    }

    /// The default encoder with float weights, for those that quantise it themselves.
    fn float_encoder(&self) -> Result<PathBuf> {
        let folder = self.work.join("encoder-float");
        if !folder.join("model.onnx").exists() {
            let fetch = ["encoder", "fetch", "--weights", "float", "--into"];
            run_command(Command::new(super::cli()).args(fetch).arg(&folder))?;
        }
        Ok(folder)
    }
}

fn seen(name: &'static str, value: &Value) -> Seen {
    let figure = |key| number(value, key);
    Seen { name, right: figure("right"), p50_ms: figure("p50_ms"), bytes: figure("bytes"), memory_mb: figure("memory_mb") }
}

/// A table with the best of each column in bold.
fn table(title: &str, right: &str, rows: &[Seen]) -> String {
    let shown = |value: f64, best: f64, digits: usize| match value {
        v if v.is_nan() => "–".to_owned(),
        v if v == best => format!("**{v:.digits$}**"),
        v => format!("{v:.digits$}"),
    };
    let least = |of: fn(&Seen) -> f64| rows.iter().map(of).fold(f64::NAN, f64::min);
    let most = rows.iter().map(|r| r.right).fold(f64::NAN, f64::max);
    let (fastest, smallest, leanest) = (least(|r| r.p50_ms), least(|r| r.bytes), least(|r| r.memory_mb));
    let mut out = format!(
        "\n## {title}\n\n| who | {right} | one message, p50 ms | model or index, KB | memory, MB |\n| --- | --- | --- | --- | --- |\n"
    );
    for row in rows {
        let cells = [
            shown(100.0 * row.right, 100.0 * most, 2),
            shown(row.p50_ms, fastest, 3),
            shown(row.bytes / 1024.0, smallest / 1024.0, 0),
            shown(row.memory_mb, leanest, 0),
        ];
        out += &format!("| {} | {} |\n", row.name, cells.join(" | "));
    }
    out
}

fn intents(peers: &Peers, sets: &Value, train: &Path, test: &Path) -> Result<String> {
    let own = |name, tier: &str| -> Result<Seen> {
        println!("measuring {name}");
        let paths = [train.to_string_lossy(), test.to_string_lossy()];
        let value = nearside(&["eval", "intents", "--train", &paths[0], "--test", &paths[1], "--tier", tier, "--json"])?;
        let (right, p50_ms) = (number(&value, "accuracy"), number(&value, "p50_us") / 1000.0);
        Ok(Seen { name, right, p50_ms, bytes: number(&value, "model_bytes"), memory_mb: f64::NAN })
    };
    let float = peers.float_encoder()?;
    let mut with_encoder = sets.clone();
    with_encoder["float"] = json!(float.join("model.onnx"));
    with_encoder["tokenizer"] = json!(float.join("tokenizer.json"));
    let rows = [
        own("Nearside, n-grams", "ngram")?,
        own("Nearside, word vectors", "static")?,
        own("Nearside, encoder (bytes without its 23 MB)", "encoder")?,
        seen("nlp.js 4.27", &peers.node("nlpjs", sets)?),
        seen("scikit-learn 1.9, TF-IDF of words and letters, LinearSVC", &peers.python("sklearn", sets)?),
        seen(
            "scikit-learn 1.9, logistic regression over the same encoder in onnxruntime (bytes without its 90 MB)",
            &peers.python("encoder", &with_encoder)?,
        ),
    ];
    let note = "\n10,003 training and 3,080 test questions of 77 intents. Nearside runs natively here; its memory was not measured.\n";
    Ok(table("Intents: Banking77", "right, %", &rows) + note)
}

fn retrieval(peers: &Peers, sets: &Value, train: &Path, test: &Path) -> Result<String> {
    let labelled = rows(train)?;
    let mut first = std::collections::BTreeMap::new();
    for [text, label] in &labelled {
        first.entry(label).or_insert(text);
    }
    let write = |name: &str, head: [&str; 2], rows: &mut dyn Iterator<Item = Vec<String>>| -> Result<String> {
        let path = peers.work.join(name);
        let mut out = csv::Writer::from_path(&path)?;
        out.write_record(if name == "articles.csv" { &["id", "question", "answer"][..] } else { &head[..] })?;
        for row in rows {
            out.write_record(row)?;
        }
        out.flush()?;
        Ok(path.to_string_lossy().into_owned())
    };
    let pair = |[text, label]: [String; 2]| vec![text, label];
    let articles =
        write("articles.csv", ["", ""], &mut first.iter().map(|(id, text)| vec![(*id).clone(), (*text).clone(), (*text).clone()]))?;
    let queries = write("queries.csv", ["query", "id"], &mut rows(test)?.into_iter().map(pair))?;
    let wordings = write("wordings.csv", ["wording", "id"], &mut labelled.clone().into_iter().map(pair))?;
    println!("measuring Nearside, retrieval");
    let own = nearside(&["eval", "faq", "--articles", &articles, "--queries", &queries, "--wordings", &wordings, "--json"])?;
    let rows = [
        Seen {
            name: "Nearside, classifier and index together",
            right: number(&own, "r_at_1"),
            p50_ms: number(&own, "p50_us") / 1000.0,
            bytes: number(&own, "index_bytes"),
            memory_mb: f64::NAN,
        },
        seen("MiniSearch 7.2, fuzzy and prefix", &peers.node("minisearch", sets)?),
        seen("Orama 3.1", &peers.node("orama", sets)?),
        seen("BM25 (rank-bm25 0.2)", &peers.python("bm25", sets)?),
    ];
    let note = "\nEach training question is an entry of its intent's article; a test question is right where the first article found is its own.\n";
    Ok(table("Retrieval: Banking77", "right article first, %", &rows) + note)
}

fn encoders(peers: &Peers, test: &Path) -> Result<String> {
    let texts: Vec<String> = rows(test)?.into_iter().map(|[text, _]| text).filter(|t| t.split(' ').count() == 10).take(100).collect();
    let own = in_wasm(&packs::encoder()?, &texts, &json!({}))?;
    let float = peers.float_encoder()?;
    let model = peers.work.join("dynamic.onnx");
    let tokens = peers.python(
        "quantise",
        &json!({"float": float.join("model.onnx"), "tokenizer": float.join("tokenizer.json"), "model": model, "texts": texts}),
    )?;
    let theirs = peers.node("onnxruntime", &json!({"model": model, "tokens": tokens["tokens"], "test": []}))?;
    let size = |path: PathBuf| fs::metadata(path).map_or(f64::NAN, |m| m.len() as f64);
    let rows = [
        Seen {
            name: "Nearside's module (tract with integer products), tokens included",
            right: f64::NAN,
            p50_ms: number(&own["encode"], "p50_ms"),
            bytes: size(packs::encoder()?.join("model.onnx")),
            memory_mb: number(&own, "process_mb"),
        },
        seen("onnxruntime-web 1.30, dynamic int8, one thread, tokens given", &theirs),
    ];
    let modules = format!(
        "\n100 questions of ten words, all-MiniLM-L6-v2. Modules: {:.1} MB against {:.1} MB. Memory is that of the Node process; the WebAssembly memory of Nearside's module is {:.0} MB.\n",
        size(root().join("dist/encoder/nearside_encoder_bg.wasm")) / 1e6,
        number(&theirs, "runtime_bytes") / 1e6,
        number(&own, "memory_mb")
    );
    Ok(table("The encoder in WebAssembly, Node", "right, %", &rows) + &modules)
}
