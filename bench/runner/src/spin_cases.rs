//! What only the Spin component has to show: it brings its own schema up to date, and says plainly what it lacks.

use std::path::Path;

use anyhow::{Context, Result};
use http::Method;
use nearside_contract::{Answer, Outcome};
use rusqlite::Connection;

use crate::contract::{fresh, send};
use xtask::root;
use xtask::serve::{OPERATOR_TOKEN, TOKEN, free_port};
use xtask::spin::{Options, SpinHost};

type Case = (&'static str, fn() -> Result<()>);

const CASES: &[Case] = &[
    ("brings a database of each earlier schema version up to date and keeps its records", earlier_schemas),
    ("a database newer than the program: readiness says so, answers go on", newer_schema),
    ("a database that cannot be opened: readiness says so, answers go on", no_database),
    ("no agents' token: readiness says so, answers go on", no_token),
    (
        "another sealing key opens nothing and readiness says so, an added one opens all, after rotation the old one may go; without keys nothing is stored",
        sealing,
    ),
    ("operators export, hold, erase, change keys and verify the log with `nearside`; a changed log shows", operators),
    ("answers what `cargo xtask deploy` asks a new deployment", || {
        xtask::deploy::smoke(&Started::over(&fresh("smoke")?, TOKEN, &[])?.0.url)
    }),
    ("a pack of a newer format or under a wrong hash: readiness says so, other sites go on", bad_packs),
];

/// `nearside` as operators use it, and a log that somebody changed behind its back.
fn operators() -> Result<()> {
    let data = fresh("operators")?;
    let host = Started::over(&data, TOKEN, &[])?;
    let nearside = |arguments: &[&str]| -> Result<(bool, String)> {
        let mut command = std::process::Command::new(xtask::build::program("nearside"));
        let done = command.args(arguments).env("NEARSIDE_EDGE", &host.0.url).env("NEARSIDE_OPERATOR_TOKEN", OPERATOR_TOKEN).output()?;
        Ok((done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()))
    };
    let says = |arguments: &[&str], well: bool, expected: &str| -> Result<String> {
        let (is_well, said) = nearside(arguments)?;
        anyhow::ensure!(is_well == well && said.contains(expected), "nearside {arguments:?} said {said:?}, expected {expected:?}");
        Ok(said)
    };
    let who = ["--site", "demo", "--actor", "ana", "--reason", "a letter"];
    let with = |head: &[&'static str], more: &[&'static str]| -> Vec<&'static str> { [head, &who, more].concat() };
    let person = ["--conversation", "operated-1"];
    anyhow::ensure!(host.hand_off("operated-1", "the heron").status == 200, "handoff");
    says(&with(&["subject", "export"], &person), true, "the heron")?;
    says(&with(&["hold", "begin"], &person), true, "\"hold\": true")?;
    says(&with(&["subject", "erase"], &person), false, "answered 409: under a legal hold")?;
    says(&with(&["hold", "end"], &person), true, "\"hold\": false")?;
    says(&with(&["subject", "erase"], &person), true, "\"entries\": 2")?;
    says(&with(&["keys", "rotate"], &[]), true, "\"skipped\": 0")?;
    says(&with(&["keys", "shred"], &["--yes-shred", "other"]), false, "lost for good")?;
    says(&with(&["retention"], &[]), true, "\"entries\": 0")?;
    says(&["subject", "erase", "--site", "demo", "--actor", "ana", "--reason", "x"], false, "required")?;
    let log = says(&["audit", "export", "--site", "demo"], true, "subject.erase")?;
    let file = data.join("audit.jsonl");
    std::fs::write(&file, &log)?;
    let path = file.to_string_lossy().into_owned();
    says(&["audit", "verify", &path], true, "entries hold")?;
    let said = says(&["audit", "verify", "--site", "demo"], true, "entries hold; the newest hash is ")?;
    let newest = said.trim().rsplit(' ').next().unwrap_or_default().to_owned();
    let again: Vec<&str> = [&["subject", "reapply"], &who[..], &[&path]].concat();
    says(&again, true, "1 conversations erased again")?;
    says(&["audit", "verify", "--site", "demo", "--kept", &newest], true, "entries hold")?;
    let database = Connection::open(data.join("default.db"))?;
    database.execute("UPDATE audit SET reason = 'another letter' WHERE site = 'demo' AND seq = 2", [])?;
    says(&["audit", "verify", "--site", "demo"], false, "entry 2 was changed")?;
    database.execute("DELETE FROM audit WHERE site = 'demo' AND seq >= 2", [])?;
    says(&["audit", "verify", "--site", "demo", "--kept", &newest], false, "cut short or written anew").map(drop)
}

/// Runs the cases; gives how each went.
pub fn run() -> Result<Vec<(&'static str, Outcome)>> {
    Ok(CASES.iter().map(|(name, case)| (*name, case().map_or_else(|e| Outcome::Wrong(format!("{e:#}")), |()| Outcome::Yes))).collect())
}

const TURN: &str = r#"{"v":1,"site":"demo","locale":"en","input":{"type":"text","text":"How do I return a product?"},
    "consent":{"v":1,"at_ms":1,"by":"visitor","purposes":["edge"]}}"#;

