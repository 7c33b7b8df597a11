//! The universal ranker within the command line: trained from open data, the demo and real FAQs, whole ones left out to judge it.

use std::process::Command;

use anyhow::{Context, Result};

use xtask::tools::{cache, cargo, run};
use xtask::{build, root};

/// Makes `shared/nlu/models/ranker.bin`; prints what it does with FAQs that it never saw.
pub fn make() -> Result<()> {
    let data = build::data().context("the data sets are not there; shared/nlu/models/README.md names them")?;
    run(&mut cargo(&["build", "--profile", "host", "--package", "nearside-cli"]))?;
    let program = root().join("target/host/nearside");
    let encoder = cache().join("encoders/multilingual-e5-small");
    if !encoder.join("encoder.json").is_file() {
        run(Command::new(&program).args(["encoder", "fetch", "--multilingual", "--into"]).arg(&encoder))?;
    }
    let mut train = Command::new(&program);
    train.current_dir(root()).args(["ranker", "train", "--data"]).arg(data).arg("--encoder").arg(encoder);
    train.args(["--demo", "demo/shop", "--demo-questions", "bench/shop/work", "--faq", "bench/faq/work"]);
    run(train.args(["--output", "shared/nlu/models/ranker.bin"]))
}
