use crate::entities::{EntityFinder, EntityKind, EntityList, EntityRules};
use crate::*;

const EXAMPLES: &[(&str, &str)] = &[
    ("where is my parcel", "track"),
    ("track my package", "track"),
    ("my delivery has not arrived", "track"),
    ("when will my order come", "track"),
    ("has my parcel been shipped", "track"),
    ("I want my money back", "refund"),
    ("refund me please", "refund"),
    ("how do I return this for a refund", "refund"),
    ("send the item back and get money", "refund"),
    ("give me a refund for the broken one", "refund"),
    ("reset my password", "password"),
    ("I forgot my password", "password"),
    ("cannot log in, wrong password", "password"),
    ("change the password of my account", "password"),
    ("new password link", "password"),
    ("耳机怎么充电", "charge"),
    ("充电充不进去", "charge"),
    ("电池充不了电", "charge"),
    ("多久能充满电", "charge"),
    ("充电线坏了", "charge"),
];

fn examples() -> Vec<Example<'static>> {
    EXAMPLES.iter().map(|&(text, label)| Example { text, label: Some(label) }).collect()
}

fn small() -> IntentClassifier {
    train(&examples(), TrainOptions::default()).unwrap().classifier
}

#[track_caller]
fn check_intent(text: &str, expected: &str) {
    let classifier = small();
    let result = classifier.classify(text);
    assert_eq!(classifier.labels()[result.candidates[0].intent], expected, "intent of {text:?}");
    assert!((0.0..=1.0).contains(&result.confidence));
}

#[test]
fn recognises_wordings_it_has_not_seen() {
    check_intent("where's the package", "track");
    check_intent("i'd like a refund", "refund");
    check_intent("PASSWORD RESET", "password");
    check_intent("手机充电很慢", "charge");
    check_intent("手機充電很慢", "charge");
}

#[test]
fn is_less_sure_of_what_it_has_never_seen() {
    let classifier = small();
    let sure = classifier.classify("I forgot my password").confidence;
    for text in ["qwertz uiop", "", "🍕🍕🍕", "!!!"] {
        assert!(classifier.classify(text).confidence < sure, "{text:?}");
    }
}

#[test]
fn trains_the_same_model_twice() {
    assert_eq!(small().store(), small().store());
}

/// Trains on 480 texts of four intents, of which about the share `wrong` bears another intent's label, and checks the
/// penalty taken.
#[track_caller]
fn check_penalty(wrong: f64, expected: &str) {
    let mut rng = Rng::new(5);
    let labels = ["north", "east", "south", "west"];
    let mut texts = Vec::new();
    for n in 0..480 {
        let intent = n % labels.len();
        let word =
            |rng: &mut Rng| if rng.below(3) == 0 { format!("w{}", rng.below(60)) } else { format!("{}{}", labels[intent], rng.below(40)) };
        let text = (0..4).map(|_| word(&mut rng)).collect::<Vec<_>>().join(" ");
        let mistaken = rng.below(1000) < (1000.0 * wrong) as usize;
        texts.push((text, labels[if mistaken { rng.below(labels.len()) } else { intent }]));
    }
    let examples: Vec<Example<'_>> = texts.iter().map(|(text, label)| Example { text, label: Some(label) }).collect();
    let compared = train(&examples, TrainOptions::default()).unwrap().compared;
    let taken: Vec<&str> = compared.iter().filter(|c| c.taken).map(|c| c.manner.as_str()).collect();
    assert_eq!(taken, [expected], "{compared:?}");
}

#[test]
fn wrong_labels_call_for_a_lower_penalty() {
    check_penalty(0.0, "hinge loss, penalty 1");
    check_penalty(0.5, "hinge loss, penalty 0.1");
}

#[test]
fn survives_storing_and_loading() {
    let classifier = small();
    let loaded = IntentClassifier::load(classifier.store()).unwrap();
    assert_eq!(loaded.classify("refund please"), classifier.classify("refund please"));
}

#[test]
fn refuses_to_train_on_one_intent() {
    let one = [Example { text: "hello", label: Some("greet") }];
    assert_eq!(train(&one, TrainOptions::default()).unwrap_err(), TrainError::TooFewIntents(1));
}

fn rules() -> EntityRules {
    let list =
        EntityList { name: "product".into(), values: vec![vec!["Halo Buds".into(), "halobuds".into()], vec!["星环耳机".into()]] };
    EntityRules { order_numbers: vec!["NS-999999".into()], lists: vec![list] }
}

