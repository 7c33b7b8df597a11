//! The phrases of each language against lines that were written beside them.
#![allow(clippy::unwrap_used, reason = "a test may")]

use nearside_nlu::acts::{Act, Acts, Reading};
use serde::Deserialize;

use crate::responses::Sayings;

#[derive(Deserialize)]
struct Golden {
    lines: Lines,
}

#[derive(Deserialize)]
struct Lines {
    greeting_wish: Vec<(String, String)>,
    refuse: Vec<String>,
    not_refuse: Vec<String>,
    affirm: Vec<String>,
    deny: Vec<String>,
    acknowledge: Vec<String>,
    repeat: Vec<String>,
}

const GOLDEN: [(&str, &str); 12] = [
    ("ar", include_str!("../../languages/golden/ar.toml")),
    ("de", include_str!("../../languages/golden/de.toml")),
    ("en", include_str!("../../languages/golden/en.toml")),
    ("es", include_str!("../../languages/golden/es.toml")),
    ("fr", include_str!("../../languages/golden/fr.toml")),
    ("id", include_str!("../../languages/golden/id.toml")),
    ("it", include_str!("../../languages/golden/it.toml")),
    ("ja", include_str!("../../languages/golden/ja.toml")),
    ("ko", include_str!("../../languages/golden/ko.toml")),
    ("pt", include_str!("../../languages/golden/pt.toml")),
    ("tr", include_str!("../../languages/golden/tr.toml")),
    ("zh", include_str!("../../languages/golden/zh.toml")),
];

fn words(text: &str) -> Vec<String> {
    nearside_text::pieces(text).into_iter().map(|p| p.text).filter(|t| t.chars().any(char::is_alphanumeric)).collect()
}

/// How many of `lines` are read as `expected`; what is not is named.
fn right<'a>(
    acts: &Acts,
    lines: impl IntoIterator<Item = &'a String>,
    expected: impl Fn(&Reading) -> bool,
    missed: &mut Vec<String>,
) -> usize {
    let is_right = |line: &&String| {
        let reading = acts.read(line);
        let right = expected(&reading);
        if !right {
            missed.push(format!("{line:?}: {reading:?}"));
        }
        right
    };
    lines.into_iter().filter(is_right).count()
}

#[test]
fn every_language_tells_wishes_from_what_stands_around_them() {
    for (language, golden) in GOLDEN {
        let lines = toml::from_str::<Golden>(golden).unwrap().lines;
        let acts = Acts::load(&Sayings::of(language).unwrap().acts());
        let mut missed = Vec::new();
        let peeled = lines.greeting_wish.iter().filter(|(message, wish)| {
            let found: Vec<String> = acts.read(message).wishes.iter().flat_map(|span| words(&message[span.clone()])).collect();
            // Two words more or less ("I want to", a particle) do not change what is wanted.
            let wish = words(wish);
            let odd = |a: &[String], b: &[String]| a.iter().filter(|word| !b.contains(word)).count();
            let right = odd(&found, &wish) + odd(&wish, &found) <= 2;
            if !right {
                missed.push(format!("{message:?}: {found:?}"));
            }
            right
        });
        assert!(10 * peeled.count() >= 9 * lines.greeting_wish.len(), "{language}: {missed:#?}");
        missed.clear();
        let refused = right(&acts, &lines.refuse, |r| !r.refused.is_empty(), &mut missed);
        assert!(10 * refused >= 9 * lines.refuse.len(), "{language}: {missed:#?}");
        missed.clear();
        let wanted = right(&acts, &lines.not_refuse, |r| r.refused.is_empty() && !r.wishes.is_empty(), &mut missed);
        assert!(10 * wanted >= 9 * lines.not_refuse.len(), "{language}: {missed:#?}");
    }
}

#[test]
fn every_language_knows_short_replies() {
    let (mut all, mut found, mut missed) = (0, 0, Vec::new());
    for (language, golden) in GOLDEN {
        let lines = toml::from_str::<Golden>(golden).unwrap().lines;
        let acts = Acts::load(&Sayings::of(language).unwrap().acts());
        for (lines, act) in
            [(&lines.affirm, Act::Affirm), (&lines.deny, Act::Deny), (&lines.acknowledge, Act::Acknowledge), (&lines.repeat, Act::Repeat)]
        {
            all += lines.len();
            found += right(&acts, lines, |r| r.acts.contains(&act), &mut missed);
        }
    }
    // They are written in words that the lists do not have on purpose: a floor, no figure.
    assert!(100 * found >= 60 * all, "{found} of {all}: {missed:#?}");
}
