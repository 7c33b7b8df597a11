//! `nearside ask` and `nearside chat`.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use nearside_assistant::{Assistant, Rung, Turn, TurnContext};
use nearside_dialogue::{Input, Tracker};

use crate::pack::load;

fn context(assistant: &Assistant, locale: &str) -> TurnContext {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
    let site_languages = assistant.packs().iter().map(|p| p.meta.language.clone()).collect();
    TurnContext { now_ms, locale: locale.to_owned(), site_languages, rung: Rung::Native }
}

fn print(turn: &Turn) {
    for reply in &turn.replies {
        println!("{}", reply.text);
        for choice in &reply.quick_replies {
            println!("  [{}]", choice.label);
        }
        if let Some(source) = &reply.source {
            println!("source: {} (article {}, version {}) {}", source.title, source.article, source.version, source.url);
        }
    }
}

pub fn ask(pack: &Path, language: &str, question: &str) -> Result<()> {
    let assistant = Assistant::new(vec![load(pack)?]);
    let started = Instant::now();
    let input = Input::Text { text: question.to_owned() };
    let turn = assistant.turn(&Tracker::default(), &input, &context(&assistant, language)).context("no pack")?;
    let micros = started.elapsed().as_micros();
    print(&turn);
    let explanation = &turn.explanation;
    for entity in &explanation.entities {
        println!("  {} {:?}", entity.kind, entity.value);
    }
    println!("answers from confidence {:.2}, asks back from {:.2}; {micros} µs", explanation.answer_at, explanation.clarify_at);
    for candidate in &explanation.candidates {
        println!("  {:.3}  {}", candidate.confidence, candidate.article);
    }
    Ok(())
}

pub fn chat(pack: &Path) -> Result<()> {
    let assistant = Assistant::new(vec![load(pack)?]);
    let ctx = context(&assistant, &assistant.packs()[0].meta.language.clone());
    let opened = assistant.turn(&Tracker::default(), &Input::Open, &ctx).context("no pack")?;
    print(&opened);
    let mut state = opened.tracker;
    for line in std::io::stdin().lock().lines() {
        let turn = assistant.turn(&state, &Input::Text { text: line? }, &ctx).context("no pack")?;
        print(&turn);
        std::io::stdout().flush()?;
        state = turn.tracker;
    }
    Ok(())
}
