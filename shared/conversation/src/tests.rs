use crate::*;

fn entry(id: &str, by: Author, event: Event) -> Entry {
    Entry { id: EntryId::new(id).unwrap(), at_ms: 1, by, event }
}

fn said(id: &str, text: &str) -> Entry {
    entry(id, Author::Visitor, Event::Said { text: text.into() })
}

fn turned(id: &str, of: &str, facts: Vec<Fact>) -> Entry {
    entry(id, Author::Assistant, Event::Turned { of: EntryId::new(of).unwrap(), rung: Rung::Browser, facts, explanation: None })
}

fn replied(id: &str, of: &str, text: &str) -> Entry {
    let reply = Reply { kind: ReplyKind::Answer, text: text.into(), source: None, quick_replies: vec![] };
    entry(id, Author::Assistant, Event::Replied { of: EntryId::new(of), reply })
}

fn done(id: &str, effect: &str, outcome: Outcome) -> Entry {
    entry(id, Author::System, Event::Done { effect: EntryId::new(effect).unwrap(), outcome })
}

const WANTS: Fact = Fact::HandoffRequested { reason: HandoffReason::Requested };

#[test]
fn every_stored_shape_stays_as_it_is() {
    let shapes = [
        (said("entry-01", "hi"), r#"{"id":"entry-01","at_ms":1,"by":"visitor","event":{"type":"said","text":"hi"}}"#),
        (
            turned("entry-02", "entry-01", vec![Fact::UserUttered, WANTS]),
            r#"{"id":"entry-02","at_ms":1,"by":"assistant","event":{"type":"turned","of":"entry-01","rung":"browser","facts":[{"type":"user_uttered"},{"type":"handoff_requested","reason":"requested"}]}}"#,
        ),
        (
            done("entry-03", "entry-02", Outcome::Delivered),
            r#"{"id":"entry-03","at_ms":1,"by":"system","event":{"type":"done","effect":"entry-02","outcome":"delivered"}}"#,
        ),
        (
            replied("entry-04", "entry-01", "Yes."),
            r#"{"id":"entry-04","at_ms":1,"by":"assistant","event":{"type":"replied","of":"entry-01","reply":{"kind":"answer","text":"Yes."}}}"#,
        ),
        (
            entry("entry-05", Author::Visitor, Event::Judged { of: EntryId::new("entry-04").unwrap(), article: "a".into(), helpful: true }),
            r#"{"id":"entry-05","at_ms":1,"by":"visitor","event":{"type":"judged","of":"entry-04","article":"a","helpful":true}}"#,
        ),
        (
            entry("entry-06", Author::System, Event::Noted { note: Note::TooLong }),
            r#"{"id":"entry-06","at_ms":1,"by":"system","event":{"type":"noted","note":"too_long"}}"#,
        ),
        (
            entry("entry-07", Author::System, Event::Opened { site: "demo".into(), locale: "en".into() }),
            r#"{"id":"entry-07","at_ms":1,"by":"system","event":{"type":"opened","site":"demo","locale":"en"}}"#,
        ),
        (
            entry("entry-08", Author::Visitor, Event::Chose { label: "A person".into(), input: Input::RequestPerson }),
            r#"{"id":"entry-08","at_ms":1,"by":"visitor","event":{"type":"chose","label":"A person","input":{"type":"request_person"}}}"#,
        ),
    ];
    for (entry, json) in shapes {
        assert_eq!(serde_json::to_string(&entry).unwrap(), json);
        assert_eq!(serde_json::from_str::<Entry>(json).unwrap(), entry);
    }
}

#[test]
fn what_a_newer_program_wrote_is_left_alone() {
    let json = r#"{"id":"entry-01","at_ms":1,"by":"robot","event":{"type":"danced","how":"well"},"mood":1}"#;
    let read: Entry = serde_json::from_str(json).unwrap();
    assert_eq!((read.by, &read.event), (Author::Other, &Event::Other));
    assert_eq!(Tracker::default().after_event(&read.event), Tracker::default());
    assert!(transcript(&[read]).is_empty());
}

#[test]
fn a_request_for_a_person_is_claimed_only_once_it_has_arrived() {
    let mut log = Log::default();
    log.append(said("entry-01", "a person, please"));
    log.append(turned("entry-02", "entry-01", vec![Fact::UserUttered, WANTS]));
    assert_eq!(log.tracker().handover, Handover::Requested);
    assert_eq!(pending(log.entries()).len(), 1);
    for (outcome, handover) in
        [(Outcome::Delivered, Handover::Delivered), (Outcome::Declined, Handover::None), (Outcome::Refused, Handover::None)]
    {
        let mut log = log.clone();
        log.append(done("entry-03", "entry-02", outcome));
        assert_eq!(log.tracker().handover, handover);
        assert!(pending(log.entries()).is_empty());
    }
}

#[test]
fn two_tabs_lose_and_double_no_line() {
    let (mut one, mut other) = (Log::default(), Log::default());
    one.append(said("entry-01", "from one"));
    other.append(said("entry-02", "from the other"));
    // The device has stored the other's first.
    let stored = vec![said("entry-02", "from the other"), said("entry-01", "from one")];
    one.merge(stored.clone());
    other.merge(stored.clone());
    assert_eq!((one.entries(), other.entries()), (&stored[..], &stored[..]));
    assert!(!one.append(said("entry-01", "again, with other words")));
}

#[test]
fn a_transcript_shows_words_judgements_and_outcomes() {
    let judged = Event::Judged { of: EntryId::new("entry-03").unwrap(), article: "a".into(), helpful: false };
    let lines = transcript(&[
        said("entry-01", "how?"),
        turned("entry-02", "entry-01", vec![Fact::UserUttered]),
        replied("entry-03", "entry-01", "So."),
        entry("entry-04", Author::Visitor, judged),
        done("entry-05", "entry-02", Outcome::Declined),
    ]);
    assert_eq!(lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["how?", "So.", ""]);
    assert_eq!(lines[1].helpful, Some(false));
    assert_eq!(lines[2].note, Some(LineNote::Outcome(Outcome::Declined)));
}

struct Stars;

impl Mask for Stars {
    fn mask(&mut self, text: &str) -> String {
        text.replace("Ana", "[NAME_1]")
    }
}

#[test]
fn people_see_masked_words_and_no_explanation() {
    let secret =
        Event::Turned { of: EntryId::new("entry-01").unwrap(), rung: Rung::Edge, facts: vec![WANTS], explanation: Some("Ana".into()) };
    let choices = vec![QuickReply { label: "Call Ana".into(), input: Input::RequestPerson }];
    let reply = Reply { kind: ReplyKind::Clarify, text: "Ana?".into(), source: None, quick_replies: choices };
    let all = [
        said("entry-01", "I am Ana"),
        entry("entry-02", Author::Assistant, secret),
        entry("entry-03", Author::Assistant, Event::Replied { of: None, reply }),
    ];
    let shared: Vec<_> = all.iter().filter_map(|e| share(e, &mut Stars)).collect();
    let json = serde_json::to_string(&shared).unwrap();
    assert!(!json.contains("Ana"), "{json}");
    assert_eq!(
        json,
        r#"[{"id":"entry-01","at_ms":1,"event":{"type":"said","text":"I am [NAME_1]"}},{"id":"entry-02","at_ms":1,"event":{"type":"requested","reason":"requested"}},{"id":"entry-03","at_ms":1,"event":{"type":"replied","text":"[NAME_1]?","choices":["Call [NAME_1]"]}}]"#
    );
    let back: Vec<Shared<String>> = serde_json::from_str(&json).unwrap();
    assert_eq!(back.len(), 3);
}

#[test]
fn replay_gives_the_first_difference() {
    let entries = [
        said("entry-01", "how?"),
        turned("entry-02", "entry-01", vec![Fact::UserUttered, Fact::Unanswered]),
        replied("entry-03", "entry-01", "So."),
        said("entry-04", "and?"),
        turned("entry-05", "entry-04", vec![Fact::UserUttered]),
    ];
    let so = |tracker: &Tracker| match tracker.turns {
        0 => Taken {
            facts: vec![Fact::UserUttered, Fact::Unanswered],
            replies: vec![Reply { kind: ReplyKind::Answer, text: "So.".into(), source: None, quick_replies: vec![] }],
        },
        _ => Taken { facts: vec![Fact::UserUttered], replies: vec![] },
    };
    assert_eq!(replay(&entries, Rung::Browser, |recorded| Some(so(recorded.tracker))), Ok(2));
    assert_eq!(replay(&entries, Rung::Edge, |_| None), Ok(0));
    let other = replay(&entries, Rung::Browser, |_| Some(so(&Tracker::default()))).unwrap_err();
    assert_eq!(other.of.as_str(), "entry-04");
}
