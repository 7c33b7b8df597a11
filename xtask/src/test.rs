//! `cargo xtask test`: everything that must hold, in order, with the time of each step.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nearside_contract::Outcome;

use crate::serve::{TOKEN, free_port, migrate};
use crate::tools::{self, cargo};
use crate::{Home, build, contract, parity, privacy, release, root, spin};

#[derive(Default)]
struct Count {
    passed: u32,
    failed: u32,
    times: Vec<(String, f64)>,
}

impl Count {
    fn step(&mut self, name: &str, act: impl FnOnce(&mut Self) -> Result<()>) {
        println!("── {name}");
        let started = Instant::now();
        if let Err(error) = act(self) {
            println!("FAILED {name}: {error:#}");
            self.failed += 1;
        }
        self.times.push((name.to_owned(), started.elapsed().as_secs_f64()));
    }

    /// A step that is one check: it holds or it does not.
    fn check(&mut self, name: &str, command: &mut Command) {
        self.step(name, |count| {
            tools::run(command)?;
            count.passed += 1;
            Ok(())
        });
    }

    /// Runs libtest binaries and adds up their closing lines.
    fn cargo_tests(&mut self, name: &str, command: &mut Command) {
        self.step(name, |count| {
            let output = command.stderr(Stdio::inherit()).output()?;
            let text = String::from_utf8_lossy(&output.stdout);
            let number = |line: &str, word: &str| {
                let before = line.split(word).next()?.trim_end();
                before.rsplit(' ').next()?.parse::<u32>().ok()
            };
            for line in text.lines().filter(|l| l.starts_with("test result:")) {
                count.passed += number(line, " passed").unwrap_or(0);
                count.failed += number(line, " failed").unwrap_or(0);
            }
            if output.status.success() {
                Ok(())
            } else {
                println!("{text}");
                bail!("{}", output.status)
            }
        });
    }
}

const CORE: [&str; 7] = [
    "nearside-text",
    "nearside-nlu",
    "nearside-knowledge",
    "nearside-conversation",
    "nearside-dialogue",
    "nearside-privacy",
    "nearside-protocol",
    "nearside-assistant",
];
const WASM: [&str; 4] = ["nearside-cloudflare", "nearside-widget-core", "nearside-widget-chat", "nearside-widget-mask"];

