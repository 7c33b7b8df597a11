//! Conversations, as visitors have them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what should hold by failing")]

use std::collections::BTreeMap;

use nearside_client::chat::{Chat, Command, Conversation, Message, Now, Question, Turn};
use nearside_client::gate::Parcel;
use nearside_conversation::{
    EntryId, Event, Fact, HandoffReason, Handover, Input, LineNote, Note, Outcome, Purpose, Reply, ReplyKind, Rung, transcript,
};

/// A tab: a chat, what the visitor agreed to, and names out of a counter.
struct Tab {
    chat: Chat,
    consent: BTreeMap<Purpose, bool>,
    names: u64,
}

impl Tab {
    fn new(first_name: u64) -> Self {
        Self { chat: Chat::new("demo", "en", "Hello!", true), consent: BTreeMap::new(), names: first_name }
    }

    fn begun() -> Self {
        let mut tab = Self::new(0);
        tab.step(Message::Restored { conversation: None, entries: vec![] });
        tab
    }

    fn step(&mut self, message: Message) -> Vec<Command> {
        let consent = |purpose: Purpose| self.consent.get(&purpose).copied();
        let names = &mut self.names;
        let mut name = || {
            *names += 1;
            EntryId::new(format!("entry-{names:04}")).unwrap()
        };
        self.chat.step(&mut Now { ms: 1, consent: &consent, name: &mut name }, message)
    }

    fn say(&mut self, text: &str) -> EntryId {
        core_asked(&self.step(Message::Said(text.into()))).unwrap()
    }

    /// What the visitor sees, notes by their names.
    fn seen(&self) -> Vec<String> {
        let line = |l: nearside_conversation::Line| match l.note {
            Some(LineNote::Note(note)) => format!("{note:?}"),
            Some(LineNote::Outcome(outcome)) => format!("{outcome:?}"),
            None => l.text,
        };
        transcript(self.chat.log().entries()).into_iter().map(line).collect()
    }
}

fn core_asked(commands: &[Command]) -> Option<EntryId> {
    commands.iter().find_map(|c| if let Command::Core { of, .. } = c { Some(of.clone()) } else { None })
}

fn edge_asked(commands: &[Command]) -> bool {
    commands.iter().any(|c| matches!(c, Command::Edge { .. }))
}

fn put(commands: &[Command]) -> Vec<(&EntryId, &Parcel)> {
    commands.iter().filter_map(|c| if let Command::Put(id, parcel) = c { Some((id, parcel)) } else { None }).collect()
}

fn shared(commands: &[Command]) -> Option<(EntryId, Vec<String>)> {
    put(commands).into_iter().find_map(|(id, parcel)| match parcel {
        Parcel::Entries { entries, .. } => {
            let text = |e: &nearside_conversation::Entry| match &e.event {
                Event::Said { text } => text.clone(),
                Event::Replied { reply, .. } => reply.text.clone(),
                _ => "…".into(),
            };
            Some((id.clone(), entries.iter().map(text).collect()))
        }
        _ => None,
    })
}

fn turn(text: &str, facts: Vec<Fact>) -> Turn {
    let replies = vec![Reply { kind: ReplyKind::Answer, text: text.into(), source: None, quick_replies: vec![] }];
    Turn { facts, replies, edge: false, explanation: Some("{}".into()) }
}

fn unsure(text: &str) -> Turn {
    Turn { edge: true, ..turn(text, vec![Fact::UserUttered, Fact::Unanswered]) }
}

fn handoff() -> Turn {
    turn("A colleague can take this on.", vec![Fact::UserUttered, Fact::HandoffRequested { reason: HandoffReason::Requested }])
}

#[test]
fn greets_answers_and_goes_on_with_what_was_said_meanwhile() {
    let mut tab = Tab::begun();
    let first = tab.say("one");
    assert!(tab.chat.is_busy());
    assert_eq!(core_asked(&tab.step(Message::Said("two".into()))), None, "one after the other");
    let next = tab.step(Message::Core(first, Some(turn("answer one", vec![Fact::UserUttered]))));
    let second = core_asked(&next).unwrap();
    assert!(next.contains(&Command::Answer(None, Rung::Browser)));
    tab.step(Message::Core(second, Some(turn("answer two", vec![Fact::UserUttered]))));
    assert_eq!(tab.seen(), ["Hello!", "one", "two", "answer one", "answer two"]);
    assert_eq!((tab.chat.log().tracker().turns, tab.chat.log().tracker().introduced, tab.chat.is_busy()), (2, true, false));
}