struct Started(SpinHost);

impl Started {
    fn over(data: &Path, token: &str, more: &[&str]) -> Result<Self> {
        Ok(Self(SpinHost::start(&Options { token, more, ..Options::new(free_port()?, data) })?))
    }

    fn sealing_with(data: &Path, seal_keys: &str) -> Result<Self> {
        Ok(Self(SpinHost::start(&Options { seal_keys, ..Options::new(free_port()?, data) })?))
    }

    fn hand_off(&self, id: &str, text: &str) -> Answer {
        let body = crate::contract::entries_of(id, text);
        send(&self.0.url, Method::POST, "/v1/entries?site=demo", &[], body.to_string().into_bytes())
    }

    /// Each handoff's id, and the first line of its conversation.
    fn handoffs(&self) -> Result<Vec<(String, String)>> {
        let token = format!("Bearer {TOKEN}");
        let read = |path: &str| {
            let answer = self.get(path, &[("authorization", &token)]);
            anyhow::ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.json());
            Ok(answer.json())
        };
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut all = Vec::new();
        for handoff in read("/v1/handoffs?site=demo")?["handoffs"].as_array().context("handoffs")? {
            let record = read(&format!("/v1/conversations/{}?site=demo", text(&handoff["conversation"])))?;
            all.push((text(&handoff["id"]), text(&record["entries"][0]["entry"]["event"]["text"])));
        }
        all.sort();
        Ok(all)
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        send(&self.0.url, Method::GET, path, headers, vec![])
    }

    /// Readiness is refused with `reason`, while a question is answered.
    fn is_unready_but_answers(&self, reason: &str) -> Result<()> {
        let ready = self.get("/readyz", &[("authorization", &format!("Bearer {OPERATOR_TOKEN}"))]);
        let said = String::from_utf8_lossy(&ready.body).into_owned();
        anyhow::ensure!(ready.status == 503 && said.contains(reason), "readiness {} {said}, expected {reason:?}", ready.status);
        let told = String::from_utf8_lossy(&self.get("/readyz", &[]).body).into_owned();
        anyhow::ensure!(!told.contains(reason), "a stranger is told {told}");
        let turn = send(&self.0.url, Method::POST, "/v1/turn?site=demo", &[], TURN.into());
        anyhow::ensure!(turn.status == 200 && turn.json()["replies"][0]["kind"] == "answer", "turn: {} {}", turn.status, turn.json());
        Ok(())
    }
}

fn migrations() -> Result<Vec<String>> {
    let mut files: Vec<_> = std::fs::read_dir(root().join("edge/migrations"))?.flatten().map(|f| f.path()).collect();
    files.sort();
    files.into_iter().map(|f| Ok(std::fs::read_to_string(f)?)).collect()
}

/// A database as it was after the first `version` migrations.
fn database(data: &Path, version: usize) -> Result<Connection> {
    let made = Connection::open(data.join("default.db"))?;
    made.execute_batch("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)")?;
    for (at, sql) in migrations()?.iter().take(version).enumerate() {
        made.execute_batch(sql)?;
        made.execute("INSERT INTO schema_version (version) VALUES (?1)", [at as i64 + 1])?;
    }
    Ok(made)
}

fn earlier_schemas() -> Result<()> {
    let newest = migrations()?.len();
    for version in 0..=newest {
        let data = fresh(&format!("schema-{version}"))?;
        let made = database(&data, version)?;
        if version > 0 {
            made.execute_batch(
                "INSERT INTO handoffs (site, conversation, id, reason, locale, created_ms)
                 VALUES ('demo', 'kept-conversation', 'kept-handoff', 'requested', 'en', 1)",
            )?;
        }
        drop(made);
        let host = Started::over(&data, TOKEN, &[])?;
        let ready = host.get("/readyz", &[]);
        anyhow::ensure!(ready.status == 200, "from version {version}: {}", String::from_utf8_lossy(&ready.body));
        let listed = host.get("/v1/handoffs?site=demo", &[("authorization", &format!("Bearer {TOKEN}"))]).json();
        let kept = listed["handoffs"].as_array().context("handoffs")?.iter().filter(|h| h["id"] == "kept-handoff").count();
        anyhow::ensure!(kept == usize::from(version > 0), "from version {version}: {listed}");
        drop(host);
        let now: i64 =
            Connection::open(data.join("default.db"))?.query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))?;
        anyhow::ensure!(now == newest as i64, "from version {version}: became {now}");
    }
    Ok(())
}

fn newer_schema() -> Result<()> {
    let data = fresh("schema-newer")?;
    database(&data, 0)?.execute("INSERT INTO schema_version (version) VALUES (99)", [])?;
    Started::over(&data, TOKEN, &[])?.is_unready_but_answers("its schema is version 99")
}

