//! The in-memory host keeps the HTTP contract.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod setup;

use axum::body::Body;
use futures_executor::block_on;
use http::{Method, Request};
use nearside_assistant::{Pack, content_hash};
use nearside_contract::{Host, run, unexpected};
use nearside_edge::{Blobs, Database, Memory, PackCache, Secret, Statement, System, TooSlow, daily_job, router};
use nearside_privacy::jwt::{Audience, Claims, sign};
use setup::{IDENTITY_KEY, InMemory, OPEN, OPERATOR, VECTORS, agreed, call, host, setting};
use tower::ServiceExt;

#[test]
fn keeps_the_contract() {
    let memory = host(Some(600));
    let client = InMemory(router(memory.clone(), PackCache::default()));
    let seen = run(&client, &setting("memory-1"));
    let failed: Vec<_> = seen.iter().filter_map(|(case, outcome)| Some((case, unexpected("memory", case, outcome)?))).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let count = Statement { sql: "SELECT count(*) AS n FROM events WHERE name = 'answered'", values: vec![] };
    assert_eq!(block_on(memory.transaction(vec![count])).unwrap()[0][0]["n"], 1);
}

#[test]
fn says_when_to_come_back_after_too_many_requests() {
    let client = InMemory(router(host(Some(2)), PackCache::default()));
    let send = || client.send(Method::POST, "/v1/turn?site=demo", &[], OPEN.into());
    assert_eq!([send().status, send().status], [200, 200]);
    let third = send();
    assert_eq!(third.status, 429);
    assert!(third.headers.contains(&("retry-after".into(), "60".into())));
}

#[test]
fn a_damaged_pack_is_named_in_the_log_and_by_a_reference_outside() {
    let memory = host(None);
    let manifest = format!(r#"{{"site":"broken","origins":["*"],"packs":[{{"language":"en","hash":"{}","bytes":3}}]}}"#, "ab".repeat(32));
    memory.add_blob("sites/broken.json", manifest.into_bytes());
    memory.add_blob(&format!("packs/{}.pack", "ab".repeat(32)), b"odd".to_vec());
    let client = InMemory(router(memory, PackCache::default()));
    let answer = client.send(Method::POST, "/v1/turn?site=broken", &[], OPEN.replace("demo", "broken").into());
    let said = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.status, 503);
    assert!(said.contains("urn:nearside:") && !said.contains("NEARPACK"), "{said}");
}

#[test]
fn a_damaged_pack_of_another_language_disturbs_no_one_else() {
    let memory = host(None);
    let demo = block_on(memory.blob("sites/demo.json")).unwrap().unwrap();
    let mut manifest: serde_json::Value = serde_json::from_slice(&demo).unwrap();
    manifest["site"] = "two".into();
    manifest["packs"].as_array_mut().unwrap().push(serde_json::json!({"language": "de", "hash": "cd".repeat(32), "bytes": 3}));
    memory.add_blob("sites/two.json", manifest.to_string().into_bytes());
    let client = InMemory(router(memory, PackCache::default()));
    let ask = |text: &str| {
        let body = serde_json::json!({"site": "two", "locale": "en", "input": {"type": "text", "text": text}, "consent": agreed("edge")})
            .to_string();
        client.send(Method::POST, "/v1/turn?site=two", &[], body.into_bytes())
    };
    for (text, status) in [("how do I return a product?", 200), ("wo ist meine Bestellung?", 503), ("no wifi connection", 200)] {
        let answer = ask(text);
        assert_eq!(answer.status, status, "{text}: {}", String::from_utf8_lossy(&answer.body));
    }
}

