//! The gate against a network and a server that fail in every way they can.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what should hold by failing")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use nearside_client::gate::{Answer, Command, Gate, Message, Now, Parcel, Request, Signing};
use nearside_conversation::{Author, Entry, EntryId, Event, Outcome, Purpose};

/// A generator of numbers that is the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

fn id(name: &str, n: usize) -> EntryId {
    EntryId::new(format!("{name}-{n:08}")).unwrap()
}

fn said(id: EntryId) -> Entry {
    Entry { id, at_ms: 1, by: Author::Visitor, event: Event::Said { text: "hello".into() } }
}

fn now(ms: i64) -> Now {
    Now { ms, tab: 1, online: true, signal: false, regional: vec![], jitter: 0.5 }
}

fn entries(conversation: &str, ids: &[EntryId]) -> Parcel {
    let entries = ids.iter().cloned().map(said).collect();
    Parcel::Entries {
        conversation: conversation.into(),
        key: format!("key of {conversation}"),
        locale: "en".into(),
        subject: None,
        before: vec![],
        entries,
    }
}

fn agreed(purposes: &[Purpose]) -> Gate {
    let mut gate = Gate::default();
    for &purpose in purposes {
        gate.step(&now(0), Message::Agree { purpose, agreed: true });
    }
    gate
}

/// Brings the one request that the gate has prepared as far as it may go.
fn sent(gate: &mut Gate, now: &Now, commands: &[Command]) -> Option<Request> {
    let prepared = commands.iter().find_map(|c| if let Command::Prepare(request) = c { Some(request.clone()) } else { None })?;
    let commands = gate.step(now, Message::Prepared { request: prepared, bytes: 100 });
    commands.into_iter().find_map(|c| if let Command::Send(request) = c { Some(request) } else { None })
}

fn answer(status: u16, problem: &str) -> Answer {
    Answer { status: Some(status), problem: (!problem.is_empty()).then(|| problem.into()), ..Answer::default() }
}

fn taken(request: &Request) -> Answer {
    let named = request.parcels.iter().flat_map(|p| if let Parcel::Entries { entries, .. } = p { entries.clone() } else { vec![] });
    Answer { status: Some(200), receipt: Some(named.map(|e| e.id).collect()), ..Answer::default() }
}

#[test]
fn nothing_goes_without_a_yes() {
    let mut gate = Gate::default();
    let told = gate.step(&now(0), Message::Put(id("handoff", 1), entries("c", &[id("entry", 1)])));
    assert_eq!(told, [Command::Tell(id("handoff", 1), Outcome::Declined)]);
    // A no between preparing and sending.
    let mut gate = agreed(&[Purpose::Person]);
    let commands = gate.step(&now(0), Message::Put(id("handoff", 1), entries("c", &[id("entry", 1)])));
    let Some(Command::Prepare(request)) = commands.first().cloned() else { panic!("{commands:?}") };
    let no = gate.step(&now(1), Message::Agree { purpose: Purpose::Person, agreed: false });
    assert_eq!(no, [Command::Abort(Purpose::Person), Command::Tell(id("handoff", 1), Outcome::Declined)]);
    assert_eq!(gate.step(&now(2), Message::Prepared { request, bytes: 10 }), []);
}

/// Faults of hardening H3: what the server may still take is never dropped, and what it did not take is never told delivered.
#[test]
fn only_a_receipt_is_a_delivery_and_only_a_known_problem_is_an_end() {
    let odd = [
        answer(401, ""),
        answer(403, ""),
        answer(404, "unknown-site"),
        answer(408, ""),
        answer(429, "too-many-requests"),
        answer(503, "unavailable"),
        answer(200, ""),
        Answer { status: Some(200), receipt: Some(vec![id("another", 1)]), ..Answer::default() },
        Answer::default(),
    ];
    for odd in odd {
        let mut gate = agreed(&[Purpose::Person]);
        let commands = gate.step(&now(0), Message::Put(id("handoff", 1), entries("c", &[id("entry", 1)])));
        let request = sent(&mut gate, &now(0), &commands).unwrap();
        let after = gate.step(&now(1), Message::Answered(request, odd.clone()));
        assert!(
            matches!(after.last(), Some(Command::Wake(_))) && !after.iter().any(|c| matches!(c, Command::Tell(..))),
            "{odd:?}: {after:?}"
        );
        assert_eq!(gate.waiting().len(), 1, "{odd:?}");
    }
    for (problem, closed) in
        [("erased", true), ("not-your-conversation", true), ("other-subject", true), ("conversation-too-long", true), ("bad-entry", false)]
    {
        let mut gate = agreed(&[Purpose::Person]);
        let commands = gate.step(&now(0), Message::Put(id("handoff", 1), entries("c", &[id("entry", 1)])));
        let request = sent(&mut gate, &now(0), &commands).unwrap();
        let after = gate.step(&now(1), Message::Answered(request, answer(410, problem)));
        assert_eq!(after.contains(&Command::Renew("c".into())), closed, "{problem}");
        assert!(after.contains(&Command::Tell(id("handoff", 1), Outcome::Refused)), "{problem}");
    }
}

