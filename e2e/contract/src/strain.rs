//! Many clients at once, a sudden end, more requests than a site allows, and what some platforms have and others lack.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use crate::cases::{agreed, ask, hand_off, list};
use crate::{Answer, Host, Outcome, Run, Setting};

pub(crate) const CASES: &[(&str, Run)] = &[
    ("answers 50 clients at once, each its own question", fifty_clients),
    ("stores one handoff that 50 clients send at once", one_handoff_of_fifty),
    ("keeps what it acknowledged when it is ended without warning", survives_an_end),
    ("serves the widget's files", files),
    ("serves the widget's files in brotli where the client takes it", compressed_files),
    ("understands with a sentence encoder", encoder),
    ("speaks WebSocket", web_socket),
    ("limits requests a minute (429 with Retry-After)", limits_requests),
    ("limits writing requests apart, and sooner", limits_writing),
];

const CLIENTS: usize = 50;

/// Answers with the pack that was trained with the encoder, and the same each time.
fn encoder(h: &dyn Host, s: &Setting<'_>) -> Outcome {
    let Some((site, question)) = s.encoder else { return Outcome::No("runs none") };
    let manifest = h.send(Method::GET, &format!("/v1/sites/{site}"), &[], vec![]).json();
    let trained = &manifest["encoder"]["packs"][0]["hash"];
    let answers = [0; 2].map(|_| ask(h, &Setting { site, ..*s }, question, 200));
    match &answers {
        [Ok(first), Ok(second)] if first["explanation"]["pack"] == *trained && trained.is_string() && first == second => {
            let answered = first["replies"][0]["source"]["article"].is_string();
            if answered { Outcome::Yes } else { Outcome::Wrong(format!("no answer: {first}")) }
        }
        other => Outcome::Wrong(format!("pack {trained} expected: {other:?}")),
    }
}

/// Runs `act` for each of 50 clients on a thread of its own.
fn together<R: Send>(act: impl Fn(usize) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let act = &act;
        let threads: Vec<_> = (0..CLIENTS).map(|n| scope.spawn(move || act(n))).collect();
        threads.into_iter().filter_map(|t| t.join().ok()).collect()
    })
}

fn fifty_clients(h: &dyn Host, s: &Setting<'_>) -> Outcome {
    let seen = together(|n| {
        let state = json!({"turns": n, "introduced": true});
        let input = json!({"type": "text", "text": s.question});
        let body = json!({"v": 1, "site": s.site, "state": state, "input": input, "consent": agreed(&["edge"])}).to_string();
        let answer = h.send(Method::POST, &format!("/v1/turn?site={}", s.site), &[("content-type", "application/json")], body.into_bytes());
        (answer.status, answer.json()["tracker"]["turns"] == n + 1)
    });
    let wrong = seen.iter().filter(|(status, own)| *status != 200 || !own).count();
    if wrong == 0 && seen.len() == CLIENTS { Outcome::Yes } else { Outcome::Wrong(format!("{wrong} of {CLIENTS}: {seen:?}")) }
}

fn one_handoff_of_fifty(h: &dyn Host, s: &Setting<'_>) -> Outcome {
    let id = format!("together-{}", s.run);
    let seen = together(|_| hand_off(h, s, &id, 200));
    let distinct: BTreeSet<String> = seen.iter().map(|r| format!("{r:?}")).collect();
    match stored(h, s, &id) {
        Ok(1) if distinct.len() == 1 && seen.len() == CLIENTS && seen.iter().all(Result::is_ok) => Outcome::Yes,
        other => Outcome::Wrong(format!("{other:?} stored, receipts {distinct:?}")),
    }
}

fn stored(h: &dyn Host, s: &Setting<'_>, id: &str) -> Result<usize, String> {
    Ok(list(h, s)?.as_array().into_iter().flatten().filter(|record| record["id"] == id).count())
}

fn survives_an_end(h: &dyn Host, s: &Setting<'_>) -> Outcome {
    let id = format!("acknowledged-{}", s.run);
    let run = || -> Result<Outcome, String> {
        let before = hand_off(h, s, &id, 200)?;
        if !h.restart()? {
            return Ok(Outcome::No("keeps records in memory"));
        }
        let found = stored(h, s, &id)?;
        let after = hand_off(h, s, &id, 200)?;
        Ok(if found == 1 && before == after { Outcome::Yes } else { Outcome::Wrong(format!("{found} stored; {before} became {after}")) })
    };
    run().unwrap_or_else(Outcome::Wrong)
}

