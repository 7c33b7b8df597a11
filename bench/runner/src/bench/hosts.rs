//! The edge's homes under load, and the browser.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use http::Method;
use serde_json::Value;

use super::{Table, number, resident_mb};
use xtask::build::{self, Form};
use xtask::root;
use xtask::serve::free_port;
use xtask::spin::{Options, SpinHost};
use xtask::tools::{self, cargo, run as run_command};

use crate::contract::{fresh, send};
use crate::load::{Target, Workerd, measure, percentile};

pub(super) fn run(table: &mut Table) -> Result<()> {
    edge(table)?;
    homes(table)
}

fn body(text: &str, site: &str) -> String {
    let consent = serde_json::json!({"v": 1, "at_ms": 1, "by": "visitor", "purposes": ["edge"]});
    serde_json::json!({"v": 1, "site": site, "locale": "en", "input": {"type": "text", "text": text}, "consent": consent}).to_string()
}

fn turn(port: u16) -> Target {
    Target::new(port, "POST", "/v1/turn?site=demo", &body("how do I send something back?", "demo"))
}

/// What a home did in the same run as the other.
struct Load {
    rate: f64,
    p50: f64,
    p99: f64,
}

const CLIENTS: usize = 50;

fn load(port: u16) -> Result<Load> {
    let (rate, mut times) = measure(&turn(port), CLIENTS, 5.0)?;
    Ok(Load { rate, p50: percentile(&mut times, 0.5), p99: percentile(&mut times, 0.99) })
}

/// Milliseconds from starting a home's process to its first answer to a question.
fn cold(start: impl FnOnce() -> Result<u16>) -> Result<f64> {
    let started = Instant::now();
    let port = start()?;
    let answer = send(
        &format!("http://127.0.0.1:{port}"),
        Method::POST,
        "/v1/turn?site=demo",
        &[("content-type", "application/json")],
        body("how do I send something back?", "demo").into_bytes(),
    );
    anyhow::ensure!(answer.status == 200, "first answer: {}", answer.status);
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

/// Workerd and the Spin component side by side, 50 clients, in turn twice; the better of two counts for each.
fn homes(table: &mut Table) -> Result<()> {
    println!("building the Spin host for speed (the first time about 12 minutes)");
    run_command(
        cargo(&["build", "--package", "nearside-spin-host", "--profile", "host"]).env("CARGO_TARGET_DIR", root().join("target/host")),
    )?;
    let binary = root().join("target/host/host/nearside-spin-host");
    let data = fresh("bench-spin")?;
    // Once before, so that the component's machine code lies ready, as it would on a node.
    drop(SpinHost::start(&Options { binary: binary.clone(), ..Options::new(free_port()?, &data) })?);
    let (mut workerd, mut spin) = (None, None);
    let cold_workerd = cold(|| Ok(workerd.insert(Workerd::start()?).edge))?;
    let spin_port = free_port()?;
    let cold_spin =
        cold(|| SpinHost::start(&Options { binary, ..Options::new(spin_port, &data) }).map(|host| spin = Some(host)).map(|()| spin_port))?;
    let (Some(workerd), Some(spin)) = (workerd, spin) else { anyhow::bail!("not started") };
    let better = |a: Load, b: Load| if a.p99 <= b.p99 { a } else { b };
    let (first, second) = (load(workerd.edge)?, load(spin_port)?);
    let (of_workerd, of_spin) = (better(first, load(workerd.edge)?), better(second, load(spin_port)?));
    let shown = |l: &Load| format!("{:.0} a second, p50 {:.1} ms, p99 {:.1} ms", l.rate, l.p50, l.p99);
    table.figure("workerd, 50 clients", shown(&of_workerd));
    table.figure("Spin component on the test host, 50 clients", shown(&of_spin));
    let ratio = of_spin.p99 / of_workerd.p99;
    table.row("Spin component: p99 against workerd's, 50 clients", "≤ 2x", format!("{ratio:.1}x"), ratio <= 2.0);
    table.figure("cold start to first answer: workerd / Spin component", format!("{cold_workerd:.0} ms / {cold_spin:.0} ms"));
    let (mb, spin_mb) = (resident_mb(&workerd.process().to_string()), resident_mb(&spin.process().to_string()));
    table.figure("memory after the load: workerd (three Workers) / Spin test host", format!("{mb:.0} MB / {spin_mb:.0} MB"));
    let component = fs::metadata(build::component_file(Form::Release))?.len() as f64 / 1024.0;
    table.figure("size of the Spin component", format!("{component:.0} KB"));
    Ok(())
}

fn edge(table: &mut Table) -> Result<()> {
    let server = Workerd::start()?;
    let turn = turn(server.edge);
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

fn browser(table: &mut Table, edge: &str, bank: Option<&Path>) -> Result<()> {
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
