//! `cargo xtask bench`: every figure that is promised, measured in one run, as one table.

mod hosts;
mod models;

use std::fs;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use crate::tools::{cargo, run as run_command};
use crate::{Home, build, root};

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Understanding, retrieval, sizes
    Nlu,
    /// Workerd, Spin and the browser
    Edge,
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
}

/// Measures one part, or all, which also writes `bench/results.md`.
pub fn run(part: Option<Part>) -> Result<()> {
    build::all(&Home::ALL)?;
    run_command(&mut cargo(&["build", "--quiet", "--release", "--package", "nearside-cli"]))?;
    let mut table = Table(vec![]);
    if part != Some(Part::Edge) {
        models::run(&mut table)?;
    }
    if part != Some(Part::Nlu) {
        hosts::run(&mut table)?;
    }
    if part.is_some() {
        return Ok(());
    }
    let mut text = String::from(
        "# Measured\n\nBy `cargo xtask bench`, every row in one run on one machine (two cores).\n\n| what | asked | measured | met |\n| --- | --- | --- | --- |\n",
    );
    for row in &table.0 {
        text += &format!("| {} |\n", row.join(" | "));
    }
    fs::write(root().join("bench/results.md"), text)?;
    Ok(())
}

pub(crate) fn nearside(args: &[&str]) -> Result<Value> {
    let output = Command::new(root().join("target/release/nearside")).args(args).current_dir(root()).output()?;
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
