#![allow(clippy::unwrap_used, reason = "a test may")]

use std::sync::{Arc, LazyLock};

use nearside_conversation::{Effect, Handover, Input, ReplyKind, Rung, Tracker};
use nearside_knowledge::Article;
use nearside_nlu::distil::DistilOptions;
use nearside_nlu::{EncodeError, Encoder};

use crate::pack::{FORMAT, checksum};
use crate::*;

pub(crate) fn article(path: &str, title: &str, wordings: &[&str], body: &str) -> SourceFile {
    SourceFile { path: path.into(), text: format!("+++\ntitle = {title:?}\nwordings = {wordings:?}\nsource = \"/help\"\n+++\n{body}\n") }
}

pub(crate) fn files() -> Vec<SourceFile> {
    vec![
        SourceFile { path: "domain.toml".into(), text: "name = \"Test\"\naccepted_wrong = 0.2\n".into() },
        article(
            "articles/en/returns.md",
            "How do I return a product?",
            &["send an item back", "return policy", "give a product back", "returning something I bought"],
            "Within 30 days.",
        ),
        article(
            "articles/en/warranty.md",
            "How long is the warranty?",
            &["guarantee period", "is my device under warranty", "warranty length", "how many years of warranty"],
            "Two years.",
        ),
        article(
            "articles/en/wifi.md",
            "My speaker does not connect to Wi-Fi",
            &["no wifi connection", "cannot join the wireless network", "wifi drops", "speaker offline"],
            "Restart the router.",
        ),
        article("articles/zh/tuihuo.md", "如何退货？", &["我想退货", "东西不想要了怎么退", "退货政策", "可以退吗"], "三十天内可以退货。"),
        article("articles/zh/baoxiu.md", "保修期多长？", &["质保几年", "坏了还在保修吗", "保修多久", "保修期限"], "保修两年。"),
    ]
}

static PACKS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let domain = Domain::parse(&files()).unwrap();
    ["en", "zh"].map(|language| build(&domain, language).unwrap().0)
});

fn assistant() -> Assistant {
    Assistant::new(PACKS.iter().map(|bytes| Pack::load(bytes).unwrap()).collect())
}

pub(crate) fn context() -> TurnContext {
    TurnContext {
        now_ms: 1_790_000_000_000,
        locale: "en".into(),
        site_languages: vec!["en".into(), "zh".into()],
        edge_languages: vec![],
        rung: Rung::Native,
    }
}

pub(crate) fn say(text: &str) -> Input {
    Input::Text { text: text.into() }
}

#[track_caller]
fn check_answer(text: &str, article: &str) {
    let turn = assistant().turn(&Tracker::default(), &say(text), &context()).unwrap();
    let source = turn.replies[0].source.as_ref().map(|s| s.article.as_str());
    assert_eq!(source, Some(article), "answer to {text:?}: {turn:#?}");
}

#[test]
fn answers_with_a_source_in_the_visitors_language() {
    check_answer("what is your return policy", "returns");
    check_answer("my wifi connection drops", "wifi");
    check_answer("我想退货", "tuihuo");
    check_answer("我想退貨", "tuihuo");
}

#[track_caller]
fn check_answers(text: &str, articles: &[&str]) {
    let turn = assistant().turn(&Tracker::default(), &say(text), &context()).unwrap();
    let sources: Vec<&str> = turn.replies.iter().filter_map(|r| r.source.as_ref()).map(|s| s.article.as_str()).collect();
    assert_eq!(sources, articles, "answers to {text:?}: {turn:#?}");
    let parts: Vec<&str> = turn.explanation.parts.iter().map(|p| p.article.article.as_str()).collect();
    assert_eq!(parts, if articles.len() > 1 { articles } else { &[] }, "parts of {text:?}");
}

