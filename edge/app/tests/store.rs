//! What is stored, for whom it opens, and for how long it is kept: seen in the database itself.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod setup;

use futures_executor::block_on;
use http::Method;
use nearside_edge::{Memory, PackCache, System, daily_job, router};
use nearside_privacy::jwt::{Audience, Claims, sign};
use serde_json::{Value, json};
use setup::{AGENTS, IDENTITY_KEY, InMemory, agreed, call, hand_off, host, operate, read, sql};

const DAY: f64 = 86_400_000.0;

fn started() -> (Memory, InMemory) {
    let memory = host(None);
    (memory.clone(), InMemory(router(memory, PackCache::default())))
}

fn session(memory: &Memory, client: &InMemory, sub: &str) -> String {
    let exp = memory.now_ms() / 1000.0 + 3600.0;
    let claims = Claims { sub: sub.into(), aud: Audience::One("demo".into()), exp, nbf: None, jti: None };
    let identity = sign(IDENTITY_KEY.as_bytes(), &claims);
    let body = json!({"v": 1, "site": "demo", "identity": identity}).to_string();
    let (status, opened) = call(client, Method::POST, "/v1/session?site=demo", "", &body);
    assert_eq!(status, 200, "{opened}");
    opened["session"].as_str().unwrap().to_owned()
}

fn own(client: &InMemory, session: &str) -> Vec<Value> {
    let (status, own) = call(client, Method::GET, "/v1/conversations?site=demo", session, "");
    assert_eq!(status, 200, "{own}");
    own.as_array().unwrap().clone()
}

/// Every sealed text stands in a column whose name says so, and nothing else does.
#[test]
fn sealed_columns_hold_sealed_text_and_no_other_column_does() {
    let (memory, client) = started();
    assert_eq!(hand_off(&client, "conversation-1", "handoff-1", None), 200);
    let event = json!({"id": "question-1", "name": "unknown", "at_ms": 1, "question": "the walrus"});
    let batch = json!({"v": 1, "site": "demo", "events": [event], "consent": agreed("improve")}).to_string();
    assert_eq!(call(&client, Method::POST, "/v1/events?site=demo", "", &batch).0, 204);
    let columns =
        sql(&memory, "SELECT m.name AS t, p.name AS c FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table'");
    let mut sealed = 0;
    for column in columns {
        let (table, name) = (column["t"].as_str().unwrap(), column["c"].as_str().unwrap());
        let query: &'static str = Box::leak(format!("SELECT {name} AS value FROM {table} WHERE {name} IS NOT NULL").into_boxed_str());
        for row in sql(&memory, query) {
            let is_sealed = row["value"].as_str().is_some_and(|text| text.starts_with("sealed:1:"));
            assert_eq!(is_sealed, name.ends_with("_sealed"), "{table}.{name}: {row:?}");
            assert!(!row["value"].to_string().contains("walrus"), "{table}.{name}: {row:?}");
            sealed += usize::from(is_sealed);
        }
    }
    // Two keys of the site, one of the conversation, two entries, a question.
    assert_eq!(sealed, 6);
}

/// Who can write into the database writes their own name over the victim's, and signs in.
#[test]
fn a_conversation_under_another_name_opens_for_nobody() {
    let (memory, client) = started();
    let (victim, thief) = (session(&memory, &client, "victim"), session(&memory, &client, "thief"));
    assert_eq!(hand_off(&client, "conversation-victim", "handoff-v", Some(&victim)), 200);
    assert_eq!(hand_off(&client, "conversation-thief", "handoff-t", Some(&thief)), 200);
    assert_eq!((own(&client, &victim).len(), own(&client, &thief).len()), (1, 1));
    sql(
        &memory,
        "UPDATE conversations SET subject = (SELECT subject FROM conversations WHERE id = 'conversation-thief')
         WHERE id = 'conversation-victim'",
    );
    let seen = own(&client, &thief);
    assert!(seen.len() == 1 && seen[0]["id"] == "conversation-thief", "{seen:?}");
    assert!(!read(&client, "conversation-victim").1.to_string().contains("walrus"));
    // Nor with the thief's own key over it: it is not what the words were sealed with.
    sql(
        &memory,
        "UPDATE conversations SET key_sealed = (SELECT key_sealed FROM conversations WHERE id = 'conversation-thief')
         WHERE id = 'conversation-victim'",
    );
    assert!(!json!(own(&client, &thief)).to_string().contains("handoff-v"));
}