#[test]
fn what_is_said_before_the_log_is_read_waits_for_it() {
    let mut tab = Tab::new(0);
    assert_eq!(tab.step(Message::Said("early".into())), []);
    let commands = tab.step(Message::Restored { conversation: None, entries: vec![] });
    assert!(core_asked(&commands).is_some());
    assert_eq!(tab.seen(), ["Hello!", "early"]);
}

#[test]
fn asks_before_the_edge_is_asked_and_keeps_to_its_own_answer_after_a_no() {
    let mut tab = Tab::begun();
    let of = tab.say("hm?");
    assert!(!edge_asked(&tab.step(Message::Core(of, Some(unsure("I do not know."))))));
    assert_eq!(tab.chat.question(), Some(&Question::Edge { alone: true }));
    let commands = tab.step(Message::Answered(false));
    assert!(commands.contains(&Command::Agree(Purpose::Edge, false)) && !edge_asked(&commands));
    assert_eq!(tab.seen(), ["Hello!", "hm?", "I do not know."]);
    // With a yes, the edge's answer; where it does not come, the own one.
    for (edge, expected) in [(Some(turn("The edge knows.", vec![])), "The edge knows."), (None, "I do not know.")] {
        let mut tab = Tab::begun();
        tab.consent.insert(Purpose::Edge, true);
        let of = tab.say("hm?");
        assert!(edge_asked(&tab.step(Message::Core(of.clone(), Some(unsure("I do not know."))))));
        tab.step(Message::Edge(of, edge));
        assert_eq!(tab.seen().last().map(String::as_str), Some(expected));
    }
}

#[test]
fn where_nothing_can_answer_a_person_is_offered_and_the_failure_said() {
    let mut tab = Tab::begun();
    let of = tab.say("hello?");
    tab.step(Message::Core(of, None));
    assert_eq!(tab.chat.question(), Some(&Question::Edge { alone: false }));
    tab.step(Message::Answered(false));
    assert!(matches!(tab.chat.question(), Some(Question::Person { .. })));
    tab.consent.insert(Purpose::Edge, false);
    let of = tab.say("hello?");
    tab.step(Message::Core(of, None));
    assert_eq!(tab.seen().last().map(String::as_str), Some("Failed"));
}

/// Fault of hardening M20: three presses of one button are one wish, where the core runs and where it does not.
#[test]
fn a_person_is_asked_for_once_and_claimed_when_it_is_so() {
    for core in [true, false] {
        let mut tab = Tab::begun();
        let wish = || Message::Chose { label: "A person".into(), input: Input::RequestPerson };
        let of = core_asked(&tab.step(wish())).unwrap();
        tab.step(Message::Core(of, core.then(handoff)));
        let Some(Question::Person { effect }) = tab.chat.question().cloned() else { panic!() };
        assert_eq!(tab.chat.log().tracker().handover, Handover::Requested);
        for _ in 0..2 {
            let of = core_asked(&tab.step(wish())).unwrap();
            // The core sees the state, and asks for nobody again.
            tab.step(Message::Core(of, core.then(|| turn("Your request has not gone out yet.", vec![]))));
        }
        let commands = tab.step(Message::Answered(true));
        let (id, _) = shared(&commands).unwrap();
        if core {
            assert_eq!((id, put(&commands).len()), (effect.clone(), 1));
            tab.step(Message::Waits(effect.clone()));
            tab.step(Message::Told(effect.clone(), Outcome::Delivered));
            assert_eq!(tab.seen()[tab.seen().len() - 2..], ["Waiting", "Delivered"]);
            assert_eq!(tab.chat.log().tracker().handover, Handover::Delivered);
        }
    }
}

#[test]
fn a_no_sends_nothing_and_says_so() {
    let mut tab = Tab::begun();
    let of = tab.say("a person, please");
    tab.step(Message::Core(of, Some(handoff())));
    let commands = tab.step(Message::Answered(false));
    assert_eq!((shared(&commands), tab.seen().last().map(String::as_str)), (None, Some("Declined")));
    assert_eq!(tab.chat.log().tracker().handover, Handover::None);
}

#[test]
fn what_is_said_after_a_handover_reaches_people_and_what_is_said_after_a_no_does_not() {
    let mut tab = Tab::begun();
    tab.consent.insert(Purpose::Person, true);
    let of = tab.say("a person, please");
    let commands = tab.step(Message::Core(of, Some(handoff())));
    let (effect, lines) = shared(&commands).unwrap();
    assert_eq!(lines, ["Hello!", "a person, please", "A colleague can take this on.", "…"]);
    tab.step(Message::Told(effect, Outcome::Delivered));
    assert_eq!(shared(&tab.step(Message::Said("one more thing".into()))).unwrap().1, ["one more thing"]);
    // The visitor takes it back: the conversation is closed at the edge.
    tab.consent.insert(Purpose::Person, false);
    let id = tab.step(Message::Closed("unknown".into()));
    assert_eq!(id, []);
    let before = conversation(&tab.step(Message::Identified(Some("ana".into())))).unwrap();
    let after = conversation(&tab.step(Message::Closed(before.id.clone()))).unwrap();
    assert_ne!((&before.id, &before.key), (&after.id, &after.key));
    assert_eq!(tab.chat.log().tracker().handover, Handover::None);
    assert_eq!(shared(&tab.step(Message::Said("and this".into()))), None);
}

