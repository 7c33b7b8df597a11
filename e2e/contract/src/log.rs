//! The log of a conversation: what is stored of it, for whom, and how often.

use http::Method;
use serde_json::{Value, json};

use crate::cases::{add, agreed, check, conversation, list, requested, said};
use crate::duties::{log, operated};
use crate::rights::{conversations_of, hand_off, outcome, post, read_questions, session_of, sha256, stored};
use crate::{Host, Run, Setting};

pub(crate) const CASES: &[(&str, Run)] = &[
    ("an entry is stored once in its conversation, and on its own in another", |h, s| outcome(once(h, s))),
    ("limits entries, their texts, choices, articles and times, and names the limit", |h, s| outcome(limits(h, s))),
    ("the inbox shows 101 handoffs page by page: nobody hides one behind others", |h, s| outcome(inbox(h, s))),
    ("agents read one conversation with its tone, and that they did stands in the audit log", |h, s| outcome(reading(h, s))),
    ("keeps signed visitors of one browser apart, though they have the same key", |h, s| outcome(other_subject(h, s))),
    ("entries and their withdrawal sent at the same moment leave nothing behind", |h, s| outcome(at_once(h, s))),
    ("shows questions by their arrival, whatever the sender's clock says", |h, s| outcome(clocks(h, s))),
    ("the daily job keeps all of a held conversation, what came later too", |h, s| outcome(held(h, s))),
];

fn texts(record: &Value) -> Vec<&str> {
    record["entries"].as_array().into_iter().flatten().filter_map(|e| e["entry"]["event"]["text"].as_str()).collect()
}

fn once(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let (one, other) = (format!("once-one-{}", s.run), format!("once-other-{}", s.run));
    let first = json!({"entries": [said("entry-aaa", "a"), said("entry-bbb", "b")]});
    let receipt = add(h, s.site, &one, first.clone(), 200)?;
    check(receipt["entries"] == json!([{"id": "entry-aaa", "seq": 1}, {"id": "entry-bbb", "seq": 2}]), &receipt)?;
    check(add(h, s.site, &one, first, 200)? == receipt, &receipt)?;
    // A repeat among new ones, with other words, out of order, twice in one request.
    let mixed = json!({"entries": [said("entry-ccc", "c"), requested("entry-aaa"), said("entry-ccc", "x")]});
    let receipt = add(h, s.site, &one, mixed, 200)?;
    check(receipt["entries"] == json!([{"id": "entry-ccc", "seq": 3}, {"id": "entry-aaa", "seq": 1}]), &receipt)?;
    let read = conversation(h, s, &one, 200)?;
    check(texts(&read) == ["a", "b", "c"] && stored(h, s, &one)?.is_empty(), &read)?;
    let receipt = add(h, s.site, &other, json!({"entries": [said("entry-aaa", "elsewhere")]}), 200)?;
    check(receipt["entries"][0]["seq"] == 1 && texts(&conversation(h, s, &other, 200)?) == ["elsewhere"], &receipt)
}

fn limits(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let id = format!("limits-{}", s.run);
    let entry = |at_ms: f64, event: Value| json!({"entries": [{"id": "limited-entry", "at_ms": at_ms as i64, "event": event}]});
    let reply = |choices: usize, length: usize| {
        let choices = vec!["c".repeat(length); choices];
        entry(1.0, json!({"type": "replied", "text": "which?", "choices": choices}))
    };
    let said = |text: String| entry(1.0, json!({"type": "said", "text": text}));
    for (odd, name, limit) in [
        (said("\u{e9}".repeat(8001)), "entry-too-long", json!("8000 characters")),
        (reply(2, 8001), "entry-too-long", json!("8000 characters")),
        (reply(11, 1), "bad-choices", json!("10 choices")),
        (entry(1.0, json!({"type": "judged", "article": "two words", "helpful": true})), "bad-article", json!(null)),
        (entry(-1.0, json!({"type": "said", "text": "x"})), "bad-time", json!(null)),
        (entry(1e14, json!({"type": "said", "text": "x"})), "bad-time", json!(null)),
    ] {
        let refused = add(h, s.site, &id, odd, 422)?;
        check(refused["type"] == format!("about:blank#{name}") && refused["limit"] == limit, &refused)?;
    }
    conversation(h, s, &id, 404)?;
    add(h, s.site, &id, said("\u{e9}".repeat(8000)), 200).map(drop)
}

