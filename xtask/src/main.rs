//! `cargo xtask …`: everything that the project does to itself.

mod bench;
mod build;
mod contract;
mod deploy;
mod distil;
mod load;
mod models;
mod parity;
mod privacy;
mod ranker;
mod release;
mod serve;
mod spin;
mod spin_cases;
mod test;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, test, measure and deploy Nearside")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch what is missing, build, and serve the demo with a local database
    Dev {
        /// Port to listen on
        #[arg(long, default_value_t = 8787)]
        port: u16,
        /// `cloudflare` (real workerd, the default) or `spin` (the test host); or an address to listen on instead of
        /// 127.0.0.1. May be given twice
        #[arg(long)]
        host: Vec<String>,
    },
    /// Build widget, packs and demo site into dist/, and what the hosts need (both unless one is named)
    Build {
        #[arg(long)]
        host: Option<Home>,
    },
    /// Run everything that must hold
    Test,
    /// Put the HTTP contract to every host (or one), and write the README's table of capabilities
    Contract {
        #[arg(long)]
        host: Option<contract::Under>,
    },
    /// Make the small models of mood and misuse anew from open data
    Models,
    /// Distil the small encoder that comes with the command line anew from open data (an hour and a half)
    Distil,
    /// Train the universal ranker anew over many domains, and say what each family's part in its error is (half an hour)
    Ranker,
    /// Take the same turns natively, in Chromium, on workerd and in the Spin component, and compare them byte for byte
    Parity {
        #[arg(long, default_value_t = 10_000)]
        turns: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
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
    /// Mask a generated corpus and show what was missed and what was masked without need
    Privacy {
        #[arg(long, default_value_t = 10_000)]
        sentences: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Play conversations full of private values in Chromium behind a recording proxy, and look for them in what left
    Egress {
        #[arg(long, default_value_t = 200)]
        conversations: usize,
        #[arg(long, default_value_t = 3)]
        seed: u64,
    },
    /// Measure and print; all parts together also write bench/results.md
    Bench { part: Option<bench::Part> },
}

/// Where the edge runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Home {
    /// Cloudflare Workers
    Cloudflare,
    /// Spin
    Spin,
}

impl Home {
    const ALL: [Self; 2] = [Self::Cloudflare, Self::Spin];
}

/// The repository's root.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Dev { port, host } => serve::dev(&host, port),
        Command::Build { host: Some(home) } => build::all(&[home]),
        Command::Build { host: None } => build::all(&Home::ALL),
        Command::Test => test::run(),
        Command::Contract { host } => contract::command(host),
        Command::Models => models::make(),
        Command::Distil => distil::make(),
        Command::Ranker => ranker::make(),
        Command::Parity { turns, seed } => parity::command(turns, seed),
        Command::Deploy { host, dry_run } => deploy::deploy(host, dry_run),
        Command::Release => release::make().map(|_| ()),
        Command::Privacy { sentences, seed } => privacy::command(sentences, seed),
        Command::Egress { conversations, seed } => test::egress_command(conversations, seed),
        Command::Bench { part } => bench::run(part),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