#[test]
fn a_refused_session_is_opened_anew_once_and_then_left_out() {
    let mut gate = agreed(&[Purpose::Person]);
    let mut commands = gate.step(&now(0), Message::Put(id("handoff", 1), entries("c", &[id("entry", 1)])));
    for signing in [Signing::Session, Signing::NewSession, Signing::Unsigned] {
        let request = sent(&mut gate, &now(0), &commands).unwrap();
        assert_eq!(request.signing, signing);
        commands = gate.step(&now(0), Message::Answered(request, answer(401, "token-expired")));
    }
    assert!(matches!(commands[..], [Command::Waits(_), Command::Wake(_)]), "{commands:?}");
}

#[test]
fn a_long_conversation_goes_in_parts() {
    let ids: Vec<EntryId> = (0..250).map(|n| id("entry", n)).collect();
    let mut gate = agreed(&[Purpose::Person]);
    let mut commands = gate.step(&now(0), Message::Put(id("handoff", 1), entries("c", &ids)));
    let (mut arrived, mut requests) = (Vec::new(), 0);
    while let Some(Command::Prepare(request)) = commands.first().cloned() {
        let Parcel::Entries { entries, .. } = &request.parcels[0] else { panic!() };
        requests += 1;
        // An entry has 2,000 bytes: thirty fit.
        let mut after = gate.step(&now(0), Message::Prepared { request: request.clone(), bytes: entries.len() * 2_000 });
        if let Some(Command::Send(request)) = after.first().cloned() {
            arrived.extend(entries.iter().map(|e| e.id.clone()));
            let receipt = taken(&request);
            after = gate.step(&now(0), Message::Answered(request, receipt));
        }
        commands = after;
    }
    assert_eq!(arrived, ids);
    assert_eq!(commands, [Command::Tell(id("handoff", 1), Outcome::Delivered)]);
    assert!(requests < 15, "{requests}");
}

/// Faults of hardening H8: one bad entry stops nothing behind it, an outage does not multiply requests.
#[test]
fn what_fails_steps_aside_and_an_outage_asks_ever_more_seldom() {
    let mut gate = agreed(&[Purpose::Person, Purpose::Analytics]);
    let commands = gate.step(&now(0), Message::Put(id("handoff", 1), entries("c", &[id("entry", 1)])));
    let request = sent(&mut gate, &now(0), &commands).unwrap();
    gate.step(&now(0), Message::Put(id("event", 1), event()));
    let commands = gate.step(&now(2_000), Message::Answered(request, answer(503, "")));
    assert_eq!(sent(&mut gate, &now(2_000), &commands).unwrap().ids, [id("event", 1)], "the event is next");

    let mut gate = agreed(&[Purpose::Analytics]);
    let (mut at, mut requests) = (0, 0);
    let mut commands = vec![];
    for n in 0..8 {
        commands = gate.step(&now(at), Message::Put(id("event", n), event()));
    }
    while at < 3_600_000 {
        let Some(Command::Wake(next)) = commands.last() else { panic!("{commands:?}") };
        at = *next;
        commands = gate.step(&now(at), Message::Pump);
        let Some(request) = sent(&mut gate, &now(at), &commands) else { continue };
        requests += 1;
        commands = gate.step(&now(at), Message::Answered(request, answer(503, "")));
    }
    assert!(requests < 25, "{requests} requests in an hour of outage");
    let mut asked = answer(503, "");
    asked.retry_after = Some(3_000);
    let mut gate = agreed(&[Purpose::Analytics]);
    assert_eq!(gate.step(&now(0), Message::Put(id("event", 1), event())), [Command::Wake(2_000)]);
    let commands = gate.step(&now(2_000), Message::Pump);
    let request = sent(&mut gate, &now(2_000), &commands).unwrap();
    assert_eq!(gate.step(&now(2_000), Message::Answered(request, asked)).last(), Some(&Command::Wake(3_002_000)));
}

