//! Routes, limits and errors.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Host, Setting};

type Case = (&'static str, fn(&dyn Host, &Setting<'_>) -> Result<(), String>);

pub(crate) const CASES: &[Case] = &[
    ("is alive and ready", |c, _| {
        expect(c, Method::GET, "/healthz", json!(null), 200)?;
        expect(c, Method::GET, "/readyz", json!(null), 200).map(drop)
    }),
    ("answers a question with its source", |c, s| {
        let turn = ask(c, s, s.question, 200)?;
        check(turn["replies"][0]["source"]["article"].is_string(), &turn)?;
        check(turn["explanation"]["rung"] == "edge", &turn)
    }),
    ("keeps no state: the same state and input give the same bytes", |c, s| {
        let (first, second) = (ask(c, s, s.question, 200)?, ask(c, s, s.question, 200)?);
        check(first == second, &second)
    }),
    ("limits a message to 4,000 characters", |c, s| {
        ask(c, s, &"é".repeat(4000), 200)?;
        let problem = ask(c, s, &"é".repeat(4001), 422)?;
        check(problem["limit"] == "4000 characters", &problem)
    }),
    ("limits a body to 64 KiB", |c, s| {
        let problem = ask(c, s, &"a".repeat(70_000), 413)?;
        check(problem["limit"] == "65536 bytes", &problem)
    }),
    ("limits the depth of JSON", |c, s| {
        let body = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        let answer = c.send(Method::POST, &format!("/v1/turn?site={}", s.site), &[("content-type", "application/json")], body.into_bytes());
        check(answer.status == 400 && answer.json()["limit"] == "32 levels", &answer.json())
    }),
    ("refuses bad JSON with a problem document", |c, s| {
        let answer =
            c.send(Method::POST, &format!("/v1/turn?site={}", s.site), &[("content-type", "application/json")], b"{\"v\":".to_vec());
        check(answer.status == 400 && answer.header("content-type") == "application/problem+json", &answer.json())
    }),
    ("refuses an unknown site, none, and one that differs", |c, _| {
        let body = json!({"site": "nowhere", "input": {"type": "open"}, "consent": agreed(&["edge"])});
        expect(c, Method::POST, "/v1/turn?site=nowhere", body.clone(), 404)?;
        expect(c, Method::POST, "/v1/turn", body.clone(), 400)?;
        expect(c, Method::POST, "/v1/turn?site=other", body.clone(), 400)?;
        expect(c, Method::POST, "/v1/turn?site=..%2Fsecret", body, 400).map(drop)
    }),
    ("answers unknown routes and methods with problems", |c, s| {
        expect(c, Method::GET, "/v1/nothing?site=demo", json!(null), 404)?;
        expect(c, Method::GET, &format!("/v1/turn?site={}", s.site), json!(null), 405).map(drop)
    }),
    ("serves the manifest and its packs, immutable, with ETag and brotli", |c, s| {
        let manifest = expect(c, Method::GET, &format!("/v1/sites/{}", s.site), json!(null), 200)?;
        is_immutable(c, "/v1/pack", &manifest["packs"][0], true)
    }),
    ("knows no pack that is not there", |c, _| {
        expect(c, Method::GET, &format!("/v1/pack/{}", "0".repeat(64)), json!(null), 404)?;
        expect(c, Method::GET, "/v1/pack/nonsense", json!(null), 404).map(drop)
    }),
    ("serves the token vectors that the manifest names, immutable, with ETag, and no others", |c, s| {
        let manifest = expect(c, Method::GET, &format!("/v1/sites/{}", s.site), json!(null), 200)?;
        is_immutable(c, "/v1/vectors", &manifest["packs"][0]["vectors"], false)?;
        expect(c, Method::GET, &format!("/v1/vectors/{}", "0".repeat(64)), json!(null), 404)?;
        expect(c, Method::GET, "/v1/vectors/nonsense", json!(null), 404).map(drop)
    }),
    ("stores a handoff once, however often it is sent", |c, s| {
        let id = format!("handoff-{}", s.run);
        let (first, second) = (hand_off(c, s, &id, 200)?, hand_off(c, s, &id, 200)?);
        check(first == second && first["entries"][1]["id"] == id, &second)?;
        let listed = list(c, s)?;
        let found: Vec<&Value> = listed.as_array().into_iter().flatten().filter(|h| h["id"] == id).collect();
        check(found.len() == 1 && found[0]["reason"] == "requested", &json!(found))?;
        check(!found[0].to_string().contains("mail me"), found[0])?;
        let read = conversation(c, s, &format!("conversation-{}", s.run), 200)?;
        let entries: Vec<&Value> = read["entries"].as_array().into_iter().flatten().collect();
        let said: Vec<&&Value> = entries.iter().filter(|e| e["entry"]["id"] == format!("said-{id}")).collect();
        check(said.len() == 1 && said[0]["entry"]["event"]["text"] == "mail me at [EMAIL_1]", &read)
    }),
    ("refuses a handoff with a bad id, reason or a transcript too long", |c, s| {
        hand_off(c, s, "short", 422)?;
        hand_off(c, s, "has spaces in it", 422)?;
        let many: Vec<Value> = (0..101).map(|n| said(&format!("too-long-{n}"), "x")).collect();
        let problem = add(c, s.site, "conversation-1", json!({"entries": many}), 422)?;
        check(problem["limit"] == "100 entries", &problem)?;
        let odd = json!([{"id": "handoff-reason", "at_ms": 1, "event": {"type": "requested", "reason": "because"}}]);
        add(c, s.site, "conversation-1", json!({"entries": odd}), 400)?;
        add(c, s.site, "conversation-1", json!({"entries": []}), 422).map(drop)
    }),
    ("shows handoffs only to the token", |c, s| {
        for path in [format!("/v1/handoffs?site={}", s.site), format!("/v1/conversations/conversation-{}?site={}", s.run, s.site)] {
            check(c.send(Method::GET, &path, &[], vec![]).status == 401, &json!(path))?;
            check(c.send(Method::GET, &path, &[("authorization", "Bearer wrong")], vec![]).status == 401, &json!(path))?;
        }
        conversation(c, s, "no-such-conversation", 404).map(drop)
    }),
    ("counts events once and takes no visitor's words", |c, s| {
        let path = format!("/v1/events?site={}", s.site);
        let batch = |events: Value| json!({"site": s.site, "events": events, "consent": agreed(&["analytics"])});
        let event = json!({"id": format!("event-{}", s.run), "name": "answered", "article": "returns", "at_ms": 1.0});
        let body = batch(json!([event, event]));
        expect(c, Method::POST, &path, body.clone(), 204)?;
        expect(c, Method::POST, &path, body, 204)?;
        let odd = batch(json!([{"id": "event-odd", "name": "my name is Ana", "at_ms": 1.0}]));
        expect(c, Method::POST, &path, odd, 422)?;
        let many = vec![json!({"id": "event-many", "name": "answered", "at_ms": 1.0}); 101];
        let problem = expect(c, Method::POST, &path, batch(json!(many)), 422)?;
        check(problem["limit"] == "100 events", &problem)
    }),
    ("lets the site's origins in and keeps others out", |c, s| {
        let path = format!("/v1/turn?site={}", s.site);
        let preflight = |origin| c.send(Method::OPTIONS, &path, &[("origin", origin), ("access-control-request-method", "POST")], vec![]);
        let allowed = preflight("http://allowed.example");
        check(allowed.status == 204 && allowed.header("access-control-allow-origin") == "http://allowed.example", &json!(allowed.headers))?;
        check(preflight("http://evil.example").status == 403, &json!("evil origin"))
    }),
    ("sends headers that let nothing run, frame or sniff its answers", |c, s| {
        for (path, status) in
            [("/healthz".to_owned(), 200), (format!("/v1/sites/{}", s.site), 200), ("/v1/nothing?site=demo".to_owned(), 404)]
        {
            let answer = c.send(Method::GET, &path, &[], vec![]);
            check(answer.status == status, &json!([path, answer.status]))?;
            check(answer.header("x-content-type-options") == "nosniff", &json!(answer.headers))?;
            check(answer.header("content-security-policy").contains("frame-ancestors 'none'"), &json!(answer.headers))?;
            // Not of other hosts under the same name: the API may live on a domain that has them.
            check(answer.header("strict-transport-security") == "max-age=63072000", &json!(answer.headers))?;
            check(answer.header("referrer-policy") == "no-referrer", &json!(answer.headers))?;
        }
        Ok(())
    }),
    ("describes itself", |c, _| {
        let document = expect(c, Method::GET, "/openapi.json", json!(null), 200)?;
        check(document["paths"]["/v1/turn"]["post"].is_object(), &document["openapi"])
    }),
];