fn packages(names: &[&'static str]) -> Vec<&'static str> {
    names.iter().flat_map(|n| ["--package", n]).collect()
}

fn run_all(count: &mut Count) {
    count.step("tools", |_| tools::ensure());
    count.check("format", &mut cargo(&["fmt", "--all", "--check"]));
    count.check(
        "clippy, native",
        cargo(&[
            "clippy",
            "--quiet",
            "--all-targets",
            "--features",
            "nearside-assistant/build,nearside-privacy/seal,nearside-encoder/convert",
            "--",
            "--deny",
            "warnings",
        ])
        .env("CARGO_TERM_COLOR", "never"),
    );
    count.check(
        "clippy, wasm32",
        cargo(&["clippy", "--quiet", "--target", "wasm32-unknown-unknown"]).args(packages(&WASM)).args(["--", "--deny", "warnings"]),
    );
    count.check(
        "clippy, Spin component",
        cargo(&["clippy", "--quiet", "--target", "wasm32-wasip2", "--package", "nearside-spin", "--", "--deny", "warnings"])
            .env("CARGO_TERM_COLOR", "never"),
    );
    count.check(
        "clippy, Spin test host",
        cargo(&["clippy", "--quiet", "--package", "nearside-spin-host", "--", "--deny", "warnings"]).env("CARGO_TERM_COLOR", "never"),
    );
    // Advisories want RustSec's database, which lies on a network that a build may not have.
    count.check(
        "licences and sources of dependencies",
        std::process::Command::new(tools::cargo_bin("cargo-deny"))
            .args(["--log-level=error", "check", "bans", "licenses", "sources"])
            .current_dir(root()),
    );
    count.step("dependency direction", dependency_direction);
    count.step("requests pass the gate", gate);
    count.cargo_tests(
        "tests, native",
        &mut cargo(&["test", "--quiet", "--features", "nearside-assistant/build,nearside-privacy/seal,nearside-encoder/convert"]),
    );
    let runner = format!("node --no-warnings {}", root().join("xtask/wasi-run.mjs").display());
    count.cargo_tests(
        "tests, core under WASM",
        cargo(&["test", "--quiet", "--lib", "--target", "wasm32-wasip1", "--features", "nearside-assistant/build,nearside-privacy/seal"])
            .args(packages(&CORE))
            .env("CARGO_TARGET_WASM32_WASIP1_RUNNER", runner),
    );
    count.step("masking of 10,000 generated sentences", |count| {
        let (all, _) = privacy::judge(10_000, 1, false)?;
        let (recall, precision) = (all.recall(), all.precision());
        println!("recall {:.2} %, precision {:.2} %", 100.0 * recall, 100.0 * precision);
        anyhow::ensure!(recall >= 0.99 && precision >= 0.97, "expected 99 % and 97 %; cargo xtask privacy names each miss");
        count.passed += 1;
        Ok(())
    });
    count.step("build widget, packs, Worker, Spin component", |_| build::all(&Home::ALL));
    count.step("build the Spin test host", |_| spin::build_host());
    count.step("size budgets", size_budgets);
    count.check(
        "wrangler takes the deployment (dry run)",
        std::process::Command::new(tools::npm_bin("wrangler"))
            .args(["deploy", "--dry-run", "--outdir", "target/deploy-dry-run"])
            .current_dir(root())
            .env(build::BUILT, "1")
            .env("WRANGLER_SEND_METRICS", "false")
            .stdout(Stdio::null()),
    );
    count.step("contract in memory, on workerd, on Spin", contract);
    count.step("parity of 1,000 turns", |count| {
        parity::run(1000, 1)?;
        count.passed += 1;
        Ok(())
    });
    count.step("Chromium against workerd", |count| in_chromium(count, &["run.mjs"]));
    count.step("npm package in an empty folder", |count| {
        let tarball = release::make()?.display().to_string();
        in_chromium(count, &["release.mjs", &tarball])
    });
    count.step("200 conversations behind a recording proxy", |count| egress(count, 200, 3));
}

pub fn run() -> Result<()> {
    let mut count = Count::default();
    let started = Instant::now();
    run_all(&mut count);
    println!("── times");
    for (name, seconds) in &count.times {
        println!("{seconds:>8.1} s  {name}");
    }
    println!("{:>8.1} s  in all", started.elapsed().as_secs_f64());
    println!("{} passed, {} failed", count.passed, count.failed);
    if count.failed == 0 { Ok(()) } else { bail!("{} failed", count.failed) }
}

/// Who may know whom, as ARCHITECTURE.md draws it.
fn dependency_direction(count: &mut Count) -> Result<()> {
    const ALLOWED: [(&str, &[&str]); 12] = [
        ("nearside-conversation", &[]),
        ("nearside-text", &[]),
        ("nearside-nlu", &["nearside-text"]),
        ("nearside-knowledge", &["nearside-text"]),
        ("nearside-import", &["nearside-text"]),
        ("nearside-encoder", &["nearside-nlu"]),
        ("nearside-dialogue", &["nearside-conversation"]),
        ("nearside-privacy", &["nearside-conversation"]),
        ("nearside-protocol", &["nearside-conversation"]),
        ("nearside-assistant", &["nearside-text", "nearside-nlu", "nearside-knowledge", "nearside-conversation", "nearside-dialogue"]),
        ("nearside-contract", &["nearside-privacy"]),
        (
            "nearside-edge",
            &["nearside-assistant", "nearside-conversation", "nearside-encoder", "nearside-nlu", "nearside-privacy", "nearside-protocol"],
        ),
    ];
    const BANNED_IN_CORE: [&str; 4] = ["wasm-bindgen", "js-sys", "web-sys", "getrandom"];
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(n, _)| *n == name) else { continue };
        let is_encoder = name == "nearside-encoder";
        for dependency in package["dependencies"].as_array().into_iter().flatten().filter(|d| d["kind"].is_null()) {
            let other = dependency["name"].as_str().unwrap_or_default();
            anyhow::ensure!(!other.starts_with("nearside-") || allowed.contains(&other), "{name} may not depend on {other}");
            anyhow::ensure!(
                is_encoder || !["tract-onnx", "tokenizers"].contains(&other),
                "{name} may not depend on {other}: nearside-encoder alone does"
            );
            anyhow::ensure!(
                !BANNED_IN_CORE.contains(&other),
                "{name} may not depend on {other}: the core and the edge's app know no platform"
            );
        }
        count.passed += 1;
    }
    Ok(())
}

/// The widget's requests, each at its one place: whatever asks elsewhere would be in no receipt.
const REQUESTS: [(&str, &str, usize); 8] = [
    // The launcher's import of the chat and of its words, at the visitor's click; `start` writes it down afterwards.
    ("widget/loader/nearside.js", "import(", 1),
    ("widget/loader/nearside.js", "fetch(", 1),
    // The Web Worker's script and the masking module.
    ("widget/chat/src/host.js", "import(", 2),
    ("widget/chat/src/host.js", "fetch(", 1),
    // An answer's image, where the site shows them.
    ("widget/chat/src/host.js", ".src = ", 1),
    ("widget/core/worker.js", "fetch(", 1),
    // The encoder's module.
    ("widget/core/worker.js", "import(", 1),
    ("widget/core/worker.js", "init({", 1),
];
const WAYS_OUT: [&str; 14] = [
    "import(",
    "fetch(",
    "init({",
    "XMLHttpRequest",
    "sendBeacon",
    "WebSocket",
    "EventSource",
    "RTCPeerConnection",
    "new Image",
    ".src = ",
    "set_src",
    "fetch_with",
    "gloo_net",
    "WebTransport",
];