#[test]
fn answers_each_wish_of_a_message() {
    check_answers("What is the return policy and how long is the warranty?", &["returns", "warranty"]);
    check_answers("No wifi connection. Can I send the item back?", &["wifi", "returns"]);
    check_answers("我想退货，另外保修多久", &["tuihuo", "baoxiu"]);
    check_answers("I want to send the item back and return it", &["returns"]);
    check_answers("how long is the warranty, and by the way what lovely weather", &["warranty"]);
}

#[test]
fn admits_what_it_does_not_know_and_offers_a_person() {
    let turn = assistant().turn(&Tracker::default(), &say("xylophone zucchini"), &context()).unwrap();
    assert_eq!(turn.replies[0].kind, ReplyKind::Unknown);
    assert_eq!(turn.replies[0].quick_replies[0].input, Input::RequestPerson);
}

#[test]
fn brings_a_person_when_asked_for_one() {
    for text in ["human please", "can I talk to a real person", "let me speak with an agent", "转人工", "我要找真人客服"] {
        let turn = assistant().turn(&Tracker::default(), &say(text), &context()).unwrap();
        assert!(turn.effects.iter().any(|e| matches!(e, Effect::RequestHandoff { .. })), "{text}: {turn:#?}");
    }
}

#[test]
fn says_that_it_is_a_program_when_asked() {
    for (text, said) in
        [("are you a robot?", "not a person"), ("am I talking to a real person here", "not a person"), ("你是真人吗", "不是真人")]
    {
        let turn = assistant().turn(&Tracker::default(), &say(text), &context()).unwrap();
        let [reply] = &*turn.replies else { panic!("{text}: {turn:#?}") };
        assert!(reply.kind == ReplyKind::SmallTalk && reply.text.contains(said), "{text}: {turn:#?}");
        assert_eq!(reply.quick_replies[0].input, Input::RequestPerson);
        assert_eq!(turn.effects, [], "{text}");
    }
}

#[test]
fn brings_a_person_after_three_misses_exactly_once() {
    let assistant = assistant();
    let mut state = Tracker::default();
    let mut handoffs = 0;
    for _ in 0..6 {
        let turn = assistant.turn(&state, &say("xylophone zucchini"), &context()).unwrap();
        handoffs += turn.effects.iter().filter(|e| matches!(e, Effect::RequestHandoff { .. })).count();
        state = turn.tracker;
    }
    assert_eq!(handoffs, 1);
}

#[test]
fn state_is_a_fold_over_events() {
    let assistant = assistant();
    let mut state = Tracker::default();
    let mut folded = Tracker::default();
    for text in ["hello", "return policy", "zzz", "thanks", "质保几年", "human please"] {
        let turn = assistant.turn(&state, &say(text), &context()).unwrap();
        folded = turn.facts.iter().fold(folded, |t, e| t.after(e));
        state = turn.tracker;
        assert_eq!(state, folded);
    }
    assert_eq!(state.handover, Handover::Requested);
}

#[test]
fn asks_for_the_pack_of_another_language() {
    let english = Assistant::new(vec![Pack::load(&PACKS[0]).unwrap()]);
    let step = english.step(&Tracker::default(), &say("我想退货"), &context());
    assert_eq!(step, Step::Needs(Need::Pack { language: "zh".into() }));
    assert_eq!(Assistant::default().step(&Tracker::default(), &Input::Open, &context()), Step::Needs(Need::AnyPack));
}

#[test]
fn says_where_the_next_rung_may_know_more() {
    let with_edge = TurnContext { edge_languages: vec!["en".into()], ..context() };
    let edge = |text: &str, ctx: &TurnContext| assistant().turn(&Tracker::default(), &say(text), ctx).unwrap().edge;
    assert!(edge("quantum chromodynamics lattice", &with_edge));
    assert!(!edge("quantum chromodynamics lattice", &context()));
    assert!(!edge("hello", &with_edge));
}

