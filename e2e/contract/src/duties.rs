//! What operators do: the rights of one person, holds, retention, keys and the audit log.

use http::Method;
use nearside_privacy::chain::{self, Entry};
use serde_json::{Value, json};

use crate::cases::{add, agreed, check, conversation, expect, said};
use crate::rights::{hand_off, outcome, post, session_of, sha256, stored};
use crate::{Answer, Host, Run, Setting};

pub(crate) const CASES: &[(&str, Run)] = &[
    ("opens operators' routes to their token only, with a name and a reason", |h, s| outcome(operators_only(h, s))),
    ("exports and erases one person, and nobody else", |h, s| outcome(export_and_erase(h, s))),
    ("a legal hold keeps a conversation from being erased until it ends", |h, s| outcome(hold(h, s))),
    ("the daily job deletes what is past its time and keeps what is held", |h, s| outcome(retention(h, s))),
    ("changes a site's keys, and opens everything afterwards", |h, s| outcome(rotation(h, s))),
    ("deletes a site's keys, and opens nothing from before afterwards", |h, s| outcome(shredding(h, s))),
    ("writes an audit log whose chain holds, without a visitor's words or names", |h, s| outcome(audit(h, s))),
];

/// What an operator asks for.
pub(crate) fn operate(h: &dyn Host, s: &Setting<'_>, path: &str, more: Value) -> Answer {
    let mut body = json!({"v": 1, "site": s.site, "actor": "ana", "reason": "contract"});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let site = body["site"].as_str().unwrap_or_default().to_owned();
    let joint = if path.contains('?') { '&' } else { '?' };
    let headers = [("authorization", &*format!("Bearer {}", s.operator)), ("content-type", "application/json")];
    h.send(Method::POST, &format!("{path}{joint}site={site}"), &headers, body.to_string().into_bytes())
}

pub(crate) fn operated(h: &dyn Host, s: &Setting<'_>, path: &str, more: Value, status: u16) -> Result<Value, String> {
    let answer = operate(h, s, path, more);
    if answer.status == status {
        Ok(answer.json())
    } else {
        Err(format!("{path}: status {}, expected {status}: {}", answer.status, answer.json()))
    }
}

fn operators_only(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let paths = ["/v1/subject/export", "/v1/subject/erase", "/v1/holds", "/v1/keys/rotate", "/v1/keys/shred", "/v1/jobs/daily"];
    for path in paths {
        let agents = Setting { operator: s.token, ..*s };
        operated(h, &agents, path, json!({"conversation": "nobody-knows"}), 401)?;
        let refused = operated(h, s, path, json!({"conversation": "nobody-knows", "reason": " "}), 422)?;
        check(refused["detail"].as_str().is_some_and(|d| d.contains("why")), &refused)?;
    }
    expect(h, Method::GET, &format!("/v1/audit?site={}", s.site), Value::Null, 401)?;
    operated(h, s, "/v1/subject/erase", json!({"conversation": "both-of-them", "subject": "both"}), 422).map(drop)
}

fn export_and_erase(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let session = session_of(h, s, "dora")?;
    let subject = json!({"subject": format!("dora-{}", s.run)});
    let ids = [format!("dora-phone-{}", s.run), format!("dora-desk-{}", s.run), format!("somebody-{}", s.run)];
    hand_off(h, s.site, &ids[0], json!({"session": session}), 200)?;
    hand_off(h, s.site, &ids[1], json!({"session": session}), 200)?;
    hand_off(h, s.site, &ids[2], json!({}), 200)?;
    let export = operated(h, s, "/v1/subject/export", subject.clone(), 200)?;
    check(export["conversations"].as_array().is_some_and(|all| all.len() == 2), &export)?;
    check(export["conversations"].to_string().contains(&format!("the walrus of {}", ids[1])), &export)?;
    let done = operated(h, s, "/v1/subject/erase", subject.clone(), 200)?;
    check(done["entries"] == 4, &done)?;
    let after = operated(h, s, "/v1/subject/export", subject, 200)?;
    check(after["conversations"] == json!([]), &after)?;
    check(stored(h, s, &ids[2])?.len() == 1, &json!("somebody else's is gone"))?;
    hand_off(h, s.site, &ids[0], json!({}), 410)?;
    let one = operated(h, s, "/v1/subject/erase", json!({"conversation": ids[2]}), 200)?;
    check(one["entries"] == 2 && stored(h, s, &ids[2])?.is_empty(), &one)
}

fn hold(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let id = format!("held-{}", s.run);
    hand_off(h, s.site, &id, json!({"key_hash": sha256("held")}), 200)?;
    operated(h, s, "/v1/holds", json!({"conversation": id, "hold": true}), 200)?;
    let refused = operated(h, s, "/v1/subject/erase", json!({"conversation": id}), 409)?;
    check(refused["type"] == "about:blank#legal-hold", &refused)?;
    post(h, s.site, "/v1/forget", &json!({"v": 1, "site": s.site, "conversation": id, "key": "held"}), 409)?;
    operated(h, s, "/v1/keys/shred", json!({}), 409)?;
    check(stored(h, s, &id)?.len() == 1, &json!("held, and gone"))?;
    operated(h, s, "/v1/holds", json!({"conversation": id, "hold": false}), 200)?;
    operated(h, s, "/v1/subject/erase", json!({"conversation": id}), 200)?;
    check(stored(h, s, &id)?.is_empty(), &json!("still there"))
}

