//! What visitors may ask: consent, erasure, identity.

use http::Method;
use nearside_privacy::jwt::{Audience, Claims, sign};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cases::{add, agreed, check, conversation, expect, list, requested, said};
use crate::{Host, Outcome, Run, Setting};

pub(crate) const CASES: &[(&str, Run)] = &[
    ("refuses a purpose that was not agreed to, and consent of a version to come", |h, s| outcome(consent(h, s))),
    ("stores no words in fields that are not masked", |h, s| outcome(closed_fields(h, s))),
    ("forgets a conversation for its key and for no other, and does not take it back", |h, s| outcome(forgets(h, s))),
    ("forgets events whose ids are known, and keeps masked questions for editors", |h, s| outcome(questions(h, s))),
    ("shows a signed visitor their own conversations and nobody else's", |h, s| outcome(own_conversations(h, s))),
    ("refuses forged, expired, foreign and replayed identities and sessions", |h, s| outcome(bad_identities(h, s))),
];

pub(crate) fn outcome(result: Result<(), String>) -> Outcome {
    result.map_or_else(Outcome::Wrong, |()| Outcome::Yes)
}

pub(crate) fn post(h: &dyn Host, site: &str, path: &str, body: &Value, status: u16) -> Result<Value, String> {
    expect(h, Method::POST, &format!("{path}?site={site}"), body.clone(), status)
}

/// A handoff of a conversation; `more` is laid over it.
pub(crate) fn hand_off(h: &dyn Host, site: &str, conversation: &str, more: Value, status: u16) -> Result<Value, String> {
    let words = said(&format!("s-{conversation}"), &format!("the walrus of {conversation}"));
    let mut body = json!({"entries": [words, requested(&format!("h-{conversation}"))]});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    add(h, site, conversation, body, status)
}

pub(crate) fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the inbox has of a conversation.
pub(crate) fn stored(h: &dyn Host, s: &Setting<'_>, conversation: &str) -> Result<Vec<Value>, String> {
    Ok(list(h, s)?.as_array().into_iter().flatten().filter(|record| record["conversation"] == conversation).cloned().collect())
}

fn consent(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let of = |v: u32, purposes: &[&str]| json!({"v": v, "at_ms": 1.0, "by": "visitor", "purposes": purposes});
    let turn = |consent: Value, status| {
        post(h, s.site, "/v1/turn", &json!({"v": 1, "site": s.site, "input": {"type": "open"}, "consent": consent}), status)
    };
    turn(of(1, &["edge"]), 200)?;
    turn(of(1, &["person"]), 403)?;
    let refused = turn(of(9, &["edge"]), 422)?;
    check(refused["detail"].as_str().is_some_and(|d| d.contains("version 9, expected 1 to 1")), &refused)?;
    // Left out it is a no.
    post(h, s.site, "/v1/turn", &json!({"v": 1, "site": s.site, "input": {"type": "open"}}), 403)?;
    let id = format!("consent-{}", s.run);
    hand_off(h, s.site, &id, json!({"consent": of(1, &["edge"])}), 403)?;
    check(stored(h, s, &id)?.is_empty(), &json!("stored without consent"))?;
    hand_off(h, s.site, &id, json!({"consent": of(1, &["person"])}), 200)?;
    let read = conversation(h, s, &id, 200)?;
    check(read["consent"]["purposes"] == json!(["person"]), &read)?;
    let event = json!({"id": format!("consent-{}", s.run), "name": "unknown", "at_ms": 1.0, "question": "where is the moon"});
    let batch = |purposes: &[&str]| json!({"v": 1, "site": s.site, "events": [event], "consent": of(1, purposes)});
    post(h, s.site, "/v1/events", &batch(&["analytics"]), 403)?;
    post(h, s.site, "/v1/events", &batch(&["improve"]), 204).map(drop)
}

