//! Bad input is one clear line, exit code 2, and nothing half written.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn nearside(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nearside")).current_dir(dir).args(args).output().unwrap()
}

#[track_caller]
fn check(files: &[(&str, &[u8])], args: &[&str], expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let out = nearside(dir.path(), args);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(expected), "{said:?} should say {expected:?}");
    assert!(!dir.path().join("out.pack").exists());
}

const EVAL: &[&str] = &["eval", "intents", "--train", "t.csv", "--test", "t.csv"];

#[test]
fn tables() {
    check(&[], EVAL, "t.csv");
    check(&[("t.csv", b"text,label\nhello,greet\nlost,\n")], EVAL, "t.csv:3: row without a label");
    check(&[("t.csv", b"hello,greet\nonly one\n")], EVAL, "t.csv:2: 1 column, where the table has 2");
    check(&[("t.csv", b"sch\xc3\xb6n gr\xc3\xbcn,greet\n\xff\xfe,bad\n")], EVAL, "t.csv:2: not UTF-8");
    check(&[("t.csv", b"hello,greet\n")], EVAL, "1 intent(s) with examples, expected at least 2");
}

#[test]
fn a_language_names_no_other_folder() {
    for lang in ["../../x", "", "/tmp", "en/.."] {
        let args = ["import", "t.csv", "--into", "shop", "--lang", lang];
        check(&[("t.csv", b"how,so\n")], &args, &format!("--lang {lang:?}: expected a language tag"));
    }
}

#[test]
fn articles() {
    let faq = &["eval", "faq", "--articles", "a.csv", "--queries", "q.csv"];
    check(&[("a.csv", b"id,question,answer\n,q,a\n")], faq, "a.csv:2: article without an id");
    check(&[("a.csv", b"1,q,a\n1,r,b\n")], faq, "a.csv:2: second article with the id \"1\"");
    check(&[("a.csv", b"1,q,a\n2,r,b\n"), ("q.csv", b"hello,7\n")], faq, "q.csv:1: article \"7\" does not exist");
}

#[test]
fn packs() {
    check(&[("p.pack", b"junk")], &["pack", "show", "p.pack"], "p.pack: not a pack");
    check(&[], &["pack", "build", "nowhere", "-o", "out.pack"], "nowhere: no domain.toml there");
    let encoder = &["pack", "build", "d", "-o", "out.pack", "--tier", "encoder", "--encoder", "nowhere"];
    check(&[DOMAIN, ARTICLE], encoder, "nearside: nowhere/model.onnx cannot be read");
    check(&[("d/domain.toml", b"name = 3")], &["pack", "build", "d", "-o", "out.pack"], "d/domain.toml:1:");
}

const DOMAIN: (&str, &[u8]) = ("d/domain.toml", b"name = \"D\"\n");
const ARTICLE: (&str, &[u8]) = ("d/articles/en/pay.md", b"+++\ntitle = \"How do I pay?\"\n+++\nBy card.\n");
const SITE: &[&str] = &["site", "build", "d", "--site", "shop", "--into", "blobs"];

#[test]
fn sites() {
    check(&[DOMAIN, ARTICLE], &["site", "build", "d", "--site", "My Shop"], "--site \"My Shop\": expected 1 to 32 lower-case letters");
    check(&[DOMAIN, ARTICLE], SITE, "d/site.toml: expected at least origins");
    check(&[DOMAIN, ARTICLE, ("d/site.toml", b"origins = 3")], SITE, "d/site.toml: invalid type");
    check(
        &[DOMAIN, ARTICLE, ("d/site.toml", b"orgins = []")],
        SITE,
        "d/site.toml: \"orgins\" is no setting, expected origins, consent, retention",
    );
    check(&[DOMAIN, ARTICLE], &[SITE, &["--edge-encoder", "xx"]].concat(), "--edge-encoder xx: the site has en");
    check(&[DOMAIN, ARTICLE], &[SITE, &["--tier", "encoder"]].concat(), "--edge-encoder LANG gives the edge its own");
}

#[test]
fn a_site_is_packs_and_a_manifest_that_names_them() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("faq.csv"), "question,answer\nWhere is my order?,Look under Orders.\nHow do I pay?,By card.\n").unwrap();
    assert!(nearside(dir.path(), &["import", "faq.csv", "--into", "d"]).status.success());
    std::fs::write(dir.path().join("d/site.toml"), "origins = [\"https://shop.example\"]\n[retention]\nconversations_days = 7\n").unwrap();
    let out = nearside(dir.path(), SITE);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let read = |name: &str| std::fs::read(dir.path().join("blobs").join(name)).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&read("sites/shop.json")).unwrap();
    assert_eq!((&manifest["site"], &manifest["retention"]["conversations_days"]), (&"shop".into(), &7.into()));
    let hash = manifest["packs"][0]["hash"].as_str().unwrap();
    assert_eq!(nearside_assistant::content_hash(&read(&format!("packs/{hash}.pack"))), hash);
    assert!(!read(&format!("packs/{hash}.pack.br")).is_empty());
    let vectors = &manifest["packs"][0]["vectors"];
    let (hash, bytes) = (vectors["hash"].as_str().unwrap(), read(&format!("vectors/{}.bin", vectors["hash"].as_str().unwrap())));
    assert_eq!((nearside_assistant::content_hash(&bytes).as_str(), vectors["bytes"].as_u64()), (hash, Some(bytes.len() as u64)));
    assert!(!read(&format!("vectors/{hash}.bin.br")).is_empty());
    assert_eq!(read("sites.json"), b"[\"shop\"]");
}

#[test]
fn imports_and_builds_and_answers() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("faq.csv"),
        "question,answer,tags\nWhere is my order?,Look under Orders.,orders\nHow do I pay?,By card.,payment;card\n",
    )
    .unwrap();
    assert!(nearside(dir.path(), &["import", "faq.csv", "--into", "shop"]).status.success());
    assert!(nearside(dir.path(), &["pack", "build", "shop", "-o", "out.pack"]).status.success());
    let out = nearside(dir.path(), &["ask", "--pack", "out.pack", "where is my order"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("Look under Orders."), "{out:?}");
}

#[test]
fn a_reader_who_stops_gets_no_panic() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nearside"));
    command.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    assert_ne!(out.status.code(), Some(101));
}
