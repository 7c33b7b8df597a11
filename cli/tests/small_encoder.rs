//! The encoder that comes with the program.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;
use std::process::Command;

fn nearside(dir: &Path, args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_nearside")).current_dir(dir).args(args).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn what_means_the_same_lies_nearer_than_what_shares_words() {
    let dir = tempfile::tempdir().unwrap();
    let texts = ["how do I return my order?", "I want to send the parcel back", "how do I order a pizza?"];
    let shown = nearside(dir.path(), &[&["encoder", "show", "small"], &texts[..]].concat());
    let cosines: Vec<f32> = shown.lines().skip(1).map(|line| line.split("  ").next().unwrap().parse().unwrap()).collect();
    assert!(cosines[0] > cosines[1], "{shown}");
}

/// Without a folder, without a network.
#[test]
fn a_site_has_it_at_the_edge() {
    let dir = tempfile::tempdir().unwrap();
    let faq = "question,answer\nWhere is my order?,Look under Orders.\nHow do I pay?,By card.\n";
    std::fs::write(dir.path().join("faq.csv"), faq).unwrap();
    nearside(dir.path(), &["import", "faq.csv", "--into", "d"]);
    std::fs::write(dir.path().join("d/site.toml"), "origins = [\"https://shop.example\"]\n").unwrap();
    let site = ["site", "build", "d", "--site", "shop", "--into", "blobs", "--edge-encoder", "en", "--encoder", "small"];
    nearside(dir.path(), &site);
    let manifest = std::fs::read_to_string(dir.path().join("blobs/sites/shop.json")).unwrap();
    assert!(manifest.contains("nearside-small-en"), "{manifest}");
    let folders = std::fs::read_dir(dir.path().join("blobs/encoders")).unwrap();
    let folder = folders.map(|f| f.unwrap().path()).next().unwrap();
    let given = std::fs::read(folder.join("model.onnx")).unwrap();
    assert_eq!(given, include_bytes!("../../shared/encoder/small/model.onnx"));
}
