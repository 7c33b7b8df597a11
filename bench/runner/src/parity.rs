//! `cargo xtask parity`: the same turns natively, on workerd, in the Spin component and in Chromium, byte for byte.

mod turns;

use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use nearside_assistant::TurnContext;
use nearside_conversation::{Author, Entry, EntryId, Event, Fact, Input, Recorded, Reply, Rung, Taken, Tracker, replay};
use serde_json::{Value, json};

use xtask::serve::free_port;
use xtask::spin::{Options, SpinHost};
use xtask::{Home, build, root, tools};

use crate::load::{Target, Workerd};
use crate::{contract, published};
use turns::Asked;

/// The command.
pub fn command(turns: usize, seed: u64) -> Result<()> {
    build::all(&Home::ALL)?;
    xtask::spin::build_host()?;
    run(turns, seed)
}

/// Takes `turns` turns everywhere; fails at the first difference.
pub fn run(turns: usize, seed: u64) -> Result<()> {
    let asked = turns::generate(turns, seed)?;
    let native = natively(&asked)?;
    println!("{} turns in {} conversations taken natively", asked.len(), asked.iter().filter(|a| a.begins).count());
    let workerd = Workerd::start()?;
    let seen = over_http(workerd.edge, &asked)?;
    replayed("workerd", &asked, &seen)?;
    compare("workerd", &asked, &native, seen, |line| line)?;
    let spin = SpinHost::start(&Options::new(free_port()?, &contract::fresh("parity-spin")?))?;
    let port: u16 = spin.url.rsplit(':').next().and_then(|p| p.parse().ok()).context("port")?;
    let seen = over_http(port, &asked)?;
    replayed("Spin component", &asked, &seen)?;
    compare("Spin component", &asked, &native, seen, |line| line)?;
    // The browser names its own rung and writes confidences with other digits; all else is the same.
    let seen = in_chromium(&format!("http://127.0.0.1:{}", workerd.site), &asked)?;
    replayed("Chromium", &asked, &seen)?;
    compare("Chromium", &asked, &native, seen, spoken)
}

/// What a home took, as the log that it would have left, taken again natively.
fn replayed(home: &str, asked: &[Asked], seen: &[String]) -> Result<()> {
    let (site_languages, assistant) = published::site_assistant("demo")?;
    let name = |kind: &str, at: usize| EntryId::new(format!("{kind}-{at:08}")).context("id");
    let (mut conversations, mut turns) = (0, 0);
    let mut from = 0;
    while from < asked.len() {
        let to = (from + 1..asked.len()).find(|at| asked[*at].begins).unwrap_or(asked.len());
        let mut entries = Vec::new();
        for at in from..to {
            let turn: Took = serde_json::from_str(&seen[at])?;
            let of = name("said", at)?;
            let event = match &asked[at].input {
                Input::Text { text } => Event::Said { text: text.clone() },
                other => Event::Chose { label: String::new(), input: other.clone() },
            };
            entries.push(Entry { id: of.clone(), at_ms: 0, by: Author::Visitor, event });
            for (reply, n) in turn.replies.into_iter().zip(0..) {
                let event = Event::Replied { of: Some(of.clone()), reply };
                entries.push(Entry { id: name(&format!("reply-{n}"), at)?, at_ms: 0, by: Author::Assistant, event });
            }
            let event = Event::Turned { of, rung: turn.explanation.rung, facts: turn.facts, explanation: None };
            entries.push(Entry { id: name("turn", at)?, at_ms: 0, by: Author::Assistant, event });
        }
        let ctx = TurnContext {
            now_ms: SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64,
            locale: asked[from].locale.clone(),
            site_languages: site_languages.clone(),
            edge_languages: vec![],
            rung: Rung::Native,
        };
        let rung = if home == "Chromium" { Rung::Browser } else { Rung::Edge };
        let take = |recorded: &Recorded<'_>| {
            let turn = assistant.turn(recorded.tracker, recorded.input, &ctx)?;
            Some(Taken { facts: turn.facts, replies: turn.replies })
        };
        let same = replay(&entries, rung, take).map_err(|d| anyhow::anyhow!("{home}: replay differs at {}: {d:?}", d.of.as_str()))?;
        anyhow::ensure!(same == to - from, "{home}: {same} turns replayed of {}", to - from);
        (conversations, turns) = (conversations + 1, turns + same);
        from = to;
    }
    println!("ok {home}: {conversations} recorded conversations with {turns} turns, the same when replayed");
    Ok(())
}

/// What is read of a recorded turn.
#[derive(serde::Deserialize)]
struct Took {
    facts: Vec<Fact>,
    replies: Vec<Reply>,
    explanation: Where,
}

#[derive(serde::Deserialize)]
struct Where {
    rung: Rung,
}

/// A turn's state, events, replies and effects: what comes before its explanation.
fn spoken(line: &str) -> &str {
    line.rfind(",\"explanation\":").map_or(line, |at| &line[..at])
}

