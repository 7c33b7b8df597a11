//! The same files a second time change nothing; what changed there comes in, what was edited here stays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what should hold by failing")]

use nearside_import::plan::{ArticleFile, Change, Filing, Plan, plan};
use nearside_import::{InputFile, read};

fn imported(csv: &str, files: &[ArticleFile], filing: &Filing) -> Plan {
    let file = InputFile { path: "faq.csv".into(), bytes: csv.as_bytes().to_vec(), is_named: true };
    plan(&read(vec![file]).unwrap().articles, files, filing)
}

fn written(plan: &Plan) -> Vec<ArticleFile> {
    let file = |s: &nearside_import::plan::Step| Some(ArticleFile { path: s.path.clone(), text: s.after.clone()? });
    plan.steps.iter().filter_map(file).collect()
}

fn changes(plan: &Plan) -> Vec<(Change, &str)> {
    plan.steps.iter().map(|s| (s.change, s.title.as_str())).collect()
}

const FAQ: &str = "id,question,answer,tags\n1,How do I pay?,By card or by invoice.,payment\n2,When are you open?,From nine to five.,\n";

#[test]
fn again_is_the_same() {
    let first = imported(FAQ, &[], &Filing::default());
    assert_eq!(changes(&first), [(Change::New, "How do I pay?"), (Change::New, "When are you open?")]);
    let files = written(&first);
    assert_eq!(files[0].path, "articles/en/how-do-i-pay.md");
    let again = imported(FAQ, &files, &Filing::default());
    assert_eq!(changes(&again), [(Change::Same, "How do I pay?"), (Change::Same, "When are you open?")]);
    assert!(again.steps.iter().all(|s| s.after.as_ref() == Some(&s.before)));
}

#[test]
fn a_changed_row_changes_its_article() {
    let files = written(&imported(FAQ, &[], &Filing::default()));
    // By its id it is known even under another title, and keeps its file.
    let changed = imported(&FAQ.replace("How do I pay?", "How can I pay?"), &files, &Filing::default());
    assert_eq!(changes(&changed)[0], (Change::Changed, "How can I pay?"));
    assert_eq!(changed.steps[0].fields, ["title"]);
    assert_eq!(changed.steps[0].path, "articles/en/how-do-i-pay.md");
    assert!(changed.steps[0].after.as_ref().unwrap().contains("version = 2\n"));
}

#[test]
fn what_was_edited_here_stays() {
    let mut files = written(&imported(FAQ, &[], &Filing::default()));
    files[0].text =
        files[0].text.replace("By card or by invoice.", "By card.").replace("tags =", "wordings = [\"can i use visa\"]\ntags =");
    let plan = imported(&FAQ.replace("payment", "money"), &files, &Filing::default());
    let text = plan.steps[0].after.clone().unwrap();
    assert!(text.contains("By card.\n") && text.contains("can i use visa") && text.contains("tags = [\"money\"]"), "{text}");
    assert!(plan.notes.iter().all(|n| n.file == "import"), "{:?}", plan.notes);
    // Both changed the body: the one here stays, and it is told.
    let plan = imported(&FAQ.replace("By card or by invoice.", "In cash."), &files, &Filing::default());
    assert!(plan.steps[0].after.as_ref().unwrap().contains("By card."));
    assert!(plan.notes[0].told.starts_with("body changed in its source and was edited here"), "{:?}", plan.notes);
    // What was written by hand is not overwritten by an import that has its title.
    let own = ArticleFile { path: "articles/en/pay.md".into(), text: "+++\ntitle = \"How do I pay?\"\n+++\nAsk Ana.\n".into() };
    let plan = imported(FAQ, &[own], &Filing::default());
    assert!(plan.steps[0].after.as_ref().unwrap().contains("Ask Ana."));
    assert_eq!(plan.notes.iter().filter(|n| n.file != "import").count(), 1);
}

#[test]
fn what_is_gone_is_named_and_kept() {
    let files = written(&imported(FAQ, &[], &Filing::default()));
    let less = FAQ.lines().take(2).collect::<Vec<_>>().join("\n");
    let plan = imported(&less, &files, &Filing::default());
    assert_eq!(changes(&plan)[1], (Change::Gone, "When are you open?"));
    assert!(plan.steps[1].after.is_some());
    let pruned = imported(&less, &files, &Filing { prune: true, ..Filing::default() });
    assert_eq!(pruned.steps[1].after, None);
}

#[test]
fn what_is_written_can_be_read_back() {
    let title = "Is \"+++\" a mark,\tor \\ not?";
    let csv = format!("question,answer,wordings\n\"{}\",\"+++\nstands here\n+++\",\"a \"\"b\"\"|+++\"\n", title.replace('"', "\"\""));
    let files = written(&imported(&csv, &[], &Filing::default()));
    let again = imported(&csv, &files, &Filing::default());
    assert_eq!(changes(&again), [(Change::Same, "Is \"+++\" a mark, or \\ not?")]);
    assert_eq!(again.steps[0].after.as_ref(), Some(&again.steps[0].before));
}

#[test]
fn articles_are_filed_by_language() {
    let csv = "question,answer\nWie kann ich bezahlen?,Mit der Karte oder auf Rechnung.\nWann habt ihr geöffnet?,Von neun bis fünf.\nHow can I pay?,You can pay by card or with the invoice.\n";
    let paths = |filing: &Filing| imported(csv, &[], filing).steps.iter().map(|s| s.path.clone()).collect::<Vec<_>>();
    assert!(paths(&Filing::default()).iter().all(|p| p.starts_with("articles/de/")));
    let auto = paths(&Filing { by_words: true, ..Filing::default() });
    assert!(auto[0].starts_with("articles/de/") && auto[2].starts_with("articles/en/"), "{auto:?}");
    assert!(paths(&Filing { language: Some("fr".into()), ..Filing::default() }).iter().all(|p| p.starts_with("articles/fr/")));
}
