//! What the ports promise, kept by the in-memory host; the other hosts' databases are asked through the contract.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod around;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use around::ports_of_memory;
use axum::body::Body;
use futures_executor::block_on;
use http::Request;
use nearside_edge::{Database, Memory, PackCache, PortError, Row, Secret, Statement, System, router};
use tower::ServiceExt;

fn host() -> Memory {
    Memory::new(&[(Secret::AgentToken, "a token of the agents")], None).unwrap()
}

#[test]
fn a_row_that_is_there_already_is_a_conflict_and_nothing_is_stored() {
    let host = host();
    let insert = |sql| Statement { sql, values: vec![] };
    let taken = || insert("INSERT INTO used_tokens (site, id, expires_ms) VALUES ('demo', 'once', 1)");
    let other = || insert("INSERT INTO used_tokens (site, id, expires_ms) VALUES ('demo', 'other', 1)");
    block_on(host.transaction(vec![taken()])).unwrap();
    let seen = block_on(host.transaction(vec![other(), taken()]));
    assert!(matches!(&seen, Err(PortError::Conflict(text)) if text.contains("used_tokens")), "{seen:?}");
    assert_eq!(block_on(host.transaction(vec![insert("SELECT id FROM used_tokens")])).unwrap()[0].len(), 1);
    // What else a database refuses is not a conflict.
    let null = insert("INSERT INTO used_tokens (site, id, expires_ms) VALUES ('demo', 'third', NULL)");
    assert!(matches!(block_on(host.transaction(vec![null])), Err(PortError::Unavailable(_))));
}

#[test]
fn a_secret_that_nobody_set_says_so() {
    let seen = block_on(host().secret(Secret::SealKeys));
    assert!(matches!(&seen, Err(PortError::NotSet(text)) if text.contains("SEAL_KEYS")), "{seen:?}");
}

/// A host where others write into the audit log at the same moment: so many times more the place is taken.
#[derive(Clone)]
struct Crowded {
    memory: Memory,
    others: Arc<AtomicU32>,
}

impl Database for Crowded {
    async fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, PortError> {
        let writes = statements.iter().any(|s| s.sql.starts_with("INSERT INTO audit"));
        let less = |n: u32| n.checked_sub(1);
        if writes && self.others.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return Err(PortError::Conflict("taken".into()));
        }
        self.memory.transaction(statements).await
    }
}

ports_of_memory!(Crowded: Blobs, Encoders, System, Limits);

/// The last of 40 who write at once finds its place taken 39 times.
#[test]
fn the_last_of_forty_who_write_at_once_is_written_down_as_well() {
    let memory = Memory::new(&[(Secret::AgentToken, "a token of the agents"), (Secret::SealKeys, &format!("k={}", "5e".repeat(32)))], None);
    let host = Crowded { memory: memory.unwrap(), others: Arc::new(AtomicU32::new(39)) };
    host.memory.add_blob("sites/demo.json", br#"{"site":"demo","origins":["*"],"packs":[]}"#.to_vec());
    let request = Request::builder().uri("/v1/handoffs?site=demo").header("authorization", "Bearer a token of the agents");
    let response = block_on(router(host.clone(), PackCache::default()).oneshot(request.body(Body::empty()).unwrap())).unwrap();
    assert_eq!((response.status().as_u16(), host.others.load(Ordering::SeqCst)), (200, 0));
}
