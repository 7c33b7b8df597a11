//! `nearside pack`.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use nearside_assistant::{BuildReport, Expected, Pack, content_hash};
use nearside_nlu::Compared;

use crate::tier::{Built, Choice, Tier, build_pack};
use crate::{domain_dir, table};

pub fn build(dir: &Path, output: &Path, language: Option<String>, wordings: Option<&Path>, choice: &Choice) -> Result<()> {
    let mut domain = domain_dir::read(dir)?;
    let language = language.unwrap_or_else(|| domain.default_language.clone());
    if let Some(path) = wordings {
        domain.extra_wordings.insert(language.clone(), table::labelled(path)?);
    }
    let began = Instant::now();
    let Built { bytes, report, .. } = build_pack((Some(dir), &domain), &language, choice)?;
    let seconds = began.elapsed().as_secs_f64();
    domain_dir::write_whole(output, &bytes)?;
    let fetched = brotli(&bytes)?.len();
    println!(
        "{}  {} bytes, of which a browser fetches {fetched} (brotli); built in {seconds:.1} s  {}",
        output.display(),
        bytes.len(),
        content_hash(&bytes)
    );
    if let Some(advice) = too_much(fetched) {
        println!("{advice}");
    }
    println!("{} articles, {} titles and wordings; {}; {}", report.articles, report.questions, report.taken, outlook(&report));
    println!("nearside eval golden {} asks what visitors would", dir.display());
    if choice.tier == Some(Tier::Encoder) {
        println!("for an edge that runs the encoder; browsers take a pack of another tier");
    }
    for Compared { manner, right, taken } in &report.compared {
        println!("  {manner}: {:.1} %{}", 100.0 * right, if *taken { "; taken" } else { "" });
    }
    if let Some(slots) = &report.slots {
        println!("slots {} from {} marked wordings; F1 {:.1} % on held-out ones", slots.names.join(", "), slots.marked, 100.0 * slots.f1);
    }
    println!("answers from confidence {:.2}", report.answer_at);
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

/// At its strongest: compressed once and fetched often.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let strongest = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &strongest)?;
    Ok(out)
}

/// What to do where a pack is long to fetch: ten seconds on a slow phone's 1.6 Mbit/s are 2 MB.
pub fn too_much(fetched: usize) -> Option<&'static str> {
    let told = "that is long for a phone: give a site the articles that its visitors ask for, shorten long bodies (an answer is one passage of them), or let the edge answer (--edge-encoder)";
    (fetched > 2_000_000).then_some(told)
}

/// What is known beforehand of a pack's answers.
pub fn outlook(report: &BuildReport) -> String {
    match (report.cross_validated, report.expected) {
        (Some(right), _) => format!("held-out questions with the right article first: {:.1} %", 100.0 * right),
        (None, Some(Expected { right, offered, wrong })) => format!(
            "on other firms' FAQs, asked in visitors' own words, it answers {:.0} % rightly and offers the right article for {:.0} %; {:.0} % of its answers are wrong (wordings raise what it answers, golden questions measure it on yours)",
            100.0 * right,
            100.0 * offered,
            100.0 * wrong
        ),
        (None, None) => "nothing is known of its answers".into(),
    }
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
        pack.thresholds().0,
        pack.thresholds().1
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