#[test]
fn asks_for_the_script_of_a_language_in_latin_letters() {
    let turn = assistant().turn(&Tracker::default(), &say("wo xiang tuikuan"), &context()).unwrap();
    assert_eq!((turn.explanation.language.as_str(), turn.replies[0].kind), ("zh", ReplyKind::Clarify));
    assert!(turn.replies[0].text.contains("拼音") && turn.tracker.unresolved == 1, "{turn:#?}");
    let state = (0..2).fold(Tracker::default(), |state, _| assistant().turn(&state, &say("zenme tuikuan"), &context()).unwrap().tracker);
    let third = assistant().turn(&state, &say("zenme tuikuan"), &context()).unwrap();
    assert_eq!(third.replies[0].kind, ReplyKind::Handoff, "{third:#?}");
    // A site without Chinese takes it as it comes.
    let english = TurnContext { site_languages: vec!["en".into()], ..context() };
    assert_eq!(assistant().turn(&Tracker::default(), &say("wo xiang tuikuan"), &english).unwrap().explanation.language, "en");
}

#[test]
fn understands_slang_dialect_and_borrowed_words() {
    check_answer("wanna send an item back asap", "returns");
    check_answer("東西 return 咋整", "tuihuo");
    check_answer("warranty 几多年", "baoxiu");
    let mut files = files();
    files[0].text += "[slang.en]\nlemonade = \"warranty\"\n";
    let pack = build(&Domain::parse(&files).unwrap(), "en").unwrap().0;
    for (text, first) in [("how long is the lemonade", "warranty"), ("lemonades", "")] {
        let turn = Assistant::new(vec![Pack::load(&pack).unwrap()]).turn(&Tracker::default(), &say(text), &context()).unwrap();
        let source = turn.replies[0].source.as_ref().map_or("", |s| s.article.as_str());
        assert_eq!(source, first, "{text}: {turn:#?}");
    }
}

#[test]
fn refuses_slang_that_stands_for_nothing_or_too_much() {
    let long = "x".repeat(101);
    for (said, meant) in [("", "you"), (" ", "you"), ("u", &*long), (&*long, "you")] {
        let mut files = files();
        files[0].text += &format!("[slang.en]\n\"{said}\" = \"{meant}\"\n");
        let error = build(&Domain::parse(&files).unwrap(), "en").unwrap_err();
        assert!(error.message.contains("expected a word and what it stands for, each at most 100 bytes"), "{error}");
    }
}

/// The domain with an article whose wordings are marked.
fn marked() -> Domain {
    let wordings = [
        "a spare [lid](part) for my kettle",
        "need a spare [charger](part)",
        "a new [filter](part) for the vacuum",
        "order a spare [ear tip](part)",
        "I lost the [cable](part) of my watch",
        "I lost the [remote control](part) yesterday",
        "where to buy a new [strap](part)",
        "do you sell a spare [battery](part) for it",
        "spare parts for old models",
    ];
    let mut files = files();
    files.push(article("articles/en/spares.md", "Where do I get spare parts?", &wordings, "In the shop."));
    Domain::parse(&files).unwrap()
}

