//! Old widgets and new edges, new widgets and old edges: what a peer of another version sends is understood.

use http::Method;
use serde_json::{Value, json};

use crate::cases::{add, agreed, check, expect, requested, said};
use crate::{Host, Outcome, Run, Setting};

pub(crate) const CASES: &[(&str, Run)] = &[
    ("every answer names the protocol's version", |h, s| outcome(names_version(h, s))),
    ("understands the first widget's messages", |h, s| outcome(first_widget(h, s))),
    ("understands a newer widget's messages, fields it does not know included", |h, s| outcome(newer_widget(h, s))),
    ("a conversation goes on over a state that names an article no longer there", |h, s| outcome(old_state(h, s))),
];

fn outcome(result: Result<(), String>) -> Outcome {
    result.map_or_else(Outcome::Wrong, |()| Outcome::Yes)
}

fn turn(h: &dyn Host, s: &Setting<'_>, mut body: Value, status: u16) -> Result<Value, String> {
    body["site"] = json!(s.site);
    body["consent"] = agreed(&["edge"]);
    expect(h, Method::POST, &format!("/v1/turn?site={}", s.site), body, status)
}

fn names_version(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let seen = turn(h, s, json!({"v": 1, "input": {"type": "open"}}), 200)?;
    check(seen["v"] == 1, &seen)?;
    let manifest = expect(h, Method::GET, &format!("/v1/sites/{}", s.site), json!(null), 200)?;
    check(manifest["v"] == 1, &manifest)?;
    let refused = turn(h, s, json!({"v": 0, "input": {"type": "open"}}), 400)?;
    check(refused["detail"].as_str().is_some_and(|d| d.contains("protocol version 0")), &refused)
}

/// Word for word what the first widget sent: this text never changes.
fn first_widget(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let state = json!({"turns": 2, "unresolved": 1, "introduced": true, "handover": "none", "last_article": null, "offered": ["returns"]});
    let seen = turn(h, s, json!({"v": 1, "locale": "en-GB", "state": state, "input": {"type": "text", "text": s.question}}), 200)?;
    check(seen["tracker"]["turns"] == 3 && seen["replies"][0]["kind"] == "answer", &seen)?;
    for input in [json!({"type": "request_person"}), json!({"type": "feedback", "article": "returns", "helpful": true})] {
        turn(h, s, json!({"v": 1, "state": state, "input": input}), 200)?;
    }
    let entries = json!([said("first-widget", "hello"), requested("first-handoff")]);
    add(h, s.site, &format!("first-widget-{}", s.run), json!({"entries": entries}), 200).map(drop)
}

fn newer_widget(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let state = json!({"turns": 1, "mood": {"anger": 0.2}});
    let body = json!({"v": 7, "novel": [1], "state": state, "input": {"type": "text", "text": s.question, "typed_ms": 900}});
    let seen = turn(h, s, body, 200)?;
    check(seen["tracker"]["turns"] == 2, &seen)?;
    // What it cannot act on it refuses by name, and does not guess.
    let refused = turn(h, s, json!({"v": 7, "input": {"type": "gesture"}}), 400)?;
    check(refused["detail"].as_str().is_some_and(|d| d.contains("gesture")), &refused)
}

fn old_state(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let state =
        json!({"turns": 4, "unresolved": 1, "introduced": true, "handover": "none", "last_article": "gone-since", "offered": ["gone-too"]});
    let chosen = turn(h, s, json!({"v": 1, "state": state, "input": {"type": "choose", "article": "gone-too"}}), 200)?;
    check(chosen["replies"].as_array().is_some_and(|r| !r.is_empty()), &chosen)?;
    let asked = turn(h, s, json!({"v": 1, "state": state, "input": {"type": "text", "text": s.question}}), 200)?;
    check(asked["replies"][0]["kind"] == "answer", &asked)
}