/// Every turn as the edge would send it.
fn natively(asked: &[Asked]) -> Result<Vec<String>> {
    let (site_languages, assistant) = published::site_assistant("demo")?;
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64;
    let mut state = Tracker::default();
    let mut out = Vec::with_capacity(asked.len());
    for one in asked {
        if one.begins {
            state = Tracker::default();
        }
        let ctx = TurnContext {
            now_ms,
            locale: one.locale.clone(),
            site_languages: site_languages.clone(),
            edge_languages: vec![],
            rung: Rung::Edge,
        };
        let turn = assistant.turn(&state, &one.input, &ctx).context("no pack")?;
        out.push(format!("{{\"v\":1,{}", &serde_json::to_string(&turn)?[1..]));
        state = turn.tracker;
    }
    Ok(out)
}

fn over_http(port: u16, asked: &[Asked]) -> Result<Vec<String>> {
    let connect = || TcpStream::connect(("127.0.0.1", port)).and_then(|c| c.set_nodelay(true).map(|()| c));
    let mut connection = connect()?;
    let mut state = json!({});
    let mut out = Vec::with_capacity(asked.len());
    for (at, one) in asked.iter().enumerate() {
        if one.begins {
            state = json!({});
        }
        let consent = json!({"v": 1, "at_ms": 1, "by": "visitor", "purposes": ["edge"]});
        let body =
            json!({"v": 1, "site": "demo", "locale": one.locale, "state": state, "input": one.input, "consent": consent}).to_string();
        let target = Target::new(port, "POST", "/v1/turn?site=demo", &body);
        let answer = target.once(&mut connection).or_else(|_| {
            connection = connect()?;
            target.once(&mut connection)
        });
        let text = String::from_utf8(answer.with_context(|| format!("turn {at}: {body}"))?)?;
        state = serde_json::from_str::<Value>(&text)?["tracker"].take();
        out.push(text);
    }
    Ok(out)
}

fn in_chromium(edge: &str, asked: &[Asked]) -> Result<Vec<String>> {
    let work = root().join("target/parity");
    std::fs::create_dir_all(&work)?;
    let (questions, answers) = (work.join("asked.json"), work.join("chromium.txt"));
    let all: Vec<Value> = asked.iter().map(|a| json!({"begins": a.begins, "locale": a.locale, "input": a.input})).collect();
    std::fs::write(&questions, serde_json::to_vec(&all)?)?;
    let mut command = Command::new("node");
    command.arg(root().join("e2e/parity.mjs")).arg(&questions).arg(&answers).current_dir(root());
    let status = command.env("CHROMIUM", tools::chromium()?).env("EDGE", edge).stderr(Stdio::inherit()).status()?;
    anyhow::ensure!(status.success(), "e2e/parity.mjs: {status}");
    Ok(std::fs::read_to_string(answers)?.lines().map(|line| format!("{{\"v\":1,{}", &line[1..])).collect())
}

fn compare(home: &str, asked: &[Asked], native: &[String], seen: Vec<String>, of: fn(&str) -> &str) -> Result<()> {
    anyhow::ensure!(seen.len() == native.len(), "{home}: {} turns came back of {}", seen.len(), native.len());
    for (at, (one, (own, other))) in asked.iter().zip(native.iter().zip(&seen)).enumerate() {
        let (own, other) = (of(own), of(other));
        if own != other {
            let differs = own.bytes().zip(other.bytes()).position(|(a, b)| a != b).unwrap_or(own.len().min(other.len()));
            let near = |text: &str| {
                String::from_utf8_lossy(&text.as_bytes()[differs.saturating_sub(60)..text.len().min(differs + 120)]).into_owned()
            };
            bail!(
                "{home} differs from native first at turn {at}, byte {differs}\n  asked   {} (locale {:?})\n  native  …{}\n  {home}  …{}",
                serde_json::to_string(&one.input)?,
                one.locale,
                near(own),
                near(other)
            );
        }
    }
    println!("ok {home}: the same bytes in all {} turns", native.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use nearside_conversation::Input;

    use super::{compare, spoken, turns::Asked};

    fn seen(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|l| (*l).to_owned()).collect()
    }

    #[test]
    fn names_the_first_difference() {
        let asked: Vec<Asked> =
            ["one", "zwei"].map(|text| Asked { begins: true, locale: "de".into(), input: Input::Text { text: text.into() } }).into();
        let native = seen(&["{\"a\":1,\"explanation\":2}", "{\"a\":\"é1\"}"]);
        assert!(compare("there", &asked, &native, native.clone(), |line| line).is_ok());
        assert!(compare("there", &asked, &native, seen(&["{\"a\":1,\"explanation\":3}", "{\"a\":\"é1\"}"]), spoken).is_ok());
        let error = compare("there", &asked, &native, seen(&["{\"a\":1,\"explanation\":2}", "{\"a\":\"é2\"}"]), |line| line);
        let said = error.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(said.starts_with("there differs from native first at turn 1, byte 8") && said.contains("zwei"), "{said}");
        assert!(compare("there", &asked, &native, seen(&["{}"]), |line| line).is_err());
    }
}