#[test]
fn damaged_vectors_are_told_as_a_damaged_pack_is() {
    let memory = host(None);
    memory.add_blob("sites.json", br#"["demo"]"#.to_vec());
    memory.add_blob(&format!("vectors/{}.bin", content_hash(VECTORS)), b"odd".to_vec());
    let client = InMemory(router(memory.clone(), PackCache::default()));
    let said = readiness(&client, OPERATOR).1;
    assert!(said.contains("expected the hash in its name; deploy the vectors again"), "{said}");
    let turn = || client.send(Method::POST, "/v1/turn?site=demo", &[], OPEN.into()).status;
    assert_eq!(turn(), 503);
    memory.add_blob(&format!("vectors/{}.bin", content_hash(VECTORS)), VECTORS.to_vec());
    memory.wait(40_000.0);
    assert_eq!(turn(), 200);
}

#[test]
fn vectors_are_read_once_for_all_sites_and_packs_answer_with_them() {
    let memory = host(None);
    let client = InMemory(router(memory.clone(), PackCache::default()));
    let ask = |site: &str| {
        let body =
            serde_json::json!({"site": site, "locale": "en", "input": {"type": "text", "text": "my speaker is offline"}, "consent": agreed("edge")})
            .to_string();
        call(&client, Method::POST, &format!("/v1/turn?site={site}"), "", &body)
    };
    let (status, demo) = ask("demo");
    assert_eq!(status, 200, "{demo}");
    // No second reading: the first site has brought them.
    memory.add_blob(&format!("vectors/{}.bin", content_hash(VECTORS)), b"odd".to_vec());
    assert_eq!(ask("fleeting"), (200, demo.clone()));
    let pack: serde_json::Value = serde_json::from_slice(&block_on(memory.blob("sites/demo.json")).unwrap().unwrap()).unwrap();
    let bytes = block_on(memory.blob(&format!("packs/{}.pack", pack["packs"][0]["hash"].as_str().unwrap()))).unwrap().unwrap();
    let with_vectors = Pack::load(&bytes).unwrap().thresholds().0;
    assert_eq!(demo["explanation"]["answer_at"].to_string(), with_vectors.to_string());
}

#[test]
fn readiness_names_what_is_wrong_and_answers_go_on() {
    let memory = host(None);
    memory.add_blob("sites.json", br#"["demo","broken","gone"]"#.to_vec());
    let mut newer = b"NEARPACK".to_vec();
    newer.extend([255, 0, 0, 0, 0, 0, 0, 0]);
    let hash = content_hash(&newer);
    memory.add_blob(
        "sites/broken.json",
        format!(r#"{{"site":"broken","origins":["*"],"packs":[{{"language":"en","hash":"{hash}","bytes":16}}]}}"#).into_bytes(),
    );
    memory.add_blob(&format!("packs/{hash}.pack"), newer);
    let client = InMemory(router(memory, PackCache::default()));
    let (status, said) = readiness(&client, OPERATOR);
    assert_eq!(status, 503);
    assert!(said.contains("pack format 255, expected at most ") && said.contains(": update this program"), "{said}");
    assert!(said.contains("sites/gone.json: no such file"), "{said}");
    let turn = client.send(Method::POST, "/v1/turn?site=demo", &[], OPEN.into());
    assert_eq!(turn.status, 200);
}

/// What is answered to who shows this token.
fn readiness(client: &InMemory, token: &str) -> (u16, String) {
    let answer = client.send(Method::GET, "/readyz", &[("authorization", &format!("Bearer {token}"))], vec![]);
    (answer.status, String::from_utf8(answer.body).unwrap())
}

#[test]
fn readiness_tells_strangers_nothing_and_reads_no_pack_for_them() {
    let memory = host(None);
    memory.add_blob("sites.json", br#"["demo","gone"]"#.to_vec());
    let client = InMemory(router(memory.clone(), PackCache::default()));
    // What is wrong with one site's packs is not a stranger's to find out, nor worth reading all packs for.
    assert_eq!(readiness(&client, "a guess"), (200, "ready".into()));
    assert_eq!(readiness(&client, OPERATOR).0, 503);
    memory.add_blob("sites.json", b"broken".to_vec());
    memory.wait(40_000.0);
    let (status, said) = readiness(&client, "a guess");
    assert!(status == 503 && !said.contains("sites.json"), "{said}");
    assert!(readiness(&client, OPERATOR).1.contains("sites.json: expected"));
}

#[test]
fn readiness_is_looked_at_twice_a_minute_however_often_it_is_asked() {
    let memory = host(None);
    memory.add_blob("sites.json", b"broken".to_vec());
    let client = InMemory(router(memory.clone(), PackCache::default()));
    let looked = || memory.logged().iter().filter(|line| line.contains("not ready: ")).count();
    (0..20).for_each(|_| assert_eq!(readiness(&client, "").0, 503));
    assert_eq!(looked(), 1);
    memory.wait(31_000.0);
    memory.add_blob("sites.json", b"[]".to_vec());
    assert_eq!(readiness(&client, "").0, 200);
}

#[test]
fn a_token_that_can_be_guessed_opens_nothing() {
    let memory = Memory::new(&[(Secret::AgentToken, "fifteen letters")], None).unwrap();
    memory.add_blob("sites/demo.json", br#"{"site":"demo","origins":["*"],"packs":[]}"#.to_vec());
    let client = InMemory(router(memory.clone(), PackCache::default()));
    assert_eq!(call(&client, Method::GET, "/v1/handoffs?site=demo", "fifteen letters", "").0, 503);
    let logged = memory.logged();
    assert!(logged.iter().any(|line| line.contains("AGENT_TOKEN is shorter than 16 characters")), "{logged:?}");
}

#[test]
fn writing_is_counted_apart_and_less_of_it_admitted() {
    let client = InMemory(router(host(Some(4)), PackCache::default()));
    let ask = || call(&client, Method::POST, "/v1/turn?site=demo", "", OPEN).0;
    let write = || call(&client, Method::POST, "/v1/events?site=demo", "", r#"{"v":1,"site":"demo","events":[]}"#).0;
    assert_eq!([write(), write(), write()], [204, 204, 429]);
    assert_eq!([ask(), ask(), ask(), ask(), ask()], [200, 200, 200, 200, 429]);
}

#[test]
fn a_body_that_does_not_come_in_time_is_told_so() {
    let mut request = Request::builder().method(Method::POST).uri("/v1/turn?site=demo").body(Body::empty()).unwrap();
    request.extensions_mut().insert(TooSlow { waited_s: 15 });
    let response = block_on(router(host(None), PackCache::default()).oneshot(request)).unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (408, &"application/problem+json".parse().unwrap()));
}

#[test]
fn a_session_ends_after_a_quarter_of_an_hour() {
    let memory = host(None);
    let client = InMemory(router(memory.clone(), PackCache::default()));
    let claims =
        Claims { sub: "ana".into(), aud: Audience::One("demo".into()), exp: memory.now_ms() / 1000.0 + 3600.0, nbf: None, jti: None };
    let identity = sign(IDENTITY_KEY.as_bytes(), &claims);
    let asked = format!(r#"{{"v":1,"site":"demo","identity":"{identity}"}}"#);
    let (status, opened) = call(&client, Method::POST, "/v1/session?site=demo", "", &asked);
    assert_eq!(status, 200, "{opened}");
    let session = opened["session"].as_str().unwrap().to_owned();
    let read = |site: &str| call(&client, Method::GET, &format!("/v1/conversations?site={site}"), &session, "");
    assert_eq!(read("demo").0, 200);
    // Bound to its site.
    assert_eq!(read("fleeting").0, 401);
    memory.wait(17.0 * 60_000.0);
    let (status, refused) = read("demo");
    assert_eq!((status, refused["type"].as_str()), (401, Some("about:blank#token-expired")));
}

#[test]
fn the_daily_job_says_that_it_cannot_read_its_list_of_sites() {
    let memory = host(None);
    memory.add_blob("sites.json", b"demo".to_vec());
    block_on(daily_job(&memory, &PackCache::default()));
    let logged = memory.logged();
    assert!(logged.len() == 1 && logged[0].starts_with("Error: retention failed: sites.json: expected"), "{logged:?}");
}
