//! What the ports promise, kept by the in-memory host; the other hosts' databases are asked through the contract.

#![allow(clippy::unwrap_used, reason = "a test may")]

use futures_executor::block_on;
use nearside_edge::{Database, Memory, PortError, Secret, Statement, System};

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