#[track_caller]
fn check_entities(text: &str, expected: &[(EntityKind, &str)]) {
    let found = EntityFinder::new(&rules()).find(text);
    let got: Vec<(EntityKind, &str)> = found.iter().map(|e| (e.kind, e.value.as_str())).collect();
    assert_eq!(got, expected, "entities of {text:?}");
}

#[test]
fn finds_entities() {
    use EntityKind::*;
    check_entities("order ns-204518 cost $20.50", &[(OrderNumber, "ns-204518"), (Amount, "20.50")]);
    check_entities("mail ana.lo+x@shop.example.com.", &[(Email, "ana.lo+x@shop.example.com")]);
    check_entities("call +49 170 1234567 now", &[(Phone, "+49 170 1234567")]);
    check_entities("since 2026-03-04 or 4.3.2026", &[(Date, "2026-03-04"), (Date, "4.3.2026")]);
    check_entities("3月4日买的，花了20元", &[(Date, "3月4日"), (Amount, "20")]);
    check_entities("my halo bds broke, bought 2", &[(Number, "2")]);
    check_entities("my Haol Buds broke", &[(Number, ""); 0]);
    check_entities("my halobudz broke", &[(Listed, "Halo Buds")]);
    check_entities("星环耳机没有声音", &[(Listed, "星环耳机")]);
    check_entities("NS-2045189 is too long", &[(Number, "2045189")]);
}

#[test]
fn measures_as_defined() {
    assert_eq!(metrics::auroc(&[0.9, 0.5], &[0.5, 0.1]), Some(0.875));
    assert_eq!(metrics::auroc(&[], &[0.5]), None);
    assert_eq!(metrics::macro_f1(&[(0, 0), (1, 1)], 3), 1.0);
    let curve = metrics::risk_coverage(&[(0.9, true), (0.1, false)]);
    assert_eq!(curve.last().map(|p| p.risk), Some(0.5));
}

/// 64 texts of two intents that words tell apart no better than chance, with the vectors that `vector` gives for text and
/// intent.
#[track_caller]
fn vectors_tell_apart(leading: u16, vector: impl Fn(usize, usize) -> Vec<f32>) {
    let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];
    let texts: Vec<String> = (0..64).map(|n| format!("{} {}", words[n % 8], words[(n / 8) % 8])).collect();
    let side = |n: usize| (n * 7 + n / 8) % 2;
    let labels = ["left", "right"];
    let examples: Vec<Example<'_>> = texts.iter().enumerate().map(|(n, text)| Example { text, label: Some(labels[side(n)]) }).collect();
    let vectors: Vec<Vec<f32>> = (0..64).map(|n| vector(n, side(n))).collect();
    let kind = VectorKind::Encoder { leading };
    let train = |vectors: &[Vec<f32>]| crate::train_encoded(&examples, (kind, vectors), TrainOptions::default());
    let trained = train(&vectors).unwrap_or_else(|e| panic!("{e}"));
    let classifier = IntentClassifier::load(trained.classifier.store()).unwrap();
    let right = (0..64).filter(|&n| classifier.classify_with(&texts[n], &vectors[n]).candidates[0].intent == side(n)).count();
    assert_eq!(right, 64);
    let unseen = trained.held_out.iter().filter(|h| !h.whole_intent && h.candidates.first().map(|c| c.0) == h.truth).count();
    assert!(unseen >= 60, "{unseen} of 64 held out");
    assert_eq!(train(&vectors[1..]).err(), Some(crate::TrainError::Vectors));
}

fn lean(side: usize) -> f32 {
    if side == 0 { 0.8 } else { -0.8 }
}

#[test]
fn a_sentence_vector_tells_apart_what_words_cannot() {
    vectors_tell_apart(3, |n, side| vec![lean(side), 0.6 * (n as f32).sin(), 0.6 * (n as f32).cos()]);
}

#[test]
fn an_inner_layer_tells_apart_what_the_last_one_cannot() {
    vectors_tell_apart(2, |n, side| vec![(n as f32).sin(), (n as f32).cos(), lean(side), 0.6]);
}

#[test]
fn refuses_a_leading_part_wider_than_the_vectors() {
    let examples = [("one", "left"), ("two", "right")].map(|(text, label)| Example { text, label: Some(label) });
    for leading in [0, 3] {
        let vectors = [vec![1.0, 0.0], vec![0.0, 1.0]];
        let refused = crate::train_encoded(&examples, (VectorKind::Encoder { leading }, &vectors), TrainOptions::default());
        assert_eq!(refused.err(), Some(crate::TrainError::Vectors), "{leading}");
    }
}