/// On a site that keeps nothing for longer than no days.
fn retention(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let fleeting = Setting { site: s.fleeting, ..*s };
    let (old, held) = (format!("old-{}", s.run), format!("old-held-{}", s.run));
    hand_off(h, s.fleeting, &old, json!({}), 200)?;
    hand_off(h, s.fleeting, &held, json!({}), 200)?;
    let event = json!({"id": format!("old-{}", s.run), "name": "answered", "at_ms": 1.0});
    post(h, s.fleeting, "/v1/events", &json!({"v": 1, "site": s.fleeting, "events": [event], "consent": agreed(&["analytics"])}), 204)?;
    operated(h, &fleeting, "/v1/holds", json!({"conversation": held, "hold": true}), 200)?;
    std::thread::sleep(std::time::Duration::from_millis(5));
    let done = operated(h, &fleeting, "/v1/jobs/daily", json!({}), 200)?;
    check(done["entries"] == 2 && done["conversations"] == json!([old]) && done["events"] == 1 && done["more"].is_null(), &done)?;
    check(stored(h, &fleeting, &old)?.is_empty() && stored(h, &fleeting, &held)?.len() == 1, &json!("wrong one"))?;
    // Past its time is not erased on request: the visitor may write again.
    hand_off(h, s.fleeting, &old, json!({}), 200)?;
    operated(h, &fleeting, "/v1/holds", json!({"conversation": held, "hold": false}), 200).map(drop)
}

/// Changes a site's keys; gives the new key's id and how many values could not be opened.
fn rotate(h: &dyn Host, s: &Setting<'_>) -> Result<(String, u64), String> {
    let (mut path, mut skipped) = ("/v1/keys/rotate".to_owned(), 0);
    for _ in 0..50 {
        let answer = operated(h, s, &path, json!({}), 200)?;
        skipped += answer["skipped"].as_u64().ok_or_else(|| answer.to_string())?;
        match answer["next"].as_str() {
            Some(next) => path = format!("/v1/keys/rotate?go_on={next}"),
            None => return Ok((answer["key"].as_str().unwrap_or_default().to_owned(), skipped)),
        }
    }
    Err("no end".into())
}

fn rotation(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let id = format!("rotated-{}", s.run);
    hand_off(h, s.site, &id, json!({}), 200)?;
    let (first, skipped) = rotate(h, s)?;
    check(skipped == 0, &json!(skipped))?;
    let read = conversation(h, s, &id, 200)?;
    check(read["entries"][0]["entry"]["event"]["text"] == format!("the walrus of {id}"), &read)?;
    let (second, _) = rotate(h, s)?;
    check(first != second, &json!([first, second]))?;
    operated(h, s, "/v1/keys/rotate?go_on=nowhere", json!({}), 422).map(drop)
}

fn shredding(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let fleeting = Setting { site: s.fleeting, ..*s };
    let id = format!("shredded-{}", s.run);
    hand_off(h, s.fleeting, &id, json!({}), 200)?;
    check(operated(h, &fleeting, "/v1/keys/shred", json!({}), 200)?["keys"].as_u64().is_some_and(|n| n >= 2), &json!("no keys"))?;
    let shown = conversation(h, &fleeting, &id, 200)?;
    check(!shown.to_string().contains("walrus") && shown["entries"][0]["entry"].is_null(), &shown)?;
    // What is lost does not keep the keys from being changed, and is counted.
    let (_, skipped) = rotate(h, &fleeting)?;
    check(skipped > 0, &json!(skipped))?;
    // The conversation goes on under new keys, and other sites never noticed.
    add(h, s.fleeting, &id, json!({"entries": [said("after-shredding", "the tapir")]}), 200)?;
    let shown = conversation(h, &fleeting, &id, 200)?;
    check(shown["entries"][2]["entry"]["event"]["text"] == "the tapir" && shown["entries"][0]["entry"].is_null(), &shown)?;
    let other = conversation(h, s, &format!("rotated-{}", s.run), 200)?;
    check(other.to_string().contains("walrus"), &other)
}

/// The site's whole audit log.
pub(crate) fn log(h: &dyn Host, s: &Setting<'_>) -> Result<Vec<Entry>, String> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let after = all.last().map_or(0, |entry| entry.seq);
        let path = format!("/v1/audit?site={}&after={after}", s.site);
        let answer = h.send(Method::GET, &path, &[("authorization", &format!("Bearer {}", s.operator))], vec![]);
        let page: Vec<Entry> = serde_json::from_slice(&answer.body).map_err(|e| format!("{} {e}: {}", answer.status, answer.json()))?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn audit(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let all = log(h, s)?;
    chain::verify(&all, None).map_err(|e| e.to_string())?;
    check(all.iter().all(|entry| entry.site == s.site), &json!("another site's"))?;
    let said = |action: &str| all.iter().filter(|entry| entry.action == action).count();
    for action in [
        "handoffs.read",
        "conversation.read",
        "conversation.forget",
        "subject.export",
        "subject.erase",
        "hold.begin",
        "hold.end",
        "keys.rotate",
    ] {
        check(said(action) > 0, &json!(action))?;
    }
    let whole = serde_json::to_string(&all).unwrap_or_default();
    check(
        !whole.contains("walrus") && !whole.contains("\"dora-1") && !whole.contains(&format!("dora-{}", s.run)),
        &json!("personal data"),
    )?;
    let mut changed = all.clone();
    changed.swap_remove(0);
    check(chain::verify(&changed, None).is_err(), &json!("a cut log holds"))
}