#[test]
fn finds_what_a_message_mentions_by_pattern_and_as_wordings_mark_it() {
    let domain = marked();
    assert_eq!(domain.articles.iter().find(|a| a.id == "spares").unwrap().wordings[0], "a spare lid for my kettle");
    let (bytes, report) = build(&domain, "en").unwrap();
    let slots = report.slots.unwrap();
    assert_eq!((slots.names, slots.marked), (vec!["part".to_owned()], 8));
    assert!(slots.f1 > 0.3 && slots.f1 <= 1.0, "{}", slots.f1);
    assert!(build(&domain, "zh").unwrap().1.slots.is_none(), "nothing is marked there");
    let assistant = Assistant::new(vec![Pack::load(&bytes).unwrap()]);
    for (text, expected) in [
        ("need a spare nozzle for my hoover", &[("part", "nozzle")][..]),
        ("I paid 20 € and lost the adapter of my watch", &[("amount", "20"), ("part", "adapter")]),
        ("return policy", &[]),
    ] {
        let found = assistant.turn(&Tracker::default(), &say(text), &context()).unwrap().explanation.entities;
        assert!(found.iter().all(|e| text[e.start..e.end] == e.value), "{text}: {found:?}");
        let found: Vec<(&str, &str)> = found.iter().map(|e| (e.kind.as_str(), e.value.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn builds_the_same_bytes_twice() {
    let domain = Domain::parse(&files()).unwrap();
    assert_eq!(build(&domain, "en").unwrap().0, PACKS[0]);
}

/// The same bytes natively and under WASM: this very test runs on both. Change the value only with the format.
#[test]
fn builds_the_bytes_that_every_target_builds() {
    assert_eq!(content_hash(&PACKS[0])[..16], *include_str!("../tests/pack.hash").trim());
}

/// An encoder that hears only which letters a text has.
struct Letters;

impl Encoder for Letters {
    fn width(&self) -> usize {
        26
    }

    fn encode(&self, text: &str) -> Result<Vec<f32>, EncodeError> {
        let mut counts = [0.01f32; 26];
        let letters = text.chars().filter_map(|c| (c.to_ascii_lowercase() as usize).checked_sub('a' as usize).filter(|at| *at < 26));
        letters.for_each(|at| counts[at] += 1.0);
        let length = counts.iter().map(|c| c * c).sum::<f32>().sqrt();
        Ok(counts.iter().map(|c| c / length).collect())
    }
}

/// The domain with so many wordings that its articles become classes.
fn worded() -> Domain {
    let mut domain = Domain::parse(&files()).unwrap();
    let own: Vec<&Article> = domain.articles.iter().filter(|a| a.language == "en").collect();
    let ways = [
        "please",
        "tell me",
        "question about",
        "I wonder:",
        "help with",
        "once more:",
        "hello,",
        "urgent:",
        "my question:",
        "asking for a friend:",
    ];
    let said = |a: &Article| a.wordings.iter().flat_map(|w| ways.map(|way| (format!("{way} {w}"), a.id.clone()))).collect::<Vec<_>>();
    let more = own.into_iter().flat_map(said).collect();
    domain.extra_wordings.insert("en".into(), more);
    domain
}

fn taught(tier: Tier) -> (Vec<u8>, BuildReport) {
    let domain = if tier == Tier::Static { worded() } else { Domain::parse(&files()).unwrap() };
    let encode = |texts: &[&str]| texts.iter().map(|text| Letters.encode(text).map_err(|e| e.to_string())).collect();
    let (common_words, options) = (vec!["carton".into()], DistilOptions::default());
    let teaching = Teaching {
        encoder: "tiny".into(),
        encode: &encode,
        encode_passages: &encode,
        leading: Letters.width() as u16,
        common_words,
        options,
        tier,
    };
    build_taught(&domain, "en", None, Some(&teaching)).unwrap()
}

#[test]
fn a_pack_may_hold_word_vectors_or_need_an_encoder() {
    let (words, report) = taught(Tier::Static);
    assert_eq!((report.tried.len(), report.taken), (2, "word vectors"));
    assert!(report.cross_validated.is_some() && report.expected.is_none());
    let (_, report) = build(&Domain::parse(&files()).unwrap(), "en").unwrap();
    assert!(report.cross_validated.is_none() && report.expected.is_some(), "{report:?}");
    let (encoder, report) = taught(Tier::Encoder);
    assert_eq!(report.taken, "encoder");
    assert_eq!(taught(Tier::Ngram).0, PACKS[0]);
    let load = |bytes: &[u8]| Assistant::new(vec![Pack::load(bytes).unwrap()]);
    for assistant in [load(&words), load(&encoder).with_encoder(Arc::new(Letters)), load(&encoder)] {
        let turn = assistant.turn(&Tracker::default(), &say("what is your return policy"), &context()).unwrap();
        assert_eq!(turn.explanation.candidates[0].article, "returns", "{turn:#?}");
    }
}

#[test]
fn names_questions_that_are_hard_to_tell_apart() {
    let mut files = files();
    files.push(article("articles/en/again.md", "How do I return a product again?", &["send an item back twice"], "As before."));
    let (_, report) = build(&Domain::parse(&files).unwrap(), "en").unwrap();
    let named = |id: &str| report.near_duplicates.iter().any(|pair| pair.question.1 == id);
    assert!(named("again") || named("returns"), "{:?}", report.near_duplicates);
}

#[test]
fn refuses_damaged_packs() {
    let good = &PACKS[0];
    assert_eq!(Pack::load(b"").unwrap_err(), LoadError::NotAPack);
    assert_eq!(Pack::load(b"PK\x03\x04 something else").unwrap_err(), LoadError::NotAPack);
    let mut newer = good.clone();
    newer[8] = 200;
    assert_eq!(Pack::load(&newer).unwrap_err(), LoadError::TooNew { found: 200, newest: FORMAT });
    newer[8] = 1;
    assert_eq!(Pack::load(&newer).unwrap_err(), LoadError::TooOld { found: 1, newest: FORMAT });
    for length in (0..good.len()).step_by(211) {
        assert!(Pack::load(&good[..length]).is_err(), "cut to {length}");
    }
    for at in (0..good.len()).step_by(97) {
        let mut flipped = good.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(Pack::load(&flipped).is_err(), "bit flipped at {at}");
    }
}

/// Checksums keep chance out, not malice: with correct ones, hostile bytes must still be refused or harmless.
#[test]
fn hostile_packs_never_panic() {
    let mut rng = nearside_nlu::Rng::new(7);
    for good in [
        &PACKS[0],
        &taught(Tier::Static).0,
        &taught(Tier::Encoder).0,
        &build(&marked(), "en").unwrap().0,
        &crate::wish_tests::with_tokens(),
    ] {
        let mut loaded = 0;
        for _ in 0..300 {
            let mut bytes = good.clone();
            for _ in 0..1 + rng.below(8) {
                let at = HEAD + 4 + rng.below(bytes.len() - HEAD - 4);
                bytes[at] = rng.next_u64() as u8;
            }
            reseal(&mut bytes);
            if let Ok(pack) = Pack::load(&bytes) {
                loaded += 1;
                let _ = Assistant::new(vec![pack]).turn(&Tracker::default(), &say("return a spare lid of my speaker 退货"), &context());
            }
        }
        assert!(loaded > 10, "{loaded} of 300 got past the checksums: what is behind them was not tried");
    }
}

/// Magic, version, number of sections, and an entry for each.
const HEAD: usize = 16 + 16 * SECTIONS;
const SECTIONS: usize = 5;

fn reseal(bytes: &mut [u8]) {
    for entry in 0..SECTIONS {
        let at = 16 + 16 * entry;
        let read = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]) as usize;
        let (offset, length) = (read(at + 4), read(at + 8));
        let crc = checksum(&bytes[offset..offset + length]);
        bytes[at + 12..at + 16].copy_from_slice(&crc.to_le_bytes());
    }
    let crc = checksum(&bytes[..HEAD]);
    bytes[HEAD..HEAD + 4].copy_from_slice(&crc.to_le_bytes());
}

#[track_caller]
fn check_domain_error(file: SourceFile, expected: &str) {
    let mut all = files();
    all.retain(|f| f.path != file.path);
    all.push(file);
    assert_eq!(Domain::parse(&all).unwrap_err().to_string(), expected);
}

#[test]
fn says_what_is_wrong_with_a_domain() {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    check_domain_error(file("articles/en/x.md", "no front"), "articles/en/x.md:1: expected front matter between two lines of +++");
    check_domain_error(file("articles/en/x.md", "+++\ntitle = \"t\"\n+++\n"), "articles/en/x.md:3: empty body, expected the answer");
    check_domain_error(
        file("articles/en/x.md", "+++\ntitle = \"t\"\nwordings = [\n\"a\",\n\"to [Lyon](Place)\"]\n+++\nb\n"),
        "articles/en/x.md:5: mark [Lyon](Place), expected [text](name), the name of 1 to 40 lower-case letters, digits or '_'",
    );
    check_domain_error(
        file("golden/en.csv", "question,article\nhow,nowhere\n"),
        "golden/en.csv:2: article \"nowhere\" does not exist in en",
    );
    let title = &Domain::parse(&files()).unwrap().articles[0];
    let copied = format!("question,article\n{} !,{}\n", title.title.to_uppercase(), title.id);
    check_domain_error(
        file(&format!("golden/{}.csv", title.language), &copied),
        &format!(
            "golden/{}.csv:2: stands word for word in article {:?}, so that it would measure nothing: ask it in other words",
            title.language, title.id
        ),
    );
    check_domain_error(file("domain.toml", "name = \"x\"\naccepted_wrong = 7\n"), "domain.toml:1: accepted_wrong = 7, expected 0.0 to 1.0");
    assert_eq!(Domain::parse(&[]).unwrap_err().line, 1);
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), text: text.into() }
}