/// Speaker, locale, consent and article are stored as they stand: they come out of closed sets.
fn closed_fields(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let id = format!("closed-{}", s.run);
    let event = |event: Value| json!({"entries": [{"id": "closed-entry", "at_ms": 1, "event": event}]});
    let by = |by: &str, purposes: &[&str]| json!({"consent": {"v": 1, "at_ms": 1.0, "by": by, "purposes": purposes}});
    for (odd, status) in [
        (event(json!({"type": "agent ana@example.com", "text": "hello"})), 400),
        (event(json!({"type": "requested", "reason": "call ana@example.com"})), 400),
        (event(json!({"type": "judged", "article": "my name is Ana", "helpful": true})), 422),
        (event(json!({"type": "replied", "text": "x", "article": "ana@example.com"})), 422),
        (json!({"locale": "call me +49 170 1234567"}), 422),
        (by("ana@example.com", &["person"]), 422),
        (by("visitor", &["person", "ana@example.com"]), 422),
    ] {
        hand_off(h, s.site, &id, odd, status)?;
    }
    check(stored(h, s, &id)?.is_empty(), &json!("stored"))?;
    let event = |article: &str| {
        let event = json!({"id": id, "name": "clarified", "at_ms": 1.0, "article": article});
        json!({"v": 1, "site": s.site, "events": [event], "consent": agreed(&["analytics"])})
    };
    for odd in ["my name is Ana", "ana@example.com", "+491701234567", ""] {
        post(h, s.site, "/v1/events", &event(odd), 422)?;
    }
    post(h, s.site, "/v1/events", &event("return-how"), 204).map(drop)
}

fn forgets(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let (id, key) = (format!("forget-{}", s.run), format!("the key of {}", s.run));
    let own = json!({"key_hash": sha256(&key)});
    hand_off(h, s.site, &id, own.clone(), 200)?;
    // Who guesses the id can neither add to the conversation nor erase it.
    let other = hand_off(h, s.site, &id, json!({}), 403)?;
    check(other["type"] == "about:blank#not-your-conversation", &other)?;
    for odd in ["short".to_owned(), sha256(&key).to_uppercase()] {
        let refused = hand_off(h, s.site, &id, json!({"key_hash": odd}), 422)?;
        check(refused["type"] == "about:blank#bad-key-hash", &refused)?;
    }
    let forget =
        |key: &str, status| post(h, s.site, "/v1/forget", &json!({"v": 1, "site": s.site, "conversation": id, "key": key}), status);
    forget("a guess", 403)?;
    check(stored(h, s, &id)?.len() == 1, &json!("gone for a guess"))?;
    let done = forget(&key, 200)?;
    check(done["entries"] == 2 && done["conversations"] == json!([id]), &done)?;
    check(stored(h, s, &id)?.is_empty(), &json!("still there"))?;
    conversation(h, s, &id, 404)?;
    // An outbox that comes late, and a second time.
    hand_off(h, s.site, &id, own, 410)?;
    check(stored(h, s, &id)?.is_empty(), &json!("came back"))?;
    let again = forget(&key, 200)?;
    check(again["entries"] == 0 && again["conversations"] == json!([]), &again)
}

fn questions(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let id = format!("question-{}", s.run);
    let event = json!({"id": id, "name": "unknown", "at_ms": 1.0, "question": "can ana@example.com swim"});
    post(h, s.site, "/v1/events", &json!({"v": 1, "site": s.site, "events": [event], "consent": agreed(&["improve"])}), 204)?;
    check(read_questions(h, s)?[0]["text"] == "can [EMAIL_1] swim", &read_questions(h, s)?)?;
    expect(h, Method::GET, &format!("/v1/questions?site={}", s.site), Value::Null, 401)?;
    let forget = json!({"v": 1, "site": s.site, "events": [id, format!("unknown-{}", s.run)]});
    check(post(h, s.site, "/v1/forget", &forget, 200)?["events"] == 1, &json!("not one event"))?;
    check(read_questions(h, s)?[0]["text"] != "can [EMAIL_1] swim", &read_questions(h, s)?)
}

/// The masked questions, as editors read them.
pub(crate) fn read_questions(h: &dyn Host, s: &Setting<'_>) -> Result<Value, String> {
    let path = format!("/v1/questions?site={}", s.site);
    let answer = h.send(Method::GET, &path, &[("authorization", &format!("Bearer {}", s.token))], vec![]);
    if answer.status == 200 { Ok(answer.json()) } else { Err(format!("questions: {} {}", answer.status, answer.json())) }
}

