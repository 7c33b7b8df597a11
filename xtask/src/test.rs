//! `cargo xtask test`: everything that must hold, with the time of each step. What is quick and changes often comes first;
//! what is slow to build and rarely changes (the Spin test host, cargo-deny) last.

mod rules;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::build::{self, FEATURES};
use crate::serve::{TOKEN, free_port, migrate};
use crate::tools::{self, BROWSER, COMPONENT, WASI, cargo};
use crate::{Home, release, root, sizes, spin};

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

    /// Runs a program that prints a line `ok …` or `not ok …` for each thing that must hold.
    fn lines(&mut self, name: &str, command: impl FnOnce() -> Result<Command>) {
        self.step(name, |count| {
            let mut program = command()?.stdout(Stdio::piped()).spawn()?;
            let (mut passed, mut failed) = (0, 0);
            for line in BufReader::new(program.stdout.take().context("standard output")?).lines() {
                let line = line?;
                passed += u32::from(line.starts_with("ok "));
                failed += u32::from(line.starts_with("not ok "));
                println!("{line}");
            }
            let status = program.wait()?;
            count.passed += passed;
            count.failed += failed;
            anyhow::ensure!(passed + failed > 0 && (status.success() || failed > 0), "{status}");
            Ok(())
        });
    }
}

const CORE: [&str; 9] = [
    "nearside-client",
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

fn clippy(arguments: &[&str]) -> Command {
    let mut command = cargo(&["clippy", "--quiet"]);
    command.args(arguments).args(["--", "--deny", "warnings"]).env("CARGO_TERM_COLOR", "never");
    command
}

fn run_all(count: &mut Count) {
    count.step("targets and npm packages", |_| {
        [BROWSER, WASI, COMPONENT].into_iter().try_for_each(tools::target)?;
        tools::npm()
    });
    count.check("format", &mut cargo(&["fmt", "--all", "--check"]));
    count.step("dependency direction", |count| {
        count.passed += rules::dependency_direction()?;
        Ok(())
    });
    count.step("requests pass the gate", |count| {
        rules::gate()?;
        count.passed += 1;
        Ok(())
    });
    count.check("clippy, native", &mut clippy(&["--all-targets", "--features", FEATURES]));
    count.check("clippy, the command line without its features", &mut clippy(&["--package", "nearside-cli", "--no-default-features"]));
    count.check("clippy, wasm32", &mut clippy(&[&["--target", BROWSER][..], &packages(&WASM)].concat()));
    count.cargo_tests("tests, native", &mut cargo(&["test", "--quiet", "--features", FEATURES]));
    let wasi = format!("node --no-warnings {}", root().join("xtask/wasi-run.mjs").display());
    count.cargo_tests(
        "tests, core under WASM",
        cargo(&["test", "--quiet", "--lib", "--target", WASI, "--features", "nearside-assistant/build,nearside-privacy/seal"])
            .args(packages(&CORE))
            .env("CARGO_TARGET_WASM32_WASIP1_RUNNER", wasi),
    );
    count.step("compile contract, parity and masking", |_| tools::run(&mut runner_build()));
    count.lines("masking of 10,000 generated sentences", || Ok(runner(&["privacy", "--check"])));
    count.step("build widget, packs, Worker", |_| build::all(&[Home::Cloudflare]));
    count.step("size budgets", size_budgets);
    count.check(
        "wrangler takes the deployment (dry run)",
        Command::new(tools::npm_bin("wrangler"))
            .args(["deploy", "--dry-run", "--outdir", "target/deploy-dry-run"])
            .current_dir(root())
            .env(build::BUILT, "1")
            .env("WRANGLER_SEND_METRICS", "false")
            .stdout(Stdio::null()),
    );
    count.lines("Chromium against workerd", || in_chromium(&["run.mjs"]));
    count.lines("200 conversations behind a recording proxy", || Ok(runner(&["egress"])));
    count.lines("npm package in an empty folder", || in_chromium(&["release.mjs", &release::make()?.display().to_string()]));
    count.check("clippy, Spin component", &mut clippy(&["--target", COMPONENT, "--package", "nearside-spin"]));
    count.step("compile the Spin component", |_| build::all(&[Home::Spin]));
    count.check("clippy, Spin test host (wasmtime, 300 crates)", &mut clippy(&["--package", "nearside-spin-host"]));
    count.step("compile the Spin test host", |_| spin::build_host());
    count.lines("contract in memory, on workerd, on Spin", || Ok(runner(&["contract", "--check"])));
    count.lines("parity of 1,000 turns", || Ok(runner(&["parity", "--turns", "1000"])));
    // Advisories want RustSec's database, which lies on a network that a build may not have.
    count.step("licences and sources of dependencies", |count| {
        let check = ["--log-level=error", "check", "bans", "licenses", "sources"];
        tools::run(Command::new(tools::cargo_deny()?).args(check).current_dir(root()))?;
        count.passed += 1;
        Ok(())
    });
}

/// Compiles `bench/runner` out of the same compilation as the native tests.
pub fn runner_build() -> Command {
    cargo(&["build", "--features", FEATURES, "--bin", "nearside", "--bin", "nearside-bindgen", "--bin", "nearside-bench"])
}

/// `bench/runner`, everything that it asks having been built.
fn runner(arguments: &[&str]) -> Command {
    let mut command = Command::new(build::program("nearside-bench"));
    command.args(arguments).current_dir(root()).env(build::BUILT, "1");
    command
}

/// Runs everything, and says how it went.
///
/// # Errors
/// Something does not hold.
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

fn size_budgets(count: &mut Count) -> Result<()> {
    for (name, files, most) in sizes::BUDGETS {
        let bytes = sizes::brotli_sum(files)?;
        println!("{name}: {bytes} bytes brotli of at most {most}");
        anyhow::ensure!(bytes <= most, "{name}: {bytes} bytes brotli, at most {most} allowed");
        count.passed += 1;
    }
    Ok(())
}

/// A script of `e2e/` with its arguments. The browser tests start and stop the server themselves: one of them needs a
/// restart.
///
/// # Errors
/// There is no Chromium, or no database for the server.
pub fn in_chromium(script: &[&str]) -> Result<Command> {
    let state = root().join("target/e2e-state");
    let _ = std::fs::remove_dir_all(&state);
    migrate(&state)?;
    let mut command = Command::new("node");
    command.arg(root().join("e2e").join(script[0])).args(&script[1..]).current_dir(root());
    command.env("CHROMIUM", tools::chromium()?).env("PORT", free_port()?.to_string()).env("STATE", &state);
    command.env("TOKEN", TOKEN).env(build::BUILT, "1");
    Ok(command)
}
