//! Tests of what is learned beside intents: labels, slots, word vectors, and when a cheaper tier may answer.

use crate::labels::{EncodedLabelClassifier, LabelClassifier, LabelOptions, Labelled, Line};
use crate::slots::{EncodedSlotTagger, Marked, Slot, SlotTagger};
use crate::*;

const WISHES: &[(&str, &[&str])] = &[
    ("cancel my order and send me the invoice", &["cancel", "invoice"]),
    ("cancel the order", &["cancel"]),
    ("please cancel it", &["cancel"]),
    ("I want to cancel my purchase", &["cancel"]),
    ("where is the invoice", &["invoice"]),
    ("send me an invoice please", &["invoice"]),
    ("I need the invoice of last month", &["invoice"]),
    ("the weather is nice", &[]),
    ("good morning", &[]),
    ("how are you today", &[]),
    ("invoice for the order, and how do I cancel", &["cancel", "invoice"]),
    ("just saying hello", &[]),
];

fn wishes(line: Line) -> LabelClassifier {
    let examples: Vec<Labelled<'_>> = WISHES.iter().map(|(text, labels)| Labelled { text, labels: labels.to_vec() }).collect();
    LabelClassifier::train(&examples, LabelOptions { line, ..LabelOptions::default() }).unwrap()
}

#[track_caller]
fn check_labels(text: &str, expected: &[&str]) {
    let model = wishes(Line::MicroF1);
    let mut found: Vec<&str> = model.label(text).into_iter().map(|(label, _)| label).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "labels of {text:?}");
}

#[test]
fn finds_none_one_or_many_labels() {
    check_labels("can you cancel this and mail the invoice", &["cancel", "invoice"]);
    check_labels("cancel please", &["cancel"]);
    check_labels("hello, nice day", &[]);
    check_labels("", &[]);
}

#[test]
fn false_alarms_move_the_line() {
    let (strict, lax) = (wishes(Line::FalseAlarms(0.0)), wishes(Line::FalseAlarms(1.0)));
    assert!(lax.label("cancel something").len() >= strict.label("cancel something").len());
    assert!(strict.lines.iter().zip(&lax.lines).all(|(strict, lax)| strict > lax), "{strict:?} {lax:?}");
    let outside = WISHES.iter().filter(|(_, labels)| labels.is_empty());
    assert_eq!(outside.map(|(text, _)| strict.label(text).len()).sum::<usize>(), 0);
}

#[test]
fn labels_survive_storing_and_refuse_what_does_not_fit() {
    let model = wishes(Line::MicroF1);
    let loaded = LabelClassifier::load(model.store()).unwrap();
    assert_eq!(loaded.margins("cancel the invoice"), model.margins("cancel the invoice"));
    assert_eq!(loaded.label("cancel the invoice"), model.label("cancel the invoice"));
    assert!(LabelClassifier::train(&[], LabelOptions::default()).is_err());
}

fn marked(text: &str, slots: &[(&str, &str)]) -> Marked {
    let slot = |&(words, name): &(&str, &str)| {
        let start = text.find(words).unwrap();
        Slot { span: start..start + words.len(), name: name.into() }
    };
    Marked { text: text.into(), slots: slots.iter().map(slot).collect() }
}

fn rides() -> Vec<Marked> {
    vec![
        marked("from Bonn to Kiel at 9:30", &[("Bonn", "from"), ("Kiel", "to"), ("9:30", "time")]),
        marked("a ride to New York from Boston", &[("New York", "to"), ("Boston", "from")]),
        marked("I go to Rome at 8:15 please", &[("Rome", "to"), ("8:15", "time")]),
        marked("from Oslo to Bergen", &[("Oslo", "from"), ("Bergen", "to")]),
        marked("to San Marino at 7:00", &[("San Marino", "to"), ("7:00", "time")]),
        marked("hello there", &[]),
        marked("from 上海 to 北京", &[("上海", "from"), ("北京", "to")]),
    ]
}

#[track_caller]
fn check_slots(text: &str, expected: &[(&str, &str)]) {
    let tagger = SlotTagger::load(&SlotTagger::train(&rides(), 1).unwrap().store()).unwrap();
    let found = tagger.tag(text);
    let shown: Vec<(&str, &str)> = found.iter().map(|s| (&text[s.span.clone()], s.name.as_str())).collect();
    assert_eq!(shown, expected, "slots of {text:?}");
}