fn conversation(commands: &[Command]) -> Option<Conversation> {
    commands.iter().find_map(|c| match c {
        Command::Keep(conversation) | Command::Begin(conversation) => Some(conversation.clone()),
        _ => None,
    })
}

/// Fault of hardening H4: who signs in after another visitor of the same device begins anew.
#[test]
fn another_visitor_of_the_device_finds_nothing_of_the_one_before() {
    let mut tab = Tab::begun();
    tab.say("my rash is worse");
    let ana = conversation(&tab.step(Message::Identified(Some("ana".into())))).unwrap();
    assert_eq!(tab.seen().len(), 2, "what was said before signing in is one's own");
    assert_eq!(tab.step(Message::Identified(Some("ana".into()))), []);
    let bo = conversation(&tab.step(Message::Identified(Some("bo".into())))).unwrap();
    assert_eq!(tab.seen(), ["Hello!"]);
    assert!(ana.id != bo.id && ana.key != bo.key && ana.log != bo.log);
    let anew = conversation(&tab.step(Message::StartedOver)).unwrap();
    assert_eq!((anew.subject.as_deref(), anew.log == bo.log), (Some("bo"), false));
    let nobody = conversation(&tab.step(Message::Identified(None))).unwrap();
    assert_eq!((nobody.subject, nobody.id == bo.id), (None, false));
}

/// Fault of hardening M20: two tabs share one conversation without losing a line.
#[test]
fn two_tabs_share_one_conversation() {
    let (mut one, mut other) = (Tab::new(0), Tab::new(5_000));
    let commands = one.step(Message::Restored { conversation: None, entries: vec![] });
    let kept = conversation(&commands);
    let mut stored: Vec<_> = one.chat.log().entries().to_vec();
    other.step(Message::Restored { conversation: kept.clone(), entries: stored.clone() });
    let (a, b) = (one.say("from one"), other.say("from the other"));
    for tab in [&other, &one] {
        stored.push(tab.chat.log().entries().last().unwrap().clone());
    }
    for tab in [&mut one, &mut other] {
        tab.step(Message::Restored { conversation: kept.clone(), entries: stored.clone() });
    }
    one.step(Message::Core(a, Some(turn("to one", vec![Fact::UserUttered]))));
    other.step(Message::Core(b, Some(turn("to the other", vec![Fact::UserUttered]))));
    assert_eq!(one.seen(), ["Hello!", "from the other", "from one", "to one"]);
    assert_eq!(other.seen(), ["Hello!", "from the other", "from one", "to the other"]);
}

#[test]
fn an_answer_to_what_was_forgotten_meanwhile_is_dropped_on_every_tab() {
    let (mut one, mut other) = (Tab::new(0), Tab::new(5_000));
    let kept = conversation(&one.step(Message::Restored { conversation: None, entries: vec![] }));
    other.step(Message::Restored { conversation: kept, entries: one.chat.log().entries().to_vec() });
    let asked = other.say("what about my loan?");
    let anew = conversation(&one.step(Message::StartedOver));
    other.step(Message::Restored { conversation: anew, entries: one.chat.log().entries().to_vec() });
    assert_eq!(other.step(Message::Core(asked, Some(turn("It is late.", vec![])))), []);
    assert_eq!((other.seen(), other.chat.is_busy()), (vec!["Hello!".to_owned()], false));
}

#[test]
fn a_request_is_taken_up_after_a_reload() {
    let mut tab = Tab::begun();
    let kept = conversation(&tab.step(Message::Identified(Some("ana".into()))));
    let of = tab.say("a person, please");
    tab.step(Message::Core(of, Some(handoff())));
    let entries = tab.chat.log().entries().to_vec();
    let mut again = Tab::new(5_000);
    again.step(Message::Restored { conversation: kept.clone(), entries: entries.clone() });
    assert!(matches!(again.chat.question(), Some(Question::Person { .. })));
    let mut agreed = Tab::new(5_000);
    agreed.consent.insert(Purpose::Person, true);
    assert!(shared(&agreed.step(Message::Restored { conversation: kept, entries })).is_some());
}