fn no_database() -> Result<()> {
    let host = Started::over(&fresh("no-database")?, TOKEN, &["--no-database"])?;
    host.is_unready_but_answers("spin.toml wants sqlite_databases")?;
    let refused = host.hand_off("no-database-1", "hello");
    anyhow::ensure!(refused.status == 503 && refused.json()["instance"].is_string(), "{} {}", refused.status, refused.json());
    Ok(())
}

fn no_token() -> Result<()> {
    let host = Started::over(&fresh("no-token")?, "", &[])?;
    host.is_unready_but_answers("SPIN_VARIABLE_AGENT_TOKEN")?;
    let status = host.get("/v1/handoffs?site=demo", &[("authorization", "Bearer ")]).status;
    anyhow::ensure!(status == 503, "handoffs without a token: {status}");
    Ok(())
}

fn bad_packs() -> Result<()> {
    let data = fresh("bad-packs")?;
    let store = Connection::open(data.join("key_value.db"))?;
    store.execute_batch("CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL)")?;
    let put = |key: &str, value: &[u8]| store.execute("INSERT INTO entries VALUES (?1, ?2)", (format!("blobs/{key}"), value));
    let newer = [b"NEARPACK".as_slice(), &[255, 0, 0, 0, 0, 0, 0, 0]].concat();
    let good = crate::published::site_packs("demo")?.swap_remove(0).1;
    for (site, hash, bytes) in [("newer", "a".repeat(64), newer.as_slice()), ("swapped", "b".repeat(64), good.as_slice())] {
        put(&format!("packs/{hash}.pack"), bytes)?;
        let manifest = format!(r#"{{"v":1,"site":"{site}","origins":["*"],"packs":[{{"language":"en","hash":"{hash}","bytes":1}}]}}"#);
        put(&format!("sites/{site}.json"), manifest.as_bytes())?;
    }
    put("sites.json", br#"["demo","newer","swapped"]"#)?;
    drop(store);
    let host = Started::over(&data, TOKEN, &[])?;
    host.is_unready_but_answers("pack format 255, expected at most")?;
    host.is_unready_but_answers("expected the hash in its name")?;
    let log = std::fs::read_to_string(data.join("host.log"))?;
    let lines = log.lines().filter(|l| l.contains("site newer: ")).count();
    anyhow::ensure!((1..=4).contains(&lines), "{lines} lines in the log about one pack:\n{log}");
    Ok(())
}

fn sealing() -> Result<()> {
    let data = fresh("sealing")?;
    let (old, new) = (format!("k1={}", "a1".repeat(32)), format!("k2={}", "b2".repeat(32)));
    let host = Started::sealing_with(&data, &old)?;
    anyhow::ensure!(host.hand_off("sealed-first", "the zebra ate my parcel").status == 200, "first handoff");
    anyhow::ensure!(host.handoffs()? == [("sealed-first".into(), "the zebra ate my parcel".into())], "{:?}", host.handoffs()?);
    drop(host);
    let found = crate::contract::file_that_holds(&data, b"zebra")?;
    anyhow::ensure!(found.is_none(), "the visitor's words lie open in {found:?}");
    let host = Started::sealing_with(&data, &new)?;
    host.is_unready_but_answers("which is not among the sealing keys")?;
    anyhow::ensure!(host.handoffs().is_err() && host.hand_off("sealed-lost", "the fox").status == 503, "opened with another key");
    drop(host);
    let host = Started::sealing_with(&data, &format!("{new},{old}"))?;
    anyhow::ensure!(host.hand_off("sealed-second", "the lion too").status == 200, "second handoff");
    let shown = host.handoffs()?;
    anyhow::ensure!(shown.len() == 2 && shown[0].1.contains("zebra") && shown[1].1.contains("lion"), "{shown:?}");
    // Rotation seals the site's keys with the new one: the old one may go.
    let body = serde_json::json!({"v": 1, "site": "demo", "actor": "ana", "reason": "test"}).to_string();
    let token = format!("Bearer {OPERATOR_TOKEN}");
    let rotated = send(&host.0.url, Method::POST, "/v1/keys/rotate?site=demo", &[("authorization", &token)], body.into());
    anyhow::ensure!(rotated.status == 200 && rotated.json()["skipped"] == 0, "{} {}", rotated.status, rotated.json());
    drop(host);
    let host = Started::sealing_with(&data, &new)?;
    anyhow::ensure!(host.handoffs()?.len() == 2 && host.get("/readyz", &[]).status == 200, "after rotation");
    drop(host);
    let host = Started::sealing_with(&data, "")?;
    host.is_unready_but_answers("SPIN_VARIABLE_SEAL_KEYS")?;
    let refused = host.hand_off("sealed-third", "the bear");
    anyhow::ensure!(refused.status == 503, "without keys: {}", refused.status);
    let host = Started::sealing_with(&data, "k1=short")?;
    host.is_unready_but_answers("64 hexadecimal digits")
}