fn inbox(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let (first, flood) = (format!("inbox-{}", s.run), format!("inbox-flood-{}", s.run));
    hand_off(h, s.site, &first, json!({}), 200)?;
    let many: Vec<Value> = (0..100).map(|n| requested(&format!("flood-{n:03}"))).collect();
    add(h, s.site, &flood, json!({"entries": many}), 200)?;
    let all = list(h, s)?;
    let seen = |of: &str| all.as_array().into_iter().flatten().filter(|record| record["conversation"] == of).count();
    check(seen(&first) == 1 && seen(&flood) == 100, &json!([seen(&first), seen(&flood)]))?;
    let ask = |more: &str| {
        let path = format!("/v1/handoffs?site={}{more}", s.site);
        h.send(Method::GET, &path, &[("authorization", &format!("Bearer {}", s.token))], vec![])
    };
    let page = |more: &str| ask(more).json()["handoffs"].as_array().map(Vec::len);
    check(page("") == Some(50) && page("&limit=7") == Some(7), &json!([page(""), page("&limit=7")]))?;
    // By the last one seen as well as by what the page says.
    let seven = ask("&limit=7").json();
    let last = &seven["handoffs"][6];
    for before in
        [format!("{},{}", last["created_ms"], last["id"].as_str().unwrap_or_default()), seven["next"].as_str().unwrap_or_default().into()]
    {
        let next = ask(&format!("&limit=1&before={before}")).json();
        check(next["handoffs"][0]["id"] == all[7]["id"] && next["v"] == 1, &next)?;
    }
    for odd in ["&limit=0", "&limit=101", "&limit=x", "&before=x", "&before=1,short"] {
        check(ask(odd).status == 422, &json!(odd))?;
    }
    Ok(())
}

fn reading(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let id = format!("reading-{}", s.run);
    let entries = json!([
        said("reading-1", "this is ridiculous"),
        {"id": "reading-2", "at_ms": 2, "event": {"type": "replied", "text": "Sorry.", "article": "returns", "choices": ["A person"]}},
        {"id": "reading-3", "at_ms": 3, "event": {"type": "judged", "article": "returns", "helpful": false}},
        {"id": "reading-4", "at_ms": 4, "event": {"type": "requested", "reason": "unresolved"}},
    ]);
    add(h, s.site, &id, json!({"entries": entries}), 200)?;
    let read = conversation(h, s, &id, 200)?;
    let shown: Vec<&Value> = read["entries"].as_array().into_iter().flatten().map(|logged| &logged["entry"]).collect();
    check(json!(shown) == entries && read["site"] == s.site && read["locale"] == "en", &read)?;
    check(read["tone"] == json!(["negative", "angry"]), &read["tone"])?;
    let entries = log(h, s)?;
    check(entries.iter().any(|entry| entry.action == "conversation.read" && entry.record == id), &json!("not in the log"))
}

fn other_subject(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let (alice, bob) = (session_of(h, s, "alice")?, session_of(h, s, "bob")?);
    let id = format!("shared-device-{}", s.run);
    hand_off(h, s.site, &id, json!({"session": alice}), 200)?;
    // The key lies in the browser that both use.
    let bobs = |status| add(h, s.site, &id, json!({"session": bob, "entries": [said("from-bob", "my rash is worse")]}), status);
    let refused = bobs(403)?;
    check(refused["type"] == "about:blank#other-subject", &refused)?;
    let (_, hers) = conversations_of(h, s, &alice);
    check(hers[0]["entries"].as_array().is_some_and(|all| all.len() == 2) && !hers.to_string().contains("rash"), &hers)?;
    check(conversations_of(h, s, &bob) == (200, json!([])), &json!("bob sees something"))?;
    // Begun without a name it is whose who signs in first, and nobody else's.
    let later = format!("signed-later-{}", s.run);
    hand_off(h, s.site, &later, json!({}), 200)?;
    add(h, s.site, &later, json!({"session": alice, "entries": [said("now-signed", "it is me")]}), 200)?;
    let (_, hers) = conversations_of(h, s, &alice);
    let mine = hers.as_array().into_iter().flatten().find(|record| record["id"] == later);
    check(mine.is_some_and(|record| texts(record) == [&format!("the walrus of {later}"), "it is me"]), &hers)?;
    add(h, s.site, &later, json!({"session": bob, "entries": [said("from-bob", "mine")]}), 403).map(drop)
}