fn gate(count: &mut Count) -> Result<()> {
    let mut files = ["loader/nearside.js", "core/worker.js", "encoder/stream.js"].map(|name| root().join("widget").join(name)).to_vec();
    for folder in ["widget/chat/src", "widget/core/src", "widget/encoder/src", "widget/mask/src"] {
        files.extend(std::fs::read_dir(root().join(folder))?.flatten().map(|f| f.path()));
    }
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let name = file.strip_prefix(root())?.to_string_lossy().into_owned();
        for way in WAYS_OUT {
            let allowed = REQUESTS.iter().find(|(f, w, _)| *f == name && *w == way).map_or(0, |r| r.2);
            let found = text.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| l.matches(way).count()).sum::<usize>();
            anyhow::ensure!(
                found == allowed,
                "{name}: {way:?} stands there {found} times, {allowed} allowed: send through the gate in host.js"
            );
        }
    }
    count.passed += 1;
    Ok(())
}

/// Bytes after brotli that a visitor pays, with the most that is allowed.
pub const BUDGETS: [(&str, &[&str], usize); 4] = [
    ("loader", &["nearside.js"], 5 * 1024),
    (
        "widget and core, on opening",
        &["chat/nearside_chat.js", "chat/nearside_chat_bg.wasm", "chat/texts/ar.json", "core/worker.js", "core/nearside_core_bg.wasm"],
        // 242 KB before the universal ranker and the acts, which take 25; the aim is to be there again.
        270 * 1024,
    ),
    // The aim is 60 KB; finding what people told in their own ways, in twelve languages, takes a third more.
    ("masking, before the first thing is sent", &["mask/nearside_mask.js", "mask/nearside_mask_bg.wasm"], 86 * 1024),
    ("core alone", &["core/worker.js", "core/nearside_core_bg.wasm"], 200 * 1024),
];

/// The sum of a budget's files after brotli.
pub fn brotli_sum(files: &[&str]) -> Result<usize> {
    files.iter().map(|f| Ok(build::brotli(&std::fs::read(root().join("dist").join(f)).with_context(|| (*f).to_owned())?)?.len())).sum()
}

fn size_budgets(count: &mut Count) -> Result<()> {
    for (name, files, most) in BUDGETS {
        let bytes = brotli_sum(files)?;
        println!("{name}: {bytes} bytes brotli of at most {most}");
        anyhow::ensure!(bytes <= most, "{name}: {bytes} bytes brotli, at most {most} allowed");
        count.passed += 1;
    }
    Ok(())
}

/// The command: Chromium behind a recording proxy, and what left it.
pub fn egress_command(conversations: usize, seed: u64) -> Result<()> {
    build::all(&[Home::Cloudflare])?;
    let mut count = Count::default();
    egress(&mut count, conversations, seed)?;
    if count.failed == 0 { Ok(()) } else { bail!("{} failed", count.failed) }
}

fn egress(count: &mut Count, conversations: usize, seed: u64) -> Result<()> {
    privacy::conversations(&root().join("target/egress.json"), conversations, seed)?;
    in_chromium(count, &["egress.mjs"])
}

/// Runs a script of `e2e/` with its arguments.
fn in_chromium(count: &mut Count, script: &[&str]) -> Result<()> {
    let state = root().join("target/e2e-state");
    let _ = std::fs::remove_dir_all(&state);
    migrate(&state)?;
    let port = free_port()?;
    // The browser tests start and stop the server themselves: one of them needs a restart.
    let chromium = tools::chromium()?;
    let output = Command::new("node")
        .arg(root().join("e2e").join(script[0]))
        .args(&script[1..])
        .current_dir(root())
        .env("CHROMIUM", chromium)
        .env("PORT", port.to_string())
        .env("STATE", &state)
        .env("TOKEN", TOKEN)
        .env(build::BUILT, "1")
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let (passed, failed) =
        (text.lines().filter(|l| l.starts_with("ok ")).count() as u32, text.lines().filter(|l| l.starts_with("not ok ")).count() as u32);
    count.passed += passed;
    count.failed += failed;
    anyhow::ensure!(passed > 0 && (output.status.success() || failed > 0), "browser tests: {}", output.status);
    Ok(())
}

/// The HTTP contract on every host, and whether the README says what came out.
fn contract(count: &mut Count) -> Result<()> {
    let hosts = contract::all()?;
    for (_, outcome) in hosts.iter().flat_map(|(_, seen)| seen) {
        match outcome {
            Outcome::Wrong(_) => count.failed += 1,
            _ => count.passed += 1,
        }
    }
    contract::table_is_current(&hosts)?;
    count.passed += 1;
    Ok(())
}
