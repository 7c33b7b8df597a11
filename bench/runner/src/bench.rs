//! `cargo xtask bench`: every figure that is promised, measured in one run, as one table.

mod encoder;
mod hosts;
mod models;
mod peers;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use xtask::tools::{cargo, run as run_command};
use xtask::{Home, build, root};

use crate::privacy;

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Understanding, retrieval, sizes
    Nlu,
    /// Masking
    Privacy,
    /// Word vectors, the encoders and their cascade; writes bench/encoder.md, left out where all parts run
    Encoder,
    /// Workerd, Spin and the browser
    Edge,
    /// Others' software on the same sets, fetched on demand (600 MB); writes bench/peers.md, left out where all parts run
    Peers,
}

pub(crate) struct Table(Vec<[String; 4]>);

impl Table {
    pub(crate) fn row(&mut self, what: &str, asked: &str, measured: String, met: bool) {
        println!("{} {what}: {measured} (asked {asked})", if met { "met " } else { "MISS" });
        self.0.push([what.into(), asked.into(), measured, if met { "yes" } else { "no" }.into()]);
    }

    /// A figure that nothing was asked of.
    pub(crate) fn figure(&mut self, what: &str, measured: String) {
        println!("     {what}: {measured}");
        self.0.push([what.into(), "–".into(), measured, String::new()]);
    }

    fn write(&self, path: &str, title: &str, command: &str) -> Result<()> {
        let mut text = format!("# {title}\n\nBy `{command}`, every row in one run on one machine (two cores).\n\n");
        text += "| what | asked | measured | met |\n| --- | --- | --- | --- |\n";
        for row in &self.0 {
            text += &format!("| {} |\n", row.join(" | "));
        }
        Ok(fs::write(root().join(path), text)?)
    }
}

/// Measures one part, or all. What all parts give stands in `bench/results.md` then, the encoders' in `bench/encoder.md`.
pub fn run(part: Option<Part>) -> Result<()> {
    build::all(&Home::ALL)?;
    if part != Some(Part::Privacy) {
        run_command(&mut cargo(&["build", "--profile", "host", "--package", "nearside-cli"]))?;
    }
    if part == Some(Part::Peers) {
        return peers::run();
    }
    let mut table = Table(vec![]);
    let wanted = |one: Part| part.is_none_or(|p| p == one);
    if wanted(Part::Nlu) {
        models::run(&mut table)?;
    }
    if wanted(Part::Privacy) {
        masking(&mut table)?;
    }
    if part == Some(Part::Encoder) {
        encoder::run(&mut table)?;
    }
    if wanted(Part::Edge) {
        hosts::run(&mut table)?;
    }
    match part {
        None => table.write("bench/results.md", "Measured", "cargo xtask bench"),
        Some(Part::Encoder) => table.write("bench/encoder.md", "Encoders and word vectors", "cargo xtask bench encoder"),
        Some(_) => Ok(()),
    }
}

/// Masking: found and left alone on a generated corpus of another seed than the tests', by kind and language, and on real
/// sentences; and its time.
fn masking(table: &mut Table) -> Result<()> {
    let (all, parts) = privacy::judge(20_000, 2, false)?;
    let (recall, precision) = (all.recall(), all.precision());
    let text = format!("{:.2} % / {:.2} %", 100.0 * recall, 100.0 * precision);
    table.row("masking, 20,000 generated sentences: recall / precision", "≥ 99 % / ≥ 97 %", text, recall >= 0.99 && precision >= 0.97);
    for group in ["kind ", "language "] {
        let shown: Vec<String> =
            parts.iter().filter_map(|(n, s)| Some(format!("{} {:.1}", n.strip_prefix(group)?, 100.0 * s.recall()))).collect();
        table.figure(&format!("masking, recall by {}, %", group.trim()), shown.join(", "));
    }
    if let Some((changed, of)) = privacy::changed_in_real_text()? {
        table.figure("masking, real sentences without private data that it changes", format!("{changed} of {of}"));
    }
    let (p95, worst) = privacy::times()?;
    table.row("masking 500 characters, native p95", "≤ 1 ms", format!("{p95:.3} ms"), p95 <= 1.0);
    table.row("masking 64 KB hostile text, native worst", "≤ 50 ms", format!("{worst:.1} ms"), worst <= 50.0);
    let (p95, worst) = privacy::times_in_wasm()?;
    table.row("masking 500 characters, the browser's module in Node, p95", "≤ 0.5 ms", format!("{p95:.3} ms"), p95 <= 0.5);
    table.row("masking 64 KB hostile text, the browser's module in Node, worst", "≤ 50 ms", format!("{worst:.1} ms"), worst <= 50.0);
    Ok(())
}

/// The command line, optimised crate by crate: as one unit it would take eight minutes more, and be hardly faster.
fn cli() -> PathBuf {
    root().join("target/host/nearside")
}

pub(crate) fn nearside(args: &[&str]) -> Result<Value> {
    let output = Command::new(cli()).args(args).current_dir(root()).output()?;
    anyhow::ensure!(output.status.success(), "nearside {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

pub(crate) fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}

/// Megabytes that a process has in memory.
pub(crate) fn resident_mb(process: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