const TIMES: usize = 30;

/// Whichever comes first: both are answered, and nothing is there afterwards.
fn at_once(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let fleeting = Setting { site: s.fleeting, ..*s };
    let mut taken = 0;
    for n in 0..TIMES {
        let id = format!("at-once-{n}-{}", s.run);
        let forget = json!({"v": 1, "site": s.fleeting, "conversation": id, "key": id});
        let body = json!({"v": 1, "site": s.fleeting, "conversation": id, "locale": "en", "key_hash": sha256(&id),
            "consent": agreed(&["person"]), "entries": [said("at-once-said", "x"), requested("at-once-asked")]});
        let path = format!("/v1/entries?site={}", s.fleeting);
        let headers = [("content-type", "application/json")];
        let (added, forgotten) = std::thread::scope(|scope| {
            let added = scope.spawn(|| h.send(Method::POST, &path, &headers, body.to_string().into_bytes()));
            let forgotten = scope.spawn(|| post(h, s.fleeting, "/v1/forget", &forget, 200));
            (added.join(), forgotten.join())
        });
        let added = added.map_err(|_| "a client failed")?;
        forgotten.map_err(|_| "a client failed")??;
        check(added.status == 200 || added.status == 410, &json!([added.status, added.json()]))?;
        taken += usize::from(added.status == 200);
        check(stored(h, &fleeting, &id)?.is_empty(), &json!([n, "listed", taken]))?;
        conversation(h, &fleeting, &id, 404)?;
    }
    Ok(())
}

fn clocks(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let ask = |id: &str, at_ms: f64, question: &str, status| {
        let event = json!({"id": format!("{id}-{}", s.run), "name": "unknown", "at_ms": at_ms, "question": question});
        let batch = json!({"v": 1, "site": s.site, "events": [event], "consent": agreed(&["improve"])});
        post(h, s.site, "/v1/events", &batch, status)
    };
    ask("far-ahead", 4e12, "the clock is far ahead", 204)?;
    std::thread::sleep(std::time::Duration::from_millis(5));
    ask("as-it-is", 1.0, "the clock is as it is", 204)?;
    let read = read_questions(h, s)?;
    check(read[0]["text"] == "the clock is as it is" && read[1]["text"] == "the clock is far ahead", &read)?;
    let refused = ask("beyond", 1e300, "no clock shows that", 422)?;
    check(refused["type"] == "about:blank#bad-time", &refused)
}

fn held(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let fleeting = Setting { site: s.fleeting, ..*s };
    let id = format!("newest-{}", s.run);
    hand_off(h, s.fleeting, &id, json!({}), 200)?;
    operated(h, &fleeting, "/v1/holds", json!({"conversation": id, "hold": true}), 200)?;
    add(h, s.fleeting, &id, json!({"entries": [said("newest-entry", "one more")]}), 200)?;
    std::thread::sleep(std::time::Duration::from_millis(5));
    operated(h, &fleeting, "/v1/jobs/daily", json!({}), 200)?;
    check(texts(&conversation(h, &fleeting, &id, 200)?).len() == 2, &json!("held, and gone"))?;
    operated(h, &fleeting, "/v1/holds", json!({"conversation": id, "hold": false}), 200)?;
    let done = operated(h, &fleeting, "/v1/jobs/daily", json!({}), 200)?;
    let gone = done["conversations"].as_array().is_some_and(|all| all.contains(&json!(id)));
    check(gone && done["entries"].as_u64().is_some_and(|n| n >= 3), &done)
}