/// Fault of hardening M11: a no takes back all that was sent, however much that is.
#[test]
fn a_no_takes_back_everything() {
    let mut gate = agreed(&[Purpose::Analytics]);
    for n in 0..130 {
        let at = n as i64 * 10_000;
        gate.step(&now(at), Message::Put(id("event", n), event()));
        let commands = gate.step(&now(at + 2_000), Message::Pump);
        let request = sent(&mut gate, &now(at + 2_000), &commands).unwrap();
        let receipt = taken(&request);
        gate.step(&now(at + 2_000), Message::Answered(request, receipt));
    }
    let mut commands = gate.step(&now(1), Message::Agree { purpose: Purpose::Analytics, agreed: false });
    let mut forgotten = BTreeSet::new();
    while let Some(request) = sent(&mut gate, &now(1), &commands) {
        let Parcel::ForgetEvents { events } = &request.parcels[0] else { panic!() };
        forgotten.extend(events.clone());
        let receipt = taken(&request);
        commands = gate.step(&now(1), Message::Answered(request, receipt));
    }
    assert_eq!(forgotten.len(), 130);
}

#[test]
fn a_legal_hold_is_asked_again_at_the_next_start() {
    let mut gate = agreed(&[Purpose::Person]);
    let commands = gate.step(&now(0), Message::Put(id("handoff", 1), entries("conversation", &[id("entry", 1)])));
    let request = sent(&mut gate, &now(0), &commands).unwrap();
    let receipt = taken(&request);
    gate.step(&now(0), Message::Answered(request, receipt));
    let mut commands = gate.step(&now(0), Message::Agree { purpose: Purpose::Person, agreed: false });
    let request = sent(&mut gate, &now(0), &commands).unwrap();
    gate.step(&now(0), Message::Answered(request, answer(409, "legal-hold")));
    assert!(gate.is_held() && gate.waiting().is_empty());
    commands = gate.step(&now(1), Message::Began);
    let request = sent(&mut gate, &now(1), &commands).unwrap();
    let receipt = taken(&request);
    gate.step(&now(1), Message::Answered(request, receipt));
    assert!(!gate.is_held());
}

#[test]
fn the_stored_state_keeps_its_shape() {
    let mut gate = agreed(&[Purpose::Person]);
    gate.step(&now(5), Message::Put(id("handoff", 1), entries("conversation", &[id("entry", 1)])));
    let json = serde_json::to_string(&gate).unwrap();
    assert_eq!(
        json,
        r#"{"choices":{"v":1,"at_ms":0,"agreed":["person"],"refused":[]},"waiting":[{"id":"handoff-00000001","parcel":{"entries":{"conversation":"conversation","key":"key of conversation","locale":"en","subject":null,"before":[],"entries":[{"id":"entry-00000001","at_ms":1,"by":"visitor","event":{"type":"said","text":"hello"}}]}},"failures":0,"not_before_ms":0,"delivered":0,"at_once":100,"signing":"session"}],"shared":[],"counted":[],"learned":[],"held":[],"lease":[1,45005]}"#
    );
    assert_eq!(serde_json::from_str::<Gate>(&json).unwrap(), gate);
}

fn event() -> Parcel {
    Parcel::Event { name: "answered".into(), article: None, at_ms: 1, question: None }
}

/// What the server has, and what it must not take again.
#[derive(Default)]
struct Server {
    entries: BTreeMap<EntryId, String>,
    erased: BTreeSet<String>,
    events: BTreeSet<EntryId>,
    doubled: usize,
}

impl Server {
    fn take(&mut self, request: &Request) -> Answer {
        let mut named = Vec::new();
        for (id, parcel) in request.ids.iter().zip(&request.parcels) {
            match parcel {
                Parcel::Entries { conversation, .. } if self.erased.contains(conversation) => return answer(410, "erased"),
                Parcel::Entries { conversation, entries, .. } => {
                    for entry in entries {
                        let before = self.entries.insert(entry.id.clone(), conversation.clone());
                        self.doubled += usize::from(before.is_some_and(|b| b != *conversation));
                        named.push(entry.id.clone());
                    }
                }
                Parcel::Event { .. } => drop(self.events.insert(id.clone())),
                Parcel::ForgetConversation { conversation, .. } => {
                    self.erased.insert(conversation.clone());
                    self.entries.retain(|_, c| c != conversation);
                }
                Parcel::ForgetEvents { events } => self.events.retain(|e| !events.contains(e)),
            }
        }
        Answer { status: Some(200), receipt: Some(named), ..Answer::default() }
    }
}

