//! `nearside pack`.

use std::path::Path;

use anyhow::{Context, Result};
use nearside_assistant::{Pack, content_hash};
use nearside_nlu::Compared;

use crate::tier::{Choice, Tier, build_pack};
use crate::{domain_dir, table};

pub fn build(dir: &Path, output: &Path, language: Option<String>, wordings: Option<&Path>, choice: &Choice) -> Result<()> {
    let mut domain = domain_dir::read(dir)?;
    let language = language.unwrap_or_else(|| domain.default_language.clone());
    if let Some(path) = wordings {
        domain.extra_wordings.insert(language.clone(), table::labelled(path)?);
    }
    let (bytes, report, _) = build_pack((Some(dir), &domain), &language, choice)?;
    domain_dir::write_whole(output, &bytes)?;
    println!("{}  {} bytes  {}", output.display(), bytes.len(), content_hash(&bytes));
    println!(
        "{} articles, {} questions; held-out questions with the right article first: {:.1} %",
        report.articles,
        report.questions,
        100.0 * report.cross_validated
    );
    println!("  each is left out in turn; editors' wordings repeat one another less than visitors do, so that these are hard ones:");
    println!("  nearside eval golden {} asks what visitors would", dir.display());
    if choice.tier == Tier::Encoder {
        println!("for an edge that runs the encoder; browsers take a pack of another tier");
    }
    let tried: Vec<String> = report.tried.iter().map(|(name, share)| format!("{name} {:.1} %", 100.0 * share)).collect();
    println!("intents by cross-validation: {}; taken: {}", tried.join(", "), report.taken);
    for Compared { manner, right, taken } in report.compared {
        println!("  {manner}: {:.1} %{}", 100.0 * right, if taken { "; taken" } else { "" });
    }
    if let Some(slots) = &report.slots {
        println!("slots {} from {} marked wordings; F1 {:.1} % on held-out ones", slots.names.join(", "), slots.marked, 100.0 * slots.f1);
    }
    println!(
        "weights: index {}, nearest question {}; answers from confidence {:.2}",
        report.weights.index, report.weights.nearest, report.answer_at
    );
    for (coverage, risk) in report.risk_coverage {
        println!("  answering the surest {:>3.0} % of those left out: {:.1} % wrong", 100.0 * coverage, 100.0 * risk);
    }
    if !report.near_duplicates.is_empty() {
        println!("hard to tell apart; give them other words or merge their articles:");
    }
    for pair in &report.near_duplicates {
        println!("  {:?} ({}) would go to {} (cosine {:.2})", pair.question.0, pair.question.1, pair.taken_for, pair.cosine);
    }
    Ok(())
}

/// Loads a pack from a file.
pub fn load(path: &Path) -> Result<Pack> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    Pack::load(&bytes).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))
}

pub fn show(path: &Path) -> Result<()> {
    let pack = load(path)?;
    println!("{} ({}), pack {}", pack.meta.name, pack.meta.language, pack.hash);
    println!(
        "{} articles; answers from confidence {:.2}, asks back from {:.2}",
        pack.articles.len(),
        pack.meta.answer_at,
        pack.meta.clarify_at
    );
    let bytes = std::fs::read(path)?;
    for section in Pack::layout(&bytes).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))? {
        println!("  {}  {:>9} bytes", section.tag, section.bytes);
    }
    for article in &pack.articles {
        println!("{}  v{}  {}", article.id, article.version, article.title);
    }
    Ok(())
}
