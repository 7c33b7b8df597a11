//! Faults that were found once: each stands for its kind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what should hold by failing")]

use nearside_import::plan::{ArticleFile, Change, Filing, plan};
use nearside_import::{Import, Imported, InputFile, read};

fn named(path: &str, bytes: impl Into<Vec<u8>>) -> InputFile {
    InputFile { path: path.into(), bytes: bytes.into(), is_named: true }
}

fn import(path: &str, text: &str) -> Import {
    read(vec![named(path, text)]).unwrap()
}

fn only(path: &str, text: &str) -> Imported {
    let mut import = import(path, text);
    assert_eq!(import.articles.len(), 1, "{import:?}");
    import.articles.remove(0)
}

#[test]
fn aliases_of_aliases_have_an_end() {
    let mut yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..12 {
        yaml += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","));
    }
    let error = read(vec![named("faq.yaml", yaml)]).unwrap_err().to_string();
    assert!(error.contains("aliases"), "{error}");
}

#[test]
fn yaml_is_taken_as_it_is_written() {
    let article = only("faq.yaml", "- question: Which number?\n  answer: 0800123456\n");
    assert_eq!(article.body, "0800123456");
    // What is merged in counts: this is a draft.
    let merged = "defaults: &d\n  draft: true\nfaqs:\n- <<: *d\n  question: Secret offer?\n  answer: 50 percent off\n";
    assert!(!only("faq.yaml", merged).is_published);
}

#[test]
fn an_entry_of_several_languages_is_an_article_in_each() {
    let json = r#"[{"id":"1","question":{"en":"How do I pay?","de":"Wie bezahle ich?"},"answer":{"en":"By card.","de":"Mit Karte."}}]"#;
    let found: Vec<_> = import("faq.json", json).articles.into_iter().map(|a| (a.language.unwrap(), a.title, a.body)).collect();
    let expected = [("de", "Wie bezahle ich?", "Mit Karte."), ("en", "How do I pay?", "By card.")];
    assert_eq!(found, expected.map(|(l, q, a)| (l.to_owned(), q.to_owned(), a.to_owned())));
    let csv = "question_en,answer_en,question_de,answer_de\nHow?,So,Wie?,Eben so\n,,Nur hier?,Ja\n";
    let found: Vec<_> = import("faq.csv", csv).articles.into_iter().map(|a| (a.language.unwrap(), a.title)).collect();
    assert_eq!(found, [("de", "Wie?"), ("de", "Nur hier?"), ("en", "How?")].map(|(l, q)| (l.to_owned(), q.to_owned())));
}