pub(crate) fn check(holds: bool, seen: &Value) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("saw {seen}")) }
}

pub(crate) fn expect(c: &dyn Host, method: Method, path: &str, body: Value, status: u16) -> Result<Value, String> {
    let bytes = if body.is_null() { vec![] } else { body.to_string().into_bytes() };
    let answer = c.send(method.clone(), path, &[("content-type", "application/json")], bytes);
    let value = answer.json();
    if answer.status != status {
        return Err(format!("{method} {path}: status {}, expected {status}: {value}", answer.status));
    }
    let is_error = StatusCode::from_u16(status).is_ok_and(|s| s.is_client_error());
    if is_error && answer.header("content-type") != "application/problem+json" {
        return Err(format!("{method} {path}: error of type {:?}, expected application/problem+json", answer.header("content-type")));
    }
    Ok(value)
}

pub(crate) fn ask(c: &dyn Host, s: &Setting<'_>, text: &str, status: u16) -> Result<Value, String> {
    let input = json!({"type": "text", "text": text});
    let body = json!({"v": 1, "site": s.site, "locale": "en", "input": input, "consent": agreed(&["edge"])});
    expect(c, Method::POST, &format!("/v1/turn?site={}", s.site), body, status)
}

/// What a visitor agreed to.
pub(crate) fn agreed(purposes: &[&str]) -> Value {
    json!({"v": 1, "at_ms": 1.0, "by": "visitor", "purposes": purposes})
}