#[test]
fn days_begin_and_end_in_the_site_s_zone() {
    let read = |zone: &str, to: &str| {
        let files = [
            file("domain.toml", &format!("name = \"x\"\ntime_zone = {zone:?}\n")),
            file("articles/en/a.md", &format!("+++\ntitle = \"Sale?\"\nvalid_from = \"2026-11-20\"\nvalid_to = {to:?}\n+++\nYes.\n")),
        ];
        Domain::parse(&files).map(|d| (d.articles[0].valid_from_ms, d.articles[0].valid_to_ms)).map_err(|e| e.to_string())
    };
    // The last day is shown to its end.
    assert_eq!(read("UTC", "2026-11-21"), Ok((Some(1_795_132_800_000), Some(1_795_305_600_000))));
    assert_eq!(read("Asia/Tokyo", "2026-11-21"), Ok((Some(1_795_100_400_000), Some(1_795_273_200_000))));
    for day in ["2026-02-31", "21.11.2026", "2026-11-21T10:00", "soon"] {
        assert_eq!(read("UTC", day), Err(format!("articles/en/a.md:4: valid_to = {day:?}, expected a day, as 2026-11-30")));
    }
    assert!(read("UTC", "2026-11-01").is_err_and(|e| e.contains("before valid_from")));
    assert!(read("Berlin", "2026-11-21").is_err_and(|e| e.contains("Europe/Berlin")));
}

