//! A site with a sentence encoder: with it where it can be had, without it where not, and never a visitor without answer.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod around;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use around::ports_of_memory;
use axum::body::Body;
use futures_executor::block_on;
use http::{Method, Request};
use http_body_util::BodyExt;
use nearside_assistant::{Domain, SourceFile, Teaching, Tier, build, build_taught, content_hash};
use nearside_edge::{Encoders, Memory, PackCache, PortError, SharedEncoder, router};
use nearside_nlu::{EncodeError, Encoder};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Counts letters: enough to tell these few questions apart.
struct Letters;

impl Encoder for Letters {
    fn width(&self) -> usize {
        26
    }

    fn encode(&self, text: &str) -> Result<Vec<f32>, EncodeError> {
        let mut counts = vec![0.0f32; 26];
        text.bytes().filter(u8::is_ascii_alphabetic).for_each(|b| counts[usize::from(b.to_ascii_lowercase() - b'a')] += 1.0);
        let length = counts.iter().map(|c| c * c).sum::<f32>().sqrt().max(1.0);
        Ok(counts.into_iter().map(|c| c / length).collect())
    }
}

/// [`Memory`] with an encoder that starts, or does not.
#[derive(Clone)]
struct WithEncoder {
    memory: Memory,
    starts: bool,
    asked: Arc<AtomicUsize>,
}

impl Encoders for WithEncoder {
    async fn encoder(&self, _hash: &str) -> Result<SharedEncoder, PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.starts { Ok(Arc::new(Letters)) } else { Err(PortError::Unavailable("out of memory".into())) }
    }
}

ports_of_memory!(WithEncoder: Database, Blobs, System, Limits);

struct Site {
    host: WithEncoder,
    router: axum::Router,
    plain: String,
    trained: String,
}

/// A site whose manifest names the encoder `named`, with packs trained without one and with one called "letters".
fn site(starts: bool, named: &str) -> Site {
    let article = |id: &str, title: &str, wordings: &str| SourceFile {
        path: format!("articles/en/{id}.md"),
        text: format!("+++\ntitle = \"{title}\"\nwordings = [{wordings}]\n+++\nThe answer about {id}.\n"),
    };
    let files = [
        SourceFile { path: "domain.toml".into(), text: "name = \"T\"\naccepted_wrong = 0.3\n".into() },
        article("returns", "How do I return a product?", "\"send it back\", \"return policy\", \"give a product back\""),
        article("wifi", "No Wi-Fi connection", "\"wifi drops\", \"cannot join the wireless network\", \"speaker offline\""),
    ];
    let domain = Domain::parse(&files).unwrap();
    let encode = |texts: &[&str]| Ok(texts.iter().map(|text| Letters.encode(text).unwrap()).collect());
    let teaching = Teaching {
        encoder: "letters".into(),
        encode: &encode,
        encode_passages: &encode,
        leading: Letters.width() as u16,
        common_words: Vec::new(),
        options: Default::default(),
        tier: Tier::Encoder,
    };
    let packs = [build(&domain, "en").unwrap().0, build_taught(&domain, "en", None, Some(&teaching)).unwrap().0];
    let [plain, trained] = [&packs[0], &packs[1]].map(|bytes| content_hash(bytes));
    let host = WithEncoder { memory: Memory::new(&[], None).unwrap(), starts, asked: Arc::default() };
    let reference = |hash: &str| json!([{"language": "en", "hash": hash, "bytes": 1}]);
    let manifest = json!({"v": 1, "site": "demo", "origins": ["*"], "packs": reference(&plain),
        "encoder": {"name": named, "hash": "ab", "packs": reference(&trained)}});
    host.memory.add_blob("sites/demo.json", manifest.to_string().into_bytes());
    packs.into_iter().for_each(|bytes| host.memory.add_blob(&format!("packs/{}.pack", content_hash(&bytes)), bytes));
    Site { router: router(host.clone(), PackCache::default()), host, plain, trained }
}

impl Site {
    /// The pack that answers, by its hash.
    fn pack(&self) -> String {
        let consent = json!({"v": 1, "at_ms": 1, "by": "visitor", "purposes": ["edge"]});
        let input = json!({"type": "text", "text": "give a product back"});
        let body = json!({"v": 1, "site": "demo", "locale": "en", "input": input, "consent": consent});
        let request = Request::builder().method(Method::POST).uri("/v1/turn?site=demo").body(Body::from(body.to_string())).unwrap();
        let response = block_on(self.router.clone().oneshot(request)).unwrap();
        assert_eq!(response.status(), 200);
        let turn: Value = serde_json::from_slice(&block_on(response.into_body().collect()).unwrap().to_bytes()).unwrap();
        assert_eq!(turn["replies"][0]["source"]["article"], "returns", "{turn}");
        turn["explanation"]["pack"].as_str().unwrap().to_owned()
    }

    fn asked(&self) -> usize {
        self.host.asked.load(Ordering::Relaxed)
    }
}

#[test]
fn is_loaded_once_and_answers() {
    let site = site(true, "letters");
    assert_eq!([site.pack(), site.pack()], [site.trained.clone(), site.trained.clone()]);
    site.host.memory.wait(40_000.0);
    assert_eq!((site.pack(), site.asked()), (site.trained.clone(), 1));
}

#[test]
fn the_packs_without_it_answer_where_it_does_not_start() {
    let site = site(false, "letters");
    assert_eq!([site.pack(), site.pack()], [site.plain.clone(), site.plain.clone()]);
    assert_eq!(site.asked(), 1, "tried again at once");
    site.host.memory.wait(40_000.0);
    assert_eq!((site.pack(), site.asked()), (site.plain.clone(), 2));
}

#[test]
fn a_pack_trained_with_another_encoder_is_not_used() {
    let site = site(true, "numbers");
    assert_eq!((site.pack(), site.asked()), (site.plain.clone(), 0));
}

#[test]
fn files_that_are_missing_are_named() {
    let error = |host: &Memory| block_on(host.encoder("ab")).err().map(|e| e.to_string()).unwrap_or_default();
    let host = Memory::new(&[], None).unwrap();
    assert_eq!(error(&host), "encoders/ab/encoder.json: no such file; deploy the encoder with the manifest");
    host.add_blob("encoders/ab/encoder.json", b"{}".to_vec());
    host.add_blob("encoders/ab/model.onnx", b"odd".to_vec());
    host.add_blob("encoders/ab/tokenizer.json", b"{}".to_vec());
    assert!(error(&host).starts_with("encoders/ab: tokenizer.json: "), "{}", error(&host));
}