#[test]
fn finds_slots_that_it_has_not_seen() {
    check_slots("from Paris to Lyon at 6:45", &[("Paris", "from"), ("Lyon", "to"), ("6:45", "time")]);
    check_slots("from 广州 to 深圳", &[("广州", "from"), ("深圳", "to")]);
    check_slots("", &[]);
    check_slots("hello", &[]);
}

#[test]
fn refuses_slots_outside_their_text() {
    let outside = Marked { text: "é".into(), slots: vec![Slot { span: 0..1, name: "x".into() }] };
    assert!(SlotTagger::train(&[outside], 1).is_err());
    assert!(SlotTagger::train(&[marked("hello", &[])], 1).is_err());
    let mut stored = SlotTagger::train(&rides(), 1).unwrap().store();
    stored.cut_a_weight();
    assert!(SlotTagger::load(&stored).is_err());
}

const TOWNS: [&str; 12] = ["Bonn", "Kiel", "Boston", "Rome", "Oslo", "Bergen", "San", "Marino", "New", "York", "qzyx", "Xyzq"];

/// An encoder that knows towns; the inner half of a vector says so, the leading one nothing.
fn towns(text: &str) -> Vec<TokenVector> {
    let of = |word: &str| if TOWNS.contains(&word) { vec![0.5, 0.5, 1.0, 0.0] } else { vec![0.5, 0.5, 0.0, 1.0] };
    let token = |piece: nearside_text::Piece| TokenVector { vector: of(&text[piece.span.clone()]), span: piece.span };
    nearside_text::pieces(text).into_iter().map(token).collect()
}

#[test]
fn token_vectors_tell_slots_that_no_word_gives_away() {
    let rides = rides();
    let vectors: Vec<Vec<TokenVector>> = rides.iter().map(|r| towns(&r.text)).collect();
    let trained = EncodedSlotTagger::train(&rides, &vectors, 2, 1).unwrap();
    let tagger = EncodedSlotTagger::load(&trained.store()).unwrap();
    let found = |text: &str, vectors: &[TokenVector]| -> Vec<(String, String)> {
        tagger.tag(text, vectors).into_iter().map(|s| (text[s.span].to_owned(), s.name)).collect()
    };
    for (text, expected) in [("to qzyx please", vec![("qzyx", "to")]), ("to gdwb please", vec![]), ("", vec![])] {
        let expected: Vec<(String, String)> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(found(text, &towns(text)), expected, "{text:?}");
    }
    assert_eq!(EncodedSlotTagger::train(&rides, &vectors, 2, 1).unwrap().store(), trained.store());
    // No vectors, or those of another encoder, are not read.
    let other: Vec<TokenVector> = towns("to qzyx").into_iter().map(|t| TokenVector { vector: vec![9.0; 3], ..t }).collect();
    assert_eq!(found("to qzyx", &other), found("to qzyx", &[]));
}

#[test]
fn refuses_token_vectors_that_do_not_fit() {
    let rides = rides();
    let mut vectors: Vec<Vec<TokenVector>> = rides.iter().map(|r| towns(&r.text)).collect();
    let stored = EncodedSlotTagger::train(&rides, &vectors, 2, 1).unwrap().store();
    for from in [0, 4, u16::MAX] {
        let mut damaged = stored.clone();
        damaged.read_from(from);
        assert!(EncodedSlotTagger::load(&damaged).is_err(), "{from}");
    }
    assert!(EncodedSlotTagger::train(&rides, &vectors, 5, 1).is_err());
    vectors[1][0].vector.pop();
    assert!(EncodedSlotTagger::train(&rides, &vectors, 2, 1).is_err());
    vectors.pop();
    assert!(EncodedSlotTagger::train(&rides, &vectors, 2, 1).is_err());
    assert!(EncodedSlotTagger::train(&rides, &vec![vec![]; rides.len()], 2, 1).is_err());
}

