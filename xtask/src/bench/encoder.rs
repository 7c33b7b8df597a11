//! The encoder tier: accuracy on the sets beside the checkout, with all examples and with few.

use std::path::Path;

use anyhow::{Context, Result};

use super::models::clinc_tables;
use super::{Table, nearside, number};
use crate::build;

/// Seeds by which few examples are drawn.
const SEEDS: [&str; 5] = ["1", "2", "3", "4", "5"];

pub(super) fn run(table: &mut Table) -> Result<()> {
    let data = build::data().context("the encoder's bench wants the data sets that demo/bank/README.md names")?;
    super::run_command(std::process::Command::new(crate::root().join("target/release/nearside")).args(["encoder", "fetch"]))?;
    banking(table, &data)?;
    clinc(table, &data)
}

fn banking(table: &mut Table, data: &Path) -> Result<()> {
    let path = |name: &str| data.join(name).to_string_lossy().into_owned();
    let (train, test) = (path("banking77/train.csv"), path("banking77/test.csv"));
    let plain = ["eval", "intents", "--train", &train, "--test", &test, "--json"];
    let words = nearside(&[&plain[..], &["--tier", "static"]].concat())?;
    let text = format!(
        "{:.2} %, one message {:.0} µs, {:.0} KB",
        100.0 * number(&words, "accuracy"),
        number(&words, "p50_us"),
        number(&words, "model_bytes") / 1024.0
    );
    table.row("Banking77, static tier", "≥ 92.6 %", text, number(&words, "accuracy") >= 0.926);
    for (width, common) in [("32", "0"), ("32", "2000"), ("64", "0"), ("128", "2000")] {
        let one = nearside(&[&plain[..], &["--tier", "static", "--width", width, "--common-words", common]].concat())?;
        let text = format!("{:.2} %, {:.0} KB", 100.0 * number(&one, "accuracy"), number(&one, "model_bytes") / 1024.0);
        table.figure(&format!("Banking77, static tier, {width} numbers a word, {common} common words"), text);
    }
    let cascade = nearside(&[&plain[..], &["--tier", "auto"]].concat())?;
    let shares: Vec<String> = cascade["answered_by"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(tier, share)| format!("{tier} {:.0} %", 100.0 * share.as_f64().unwrap_or(0.0)))
        .collect();
    let text = format!("{:.2} %; answered by {}", 100.0 * number(&cascade, "accuracy"), shares.join(", "));
    table.figure("Banking77, cascade", text);
    let tables = [&plain[..], &["--tier", "encoder"]].concat();
    let seen = nearside(&tables)?;
    let accuracy = number(&seen, "accuracy");
    let text = format!("{:.2} %, one message {:.1} ms", 100.0 * accuracy, number(&seen, "p50_us") / 1000.0);
    table.row("Banking77, encoder tier", "≥ 94.1 %", text, accuracy >= 0.941);
    for (shots, least) in [("10", 0.86), ("5", 0.80)] {
        let runs = SEEDS.iter().map(|seed| {
            let few = [&tables[..], &["--shots", shots, "--seed", seed]].concat();
            Ok(number(&nearside(&few)?, "accuracy"))
        });
        let runs = runs.collect::<Result<Vec<f64>>>()?;
        let mean = runs.iter().sum::<f64>() / runs.len() as f64;
        let text = format!("{:.1} %, mean of 5 seeds", 100.0 * mean);
        table.row(
            &format!("Banking77, {shots} examples an intent, encoder tier"),
            &format!("≥ {:.0} %", 100.0 * least),
            text,
            mean >= least,
        );
    }
    Ok(())
}

fn clinc(table: &mut Table, data: &Path) -> Result<()> {
    let (train, test) = clinc_tables(data)?;
    let seen = nearside(&["eval", "intents", "--train", &train, "--test", &test, "--oos-label", "oos", "--json", "--tier", "encoder"])?;
    let words = nearside(&["eval", "intents", "--train", &train, "--test", &test, "--oos-label", "oos", "--json", "--tier", "static"])?;
    let text = format!("{:.2} %", 100.0 * number(&words, "accuracy"));
    table.row("CLINC150 in scope, static tier", "≥ 94.1 %", text, number(&words, "accuracy") >= 0.941);
    let accuracy = number(&seen, "accuracy");
    table.row("CLINC150 in scope, encoder tier", "≥ 96.1 %", format!("{:.2} %", 100.0 * accuracy), accuracy >= 0.961);
    let (area, refused, kept) = (number(&seen, "oos_auroc"), number(&seen, "oos_recall"), number(&seen, "in_scope_at_threshold"));
    let text =
        format!("AUROC {:.2}; at its threshold {:.1} % refused, {:.1} % in scope right", 100.0 * area, 100.0 * refused, 100.0 * kept);
    table.row("CLINC150, encoder tier: in scope right with ≥ 90 % refused", "≥ 93.9 %", text, refused >= 0.9 && kept >= 0.939);
    Ok(())
}