#[test]
fn words_that_were_moved_or_never_sealed_are_not_shown() {
    let (memory, client) = started();
    for id in ["conversation-1", "conversation-2"] {
        assert_eq!(hand_off(&client, id, "handoff-1", None), 200);
    }
    let opened = |id: &str| {
        let (status, record) = read(&client, id);
        assert_eq!(status, 200, "{record}");
        record["entries"].as_array().unwrap().iter().filter(|logged| !logged["entry"].is_null()).count()
    };
    assert_eq!((opened("conversation-1"), opened("conversation-2")), (2, 2));
    // Another entry of the same conversation, another conversation's, and a forged one.
    sql(
        &memory,
        "UPDATE entries SET words_sealed = (SELECT words_sealed FROM entries WHERE conversation = 'conversation-1' AND seq = 2) WHERE conversation = 'conversation-1' AND seq = 1",
    );
    assert_eq!(opened("conversation-1"), 1);
    sql(
        &memory,
        "UPDATE entries SET words_sealed = (SELECT words_sealed FROM entries WHERE conversation = 'conversation-2' AND seq = 2) WHERE conversation = 'conversation-1' AND seq = 2",
    );
    assert_eq!(opened("conversation-1"), 0);
    sql(
        &memory,
        r#"UPDATE entries SET words_sealed = '{"id":"said-handoff-1","at_ms":1,"event":{"type":"said","text":"forged"}}' WHERE seq = 1"#,
    );
    assert_eq!((opened("conversation-1"), opened("conversation-2")), (0, 1));
}

#[test]
fn erasing_a_conversation_takes_its_key_its_words_and_its_place_in_the_inbox() {
    let (memory, client) = started();
    assert_eq!(hand_off(&client, "conversation-1", "handoff-1", None), 200);
    assert_eq!(hand_off(&client, "conversation-2", "handoff-2", None), 200);
    assert_eq!(operate(&client, "/v1/subject/erase", json!({"conversation": "conversation-1"})).0, 200);
    for table in ["conversations", "entries", "handoffs"] {
        let column = if table == "conversations" { "id" } else { "conversation" };
        let query: &'static str = Box::leak(format!("SELECT DISTINCT {column} AS id FROM {table}").into_boxed_str());
        let left = sql(&memory, query);
        assert!(left.len() == 1 && left[0]["id"] == "conversation-2", "{table}: {left:?}");
    }
}