#[test]
fn a_sentence_vector_tells_labels_that_no_word_gives_away() {
    let examples: Vec<Labelled<'_>> = WISHES.iter().map(|(text, labels)| Labelled { text, labels: labels.to_vec() }).collect();
    let vector = |labels: &[&str]| ["cancel", "invoice"].map(|label| if labels.contains(&label) { 2.0f32 } else { -2.0 }).to_vec();
    let vectors: Vec<Vec<f32>> = WISHES.iter().map(|(_, labels)| vector(labels)).collect();
    let model = EncodedLabelClassifier::train(&examples, &vectors, LabelOptions::default()).unwrap();
    let loaded = EncodedLabelClassifier::load(model.store()).unwrap();
    for labels in [&[][..], &["cancel"], &["invoice"], &["cancel", "invoice"]] {
        let mut found: Vec<&str> = loaded.label("zzz", &vector(labels)).into_iter().map(|(label, _)| label).collect();
        found.sort_unstable();
        assert_eq!(found, labels);
        assert_eq!(loaded.margins("zzz", &vector(labels)), model.margins("zzz", &vector(labels)));
    }
    let longer = [&vectors[0][..], &[9.0]].concat();
    assert_eq!(model.margins(examples[0].text, &longer), model.margins(examples[0].text, &[]));
    assert!(EncodedLabelClassifier::train(&examples, &vectors[1..], LabelOptions::default()).is_err());
    let mut damaged = model.store();
    damaged.cut_a_weight();
    assert!(EncodedLabelClassifier::load(damaged).is_err());
}

fn held_out(confidence: f32, right: bool) -> HeldOut {
    HeldOut {
        example: 0,
        truth: Some(0),
        fold: 0,
        whole_intent: false,
        candidates: vec![(usize::from(!right), confidence)],
        mean_cosine: 0.0,
        nearest_by_intent: vec![],
        known: 1.0,
        signals: vec![confidence],
    }
}

#[track_caller]
fn check_sure(cheap: &[(f32, bool)], better: &[bool], expected: f32) {
    let cheap: Vec<HeldOut> = cheap.iter().map(|&(c, right)| held_out(c, right)).collect();
    let better: Vec<HeldOut> = better.iter().map(|&right| held_out(0.5, right)).collect();
    assert_eq!(sure_from(&cheap, &better, |h| h.signals[0]), expected);
}

#[test]
fn a_cheaper_tier_answers_where_it_is_right_as_often() {
    check_sure(&[(0.9, true), (0.8, true), (0.7, false)], &[true, true, true], 0.8);
    check_sure(&[(0.9, false), (0.8, true)], &[true, true], 2.0);
    check_sure(&[(0.9, false), (0.8, true)], &[false, true], 0.8);
}

/// Two kinds of word whose letters say nothing; the teacher knows which is which.
#[cfg(feature = "distil")]
#[test]
fn word_vectors_carry_what_the_encoder_knows() {
    use crate::distil::{DistilOptions, Teacher, distil};
    let (warm, cold) = (["ochre", "amber", "rust", "coral"], ["teal", "cyan", "navy", "slate"]);
    let of = |word: &str| if warm.contains(&word) { vec![1.0f32, 0.2, 0.0] } else { vec![-1.0f32, 0.2, 0.0] };
    let words: Vec<(String, Vec<f32>)> = warm.iter().chain(&cold).map(|w| ((*w).to_owned(), of(w))).collect();
    // "slate" and "coral" occur in no sentence: only the teacher's word for them tells what they are.
    let pairs: Vec<(String, Vec<f32>)> = (0..24)
        .map(|n| {
            let side = if n % 2 == 0 { &warm } else { &cold };
            let (a, b) = (side[n % 3], side[(n / 2) % 3]);
            (format!("{a} and {b}"), of(a))
        })
        .collect();
    let sentences: Vec<&str> = pairs.iter().map(|p| p.0.as_str()).collect();
    let sentence_vectors: Vec<Vec<f32>> = pairs.iter().map(|p| p.1.clone()).collect();
    let word_vectors: Vec<Vec<f32>> = words.iter().map(|w| w.1.clone()).collect();
    let words: Vec<&str> = words.iter().map(|w| w.0.as_str()).collect();
    let teacher = Teacher { sentences: &sentences, sentence_vectors: &sentence_vectors, words: &words, word_vectors: &word_vectors };
    let options = DistilOptions { width: 2, ..DistilOptions::default() };
    let made = distil(&teacher, options).unwrap();
    assert_eq!((made.vectors.width(), made.vectors.units(), made.held_out.len()), (2, 8, 24));
    let dot = |a: &str, b: &str| made.vectors.encode(a).iter().zip(made.vectors.encode(b)).map(|(x, y)| x * y).sum::<f32>();
    assert!(dot("coral", "amber") > 0.5 && dot("coral", "teal") < 0.0 && dot("slate", "navy") > 0.5);
    assert!(made.vectors.encode("unknown words").iter().all(|v| *v == 0.0));
    let loaded = StaticVectors::load(made.vectors.store()).unwrap();
    assert_eq!(loaded.encode("amber rust"), made.vectors.encode("amber rust"));
    assert!(distil(&Teacher { sentences: &sentences[..1], ..teacher }, options).is_err());
}
