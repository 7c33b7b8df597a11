//! `cargo xtask …`: the project's own commands.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use xtask::{Home, build, deploy, release, serve, test, tools};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, test, measure and deploy Nearside")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch what is missing, build what serving needs, and serve the demo with a local database
    Dev {
        /// Port to listen on
        #[arg(long, default_value_t = 8787)]
        port: u16,
        /// `cloudflare` (real workerd, the default) or `spin` (the test host); or an address to listen on instead of
        /// 127.0.0.1. May be given twice
        #[arg(long)]
        host: Vec<String>,
        /// Also the site with a sentence encoder, its module (tract) and its model (84 MB): minutes more the first time
        #[arg(long)]
        encoder: bool,
    },
    /// Build widget, packs and demo site into dist/, and what the hosts need (both unless one is named)
    Build {
        #[arg(long)]
        host: Option<Home>,
    },
    /// Run everything that must hold
    Test,
    /// Check what is needed, migrate, upload, deploy, and ask the result one question
    Deploy {
        #[arg(long)]
        host: Home,
        /// Show each step and take none
        #[arg(long)]
        dry_run: bool,
    },
    /// Make the npm package: widget, Worker and the command line in WebAssembly, for machines with Node alone
    Release,
    /// Put the HTTP contract to every host (or one), and write the README's table of capabilities
    Contract(Rest),
    /// Take the same turns natively, in Chromium, on workerd and in the Spin component, and compare them byte for byte
    Parity(Rest),
    /// Mask a generated corpus and show what was missed and what was masked without need
    Privacy(Rest),
    /// Play conversations full of private values in Chromium behind a recording proxy, and look for them in what left
    Egress(Rest),
    /// Make the small models of mood and misuse anew from open data
    Models(Rest),
    /// Distil the small encoder that comes with the command line anew from open data (an hour and a half)
    Distil(Rest),
    /// Train the universal ranker anew over many domains, and say what each family's part in its error is (half an hour)
    Ranker(Rest),
    /// Measure and print; all parts together also write bench/results.md
    Bench(Rest),
}

/// What `bench/runner` is asked: its own help says what it takes.
#[derive(Args)]
#[command(disable_help_flag = true)]
struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Rest {
    /// Compiles the runner out of the same compilation as the tests, and becomes it.
    fn ask(self, name: &str) -> Result<()> {
        tools::run(&mut test::runner_build())?;
        let failed = std::process::Command::new(build::program("nearside-bench")).arg(name).args(self.arguments).exec();
        Err(failed.into())
    }
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Dev { port, host, encoder } => serve::dev(&host, port, encoder),
        Command::Build { host: Some(home) } => build::all(&[home]),
        Command::Build { host: None } => build::all(&Home::ALL),
        Command::Test => test::run(),
        Command::Deploy { host, dry_run } => deploy::deploy(host, dry_run),
        Command::Release => release::make().map(|_| ()),
        Command::Contract(rest) => rest.ask("contract"),
        Command::Parity(rest) => rest.ask("parity"),
        Command::Privacy(rest) => rest.ask("privacy"),
        Command::Egress(rest) => rest.ask("egress"),
        Command::Models(rest) => rest.ask("models"),
        Command::Distil(rest) => rest.ask("distil"),
        Command::Ranker(rest) => rest.ask("ranker"),
        Command::Bench(rest) => rest.ask("bench"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
