use nearside_conversation::{EntryId, Event, Fact, HandoffReason, Input, Outcome, Tracker};

use crate::*;

const POLICY: Policy = Policy { answer_at: 0.7, clarify_at: 0.3, handoff_after: 3 };

fn text() -> Input {
    Input::Text { text: "…".into() }
}

fn options(confidence: f32) -> Understanding {
    let option = |article: &str, confidence| Suggestion { article: article.into(), confidence };
    Understanding { options: vec![option("a", confidence), option("b", confidence / 2.0)], ..Understanding::default() }
}

#[track_caller]
fn check(tracker: &Tracker, input: Input, understood: Understanding, expected: Decision) {
    assert_eq!(decide(tracker, &input, &understood, &POLICY), expected);
}

#[test]
fn answers_when_sure_asks_when_unsure_admits_when_lost() {
    let fresh = Tracker::default();
    check(&fresh, text(), options(0.9), Decision::Answer("a".into()));
    check(&fresh, text(), options(0.5), Decision::Clarify(vec!["a".into(), "b".into()]));
    check(&fresh, text(), options(0.1), Decision::Unknown);
    check(&fresh, text(), Understanding::default(), Decision::Unknown);
}

#[test]
fn brings_a_person_after_three_unresolved_turns_and_only_once() {
    let mut tracker = Tracker::default();
    for _ in 0..2 {
        tracker = tracker.after(&Fact::Unanswered);
    }
    check(&tracker, text(), options(0.1), Decision::Handoff(HandoffReason::Unresolved));
    let after = tracker.after(&Fact::HandoffRequested { reason: HandoffReason::Unresolved });
    check(&after, text(), options(0.1), Decision::Unknown);
    check(&after, Input::RequestPerson, Understanding::default(), Decision::StillRequested);
    let done = |outcome| after.clone().after_event(&Event::Done { effect: EntryId::default(), outcome });
    check(&done(Outcome::Delivered), Input::RequestPerson, Understanding::default(), Decision::StillHandedOff);
    // Who did not let the conversation be shared may ask again.
    check(&done(Outcome::Declined), Input::RequestPerson, Understanding::default(), Decision::Handoff(HandoffReason::Requested));
}

#[test]
fn an_answer_ends_the_row_of_unresolved_turns() {
    let tracker = Tracker::default().after(&Fact::Unanswered).after(&Fact::Answered { article: "a".into(), version: 1 });
    assert_eq!(tracker.unresolved, 0);
}

#[test]
fn hands_over_on_request() {
    let wants = Understanding { small_talk: Some(SmallTalk::WantPerson), ..Understanding::default() };
    check(&Tracker::default(), text(), wants, Decision::Handoff(HandoffReason::Requested));
    check(&Tracker::default(), Input::RequestPerson, Understanding::default(), Decision::Handoff(HandoffReason::Requested));
}

#[test]
fn short_replies_are_answered_from_the_conversation() {
    let offered = |ids: &[&str]| Tracker { offered: ids.iter().map(|id| (*id).to_owned()).collect(), ..Tracker::default() };
    let says = |reply| Understanding { reply: Some(reply), ..options(0.9) };
    check(&offered(&["a", "b"]), text(), says(ShortReply::Choice(2)), Decision::Answer("b".into()));
    check(&offered(&["a", "b"]), text(), says(ShortReply::Choice(0)), Decision::Answer("b".into()));
    check(&offered(&["a", "b"]), text(), says(ShortReply::Choice(3)), Decision::Remark(Remark::SayMore));
    check(&offered(&["a"]), text(), says(ShortReply::Affirm), Decision::Answer("a".into()));
    check(&offered(&["a", "b"]), text(), says(ShortReply::Affirm), Decision::Clarify(vec!["a".into(), "b".into()]));
    check(&offered(&["a", "b"]), text(), says(ShortReply::Deny), Decision::Remark(Remark::NoneOfThese));
    check(&Tracker::default(), text(), says(ShortReply::Deny), Decision::Remark(Remark::Acknowledged));
    check(&Tracker::default(), text(), says(ShortReply::Refuse), Decision::Remark(Remark::Refused));
}

#[test]
fn answers_the_sure_wish_and_asks_about_the_other() {
    let other = vec![Suggestion { article: "c".into(), confidence: 0.4 }];
    check(&Tracker::default(), text(), Understanding { other, ..options(0.9) }, Decision::AnswerAndAsk("a".into(), vec!["c".into()]));
}
