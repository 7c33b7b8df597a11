//! What somebody sends who means harm, and what lies open to who only asks.

use http::Method;
use nearside_privacy::chain;
use serde_json::{Value, json};

use crate::cases::{check, expect, list};
use crate::duties::log;
use crate::rights::{hand_off, outcome, post, sha256};
use crate::{Host, Run, Setting};

pub(crate) const CASES: &[(&str, Run)] = &[
    ("reads no more than 64 KiB of a body that names no length and does not end", |h, s| outcome(endless_body(h, s))),
    ("says to strangers that it is ready, and nothing else", |h, s| outcome(readiness(h, s))),
    ("answers every odd path with a problem document", |h, s| outcome(odd_paths(h, s))),
    ("serves manifests, packs and the list of sites through its routes alone", |h, s| outcome(no_other_way(h, s))),
    ("packs and manifests are for every page and cached by encoding, asked from a page or not", |h, s| outcome(caches(h, s))),
    ("reads a token whatever the case of its scheme", |h, s| outcome(scheme(h, s))),
    ("agents who ask again and again leave one audit entry a minute", |h, s| outcome(polling(h, s))),
    ("40 who withdraw at once are all served, and each stands in the audit log", |h, s| outcome(withdrawals(h, s))),
];

fn endless_body(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let answer = h.send_endless(&format!("/v1/turn?site={}", s.site), &[b' '; 1 << 16]);
    check(answer.status == 413, &json!([answer.status, answer.headers, answer.json()]))?;
    // The host goes on. (The proxy of a local Worker loses requests after one whose body never ended: it is started anew.)
    let goes_on = || h.send(Method::GET, "/healthz", &[], vec![]).status == 200;
    let answers = goes_on() && goes_on();
    if !answers {
        h.restart()?;
    }
    check(answers || goes_on(), &json!("the host does not answer any more"))
}

fn readiness(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    for shown in [None, Some("Bearer a guess".to_owned()), Some(format!("Bearer {}", s.operator))] {
        let headers: Vec<(&str, &str)> = shown.iter().map(|shown| ("authorization", shown.as_str())).collect();
        let answer = h.send(Method::GET, "/readyz", &headers, vec![]);
        check(answer.status == 200 && answer.body == b"ready", &json!([shown, answer.status, answer.json()]))?;
    }
    Ok(())
}

fn odd_paths(h: &dyn Host, _: &Setting<'_>) -> Result<(), String> {
    for path in ["/v1/sites/%ff", "/v1/pack/%ff%fe", "/v1/vectors/%c3%28"] {
        expect(h, Method::GET, path, Value::Null, 400)?;
    }
    for path in ["/v1/sites/%", "/v1/sites/%zz", "/v1/pack/%2e%2e%2f", "/v1/sites/demo%00"] {
        expect(h, Method::GET, path, Value::Null, 404)?;
    }
    Ok(())
}

/// Files that the platform serves by itself would list all customers, whatever the service refuses.
fn no_other_way(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let manifest = expect(h, Method::GET, &format!("/v1/sites/{}", s.site), Value::Null, 200)?;
    let pack = manifest["packs"][0]["hash"].as_str().unwrap_or_default();
    for path in ["/blobs/sites.json".to_owned(), format!("/blobs/sites/{}.json", s.site), format!("/blobs/packs/{pack}.pack")] {
        expect(h, Method::GET, &path, Value::Null, 404)?;
    }
    Ok(())
}

fn caches(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let manifest_path = format!("/v1/sites/{}", s.site);
    let manifest = expect(h, Method::GET, &manifest_path, Value::Null, 200)?;
    let pack_path = format!("/v1/pack/{}", manifest["packs"][0]["hash"].as_str().unwrap_or_default());
    for encoding in ["identity", "br"] {
        for origin in [None, Some(("origin", "http://any.example"))] {
            for (path, varies) in [(&manifest_path, false), (&pack_path, true)] {
                let headers: Vec<_> = [("accept-encoding", encoding)].into_iter().chain(origin).collect();
                let answer = h.send(Method::GET, path, &headers, vec![]);
                let seen = json!([path, encoding, origin.is_some(), answer.status, answer.headers]);
                check(answer.status == 200 && answer.header("access-control-allow-origin") == "*", &seen)?;
                let vary: String = answer.headers.iter().filter(|(n, _)| n == "vary").map(|(_, v)| format!("{v},")).collect();
                let names: Vec<String> = vary.split(',').map(|name| name.trim().to_lowercase()).collect();
                check(!varies || names.contains(&"accept-encoding".into()), &seen)?;
            }
        }
    }
    Ok(())
}

fn scheme(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let path = format!("/v1/handoffs?site={}", s.site);
    for (shown, status) in [("bearer", 200), ("BEARER", 200), ("Basic", 401)] {
        let answer = h.send(Method::GET, &path, &[("authorization", &format!("{shown} {}", s.token))], vec![]);
        check(answer.status == status, &json!([shown, answer.status]))?;
    }
    Ok(())
}

fn polling(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let readings = || Ok::<_, String>(log(h, s)?.iter().filter(|entry| entry.action == "handoffs.read").count());
    list(h, s)?;
    let before = readings()?;
    (0..8).try_for_each(|_| list(h, s).map(drop))?;
    // One more where a minute ends meanwhile.
    let more = readings()? - before;
    check(before > 0 && more <= 1, &json!([before, more]))
}

const VISITORS: usize = 40;

fn withdrawals(h: &dyn Host, s: &Setting<'_>) -> Result<(), String> {
    let id = |n: usize| format!("withdrawn-{n}-{}", s.run);
    (0..VISITORS).try_for_each(|n| hand_off(h, s.fleeting, &id(n), json!({"key_hash": sha256(&id(n))}), 200).map(drop))?;
    let done: Vec<Result<Value, String>> = std::thread::scope(|scope| {
        let forget = |n| post(h, s.fleeting, "/v1/forget", &json!({"v": 1, "site": s.fleeting, "conversation": id(n), "key": id(n)}), 200);
        let all: Vec<_> = (0..VISITORS).map(|n| scope.spawn(move || forget(n))).collect();
        all.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a client failed".into()))).collect()
    });
    for outcome in done {
        let erased = outcome?;
        check(erased["entries"] == 2, &erased)?;
    }
    let all = log(h, &Setting { site: s.fleeting, ..*s })?;
    chain::verify(&all, None).map_err(|e| e.to_string())?;
    let written = (0..VISITORS).filter(|n| all.iter().any(|entry| entry.action == "conversation.forget" && entry.record == id(*n))).count();
    check(written == VISITORS, &json!(written))
}