#[test]
fn the_daily_job_keeps_handoffs_for_their_days_and_no_longer() {
    let (memory, client) = started();
    memory.add_blob("sites.json", br#"["demo","gone"]"#.to_vec());
    let packs = PackCache::default();
    let ids = || {
        let (_, listed) = call(&client, Method::GET, "/v1/handoffs?site=demo", AGENTS, "");
        listed["handoffs"].as_array().unwrap().iter().map(|h| h["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(hand_off(&client, "conversation-old", "old-handoff", None), 200);
    memory.wait(100.0 * DAY);
    assert_eq!(hand_off(&client, "conversation-new", "new-handoff", None), 200);
    block_on(daily_job(&memory, &packs));
    assert_eq!(ids(), ["new-handoff", "old-handoff"]);
    memory.wait(81.0 * DAY);
    // A site that is listed and not there does not keep the others from their turn.
    block_on(daily_job(&memory, &packs));
    assert_eq!(ids(), ["new-handoff"]);
}

#[test]
fn a_conversation_is_kept_for_its_days_from_its_newest_entry_on() {
    let (memory, client) = started();
    memory.add_blob("sites.json", br#"["demo"]"#.to_vec());
    let run = || block_on(daily_job(&memory, &PackCache::default()));
    let entries = || read(&client, "conversation-1").1["entries"].as_array().map(Vec::len);
    assert_eq!(hand_off(&client, "conversation-1", "handoff-1", None), 200);
    memory.wait(170.0 * DAY);
    assert_eq!(hand_off(&client, "conversation-1", "handoff-2", None), 200);
    // A repeat is no new entry.
    memory.wait(100.0 * DAY);
    assert_eq!(hand_off(&client, "conversation-1", "handoff-1", None), 200);
    run();
    assert_eq!(entries(), Some(4), "whole, the older entries too");
    memory.wait(81.0 * DAY);
    run();
    assert_eq!(entries(), None);
}

#[test]
fn a_hold_keeps_what_is_old_and_what_is_erased_stays_erased() {
    let (memory, client) = started();
    memory.add_blob("sites.json", br#"["demo"]"#.to_vec());
    assert_eq!(hand_off(&client, "conversation-held", "handoff-1", None), 200);
    assert_eq!(hand_off(&client, "conversation-back", "handoff-2", None), 200);
    assert_eq!(operate(&client, "/v1/holds", json!({"conversation": "conversation-held", "hold": true})).0, 200);
    assert_eq!(operate(&client, "/v1/keys/shred", json!({})).0, 409);
    // As out of a backup of before it was erased.
    sql(&memory, "INSERT INTO tombstones VALUES ('demo', 'conversation-back', 1)");
    block_on(daily_job(&memory, &PackCache::default()));
    assert_eq!((read(&client, "conversation-held").0, read(&client, "conversation-back").0), (200, 404));
    memory.wait(400.0 * DAY);
    block_on(daily_job(&memory, &PackCache::default()));
    assert_eq!(read(&client, "conversation-held").0, 200);
}

#[test]
fn tombstones_go_when_no_backup_can_hold_what_they_guard() {
    let (memory, client) = started();
    memory.add_blob("sites.json", br#"["demo"]"#.to_vec());
    let run = || block_on(daily_job(&memory, &PackCache::default()));
    let count = || sql(&memory, "SELECT count(*) AS n FROM tombstones")[0]["n"].clone();
    assert_eq!(hand_off(&client, "conversation-1", "handoff-1", None), 200);
    assert_eq!(operate(&client, "/v1/subject/erase", json!({"conversation": "conversation-1"})).0, 200);
    // Events are kept longest, 400 days, and backups 30.
    memory.wait(429.0 * DAY);
    run();
    assert_eq!(count(), 1);
    assert_eq!(hand_off(&client, "conversation-1", "handoff-1", None), 410);
    memory.wait(2.0 * DAY);
    run();
    assert_eq!(count(), 0);
}

#[test]
fn events_that_cannot_be_deleted_do_not_keep_conversations() {
    let (memory, client) = started();
    memory.add_blob("sites.json", br#"["demo"]"#.to_vec());
    assert_eq!(hand_off(&client, "conversation-1", "handoff-1", None), 200);
    memory.wait(500.0 * DAY);
    sql(&memory, "INSERT INTO events VALUES ('demo', 'event-01', 'unknown', NULL, 1, 1, NULL)");
    sql(&memory, "CREATE TRIGGER stuck BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'stuck'); END");
    block_on(daily_job(&memory, &PackCache::default()));
    assert_eq!(read(&client, "conversation-1").0, 404);
    let logged = memory.logged();
    assert!(logged.iter().any(|line| line.contains("retention failed") && line.contains("stuck")), "{logged:?}");
}

/// Rotation works through pages, over rows that cannot be opened, and after keys were lost.
#[test]
fn keys_are_changed_over_damaged_rows_and_lost_keys() {
    let (memory, client) = started();
    let rotate = || {
        let (mut path, mut skipped, mut sealed) = ("/v1/keys/rotate".to_owned(), 0, 0);
        loop {
            let (status, done) = operate(&client, &path, json!({}));
            assert_eq!(status, 200, "{done}");
            skipped += done["skipped"].as_u64().unwrap();
            sealed += done["sealed"].as_u64().unwrap();
            match done["next"].as_str() {
                Some(next) => path = format!("/v1/keys/rotate?go_on={next}"),
                None => return (sealed, skipped),
            }
        }
    };
    for n in 0..230 {
        assert_eq!(hand_off(&client, &format!("conversation-{n}"), "handoff-1", None), 200);
    }
    sql(&memory, "UPDATE conversations SET key_sealed = 'sealed:1:none:00' WHERE id = 'conversation-7'");
    assert_eq!(rotate(), (229, 1));
    let keys = || sql(&memory, "SELECT id FROM site_keys ORDER BY id").len();
    assert_eq!(keys(), 2, "the old key seals nothing any more");
    assert!(read(&client, "conversation-229").1.to_string().contains("walrus"));
    assert_eq!(operate(&client, "/v1/keys/shred", json!({})).0, 200);
    assert_eq!(rotate(), (0, 230));
    assert_eq!(hand_off(&client, "conversation-1", "handoff-2", None), 200);
    // As a rotation beside a shredding left it.
    sql(&memory, "DELETE FROM site_keys WHERE id = 'lookup'");
    assert_eq!(hand_off(&client, "conversation-2", "handoff-2", None), 200);
    assert_eq!((keys(), rotate()), (2, (2, 228)));
}

#[test]
fn a_column_that_is_not_what_it_should_be_is_an_error() {
    let (memory, client) = started();
    assert_eq!(hand_off(&client, "conversation-1", "handoff-1", None), 200);
    sql(&memory, "UPDATE conversations SET consent = 'none'");
    assert_eq!(read(&client, "conversation-1").0, 503);
    sql(&memory, "UPDATE handoffs SET reason = 'boredom'");
    assert_eq!(call(&client, Method::GET, "/v1/handoffs?site=demo", AGENTS, "").0, 503);
}

#[test]
fn a_conversation_takes_a_thousand_entries_and_says_so() {
    let (_, client) = started();
    let add = |from: usize| {
        let entries: Vec<Value> = (from..from + 100)
            .map(|n| json!({"id": format!("entry-{n:04}"), "at_ms": 1, "event": {"type": "said", "text": "x"}}))
            .collect();
        let key = nearside_assistant::content_hash(b"k");
        let body = json!({"v": 1, "site": "demo", "conversation": "conversation-1", "locale": "en", "key_hash": key,
            "consent": agreed("person"), "entries": entries});
        call(&client, Method::POST, "/v1/entries?site=demo", "", &body.to_string())
    };
    for from in (0..1000).step_by(100) {
        assert_eq!(add(from).0, 200);
    }
    let (status, refused) = add(1000);
    assert_eq!(
        (status, &refused["type"], &refused["limit"]),
        (422, &json!("about:blank#conversation-too-long"), &json!("1000 entries a conversation"))
    );
    // What is there is answered all the same.
    assert_eq!(add(900).1["entries"][0]["seq"], 901);
}