#[test]
fn what_is_not_published_is_in_no_pack() {
    let draft = file(
        "articles/en/a.md",
        "+++\ntitle = \"Secret?\"\npublished = false\nimport = { from = \"x\", id = \"y\", was = \"\" }\n+++\nYes.\n",
    );
    let files = [file("domain.toml", "name = \"x\"\n"), draft, file("articles/en/b.md", "+++\ntitle = \"Open?\"\n+++\nYes.\n")];
    let domain = Domain::parse(&files).unwrap();
    assert_eq!((domain.articles.len(), domain.unpublished), (1, 1));
    let none = Domain::parse(&files[..2]).unwrap_err();
    assert_eq!(none.message, "no articles: all of them say published = false");
}

#[test]
fn an_article_links_to_pages_and_to_nothing_that_runs() {
    let read = |source: &str| {
        let article = format!("+++\ntitle = \"Returns?\"\nsource = {source:?}\n+++\nYes.\n");
        let files = [file("domain.toml", "name = \"shop\"\ndefault_language = \"en\"\n"), file("articles/en/a.md", &article)];
        Domain::parse(&files).map(drop).map_err(|e| e.to_string())
    };
    for fine in ["", "/help#returns", "help.html?a=b:c", "https://shop.example/help", "HTTP://shop.example"] {
        assert_eq!(read(fine), Ok(()), "{fine}");
    }
    for odd in ["javascript:alert(1)", " java\tscript:alert(1)", "data:text/html,x", "file:///etc/passwd"] {
        assert!(read(odd).is_err_and(|e| e.starts_with("articles/en/a.md:3: source = ")), "{odd}");
    }
}
