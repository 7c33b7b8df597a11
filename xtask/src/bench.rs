//! `cargo xtask bench`: every figure that is promised, measured in one run, as one table.

use std::fs;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use nearside_knowledge::{Article, Index};
use serde_json::Value;

use crate::load::{Target, Workerd, measure, percentile};
use crate::tools::{self, cargo, run as run_command};
use crate::{Home, build, root, test};

struct Table(Vec<[String; 4]>);

impl Table {
    fn row(&mut self, what: &str, asked: &str, measured: String, met: bool) {
        println!("{} {what}: {measured} (asked {asked})", if met { "met " } else { "MISS" });
        self.0.push([what.into(), asked.into(), measured, if met { "yes" } else { "no" }.into()]);
    }
}

pub fn run() -> Result<()> {
    build::all(&Home::ALL)?;
    run_command(&mut cargo(&["build", "--quiet", "--release", "--package", "nearside-cli"]))?;
    let mut table = Table(vec![]);
    golden(&mut table)?;
    sizes(&mut table)?;
    match build::data() {
        Some(data) => {
            intents(&mut table, &data)?;
            retrieval(&mut table, &data)?;
        }
        None => println!("left out for want of data: Banking77, CLINC150, bank, retrieval over 100,000 entries"),
    }
    edge(&mut table)?;
    let mut text = String::from(
        "# Measured\n\nBy `cargo xtask bench`, every row in one run on one machine (two cores).\n\n| what | asked | measured | met |\n| --- | --- | --- | --- |\n",
    );
    for row in &table.0 {
        text += &format!("| {} |\n", row.join(" | "));
    }
    fs::write(root().join("bench/results.md"), text)?;
    Ok(())
}

