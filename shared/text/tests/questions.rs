//! The demo's own questions, as visitors of each language ask them, on a page of their language and on an English one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::path::Path;

use nearside_text::{Language, detect_expecting};

fn share(questions: &[&str], page: Language, counted: impl Fn(Option<Language>) -> bool) -> f64 {
    questions.iter().filter(|q| counted(detect_expecting(q, Some(page)))).count() as f64 / questions.len() as f64
}

#[test]
fn questions_are_taken_for_their_own_language() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/shop/golden");
    let mut files = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let own = Language::from_tag(&path.file_stem().unwrap().to_string_lossy()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let questions: Vec<&str> = text.lines().skip(1).filter_map(|l| l.rsplit_once(',')).map(|(q, _)| q).collect();
        let lost = share(&questions, own, |found| found.is_some_and(|f| f.base() != own.base()));
        assert!(lost <= 0.04, "{own:?} on its own page: {lost:.2} taken for another language");
        let found = share(&questions, Language::En, |found| found.is_some_and(|f| f.base() == own.base()));
        assert!(found >= 0.65, "{own:?} on an English page: {found:.2} recognised");
        files += 1;
    }
    assert_eq!(files, 12);
}
