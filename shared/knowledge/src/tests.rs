use crate::*;

fn article(id: &str, title: &str, wordings: &[&str], body: &str) -> Article {
    Article {
        id: id.into(),
        title: title.into(),
        wordings: wordings.iter().map(|w| (*w).to_owned()).collect(),
        body: body.into(),
        language: "en".into(),
        version: 1,
        ..Default::default()
    }
}

fn shelf() -> Vec<Article> {
    vec![
        article("returns", "How do I return a product?", &["send it back"], "Within 30 days.\n\nUse the label in the box."),
        article("e102", "Error E102 on the screen", &["my speaker shows E102"], "Unplug it for a minute."),
        article("退货", "如何退货？", &["我想把东西退回去"], "三十天内可以退货。"),
    ]
}

#[track_caller]
fn check_first(query: &str, id: &str) {
    let articles = shelf();
    let found = Index::build(&articles, &[]).search(query, 5);
    assert_eq!(found.first().map(|m| articles[m.article].id.as_str()), Some(id), "first for {query:?}");
    assert!(found.iter().all(|m| (0.0..=1.0).contains(&m.score)));
}

#[test]
fn finds_by_word_code_and_ideograph() {
    check_first("returning products", "returns");
    check_first("e102?", "e102");
    check_first("怎么退", "退货");
    check_first("怎麼退貨", "退货");
}

#[test]
fn finds_nothing_for_words_it_does_not_hold() {
    assert!(Index::build(&shelf(), &[]).search("zzz qqq", 5).is_empty());
    assert!(Index::build(&shelf(), &[]).search("", 5).is_empty());
    assert!(Index::build(&[], &[]).search("anything", 5).is_empty());
}

#[test]
fn survives_storing_and_loading() {
    let index = Index::build(&shelf(), &[]);
    let loaded = Index::load(index.store()).unwrap();
    assert_eq!(loaded.scores("return e102 退货"), index.scores("return e102 退货"));
}

#[test]
fn suggests_while_typing() {
    let articles = shelf();
    let typed = |text: &str| suggest(&articles, text, 3).into_iter().map(|(_, t)| t.to_owned()).collect::<Vec<_>>();
    assert_eq!(typed("err"), ["Error E102 on the screen"]);
    assert_eq!(typed("how ret"), ["How do I return a product?"]);
    assert_eq!(typed("退"), ["如何退货？"]);
    assert!(typed("h").is_empty());
    assert!(typed("").is_empty());
}

#[test]
fn picks_the_paragraph_that_answers() {
    let long = format!("{}\n\nBatteries last ten hours.\n\n{}", "Filler about nothing. ".repeat(40), "More filler. ".repeat(20));
    let index = Index::build(&[article("a", "a", &[], &long)], &[]);
    assert_eq!(best_passage(&long, "how long do batteries last", &index), "Batteries last ten hours.");
    assert_eq!(best_passage("Short.", "anything", &index), "Short.");
}

#[test]
fn knows_when_an_article_is_valid() {
    let dated = Article { valid_from_ms: Some(10), valid_to_ms: Some(20), ..Default::default() };
    assert_eq!([9, 10, 19, 20].map(|t| dated.is_valid_at(t)), [false, true, true, false]);
}

#[test]
fn tells_what_a_message_and_an_article_share() {
    let articles = shelf();
    let index = Index::build(&articles, &["do", "i", "how", "a"]);
    let look = index.look("how do I retrun a product");
    let of = |n: usize| look.shared(n);
    assert!(of(0).phrase > 0.4 && of(0).grams > 0.5 && of(0).phrase > of(1).phrase, "{:?}", of(0));
    let same = index.look("Error E102 on the screen").shared(1);
    assert!(same.cover > 0.99 && same.phrase > 0.95 && same.grams > 0.99 && same.codes == 1.0 && same.rarest == 1.0, "{same:?}");
    assert_eq!(index.look("Error E999").shared(1).codes, 0.0);
    assert_eq!(look.best(2).first(), Some(&0));
}

#[test]
fn long_bodies_are_cut_into_passages() {
    assert_eq!(passages("One.\n\nTwo."), ["One.\n\nTwo."]);
    let long = "A sentence of some words. ".repeat(100);
    let cut = passages(&long);
    assert!(cut.len() > 1 && cut.iter().all(|p| p.len() <= 900 && p.ends_with('.')), "{cut:?}");
    let endless = "あ".repeat(700_000);
    assert!(passages(&endless).len() <= 40 && passages(&endless).iter().all(|p| p.len() <= 900));
    assert!(passages(" \n\n ").is_empty());
}

#[track_caller]
fn check_passage(body: &str, query: &str, expected: &str) {
    let filler = "Filler about nothing at all. ".repeat(30);
    let body = format!("{filler}\n\n{body}\n\n{filler}");
    let index = Index::build(&[article("a", "a", &[], &body)], &[]);
    assert_eq!(best_passage(&body, query, &index), expected);
}

#[test]
fn a_list_stays_with_its_introduction() {
    check_passage("To pair:\n\n1. Hold it.\n2. Wait for blue.", "blue", "To pair:\n\n1. Hold it.\n2. Wait for blue.");
    check_passage("颜色：\n\n- 蓝色", "蓝色", "颜色：\n\n- 蓝色");
    check_passage("Prices:\n\n| a | b |\n|---|---|\n| blue | 3 |", "blue", "Prices:\n\n| a | b |\n|---|---|\n| blue | 3 |");
    check_passage("## Blue\n\nIt pairs.\n\nOther.", "blue", "## Blue\n\nIt pairs.");
    check_passage(
        "1. Hold.\n\n   ```\n   blue\n\n   x\n   ```\n\n2. Wait.",
        "blue",
        "1. Hold.\n\n   ```\n   blue\n\n   x\n   ```\n\n2. Wait.",
    );
}

#[test]
fn a_list_that_is_too_long_is_cut_between_items() {
    let item = |n: u32| format!("{n}. {}{}", "Something to do. ".repeat(20), if n == 8 { "Turn blue." } else { "" });
    let list: Vec<String> = (1..=9).map(item).collect();
    let (start, end) = (list[5..].join("\n\n"), list[..5].join("\n\n"));
    assert!(end.chars().count() > 1400);
    check_passage(&list.join("\n\n"), "blue", start.trim());
}

#[test]
fn addresses_do_not_make_a_body_long() {
    let body = format!("See [this](https://a.example/{}).\n\nAnd blue.", "x".repeat(800));
    let index = Index::build(&[article("a", "a", &[], &body)], &[]);
    assert_eq!(best_passage(&body, "blue", &index), body);
}

#[test]
fn marks_and_addresses_are_not_indexed() {
    let marked = article("a", "a", &[], "**Bold** [words](https://hidden.example/secret) at https://bare.example/x\n- `code`");
    let index = Index::build(&[marked], &[]);
    let holds = |word: &str| nearside_text::terms(word).iter().any(|term| index.holds(&term.text));
    assert!(["bold", "words", "code"].iter().all(|word| holds(word)));
    assert!(["hidden", "secret", "bare", "https"].iter().all(|word| !holds(word)));
}