fn file(h: &dyn Host, encoding: &str) -> Answer {
    h.send(Method::GET, "/chat/nearside_chat.js", &[("accept-encoding", encoding)], vec![])
}

fn files(h: &dyn Host, _: &Setting<'_>) -> Outcome {
    let plain = file(h, "identity");
    if is_no_route(&plain) {
        return Outcome::No("its platform has no files");
    }
    let is_script = plain.status == 200
        && plain.header("content-type").starts_with("text/javascript")
        && plain.header("access-control-allow-origin") == "*"
        && plain.header("content-encoding").is_empty();
    if is_script { Outcome::Yes } else { Outcome::Wrong(format!("{} {:?}", plain.status, plain.headers)) }
}

fn compressed_files(h: &dyn Host, _: &Setting<'_>) -> Outcome {
    let (plain, brotli) = (file(h, "identity"), file(h, "br"));
    if is_no_route(&plain) {
        return Outcome::No("its platform has no files");
    }
    match brotli.header("content-encoding") {
        "br" if brotli.status == 200 && brotli.body.len() < plain.body.len() => Outcome::Yes,
        "" if brotli.status == 200 && brotli.body == plain.body => Outcome::No("it sends them as they are; a network before it compresses"),
        other => Outcome::Wrong(format!("{} {other:?}, {} bytes of {}", brotli.status, brotli.body.len(), plain.body.len())),
    }
}

/// Whether the service itself says that it has no such route. A 404 alone may be anybody's: a site that is missing, a proxy.
fn is_no_route(answer: &Answer) -> bool {
    answer.status == 404 && answer.json()["type"] == "about:blank#no-such-route"
}

/// More than twice what any host under test admits in a minute, so that one side of a minute's turn sees enough of them.
/// After it no case asks anything more: it would be refused. What writes is counted apart.
const MANY: usize = 1400;

fn limits_requests(h: &dyn Host, s: &Setting<'_>) -> Outcome {
    let body = json!({"v": 1, "site": s.site, "input": {"type": "open"}, "consent": agreed(&["edge"])}).to_string().into_bytes();
    for _ in 0..MANY {
        let answer = h.send(Method::POST, &format!("/v1/turn?site={}", s.site), &[("content-type", "application/json")], body.clone());
        match answer.status {
            200 => {}
            429 if answer.header("retry-after").parse::<u32>().is_ok_and(|n| (1..=60).contains(&n))
                && answer.json()["limit"].is_string() =>
            {
                return Outcome::Yes;
            }
            _ => return Outcome::Wrong(format!("{} {:?} {}", answer.status, answer.headers, answer.json())),
        }
    }
    match ask(h, s, s.question, 200) {
        Ok(_) => Outcome::No("no shared counter: put the limit into the ingress"),
        Err(why) => Outcome::Wrong(why),
    }
}

/// Requests that say nothing: they are counted before they are read, and store nothing.
fn limits_writing(h: &dyn Host, s: &Setting<'_>) -> Outcome {
    for sent in 0..MANY {
        let answer = h.send(Method::POST, &format!("/v1/events?site={}", s.site), &[("content-type", "application/json")], vec![]);
        match answer.status {
            400 => {}
            // The first one is admitted though the turns of this minute are used up.
            429 if sent > 0 => return Outcome::Yes,
            _ => return Outcome::Wrong(format!("request {sent}: {} {}", answer.status, answer.json())),
        }
    }
    Outcome::No("no shared counter: put the limit into the ingress")
}

fn web_socket(h: &dyn Host, s: &Setting<'_>) -> Outcome {
    let headers = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "bmVhcnNpZGUgY29udHJhY3Q="),
    ];
    let answer = h.send(Method::GET, &format!("/v1/live?site={}", s.site), &headers, vec![]);
    match answer.status {
        101 => Outcome::Yes,
        _ if is_no_route(&answer) => Outcome::No("no live connection yet"),
        status => Outcome::Wrong(format!("{status} {}", answer.json().get("detail").unwrap_or(&Value::Null))),
    }
}
