//! Every file of `e2e/imports` comes in as its `.expected.json` says. What the keys mean stands in the README there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what should hold by failing")]

use std::path::Path;

use nearside_import::{Import, InputFile, read};
use serde_json::Value;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/imports")
}

fn files_below(path: &Path, name: &str, is_named: bool, files: &mut Vec<InputFile>) {
    if path.is_dir() {
        let mut names: Vec<String> =
            std::fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        for below in names.iter().filter(|n| !n.starts_with('.')) {
            files_below(&path.join(below), &format!("{name}/{below}"), false, files);
        }
    } else {
        files.push(InputFile { path: name.to_owned(), bytes: std::fs::read(path).unwrap(), is_named });
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap_or_default().to_owned()).collect()
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `told` has a word; digits alone must stand as a number.
fn says(told: &str, word: &str) -> bool {
    let (told, word) = (told.to_lowercase(), word.to_lowercase());
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return told.split(|c: char| !c.is_ascii_digit()).any(|n| n == word);
    }
    told.contains(&word)
}

fn untold(told: &str, wanted: &Value) -> Vec<String> {
    let lists = wanted.as_array().into_iter().flatten().map(strings);
    lists.filter(|any| !any.iter().any(|word| says(told, word))).map(|any| format!("not told: one of {any:?}, but {told:?}")).collect()
}

fn faults(case: &str, expected: &Value) -> Vec<String> {
    let mut files = Vec::new();
    let input = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let is_input = |n: &String| {
        n == case || n.rsplit_once('.').is_some_and(|(stem, end)| stem == case && end != "json" || n == &format!("{case}.json"))
    };
    let name = input.into_iter().find(is_input).unwrap_or_else(|| panic!("no input for {case}"));
    files_below(&folder().join(&name), &name, true, &mut files);
    let read = read(files);
    match (read, expected.get("refused")) {
        (Err(error), Some(wanted)) => untold(&error.to_string(), wanted),
        (Err(error), None) => vec![format!("refused: {error}")],
        (Ok(import), Some(_)) => {
            vec![format!("imported, but it should be refused: {:?}", import.articles.iter().map(|a| &a.title).collect::<Vec<_>>())]
        }
        (Ok(import), None) => differences(&import, expected),
    }
}

fn differences(import: &Import, expected: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut left: Vec<&nearside_import::Imported> = import.articles.iter().collect();
    for article in expected["articles"].as_array().into_iter().flatten() {
        let title = spaced(article["title"].as_str().unwrap_or_default());
        // Several may have one title: the one whose body fits.
        let fits = |a: &&nearside_import::Imported| strings(&article["has"]).iter().all(|s| spaced(&a.body).contains(&spaced(s)));
        let at = left.iter().position(|a| a.title == title && fits(a)).or_else(|| left.iter().position(|a| a.title == title));
        let Some(at) = at else {
            if article["optional"] != true {
                wrong.push(format!("no article {title:?}; there are {:?}", import.articles.iter().map(|a| &a.title).collect::<Vec<_>>()));
            }
            continue;
        };
        let found = left.remove(at);
        let body = spaced(&found.body);
        let mut want = |is: bool, what: String| {
            if !is {
                wrong.push(format!("{title:?}: {what}\n      body {:?}", found.body));
            }
        };
        for has in strings(&article["has"]) {
            want(body.contains(&spaced(&has)), format!("should have {has:?}"));
        }
        for lacks in strings(&article["lacks"]) {
            want(!found.body.contains(&lacks), format!("should not have {lacks:?}"));
        }
        for (key, list) in [("wordings", &found.wordings), ("tags", &found.tags)] {
            let list: Vec<String> = list.iter().map(|s| s.to_lowercase()).collect();
            for item in strings(&article[key]) {
                want(list.contains(&item.to_lowercase()), format!("{key} should have {item:?}, has {list:?}"));
            }
        }
        if let Some(language) = article["language"].as_str() {
            let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
            want(
                found.language.as_deref().map(base) == Some(base(language)),
                format!("language {:?}, expected {language:?}", found.language),
            );
        }
        if let Some(source) = article["source"].as_str() {
            want(found.source == source, format!("source {:?}, expected {source:?}", found.source));
        }
        match &article["published"] {
            Value::Null if article.get("published").is_some() => {}
            published => want(found.is_published == published.as_bool().unwrap_or(true), format!("published is {}", found.is_published)),
        }
    }
    wrong.extend(left.iter().map(|a| format!("one article too many: {:?}", a.title)));
    let told: Vec<String> = import.notes.iter().map(ToString::to_string).collect();
    wrong.extend(untold(&told.join("\n"), &expected["told"]));
    wrong
}

#[test]
fn every_file_comes_in_as_expected() {
    let only = std::env::var("CASE").ok();
    let mut cases: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().to_string_lossy().strip_suffix(".expected.json").map(str::to_owned))
        .filter(|case| only.as_ref().is_none_or(|o| o == case))
        .collect();
    cases.sort();
    let mut failed = 0;
    for case in &cases {
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(folder().join(format!("{case}.expected.json"))).unwrap()).unwrap();
        let wrong = faults(case, &expected);
        failed += usize::from(!wrong.is_empty());
        if !wrong.is_empty() {
            eprintln!("{case} ({})", expected["why"].as_str().unwrap_or_default());
            wrong.iter().for_each(|w| eprintln!("    {w}"));
        }
    }
    assert!(failed == 0, "{failed} of {} cases fail", cases.len());
}