pub(crate) fn said(id: &str, text: &str) -> Value {
    json!({"id": id, "at_ms": 1, "event": {"type": "said", "text": text}})
}

pub(crate) fn requested(id: &str) -> Value {
    json!({"id": id, "at_ms": 2, "event": {"type": "requested", "reason": "requested"}})
}

/// Adds entries to a conversation, whose key is its id; `more` is laid over the request.
pub(crate) fn add(c: &dyn Host, site: &str, conversation: &str, more: Value, status: u16) -> Result<Value, String> {
    let mut body = json!({"v": 1, "site": site, "conversation": conversation, "locale": "en",
        "key_hash": sha256(conversation.as_bytes()), "consent": agreed(&["person"])});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    expect(c, Method::POST, &format!("/v1/entries?site={site}"), body, status)
}

pub(crate) fn hand_off(c: &dyn Host, s: &Setting<'_>, id: &str, status: u16) -> Result<Value, String> {
    let entries = json!([said(&format!("said-{id}"), "mail me at ana@example.com"), requested(id)]);
    add(c, s.site, &format!("conversation-{}", s.run), json!({"entries": entries}), status)
}

fn with_token(c: &dyn Host, s: &Setting<'_>, path: &str) -> crate::Answer {
    c.send(Method::GET, path, &[("authorization", &format!("Bearer {}", s.token))], vec![])
}

/// The whole inbox, page after page.
pub(crate) fn list(c: &dyn Host, s: &Setting<'_>) -> Result<Value, String> {
    let (mut all, mut before) = (Vec::new(), String::new());
    loop {
        let answer = with_token(c, s, &format!("/v1/handoffs?site={}&limit=100{before}", s.site));
        let page = answer.json();
        let Value::Array(handoffs) = &page["handoffs"] else { return Err(format!("status {}: {page}", answer.status)) };
        all.extend(handoffs.iter().cloned());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return Ok(all.into()),
        }
    }
}

/// One conversation, as agents read it.
pub(crate) fn conversation(c: &dyn Host, s: &Setting<'_>, id: &str, status: u16) -> Result<Value, String> {
    let answer = with_token(c, s, &format!("/v1/conversations/{id}?site={}", s.site));
    if answer.status == status { Ok(answer.json()) } else { Err(format!("status {}, expected {status}: {}", answer.status, answer.json())) }
}

/// The file that `reference` names is there, for every page, under its hash and for good.
/// `shrinks`: whether brotli makes it so much smaller that it must be served that way; token vectors hardly shrink.
fn is_immutable(c: &dyn Host, under: &str, reference: &Value, shrinks: bool) -> Result<(), String> {
    let hash = reference["hash"].as_str().unwrap_or("").to_owned();
    let path = format!("{under}/{hash}");
    let plain = c.send(Method::GET, &path, &[("accept-encoding", "identity"), ("origin", "http://any.example")], vec![]);
    check(plain.status == 200 && sha256(&plain.body) == hash, &json!([reference, plain.status, plain.headers]))?;
    check(plain.header("cache-control").contains("immutable"), &json!(plain.headers))?;
    check(plain.header("access-control-allow-origin") == "*", &json!(plain.headers))?;
    let brotli = c.send(Method::GET, &path, &[("accept-encoding", "br")], vec![]);
    check(brotli.status == 200 && (!shrinks || brotli.header("content-encoding") == "br"), &json!(brotli.headers))?;
    let tag = plain.header("etag").to_owned();
    let again = c.send(Method::GET, &path, &[("if-none-match", &tag)], vec![]);
    check(again.status == 304, &json!(again.status))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