#[test]
fn an_id_is_no_language() {
    assert_eq!(only("faq.json", r#"[{"question":"How do I pay?","answer":{"id":"a1","text":"By card."}}]"#).body, "By card.");
    let csv = "article_id,question_en,answer_en,question_de,answer_de\n7,How?,So,Wie?,Eben so\n";
    assert_eq!(import("faq.csv", csv).articles.len(), 2);
}

#[test]
fn nothing_of_a_list_is_lost() {
    let body = only("faq.md", "# How do I reset it?\n\n1. Unplug the device\n2. \n   ```\n   reset\n   ```\n3. Plug in\n").body;
    assert!(["Unplug the device", "reset", "Plug in"].iter().all(|w| body.contains(w)), "{body}");
    let table = "<table><tr><td>Step</td><td><ul><li>x</li><li>y</li></ul></td></tr><tr><td>S2</td><td>z</td></tr></table>";
    let body = only("faq.json", &serde_json::json!([{"question": "How?", "answer": table}]).to_string()).body;
    assert!(body.starts_with("| Step | - x - y |"), "{body}");
}

#[test]
fn what_hides_an_article_hides_it() {
    for (name, value) in [
        ("Publish", "no"),
        ("Visible", "no"),
        ("Hidden", "yes"),
        ("Private", "yes"),
        ("Entwurf", "ja"),
        ("Access", "internal"),
        ("公開", "no"),
    ] {
        let article = only("faq.csv", &format!("question,answer,{name}\nHow?,So.,{value}\n"));
        assert!(!article.is_published && article.tags.is_empty(), "{name}={value}: {article:?}");
    }
    for entry in [
        r#""deleted":true"#,
        r#""visible":false"#,
        r#""published_at":null"#,
        r#""is_public":false"#,
        r#""internal_only":true"#,
        r#""is_internal":true"#,
        r#""is_archived":true"#,
        r#""user_segment_ids":[360001]"#,
    ] {
        let json = format!(r#"[{{"question":"How?","answer":"So.",{entry}}}]"#);
        assert!(!only("faq.json", &json).is_published, "{entry}");
    }
    assert!(only("faq.json", r#"[{"question":"How?","answer":"So.","published_at":"2024-01-01"}]"#).is_published);
}

#[test]
fn an_import_publishes_no_draft_of_an_editor() {
    let own =
        ArticleFile { path: "articles/en/r.md".into(), text: "+++\ntitle = \"Refunds\"\npublished = false\n+++\nNot ready.\n".into() };
    let plan =
        plan(&import("faq.csv", "title,content\nRefunds,In five days.\nReturns,In two weeks.\n").articles, &[own], &Filing::default());
    assert!(plan.steps[0].after.as_ref().unwrap().contains("published = false"));
    assert!(!only("faq.md", "---\ntitle: Refunds\npublished: no\n---\nNot ready.\n").is_published);
    assert!(only("faq.json", r#"[{"question":"How?","answer":"So.","is_internal":false}]"#).is_published);
}

#[test]
fn what_nobody_knows_is_no_tag() {
    let csv = "question,answer,Agent notes,Customer name\nHow do I return an item?,Send it back.,Angry customers: offer 20%,John Smith +49 170 1234567\n";
    let import = import("faq.csv", csv);
    assert_eq!(import.articles[0].tags, Vec::<String>::new());
    assert!(import.notes.iter().any(|n| n.told.contains("Agent notes, Customer name")), "{:?}", import.notes);
    let tickets = "Subject,Description,Resolution\nLogin,\"Anna Meier cannot log in since Monday, tried twice\",Reset the password\n";
    assert_eq!(only("tickets.csv", tickets).body, "Reset the password");
}

#[test]
fn lines_and_stars_stay() {
    let linked =
        only("faq.csv", "question,answer\nHow?,\"Step one.\n\nStep two: <a href=\"\"https://a.example/my file\"\">here</a>.\n- x\"\n").body;
    assert_eq!(linked, "Step one.\n\nStep two: [here](https://a.example/my%20file).\n\n- x");
    let stars = only("faq.csv", "question,answer\nHow?,\"# Head\nRate 5*3*2, card ****-1234\"\n").body;
    assert_eq!(nearside_text::rich::words(&stars).replace('\n', " ").trim(), "Head  Rate 5*3*2, card ****-1234");
    assert_eq!(only("faq.csv", "question,answer\nHow?,<!-- internal -->Visible\n").body, "Visible");
    let steps = only("faq.csv", "question,answer\nHow?,\"Do this:\n1. Off\n2. On\nIf not, call us.\"\n").body;
    assert_eq!(steps, "Do this:\n1. Off\n2. On\n\nIf not, call us.");
    assert_eq!(only("faq.md", "---\n\nFirst part.\n\n---\n\nSecond part.\n").body, "First part.\n\nSecond part.");
}

#[test]
fn another_file_with_the_same_question_is_another_article() {
    let of = |name: &str, text: &str, files: &[ArticleFile]| {
        let plan = plan(&import(name, text).articles, files, &Filing::default());
        let written: Vec<ArticleFile> =
            plan.steps.iter().map(|s| ArticleFile { path: s.path.clone(), text: s.after.clone().unwrap() }).collect();
        (plan, written)
    };
    let (_, toaster) = of("toaster.csv", "question,answer\nWhat is the warranty?,Toaster: 1 year\n", &[]);
    let (kettle, _) = of("kettle.csv", "question,answer\nWhat is the warranty?,Kettle: 3 years\n", &toaster);
    assert_eq!(kettle.steps[0].change, Change::New);
    assert!(kettle.notes.iter().any(|n| n.told.contains("from another file")), "{:?}", kettle.notes);
    // The same export under a newer name.
    let (_, june) = of("faq-06.csv", "question,answer\nHow?,So.\nWhy?,Because.\n", &[]);
    let (july, _) = of("faq-07.csv", "question,answer\nHow?,So.\n", &june);
    assert_eq!(july.steps.iter().map(|s| s.change).collect::<Vec<_>>(), [Change::Same, Change::Gone]);
}

#[test]
fn languages_are_told() {
    let auto = |text: &str| {
        let import = import("faq.csv", text);
        plan(&import.articles, &[], &Filing::default()).steps[0].path.clone()
    };
    assert!(auto("question,answer\nКак оплатить заказ?,Картой или наличными.\n").starts_with("articles/ru/"));
    assert!(auto("question,answer,language\nWie?,So.,ger\n").starts_with("articles/de/"));
    assert!(
        import("faq.csv", "question,answer,language\nHow do I pay?,By card.,all\n")
            .notes
            .iter()
            .any(|n| n.told.contains("no language tag"))
    );
}

#[test]
fn ten_thousand_titles_that_begin_alike_have_a_file_each() {
    let rows: String = (0..10_000)
        .map(|n| format!("How do I configure the enterprise integration of the product line number {n}?,Answer {n}.\n"))
        .collect();
    let import = import("faq.csv", &format!("question,answer\n{rows}"));
    // Looking for a free number from the first one on took minutes.
    let plan = plan(&import.articles, &[], &Filing::default());
    let paths: std::collections::BTreeSet<&str> = plan.steps.iter().map(|s| s.path.as_str()).collect();
    assert_eq!(paths.len(), 10_000);
}