/// The host's own clock, seconds: the inbox has the time of arrival. Not this machine's, which one in memory does not share.
pub(crate) fn now_s(h: &dyn Host, s: &Setting<'_>) -> Result<f64, String> {
    let id = format!("clock-{}", s.run);
    hand_off(h, s.site, &id, json!({}), 200)?;
    let arrived = stored(h, s, &id)?;
    arrived.first().and_then(|record| record["created_ms"].as_f64()).map(|ms| ms / 1000.0).ok_or_else(|| json!(arrived).to_string())
}

pub(crate) fn claims(h: &dyn Host, s: &Setting<'_>, sub: &str) -> Result<Claims, String> {
    let exp = now_s(h, s)? + 3600.0;
    Ok(Claims { sub: format!("{sub}-{}", s.run), aud: Audience::One(s.site.to_owned()), exp, nbf: None, jti: None })
}

pub(crate) fn open_session(h: &dyn Host, s: &Setting<'_>, identity: &str, status: u16) -> Result<Value, String> {
    post(h, s.site, "/v1/session", &json!({"v": 1, "site": s.site, "identity": identity}), status)
}

pub(crate) fn session_of(h: &dyn Host, s: &Setting<'_>, sub: &str) -> Result<String, String> {
    let opened = open_session(h, s, &sign(s.identity_key.as_bytes(), &claims(h, s, sub)?), 200)?;
    opened["session"].as_str().map(str::to_owned).ok_or_else(|| opened.to_string())
}

pub(crate) fn conversations_of(h: &dyn Host, s: &Setting<'_>, session: &str) -> (u16, Value) {
    let path = format!("/v1/conversations?site={}", s.site);
    let answer = h.send(Method::GET, &path, &[("authorization", &format!("Bearer {session}"))], vec![]);
    (answer.status, answer.json())
}

fn own_conversations(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let (ana, bo) = (session_of(h, s, "ana")?, session_of(h, s, "bo")?);
    let id = format!("signed-{}", s.run);
    hand_off(h, s.site, &id, json!({"session": ana, "key_hash": sha256("ana's")}), 200)?;
    let (status, own) = conversations_of(h, s, &ana);
    check(status == 200 && own.as_array().is_some_and(|all| all.len() == 1) && own[0]["id"] == id, &own)?;
    check(own[0]["entries"][0]["entry"]["event"]["text"] == format!("the walrus of {id}"), &own)?;
    check(conversations_of(h, s, &bo) == (200, json!([])), &json!("bo sees something"))?;
    // Bo knows the id: it stays Ana's.
    hand_off(h, s.site, &id, json!({"session": bo, "key_hash": sha256("bo's")}), 403)?;
    check(conversations_of(h, s, &bo) == (200, json!([])), &json!("bo sees something"))
}

fn bad_identities(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let key = s.identity_key.as_bytes();
    let good = claims(h, s, "cleo")?;
    let refused = |token: &str, name: &str| {
        let seen = open_session(h, s, token, 401)?;
        check(seen["type"] == format!("about:blank#{name}") && !seen.to_string().contains(token), &seen)
    };
    refused(&sign(b"a key that somebody else made up, long enough", &good), "bad-token")?;
    refused(&sign(key, &Claims { exp: 1000.0, ..good.clone() }), "token-expired")?;
    for years in [1e9, 1e308] {
        refused(&sign(key, &Claims { exp: good.exp + years, jti: Some(format!("years-{}", s.run)), ..good.clone() }), "token-lifetime")?;
    }
    refused(&sign(key, &Claims { aud: Audience::One("elsewhere".into()), ..good.clone() }), "bad-token")?;
    refused("nonsense", "bad-token")?;
    let once = sign(key, &Claims { jti: Some(format!("once-{}", s.run)), ..good });
    open_session(h, s, &once, 200)?;
    refused(&once, "token-used")?;
    // A site's identity is no session, and a changed session is none.
    let session = session_of(h, s, "cleo")?;
    check(conversations_of(h, s, &session).0 == 200, &json!("own session refused"))?;
    let mut changed = session.clone();
    changed.replace_range(session.len() - 4.., "AAAA");
    for odd in [once.as_str(), &changed, "", "x.y.z"] {
        check(conversations_of(h, s, odd).0 == 401, &json!(odd))?;
    }
    hand_off(h, s.site, &format!("forged-{}", s.run), json!({"session": changed}), 401).map(drop)
}