#[test]
fn counts_with_consent_only_and_gives_editors_the_question_that_was_asked() {
    let mut tab = Tab::begun();
    let of = tab.say("first?");
    let unknown = || Some(turn("I do not know.", vec![Fact::UserUttered, Fact::Unanswered]));
    assert_eq!(put(&tab.step(Message::Core(of, unknown()))), []);
    tab.consent.insert(Purpose::Improve, true);
    let first = tab.say("second?");
    tab.step(Message::Said("third?".into()));
    let commands = tab.step(Message::Core(first, unknown()));
    let questions: Vec<_> = put(&commands)
        .into_iter()
        .filter_map(|(_, p)| if let Parcel::Event { name, question, .. } = p { Some((name.as_str(), question.as_deref())) } else { None })
        .collect();
    assert_eq!(questions, [("unknown", Some("second?"))], "and not the third, which stands last");
}

#[test]
fn a_message_too_long_is_shown_in_part_and_not_asked() {
    let mut tab = Tab::begun();
    assert_eq!(core_asked(&tab.step(Message::Said("é".repeat(4001)))), None);
    assert_eq!(tab.seen()[2..], [format!("{:?}", Note::TooLong)]);
    assert!(core_asked(&tab.step(Message::Said("é".repeat(4000)))).is_some());
}

#[test]
fn what_is_said_while_a_request_waits_reaches_people_once_it_has_arrived() {
    let mut tab = Tab::begun();
    tab.consent.insert(Purpose::Person, true);
    let of = tab.say("a person, please");
    let (effect, _) = shared(&tab.step(Message::Core(of, Some(handoff())))).unwrap();
    assert_eq!(shared(&tab.step(Message::Said("my order is 4711".into()))), None, "nobody has the conversation yet");
    let (_, lines) = shared(&tab.step(Message::Told(effect, Outcome::Delivered))).unwrap();
    assert_eq!(lines, ["my order is 4711"]);
}

#[test]
fn a_question_for_a_person_outlives_one_for_the_edge() {
    let mut tab = Tab::begun();
    let of = tab.say("a person, please");
    tab.step(Message::Core(of, Some(handoff())));
    let of = tab.say("and another thing?");
    tab.step(Message::Core(of, Some(unsure("I do not know."))));
    assert_eq!(tab.chat.question(), Some(&Question::Edge { alone: true }));
    tab.step(Message::Answered(false));
    assert!(matches!(tab.chat.question(), Some(Question::Person { .. })));
    // With neither core nor edge, the button is the same wish.
    let of = core_asked(&tab.step(Message::Chose { label: "A person".into(), input: Input::RequestPerson })).unwrap();
    tab.step(Message::Core(of, None));
    assert_eq!(nearside_conversation::pending(tab.chat.log().entries()).len(), 1);
}

#[test]
fn what_was_decided_on_another_tab_is_not_asked_again() {
    let (mut one, mut other) = (Tab::new(0), Tab::new(5_000));
    let kept = conversation(&one.step(Message::Restored { conversation: None, entries: vec![] }));
    let of = one.say("a person, please");
    one.step(Message::Core(of, Some(handoff())));
    other.step(Message::Restored { conversation: kept.clone(), entries: one.chat.log().entries().to_vec() });
    assert!(other.chat.question().is_some());
    one.step(Message::Answered(false));
    other.step(Message::Restored { conversation: kept, entries: one.chat.log().entries().to_vec() });
    assert_eq!(other.chat.question(), None);
}

#[test]
fn words_that_were_not_answered_before_a_reload_are_answered_after_it() {
    let mut tab = Tab::begun();
    let kept = conversation(&tab.step(Message::Identified(Some("ana".into()))));
    let asked = tab.say("how?");
    let mut again = Tab::new(5_000);
    let commands = again.step(Message::Restored { conversation: kept, entries: tab.chat.log().entries().to_vec() });
    assert_eq!(core_asked(&commands), Some(asked));
}

/// Who has signed in while the page loaded is known before anything of another visitor is taken up.
#[test]
fn nothing_of_another_visitor_is_taken_up_after_a_reload() {
    let mut tab = Tab::begun();
    let kept = conversation(&tab.step(Message::Identified(Some("ana".into()))));
    let of = tab.say("a person, please");
    tab.step(Message::Core(of, Some(handoff())));
    let mut again = Tab::new(5_000);
    again.consent.insert(Purpose::Person, true);
    again.step(Message::Identified(Some("bo".into())));
    let commands = again.step(Message::Restored { conversation: kept, entries: tab.chat.log().entries().to_vec() });
    assert_eq!((shared(&commands), again.seen()), (None, vec!["Hello!".to_owned()]));
}
