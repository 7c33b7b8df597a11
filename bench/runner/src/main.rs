//! `cargo xtask contract|parity|privacy|egress|models|distil|ranker|bench`: what asks the core itself. Apart from `xtask`, so
//! that serving the demo compiles neither this nor the encoder.

mod bench;
mod contract;
mod distil;
mod load;
mod models;
mod parity;
mod privacy;
mod published;
mod ranker;
mod spin_cases;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{Home, build, test};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Ask the core: contract, parity, masking, recipes of models, figures")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put the HTTP contract to every host (or one), and write the README's table of capabilities
    Contract {
        #[arg(long)]
        host: Option<contract::Under>,
        /// All hosts, which were built before; the README's table is compared instead of written
        #[arg(long, conflicts_with = "host")]
        check: bool,
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
    /// Mask a generated corpus and show what was missed and what was masked without need
    Privacy {
        #[arg(long, default_value_t = 10_000)]
        sentences: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Show the sums alone, and fail where they are below what is promised
        #[arg(long)]
        check: bool,
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

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Contract { check: true, .. } => contract::check(),
        Command::Contract { host, check: false } => contract::command(host),
        Command::Models => models::make(),
        Command::Distil => distil::make(),
        Command::Ranker => ranker::make(),
        Command::Parity { turns, seed } => parity::command(turns, seed),
        Command::Privacy { sentences, seed, check: false } => privacy::command(sentences, seed),
        Command::Privacy { sentences, seed, check: true } => privacy::check(sentences, seed),
        Command::Egress { conversations, seed } => egress(conversations, seed),
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

/// Chromium behind a recording proxy, and what left it.
fn egress(conversations: usize, seed: u64) -> Result<()> {
    build::all(&[Home::Cloudflare])?;
    privacy::conversations(&xtask::root().join("target/egress.json"), conversations, seed)?;
    xtask::tools::run(&mut test::in_chromium(&["egress.mjs"])?)
}
