use nearside_privacy::chain::{Deed, Entry};

use super::erase_again;

fn log(deeds: &[(&'static str, &str)]) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for (action, record) in deeds {
        let deed = Deed { actor: "operator:ana".into(), action, record: (*record).to_owned(), reason: "a letter".into() };
        let next = Entry::after("demo", all.last().map(|e| (e.seq, e.hash.as_str())), 1.0, deed);
        all.push(next);
    }
    all
}

#[test]
fn what_cannot_be_erased_again_keeps_none_of_the_others_and_is_named() {
    let log = log(&[
        ("subject.erase", "conversation-held"),
        ("handoffs.read", "inbox"),
        ("conversation.forget", "conversation-one"),
        ("subject.erase", "conversation-two"),
        ("subject.erase", "conversation-two"),
    ]);
    let mut asked = Vec::new();
    let erase = |id: &str| {
        asked.push(id.to_owned());
        if id.ends_with("held") { Err(anyhow::anyhow!("answered 409: under a legal hold")) } else { Ok(()) }
    };
    let (done, left) = erase_again(&log, erase).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((done, left), (2, vec!["conversation-held: answered 409: under a legal hold".to_owned()]));
    assert_eq!(asked, ["conversation-held", "conversation-one", "conversation-two"]);
}

#[test]
fn a_changed_log_erases_nothing() {
    let mut log = log(&[("subject.erase", "conversation-one"), ("subject.erase", "conversation-two")]);
    log[0].record = "conversation-three".into();
    let refused = erase_again(&log, |id| panic!("{id} erased"));
    assert!(refused.is_err_and(|e| e.to_string().contains("nothing was erased")));
}
