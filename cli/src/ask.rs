//! `nearside ask` and `nearside chat`.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nearside_assistant::{Assistant, Turn, TurnContext, VectorSource};
use nearside_conversation::{Input, ReplyKind, Rung, Tracker};
use nearside_text::rich::plain;

use crate::pack::load;
use crate::{encoder, tier};

/// An assistant over a pack, with what the pack's turns read beside words: its language's token vectors, or the encoder
/// that `named` is. Says on standard error where that is missing, since the answers are others then.
fn assistant(pack: &Path, named: Option<&Path>) -> Result<Assistant> {
    let pack = load(pack)?;
    let (language, wanted) = (pack.meta.language.clone(), pack.vectors().cloned());
    let trained = pack.meta.encoder.clone();
    let mut assistant = Assistant::new(vec![pack]);
    match (wanted, trained) {
        (Some(VectorSource::Tokens(hash)), _) => match tier::tokens(&language)?.filter(|(own, _)| *own == hash) {
            Some((_, vectors)) => assistant.add_tokens(&language, Arc::new(vectors)),
            None => eprintln!("nearside: the pack's token vectors {hash} are not in this program: answering by words and n-grams"),
        },
        (_, Some(name)) => match encoder::load(named) {
            Ok(loaded) if loaded.name() == name => assistant = assistant.with_encoder(Arc::new(loaded)),
            Ok(loaded) => bail!("the pack was built with the encoder {name}, not with {}: --encoder names another one", loaded.name()),
            Err(error) => eprintln!("nearside: without the pack's encoder {name} ({error:#}): answering by words and n-grams"),
        },
        _ => {}
    }
    Ok(assistant)
}

fn context(assistant: &Assistant, locale: &str) -> TurnContext {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
    let site_languages = assistant.packs().iter().map(|p| p.meta.language.clone()).collect();
    TurnContext { now_ms, locale: locale.to_owned(), site_languages, edge_languages: vec![], rung: Rung::Native }
}

fn print(turn: &Turn) {
    for reply in &turn.replies {
        let is_answer = reply.kind == ReplyKind::Answer;
        println!("{}", if is_answer { plain(&reply.text) } else { reply.text.as_str().into() });
        for choice in &reply.quick_replies {
            println!("  [{}]", choice.label);
        }
        if let Some(source) = &reply.source {
            println!("source: {} (article {}, version {}) {}", source.title, source.article, source.version, source.url);
        }
    }
}

pub fn ask(pack: &Path, named: Option<&Path>, language: &str, question: &str) -> Result<()> {
    let assistant = assistant(pack, named)?;
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

/// Lines of text. One that is not UTF-8 is `None`, and told by its number on standard error.
pub fn lines(input: impl BufRead) -> impl Iterator<Item = Result<Option<String>>> {
    input.split(b'\n').enumerate().map(|(at, line)| match String::from_utf8(line.context("standard input")?) {
        Ok(text) => Ok(Some(text.trim_end_matches('\r').to_owned())),
        Err(_) => {
            eprintln!("nearside: line {} of standard input is not UTF-8: left out", at + 1);
            Ok(None)
        }
    })
}

pub fn chat(pack: &Path, named: Option<&Path>) -> Result<()> {
    let assistant = assistant(pack, named)?;
    let ctx = context(&assistant, &assistant.packs()[0].meta.language.clone());
    let opened = assistant.turn(&Tracker::default(), &Input::Open, &ctx).context("no pack")?;
    print(&opened);
    let mut state = opened.tracker;
    for line in lines(std::io::stdin().lock()) {
        let Some(text) = line? else { continue };
        let turn = assistant.turn(&state, &Input::Text { text }, &ctx).context("no pack")?;
        print(&turn);
        std::io::stdout().flush()?;
        state = turn.tracker;
    }
    Ok(())
}