fn nearside(args: &[&str]) -> Result<Value> {
    let output = Command::new(root().join("target/release/nearside")).args(args).current_dir(root()).output()?;
    anyhow::ensure!(output.status.success(), "nearside {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}

fn golden(table: &mut Table) -> Result<()> {
    for language in ["en", "zh"] {
        let seen = nearside(&["eval", "golden", "demo/shop", "--lang", language, "--json"])?;
        let (first, wrong, coverage) = (number(&seen, "r_at_1"), number(&seen, "wrong_answer_rate"), number(&seen, "coverage"));
        let text = format!("{:.1} % / {:.1} % at {:.0} % answered", 100.0 * first, 100.0 * wrong, 100.0 * coverage);
        table.row(
            &format!("golden set {language}: right article first / wrong among answered"),
            "≥ 90 % / ≤ 3 %",
            text,
            first >= 0.9 && wrong <= 0.03,
        );
    }
    Ok(())
}

fn sizes(table: &mut Table) -> Result<()> {
    for (name, files, most) in test::BUDGETS {
        let bytes = test::brotli_sum(files)?;
        table.row(
            &format!("bytes on opening, brotli: {name}"),
            &format!("≤ {} KB", most / 1024),
            format!("{:.1} KB", bytes as f64 / 1024.0),
            bytes <= most,
        );
    }
    for (name, wordings) in [("demo/shop", None), ("demo/bank", build::data().map(|d| d.join("banking77/train.csv")))] {
        for language in if name == "demo/shop" { &["en", "zh"][..] } else { &["en"] } {
            if name == "demo/bank" && wordings.is_none() {
                continue;
            }
            pack_size(table, name, language, wordings.as_deref())?;
        }
    }
    Ok(())
}

/// One language's pack, built anew. The bank is held to 25 real wordings an intent, which makes 2,000 questions; a shop
/// with fewer gets no larger share.
fn pack_size(table: &mut Table, domain: &str, language: &str, wordings: Option<&std::path::Path>) -> Result<()> {
    let work = root().join("target/bench");
    fs::create_dir_all(&work)?;
    let (pack, some) = (work.join("size.pack"), work.join("wordings.csv"));
    let mut args = vec!["pack", "build", domain, "--lang", language, "-o"];
    let (pack_path, some_path) = (pack.to_string_lossy(), some.to_string_lossy());
    args.push(&pack_path);
    if let Some(path) = wordings {
        let mut seen = std::collections::BTreeMap::<String, usize>::new();
        let text = fs::read_to_string(path)?;
        let chosen = text.lines().filter(|line| {
            let count = seen.entry(line.rsplit_once(',').map_or("", |l| l.1).to_owned()).or_default();
            *count += 1;
            *count <= 25
        });
        fs::write(&some, chosen.map(|l| format!("{l}\n")).collect::<String>())?;
        args.extend(["--wordings", &some_path]);
    }
    let output = Command::new(root().join("target/release/nearside")).args(&args).current_dir(root()).output()?;
    anyhow::ensure!(output.status.success(), "nearside {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let questions =
        said.split(" questions").next().and_then(|s| s.rsplit(' ').next()).and_then(|n| n.parse::<f64>().ok()).context("questions")?;
    let kilobytes = build::brotli(&fs::read(&pack)?)?.len() as f64 / 1024.0;
    table.row(
        &format!("pack of {domain} {language}, {questions} questions, brotli"),
        "≤ 500 KB per 2,000 questions",
        format!("{kilobytes:.0} KB"),
        kilobytes <= 500.0 * (questions / 2000.0).max(1.0),
    );
    Ok(())
}

fn intents(table: &mut Table, data: &std::path::Path) -> Result<()> {
    let path = |name: &str| data.join(name).to_string_lossy().into_owned();
    let bank = nearside(&["eval", "intents", "--train", &path("banking77/train.csv"), "--test", &path("banking77/test.csv"), "--json"])?;
    let work = root().join("target/bench");
    fs::create_dir_all(&work)?;
    let all: Value = serde_json::from_str(&fs::read_to_string(data.join("clinc150/data_full.json"))?)?;
    for (file, parts) in [("train.csv", &["train"][..]), ("test.csv", &["test", "oos_test"][..])] {
        let quoted = |v: &Value| format!("\"{}\"", v.as_str().unwrap_or_default().replace('"', "\"\""));
        let rows =
            parts.iter().flat_map(|p| all[*p].as_array().into_iter().flatten()).map(|r| format!("{},{}\n", quoted(&r[0]), quoted(&r[1])));
        fs::write(work.join(file), rows.collect::<String>())?;
    }
    let file = |name: &str| work.join(name).to_string_lossy().into_owned();
    let clinc = nearside(&["eval", "intents", "--train", &file("train.csv"), "--test", &file("test.csv"), "--oos-label", "oos", "--json"])?;
    for (name, seen, least) in [("Banking77", &bank, 0.914), ("CLINC150 in scope", &clinc, 0.928)] {
        let (accuracy, seconds) = (number(seen, "accuracy"), number(seen, "train_seconds"));
        let text = format!("{:.2} %, trained in {seconds:.1} s, {:.0} KB", 100.0 * accuracy, number(seen, "model_bytes") / 1024.0);
        table.row(
            &format!("{name}, n-gram tier"),
            &format!("≥ {:.1} %, ≤ 60 s", 100.0 * least),
            text,
            accuracy >= least && seconds <= 60.0,
        );
        let p95 = number(seen, "p95_us");
        table.row(&format!("classify one message, native p95, {name}"), "≤ 100 µs", format!("{p95:.0} µs"), p95 <= 100.0);
    }
    let (area, refused, kept) = (number(&clinc, "oos_auroc"), number(&clinc, "oos_recall"), number(&clinc, "in_scope_at_threshold"));
    let text = format!("{:.2}; at its threshold {:.1} % refused, {:.1} % in scope right", 100.0 * area, 100.0 * refused, 100.0 * kept);
    table.row("CLINC150 AUROC, no out-of-scope example in training", "≥ 95", text, area >= 0.95);
    Ok(())
}

fn resident_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// 100,000 real sentences as entries, 2,000 real questions as queries.
fn retrieval(table: &mut Table, data: &std::path::Path) -> Result<()> {
    let read = |name: &str| fs::read_to_string(data.join(name)).with_context(|| name.to_owned());
    let mut lines: Vec<String> = Vec::new();
    for (file, separator) in [
        ("goemotions/train.tsv", '\t'),
        ("banking77/train.csv", ','),
        ("coldataset_zh/train.csv", ','),
        ("bitext/train.csv", ','),
        ("goemotions/dev.tsv", '\t'),
        ("goemotions/test.tsv", '\t'),
        ("coldataset_zh/dev.csv", ','),
    ] {
        let take = |line: &str| {
            let parts = line.split(separator).map(|p| p.trim_matches('"'));
            parts.max_by_key(|p| p.len()).unwrap_or_default().to_owned()
        };
        lines.extend(read(file)?.lines().skip(1).map(take));
    }
    lines.truncate(100_000);
    let entries = lines.len();
    let before = resident_mb();
    let articles = lines.into_iter().map(|title| Article { title, ..Default::default() }).collect::<Vec<_>>();
    let index = Index::build(&articles);
    drop(articles);
    let mut micros: Vec<f64> = Vec::new();
    for line in read("banking77/test.csv")?.lines().skip(1).take(2000) {
        let started = Instant::now();
        std::hint::black_box(index.search(line.rsplit_once(',').map_or(line, |l| l.0), 10));
        micros.push(started.elapsed().as_nanos() as f64 / 1000.0);
    }
    let stored = index.memory_bytes() as f64 / 1e6;
    let p95 = percentile(&mut micros, 0.95) / 1000.0;
    let text = format!("{p95:.2} ms, {stored:.0} MB index ({:.0} MB resident more, building included)", resident_mb() - before);
    table.row(&format!("retrieval over {entries} entries, native: p95, memory"), "≤ 5 ms, ≤ 100 MB", text, p95 <= 5.0 && stored <= 100.0);
    Ok(())
}

fn edge(table: &mut Table) -> Result<()> {
    let server = Workerd::start()?;
    let body = |text: &str, site: &str| {
        serde_json::json!({"v": 1, "site": site, "locale": "en", "input": {"type": "text", "text": text}}).to_string()
    };
    let turn = Target::new(server.edge, "POST", "/v1/turn?site=demo", &body("how do I send something back?", "demo"));
    let hello = Target::new(server.hello, "GET", "/", "");
    // Both are measured twice, in turn, so that a noisy moment does not favour one.
    let mut rates = [(0.0f64, 0.0f64); 2];
    for _ in 0..2 {
        for (slot, target) in rates.iter_mut().zip([&hello, &turn]) {
            let (rate, mut times) = measure(target, 16, 5.0)?;
            if rate > slot.0 {
                *slot = (rate, percentile(&mut times, 0.99));
            }
        }
    }
    let ratio = rates[1].0 / rates[0].0;
    let text = format!("{:.0} % ({:.0} against {:.0} a second; p99 {:.1} ms)", 100.0 * ratio, rates[1].0, rates[0].0, rates[1].1);
    table.row(
        "edge: turns a second on plain workerd against a bare hello-world Worker, 16 connections",
        "≥ 40 %, ≥ 2,000 a second",
        text,
        ratio >= 0.4 && rates[1].0 >= 2000.0,
    );

    let bank = build::data().map(|d| d.join("banking77/test.csv")).filter(|p| p.is_file());
    if let Some(path) = &bank {
        let mut right = 0usize;
        let rows = fs::read_to_string(path)?;
        let rows: Vec<(String, &str)> = rows
            .lines()
            .skip(1)
            .filter_map(|l| l.rsplit_once(','))
            .map(|(t, l)| (t.trim_matches('"').replace("\"\"", "\""), l.trim()))
            .collect();
        let mut connection = std::net::TcpStream::connect(("127.0.0.1", server.edge))?;
        for (text, label) in &rows {
            let answer = Target::new(server.edge, "POST", "/v1/turn?site=bank", &body(text, "bank")).once(&mut connection)?;
            let turn: Value = serde_json::from_slice(&answer)?;
            right += usize::from(turn["explanation"]["candidates"][0]["article"] == *label);
        }
        let share = right as f64 / rows.len() as f64;
        table.row(
            &format!("bank on workerd, {} real questions: right article first", rows.len()),
            "≥ 91 %",
            format!("{:.2} %", 100.0 * share),
            share >= 0.91,
        );
    }
    browser(table, &format!("http://127.0.0.1:{}", server.site), bank.as_deref())
}

fn browser(table: &mut Table, edge: &str, bank: Option<&std::path::Path>) -> Result<()> {
    let mut command = Command::new("node");
    command.arg(root().join("e2e/bench.mjs")).current_dir(root()).env("CHROMIUM", tools::chromium()?).env("EDGE", edge);
    if let Some(path) = bank {
        command.env("BANK", path);
    }
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    anyhow::ensure!(output.status.success(), "e2e/bench.mjs: {}", output.status);
    let seen: Value = serde_json::from_slice(&output.stdout)?;
    let p95 = number(&seen, "golden_p95_ms");
    let text = format!("{p95:.1} ms; four times the unthrottled time: {:.1} ms", 4.0 * number(&seen, "golden_unthrottled_p95_ms"));
    table.row("browser, ask to answer, p95 over the golden questions, main thread 4x slower", "≤ 50 ms", text, p95 <= 50.0);
    let open = number(&seen, "open_to_answer_ms");
    table.row("open to first answer, cold cache, main thread 4x slower, local host", "≤ 1,500 ms", format!("{open:.0} ms"), open <= 1500.0);
    if bank.is_some() {
        let (share, p95) = (number(&seen, "bank_right_first"), 4.0 * number(&seen, "bank_unthrottled_p95_ms"));
        let text = format!("{:.2} %; {p95:.1} ms", 100.0 * share);
        table.row(
            "bank in Chromium: right article first; p95, four times the unthrottled time",
            "≥ 91 %; ≤ 50 ms",
            text,
            share >= 0.91 && p95 <= 50.0,
        );
    }
    Ok(())
}
