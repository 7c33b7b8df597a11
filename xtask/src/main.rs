//! `cargo xtask …`: everything that the project does to itself.

mod bench;
mod build;
mod load;
mod serve;
mod test;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, test and measure Nearside")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch what is missing, build, and serve the demo on real workerd with a local D1
    Dev {
        /// Port to listen on
        #[arg(long, default_value_t = 8787)]
        port: u16,
        /// Address to listen on
        #[arg(long, default_value = "127.0.0.1")]
        host: String,
    },
    /// Build widget, Worker, packs and demo site into dist/
    Build,
    /// Run everything that must hold
    Test,
    /// Measure, print and write bench/results.md
    Bench,
}

/// The repository's root.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Dev { port, host } => serve::dev(&host, port),
        Command::Build => build::all(),
        Command::Test => test::run(),
        Command::Bench => bench::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