/// What may happen between a request and its answer.
fn faulted(dice: &mut Dice, server: &mut Server, request: &Request) -> Option<Answer> {
    match dice.below(20) {
        // Lost on the way there, lost on the way back, and the tab gone meanwhile.
        0 | 1 => Some(Answer::default()),
        2 | 3 => {
            server.take(request);
            Some(Answer::default())
        }
        4 => None,
        5 => {
            server.take(request);
            None
        }
        6 => Some(answer(503, "unavailable")),
        7 => Some(answer(403, "")),
        8 => Some(answer(404, "unknown-site")),
        9 => Some(answer(200, "")),
        10 => Some(Answer { retry_after: Some(60), ..answer(429, "too-many-requests") }),
        11 => Some(answer(401, "token-expired")),
        12 => Some(answer(413, "body-too-large")),
        _ => Some(server.take(request)),
    }
}

#[test]
fn ten_thousand_faulted_deliveries_lose_double_and_claim_nothing() {
    const PUTS: usize = 10_000;
    let mut dice = Dice(18);
    let (mut gate, mut server) = (Gate::default(), Server::default());
    let mut stored = serde_json::to_string(&gate).unwrap();
    let (mut ms, mut conversation) = (0i64, 0usize);
    let mut ends: BTreeMap<EntryId, Outcome> = BTreeMap::new();
    let mut carried: BTreeMap<EntryId, (String, Vec<EntryId>)> = BTreeMap::new();
    let mut said_no: BTreeSet<Purpose> = BTreeSet::from([Purpose::Person, Purpose::Analytics]);
    // What tabs still have to perform, and answers on their way to them; a tab that is closed forgets its own.
    let mut todo: [VecDeque<Command>; 2] = Default::default();
    let mut answers: [VecDeque<Message>; 2] = Default::default();
    let (mut puts, mut deliveries, mut after_no) = (0, 0, 0);
    let mut quiet = 0;
    while puts < PUTS || quiet < 400 {
        let ending = puts >= PUTS;
        ms += 1 + dice.below(if ending { 60_000 } else { 3_000 }) as i64;
        let tab = dice.below(2) as usize;
        let now = Now {
            ms,
            tab: tab as u64,
            online: ending || !dice.one_in(10),
            signal: !ending && dice.one_in(20),
            regional: vec![],
            jitter: dice.below(100) as f64 / 100.0,
        };
        // Every step begins from what is stored: nothing lives in a tab.
        gate = serde_json::from_str(&stored).unwrap();
        let answer = if dice.one_in(2) { answers[tab].pop_front() } else { None };
        let command = if answer.is_none() { todo[tab].pop_front() } else { None };
        let message = match command {
            _ if answer.is_some() => answer.unwrap(),
            Some(Command::Prepare(request)) => {
                if dice.one_in(50) && !ending {
                    Message::Unprepared(request)
                } else {
                    Message::Prepared { bytes: 200 * request.parcels.len(), request }
                }
            }
            Some(Command::Tell(id, outcome)) => {
                let before = ends.insert(id.clone(), outcome);
                assert!(before.is_none() || id.as_str().starts_with("f-"), "{id:?} ended twice");
                if outcome == Outcome::Delivered
                    && let Some((of, entries)) = carried.get(&id)
                {
                    let has = |e: &EntryId| server.entries.contains_key(e) || server.erased.contains(of);
                    assert!(entries.iter().all(has), "{id:?} told delivered and not there");
                }
                continue;
            }
            Some(Command::Renew(_)) => {
                conversation += 1;
                continue;
            }
            Some(Command::Send(_) | Command::Waits(_) | Command::Abort(_) | Command::Wake(_) | Command::Go { .. }) => continue,
            None if ending => {
                quiet += 1;
                Message::Pump
            }
            None if dice.one_in(100) => {
                let purpose = if dice.one_in(2) { Purpose::Person } else { Purpose::Analytics };
                let yes = said_no.contains(&purpose);
                if yes {
                    said_no.remove(&purpose)
                } else {
                    said_no.insert(purpose)
                };
                Message::Agree { purpose, agreed: yes }
            }
            None if dice.one_in(3) => {
                puts += 1;
                if dice.one_in(2) {
                    let ids: Vec<EntryId> = (0..1 + dice.below(5) as usize).map(|n| id("entry", puts * 10 + n)).collect();
                    let of = format!("conversation-{conversation}");
                    carried.insert(id("put", puts), (of.clone(), ids.clone()));
                    Message::Put(id("put", puts), entries(&of, &ids))
                } else {
                    Message::Put(id("put", puts), event())
                }
            }
            None => Message::Pump,
        };
        let commands = gate.step(&now, message);
        stored = serde_json::to_string(&gate).unwrap();
        // What ends is written down in the transaction; a tab that is closed over it finds it in the log.
        for command in &commands {
            let Command::Send(request) = command else { continue };
            deliveries += 1;
            after_no += usize::from(request.purpose().is_some_and(|p| said_no.contains(&p)));
            match if ending { Some(server.take(request)) } else { faulted(&mut dice, &mut server, request) } {
                Some(answer) => answers[tab].push_back(Message::Answered(request.clone(), answer)),
                None => {
                    // The tab was closed over it, and is opened again.
                    todo[tab].clear();
                    answers[tab] = [Message::Began].into();
                }
            }
        }
        let (tells, others): (Vec<_>, Vec<_>) = commands.into_iter().partition(|c| matches!(c, Command::Tell(..) | Command::Renew(_)));
        tells.into_iter().rev().for_each(|c| todo[tab].push_front(c));
        todo[tab].extend(others);
    }
    println!(
        "{puts} put, {deliveries} requests, {conversation} conversations closed, {} events and {} entries there",
        server.events.len(),
        server.entries.len()
    );
    assert_eq!(gate.waiting(), [], "all came to an end");
    let lost: Vec<_> = (1..=puts).map(|n| id("put", n)).filter(|id| !ends.contains_key(id)).collect();
    assert!(lost.is_empty(), "{} lost: {:?}", lost.len(), &lost[..lost.len().min(5)]);
    assert_eq!((server.doubled, after_no), (0, 0));
    if said_no.contains(&Purpose::Person) {
        assert!(server.entries.is_empty(), "{} entries stayed after a no", server.entries.len());
    }
    if said_no.contains(&Purpose::Analytics) {
        assert!(server.events.is_empty(), "{} events stayed after a no", server.events.len());
    }
    assert!(ends.values().filter(|o| **o == Outcome::Delivered).count() > puts / 4);
}

