//! The encoder tier: accuracy on the sets beside the checkout, with all examples and with few.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::models::clinc_tables;
use super::{Table, nearside, number};
use xtask::build::{self, packs};
use xtask::root;

/// Seeds by which few examples are drawn.
const SEEDS: [&str; 5] = ["1", "2", "3", "4", "5"];

pub(super) fn run(table: &mut Table) -> Result<()> {
    let data = build::data().context("the encoder's bench wants the data sets that demo/bank/README.md names")?;
    packs::encoder()?;
    let encode = wasm(table, &data)?;
    banking(table, &data)?;
    clinc(table, &data)?;
    small(table, &data, encode)
}

/// The modules in Node: the `encoder` on `texts`, and turns with the `packs` of the tiers.
pub(super) fn in_wasm(encoder: &Path, texts: &[String], packs: &Value) -> Result<Value> {
    let mut node = Command::new("node");
    node.arg(root().join("e2e/encoder.mjs")).env("ENCODER", encoder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = node.spawn().context("node")?;
    node.stdin.take().context("node")?.write_all(json!({"texts": texts, "packs": packs}).to_string().as_bytes())?;
    let output = node.wait_with_output()?;
    serde_json::from_slice(&output.stdout).context("e2e/encoder.mjs")
}

/// A hundred questions of ten words, which are about twelve tokens.
fn questions(data: &Path) -> Result<Vec<String>> {
    let questions = csv::Reader::from_path(data.join("banking77/test.csv"))?.into_records();
    let questions = questions.map(|r| r.map(|r| r[0].to_owned())).collect::<Result<Vec<_>, _>>()?;
    Ok(questions.into_iter().filter(|q| q.split(' ').count() == 10).take(100).collect())
}

/// One message in WebAssembly, by tier, and the memory of the encoder's module. Gives what a sentence vector takes, ms.
fn wasm(table: &mut Table, data: &Path) -> Result<f64> {
    let mut packs = json!({});
    for tier in ["ngram", "static", "encoder"] {
        let pack = root().join(format!("target/bench/{tier}.pack"));
        let mut command = Command::new(super::cli());
        command.args(["pack", "build", "demo/bank", "--tier", tier, "-o"]).arg(&pack);
        command.arg("--wordings").arg(data.join("banking77/train.csv")).arg("--encoder").arg(packs::encoder()?);
        super::run_command(command.current_dir(root()).stdout(Stdio::null()))?;
        packs[tier] = json!(pack);
    }
    let seen = in_wasm(&packs::encoder()?, &questions(data)?, &packs)?;
    for (tier, most) in [("ngram", 0.3), ("static", 0.3), ("encoder", 30.0)] {
        let p50 = number(&seen[tier], "p50_ms");
        let text = format!("p50 {p50:.2} ms, p95 {:.2} ms", number(&seen[tier], "p95_ms"));
        table.row(&format!("a whole turn of ten words in Node, {tier} tier, the bank's pack"), &format!("≤ {most} ms"), text, p50 <= most);
    }
    let encode = number(&seen["encode"], "p50_ms");
    table.row("a sentence vector of ten words in Node", "≤ 30 ms", format!("p50 {encode:.1} ms"), encode <= 30.0);
    table.figure("starting the encoder in Node", format!("{:.0} ms", number(&seen, "load_ms")));
    let memory = number(&seen, "memory_mb");
    table.row("WebAssembly memory of the encoder's module", "≤ 110 MB", format!("{memory:.0} MB"), memory <= 110.0);
    Ok(encode)
}

/// The encoder that comes with the command line, against word vectors of its size and against its teacher, whose sentence
/// vector takes `teacher` milliseconds.
fn small(table: &mut Table, data: &Path, teacher: f64) -> Result<()> {
    let folder = root().join("shared/encoder/small");
    let bytes = std::fs::metadata(folder.join("model.onnx"))?.len() as f64 / 1e6;
    table.row("the small encoder's weights", "≤ 8 MB", format!("{bytes:.1} MB"), bytes <= 8.0);
    let seen = in_wasm(&folder, &questions(data)?, &json!({}))?;
    let (encode, memory) = (number(&seen["encode"], "p50_ms"), number(&seen, "memory_mb"));
    let text = format!("{:.0} % (p50 {encode:.1} ms; WebAssembly memory {memory:.0} MB)", 100.0 * encode / teacher);
    table.figure("a sentence vector of the small encoder in Node, against the default one's time", text);
    let banking = ["banking77/train.csv", "banking77/test.csv"].map(|name| data.join(name).to_string_lossy().into_owned());
    for (set, least, [train, test]) in [("Banking77", 0.926_f64, banking), ("CLINC150 in scope", 0.941, clinc_tables(data, false)?.into())]
    {
        let tables = ["eval", "intents", "--train", &train, "--test", &test, "--oos-label", "oos", "--json"];
        let seen = nearside(&[&tables[..], &["--tier", "encoder", "--encoder", "small"]].concat())?;
        // As many bytes as the small encoder's.
        let words = nearside(&[&tables[..], &["--tier", "static", "--width", "256", "--common-words", "30000"]].concat())?;
        let (right, by_words) = (number(&seen, "accuracy"), number(&words, "accuracy"));
        let size = number(&words, "model_bytes") / 1e6;
        let text = format!("{:.2} %; word vectors in a pack of {size:.1} MB {:.2} %", 100.0 * right, 100.0 * by_words);
        table.row(
            &format!("{set}, the small encoder"),
            &format!("≥ {:.1} %, more than word vectors", 100.0 * least),
            text,
            right >= least.max(by_words),
        );
    }
    Ok(())
}

fn banking(table: &mut Table, data: &Path) -> Result<()> {
    let path = |name: &str| data.join(name).to_string_lossy().into_owned();
    let (train, test) = (path("banking77/train.csv"), path("banking77/test.csv"));
    let plain = ["eval", "intents", "--train", &train, "--test", &test, "--json"];
    let words = nearside(&[&plain[..], &["--tier", "static"]].concat())?;
    let text = format!(
        "{:.2} %, one message {:.0} µs, {:.0} KB",
        100.0 * number(&words, "accuracy"),
        number(&words, "p50_us"),
        number(&words, "model_bytes") / 1024.0
    );
    table.row("Banking77, static tier", "≥ 92.6 %", text, number(&words, "accuracy") >= 0.926);
    for (width, common) in [("32", "0"), ("32", "2000"), ("64", "0"), ("128", "2000")] {
        let one = nearside(&[&plain[..], &["--tier", "static", "--width", width, "--common-words", common]].concat())?;
        let text = format!("{:.2} %, {:.0} KB", 100.0 * number(&one, "accuracy"), number(&one, "model_bytes") / 1024.0);
        table.figure(&format!("Banking77, static tier, {width} numbers a word, {common} common words"), text);
    }
    let cascade = nearside(&[&plain[..], &["--tier", "auto"]].concat())?;
    let shares: Vec<String> = cascade["answered_by"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(tier, share)| format!("{tier} {:.0} %", 100.0 * share.as_f64().unwrap_or(0.0)))
        .collect();
    let text = format!("{:.2} %; answered by {}", 100.0 * number(&cascade, "accuracy"), shares.join(", "));
    table.figure("Banking77, cascade", text);
    let tables = [&plain[..], &["--tier", "encoder"]].concat();
    let seen = nearside(&tables)?;
    let accuracy = number(&seen, "accuracy");
    let text = format!("{:.2} %, one message {:.1} ms", 100.0 * accuracy, number(&seen, "p50_us") / 1000.0);
    table.row("Banking77, encoder tier", "≥ 94.1 %", text, accuracy >= 0.941);
    for (shots, least) in [("10", 0.86), ("5", 0.80)] {
        let runs = SEEDS.iter().map(|seed| {
            let few = [&tables[..], &["--shots", shots, "--seed", seed]].concat();
            Ok(number(&nearside(&few)?, "accuracy"))
        });
        let runs = runs.collect::<Result<Vec<f64>>>()?;
        let mean = runs.iter().sum::<f64>() / runs.len() as f64;
        let text = format!("{:.1} %, mean of 5 seeds", 100.0 * mean);
        table.row(
            &format!("Banking77, {shots} examples an intent, encoder tier"),
            &format!("≥ {:.0} %", 100.0 * least),
            text,
            mean >= least,
        );
    }
    Ok(())
}

fn clinc(table: &mut Table, data: &Path) -> Result<()> {
    let eval = |outside: bool, tier: &str| {
        let (train, test) = clinc_tables(data, outside)?;
        nearside(&["eval", "intents", "--train", &train, "--test", &test, "--oos-label", "oos", "--json", "--tier", tier])
    };
    let words = number(&eval(false, "static")?, "accuracy");
    table.row("CLINC150 in scope, static tier", "≥ 94.1 %", format!("{:.2} %", 100.0 * words), words >= 0.941);
    let none = eval(false, "encoder")?;
    let accuracy = number(&none, "accuracy");
    table.row("CLINC150 in scope, encoder tier", "≥ 96.1 %", format!("{:.2} %", 100.0 * accuracy), accuracy >= 0.961);
    table.figure("CLINC150, encoder tier, no out-of-scope example in training: in scope right with 90 % refused", refused(&none));
    let hundred = eval(true, "encoder")?;
    table.row(
        "CLINC150, encoder tier, with its 100 out-of-scope training examples: in scope right with 90 % refused",
        "≥ 93.9 %",
        refused(&hundred),
        number(&hundred, "in_scope_at_nine_tenths_refused") >= 0.939,
    );
    Ok(())
}

fn refused(seen: &Value) -> String {
    let percents = ["in_scope_at_nine_tenths_refused", "oos_auroc", "accuracy", "in_scope_at_threshold", "oos_recall"];
    let [right, area, accuracy, kept, refused] = percents.map(|name| 100.0 * number(seen, name));
    format!(
        "{right:.2} % of {accuracy:.2} % without a threshold; AUROC {area:.2}; at its own threshold {kept:.1} % with {refused:.1} % refused"
    )
}
