//! What becomes of a wish: thresholds, spelling, many alike, refusals that are none.
#![allow(clippy::unwrap_used, reason = "a test may")]

use nearside_conversation::Tracker;
use nearside_knowledge::Article;

use crate::tests::{article, context, files, say};
use crate::*;

#[test]
fn wordings_that_say_the_same_make_the_ranker_surer() {
    let things = ["parcel", "invoice", "voucher", "battery", "password", "newsletter", "warranty", "colour", "garden", "piano"];
    let deeds = ["lost", "paint"];
    let build_with = |wordings: &[&str]| {
        let mut domain = Domain::parse(&files()).unwrap();
        domain.articles.retain(|a| a.language == "en");
        for (thing, deed) in things.into_iter().flat_map(|thing| deeds.map(|deed| (thing, deed))) {
            domain.articles.push(Article {
                id: format!("{thing}-{deed}"),
                title: format!("What about the {thing} when {deed}?"),
                wordings: wordings.iter().map(|ways| format!("{ways} {deed} {thing}")).collect(),
                body: format!("The {thing} is {deed}."),
                language: "en".into(),
                ..domain.articles[0].clone()
            });
        }
        build(&domain, "en").unwrap().1.answer_at
    };
    let (without, with) = (build_with(&[]), build_with(&["my", "on the", "a question on the"]));
    assert!(with < without, "{with} against {without}");
}

/// A pack with a language's token vectors and its words.
pub(crate) fn with_tokens() -> Vec<u8> {
    let vectors = &nearside_nlu::StaticVectors::load(&include_bytes!("../../nlu/vectors/en.bin")[..]).unwrap();
    build_taught(&Domain::parse(&files()).unwrap(), "en", Some(&Tokens { hash: "0".repeat(64), vectors }), None).unwrap().0
}

#[test]
fn mistyped_words_are_mended_and_real_ones_left() {
    let bytes = with_tokens();
    let pack = Pack::load(&bytes).unwrap();
    let corrected = |text: &str| pack.spelling.corrected(text, &pack.index, pack.articles.len()).into_owned();
    assert_eq!(corrected("How do I retrun it? Warrenty, conection"), "How do I return it? warranty, connection");
    for untouched in ["speakers returned", "怎么退货", "E102, rma-77x", "where is my stuff", "tanks and agents", "goods"] {
        assert_eq!(corrected(untouched), untouched);
    }
}

/// The article that a pack of `files` answers `text` with.
fn answered(files: &[SourceFile], text: &str) -> Option<String> {
    let (bytes, _) = build(&Domain::parse(files).unwrap(), "en").unwrap();
    let assistant = Assistant::new(vec![Pack::load(&bytes).unwrap()]);
    let turn = assistant.turn(&Tracker::default(), &say(text), &context()).unwrap();
    let first = turn.explanation.candidates.first().filter(|c| c.confidence >= turn.explanation.answer_at)?;
    Some(first.article.clone())
}

#[test]
fn an_articles_own_words_find_it_among_hundreds_that_begin_alike() {
    let begin = "How do I configure the product settings for the";
    let one = |number: usize| article(&format!("articles/en/a{number}.md"), &format!("{begin} thing{number}x?"), &[], "Like this.");
    let mut files = files();
    files.extend((0..900).map(one));
    assert_eq!(answered(&files, &format!("{begin} thing417x")).as_deref(), Some("a417"));
}

#[test]
fn a_refusal_that_is_an_articles_title_or_leads_to_a_question_is_a_wish() {
    let mut files = files();
    files.push(article("articles/en/stop.md", "Do not contact me", &[], "We stop."));
    files.push(article("articles/en/close.md", "How do I close my account?", &[], "Under settings."));
    assert_eq!(answered(&files, "do not contact me!").as_deref(), Some("stop"));
    assert_eq!(answered(&files, "I don't want my account any more, how do I close my account").as_deref(), Some("close"));
    assert_eq!(answered(&files, "please do not close my account"), None);
}