/// What a browser says no to, or a region that is not known yet, holds up nothing else and is not asked about again and again.
#[test]
fn what_is_not_allowed_any_more_holds_up_nothing() {
    let regional = Now { regional: vec![Purpose::Analytics], online: false, ..now(0) };
    let mut gate = agreed(&[Purpose::Person]);
    gate.step(&regional, Message::Put(id("event", 1), event()));
    let elsewhere = now(1);
    assert_eq!(gate.step(&elsewhere, Message::Began), []);
    let commands = gate.step(&elsewhere, Message::Put(id("handoff", 1), entries("c", &[id("entry", 1)])));
    assert_eq!(sent(&mut gate, &elsewhere, &commands).unwrap().ids, [id("handoff", 1)]);
    let told = gate.step(&elsewhere, Message::Agree { purpose: Purpose::Analytics, agreed: false });
    assert!(told.contains(&Command::Tell(id("event", 1), Outcome::Declined)), "{told:?}");
}

#[test]
fn a_clock_that_was_wrong_locks_nothing_for_good() {
    let far = Now { online: false, ..now(4_000_000_000_000) };
    let mut gate = agreed(&[Purpose::Person]);
    gate.step(&Now { online: true, ..far.clone() }, Message::Put(id("handoff", 1), entries("c", &[id("entry", 1)])));
    // The tab died with the lease, and the clock was put right.
    let commands = gate.step(&now(1), Message::Pump);
    let request = sent(&mut gate, &Now { tab: 1, ..now(1) }, &commands).unwrap();
    gate.step(&Now { ms: 4_000_000_000_000, ..now(1) }, Message::Answered(request, answer(503, "")));
    let commands = gate.step(&now(2), Message::Pump);
    assert!(sent(&mut gate, &now(2), &commands).is_some());
}
