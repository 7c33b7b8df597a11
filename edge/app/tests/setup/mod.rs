//! A host in memory with two sites, and how tests ask it.

#![allow(dead_code, clippy::unwrap_used, reason = "each test uses some of it")]

use axum::body::Body;
use futures_executor::block_on;
use http::{Method, Request};
use http_body_util::BodyExt;
use nearside_assistant::{Domain, SourceFile, Tokens, build_taught, content_hash};
use nearside_contract::{Answer, Host, Setting};
use nearside_edge::{Database, Memory, Row, Secret, Statement};
use nearside_nlu::StaticVectors;
use serde_json::{Value, json};
use tower::ServiceExt;

pub const AGENTS: &str = "the agents' own token";
pub const OPERATOR: &str = "the operators' own token";
/// Opens a conversation.
pub const OPEN: &str = r#"{"site":"demo","input":{"type":"open"},"consent":{"v":1,"at_ms":1,"by":"visitor","purposes":["edge"]}}"#;

pub const IDENTITY_KEY: &str = "what only the server of the site knows";

/// English token vectors as sites are built with them.
pub const VECTORS: &[u8] = include_bytes!("../../../../shared/nlu/vectors/en.bin");

pub struct InMemory(pub axum::Router);

impl Host for InMemory {
    fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = block_on(self.0.clone().oneshot(request.body(Body::from(body)).unwrap())).unwrap();
        let headers = response.headers().iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
        Answer { status: response.status().as_u16(), headers, body: block_on(response.into_body().collect()).unwrap().to_bytes().to_vec() }
    }
}

pub fn host(per_key: Option<u32>) -> Memory {
    let article = |id: &str, title: &str, wordings: &str| SourceFile {
        path: format!("articles/en/{id}.md"),
        text: format!("+++\ntitle = \"{title}\"\nwordings = [{wordings}]\n+++\nThe answer about {id}.\n"),
    };
    let files = [
        SourceFile { path: "domain.toml".into(), text: "name = \"T\"\naccepted_wrong = 0.3\n".into() },
        article("returns", "How do I return a product?", "\"send it back\", \"return policy\", \"give a product back\""),
        article("wifi", "No Wi-Fi connection", "\"wifi drops\", \"cannot join the wireless network\", \"speaker offline\""),
    ];
    let (vectors, table) = (content_hash(VECTORS), StaticVectors::load(VECTORS).unwrap());
    let tokens = Tokens { hash: vectors.clone(), vectors: &table };
    let bytes = build_taught(&Domain::parse(&files).unwrap(), "en", Some(&tokens), None).unwrap().0;
    let hash = content_hash(&bytes);
    let secrets = [
        (Secret::AgentToken, AGENTS),
        (Secret::OperatorToken, OPERATOR),
        (Secret::SealKeys, &format!("memory={}", "5e".repeat(32))),
        (Secret::IdentityKeys, &format!("demo={IDENTITY_KEY}")),
    ];
    let host = Memory::new(&secrets, per_key).unwrap();
    let manifest = format!(
        r#"{{"v":1,"site":"demo","origins":["http://allowed.example"],"packs":[{{"language":"en","hash":"{hash}","bytes":{},"vectors":{{"hash":"{vectors}","bytes":{}}}}}]}}"#,
        bytes.len(),
        VECTORS.len()
    );
    let fleeting = manifest.replace("demo", "fleeting").replacen(
        '{',
        r#"{"retention":{"conversations_days":0,"questions_days":0,"events_days":0},"#,
        1,
    );
    host.add_blob("sites/fleeting.json", fleeting.into_bytes());
    host.add_blob("sites/demo.json", manifest.into_bytes());
    host.add_blob(&format!("packs/{hash}.pack.br"), vec![1, 2, 3]);
    host.add_blob(&format!("packs/{hash}.pack"), bytes);
    host.add_blob(&format!("vectors/{vectors}.bin.br"), vec![1, 2, 3]);
    host.add_blob(&format!("vectors/{vectors}.bin"), VECTORS.to_vec());
    host
}

/// What the contract is put to.
pub fn setting(run: &'static str) -> Setting<'static> {
    Setting {
        site: "demo",
        question: "How do I return a product?",
        encoder: None,
        fleeting: "fleeting",
        token: AGENTS,
        operator: OPERATOR,
        identity_key: IDENTITY_KEY,
        run,
    }
}

/// Sends JSON with a token; gives status and answer.
pub fn call(client: &InMemory, method: Method, path: &str, token: &str, body: &str) -> (u16, Value) {
    let headers = [("authorization", &*format!("Bearer {token}")), ("content-type", "application/json")];
    let answer = client.send(method, path, &headers, body.as_bytes().to_vec());
    (answer.status, answer.json())
}

pub fn agreed(purpose: &str) -> Value {
    json!({"v": 1, "at_ms": 1, "by": "visitor", "purposes": [purpose]})
}

/// Adds one line of the visitor's and a wish for a person to a conversation whose key is its id; gives the status.
pub fn hand_off(client: &InMemory, conversation: &str, entry: &str, session: Option<&str>) -> u16 {
    let entries = json!([
        {"id": format!("said-{entry}"), "at_ms": 1, "event": {"type": "said", "text": format!("the walrus of {entry}")}},
        {"id": entry, "at_ms": 1, "event": {"type": "requested", "reason": "requested"}}]);
    let mut body = json!({"v": 1, "site": "demo", "conversation": conversation, "locale": "en",
        "key_hash": content_hash(conversation.as_bytes()), "consent": agreed("person"), "entries": entries});
    if let Some(session) = session {
        body["session"] = session.into();
    }
    call(client, Method::POST, "/v1/entries?site=demo", "", &body.to_string()).0
}

/// One conversation, as agents read it.
pub fn read(client: &InMemory, conversation: &str) -> (u16, Value) {
    call(client, Method::GET, &format!("/v1/conversations/{conversation}?site=demo"), AGENTS, "")
}

/// What an operator asks for.
pub fn operate(client: &InMemory, path: &str, more: Value) -> (u16, Value) {
    let mut body = json!({"v": 1, "site": "demo", "actor": "ana", "reason": "test"});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let joint = if path.contains('?') { '&' } else { '?' };
    call(client, Method::POST, &format!("{path}{joint}site=demo"), OPERATOR, &body.to_string())
}

/// Runs one statement without values.
pub fn sql(memory: &Memory, sql: &'static str) -> Vec<Row> {
    block_on(memory.transaction(vec![Statement { sql, values: vec![] }])).unwrap().swap_remove(0)
}
