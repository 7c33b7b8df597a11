//! The gate: what waits to be sent, what the visitor agreed to, what was sent, and when to try again.
//!
//! The browser keeps one [`Gate`] for all tabs and takes each [`step`](Gate::step) in a transaction of its storage, so that two
//! tabs never act on an old one. What always holds: nothing is sent to a purpose without a yes at that moment; what was
//! written down as sent can be erased after a no; an item leaves the outbox only when the server has named it in a receipt,
//! when it will never take it, or when the visitor wants it back. (matrix-sdk-crypto gives out requests and is told when they
//! were sent in the same way.)

mod answer;
mod consent;
mod parcel;

use nearside_conversation::{EntryId, Outcome, Purpose};
use serde::{Deserialize, Serialize};

pub use answer::Answer;
use answer::Verdict;
pub use consent::Choices;
use parcel::REQUEST_ITEMS;
pub use parcel::{Parcel, Request, Signing, Waiting};

/// The most that one request carries, in bytes: below the edge's 64 KiB.
pub const REQUEST_BYTES: usize = 60_000;
/// Longer than a request may take: by then a tab that began it is gone.
const LEASE_MS: i64 = 45_000;
/// What is counted is in no hurry: so long it waits for more of its kind, and they go together.
const GATHER_MS: i64 = 2_000;
/// The first pause after a failure; each further one is twice as long.
const PAUSE_MS: i64 = 15_000;
/// The longest that a server may ask to wait; what is later was written by a clock that went wrong.
const DAY_MS: i64 = 86_400_000;
/// The longest pause.
const LONGEST_PAUSE_MS: i64 = 600_000;

/// What a host knows at the moment of a step.
#[derive(Clone, Debug)]
pub struct Now {
    /// Milliseconds since 1970-01-01 UTC.
    pub ms: i64,
    /// The tab's name, different from every other's.
    pub tab: u64,
    /// Whether the browser believes to be online.
    pub online: bool,
    /// Whether the browser says no to tracking.
    pub signal: bool,
    /// What counts as agreed in the visitor's region until they say something.
    pub regional: Vec<Purpose>,
    /// Random, in `0.0..1.0`: spreads the tries of many visitors after an outage.
    pub jitter: f64,
}

/// A conversation that people may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    conversation: String,
    key: String,
}

/// What the chat leaves for the gate, in storage: it may be asked for before the gate's own module is there, offline too.
/// One of the fields is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mail {
    /// Something to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put: Option<(EntryId, Parcel)>,
    /// A purpose, and whether the visitor agrees to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agree: Option<(Purpose, bool)>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// Something is to be sent.
    Put(EntryId, Parcel),
    /// The visitor agrees to a purpose, or no longer does.
    Agree {
        /// To what.
        purpose: Purpose,
        /// Yes or no.
        agreed: bool,
    },
    /// The chat began, or the browser is online again.
    Began,
    /// Perhaps something can be sent: time has passed, or another tab has changed what waits.
    Pump,
    /// The request is masked and has `bytes`: may it go? It has to be written into the receipt in the same transaction.
    Prepared {
        /// The request.
        request: Request,
        /// Its length.
        bytes: usize,
    },
    /// The request could not be made.
    Unprepared(Request),
    /// What the server answered.
    Answered(Request, Answer),
    /// A request that waits for nothing, as a turn at the edge: may it go?
    Ask {
        /// The caller's own number.
        number: u64,
        /// What for.
        purpose: Option<Purpose>,
    },
}

/// What the host is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Mask it, and say that it is prepared.
    Prepare(Request),
    /// Send it, and say what was answered.
    Send(Request),
    /// The answer to [`Message::Ask`].
    Go {
        /// The caller's own number.
        number: u64,
        /// Whether it may.
        allowed: bool,
    },
    /// End every request for this purpose that is under way, on all tabs.
    Abort(Purpose),
    /// Pump again at this time, milliseconds since 1970-01-01 UTC, or before.
    Wake(i64),
    /// It waits: the browser is offline, or the first try failed.
    Waits(EntryId),
    /// Something came to an end.
    Tell(EntryId, Outcome),
    /// The conversation is closed at the edge, or is another visitor's: what is said from now on is another one.
    Renew(String),
}

/// The stored state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gate {
    choices: Choices,
    waiting: Vec<Waiting>,
    /// Conversations that people have, or may have: a request whose answer is lost may have arrived.
    shared: Vec<Known>,
    /// The same of counted events and of questions.
    counted: Vec<EntryId>,
    learned: Vec<EntryId>,
    /// Wishes to forget that met a legal hold.
    held: Vec<Parcel>,
    /// Which tab sends, and until when at most.
    lease: Option<(u64, i64)>,
}

impl Gate {
    /// Takes in what the chat has left; gives what is to be done then, in order.
    pub fn take_in(&mut self, now: &Now, mail: Vec<Mail>) -> Vec<Command> {
        let mut out = Vec::new();
        for Mail { put, agree } in mail {
            if let Some((purpose, agreed)) = agree {
                out.extend(self.step(now, Message::Agree { purpose, agreed }));
            }
            if let Some((id, parcel)) = put {
                out.extend(self.step(now, Message::Put(id, parcel)));
            }
        }
        out
    }

    /// What the visitor has chosen.
    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    /// What waits.
    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// Whether a legal hold keeps something that the visitor wants forgotten.
    pub fn is_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// The state after `message`, and what is to be done then, in order.
    pub fn step(&mut self, now: &Now, message: Message) -> Vec<Command> {
        let mut out = Vec::new();
        match message {
            Message::Put(id, parcel) => self.put(now, id, parcel, &mut out),
            Message::Agree { purpose, agreed } => self.agree(now, purpose, agreed, &mut out),
            Message::Began => {
                // Perhaps a legal hold has ended.
                for parcel in std::mem::take(&mut self.held) {
                    self.forget(parcel);
                }
                self.pump(now, &mut out);
            }
            Message::Pump => self.pump(now, &mut out),
            Message::Prepared { request, bytes } => self.prepared(now, request, bytes, &mut out),
            Message::Unprepared(request) => {
                self.retry_later(now, &request, None, &mut out);
                self.release(now);
                self.pump(now, &mut out);
            }
            Message::Answered(request, answer) => self.answered(now, request, &answer, &mut out),
            Message::Ask { number, purpose } => {
                let allowed = purpose.is_none_or(|p| self.choices.allows(now, p));
                out.push(Command::Go { number, allowed });
            }
        }
        out
    }

    fn put(&mut self, now: &Now, id: EntryId, parcel: Parcel, out: &mut Vec<Command>) {
        if self.waiting.iter().any(|w| w.id == id) {
            return;
        }
        if parcel.purpose().is_some_and(|p| !self.choices.allows(now, p)) {
            out.push(Command::Tell(id, Outcome::Declined));
            return;
        }
        if !now.online {
            out.push(Command::Waits(id.clone()));
        }
        let mut waits = Waiting::new(id, parcel);
        if matches!(waits.parcel, Parcel::Event { .. }) {
            waits.not_before_ms = now.ms + GATHER_MS;
        }
        self.waiting.push(waits);
        self.pump(now, out);
    }

    fn agree(&mut self, now: &Now, purpose: Purpose, agreed: bool, out: &mut Vec<Command>) {
        let was = self.choices.allows(now, purpose);
        self.choices.set(now.ms, purpose, agreed);
        if !agreed {
            if was {
                out.push(Command::Abort(purpose));
            }
            let (taken, kept) = std::mem::take(&mut self.waiting).into_iter().partition(|w| w.parcel.purpose() == Some(purpose));
            self.waiting = kept;
            out.extend(Vec::into_iter(taken).map(|w: Waiting| Command::Tell(w.id.clone(), self.taken_back(&w))));
            match purpose {
                Purpose::Person => {
                    for Known { conversation, key } in std::mem::take(&mut self.shared) {
                        out.push(Command::Renew(conversation.clone()));
                        self.forget(Parcel::ForgetConversation { conversation, key });
                    }
                }
                Purpose::Analytics => {
                    let events = std::mem::take(&mut self.counted);
                    self.forget_events(&events);
                }
                Purpose::Improve => {
                    let events = std::mem::take(&mut self.learned);
                    self.forget_events(&events);
                }
                Purpose::Edge | Purpose::Other => {}
            }
        }
        self.pump(now, out);
    }

    /// How something ends that the visitor does not want sent any more: some of it may have been.
    fn taken_back(&self, waits: &Waiting) -> Outcome {
        match &waits.parcel {
            Parcel::Entries { conversation, .. } if self.shared.iter().any(|k| k.conversation == *conversation) => Outcome::Withdrawn,
            _ => Outcome::Declined,
        }
    }

    fn forget_events(&mut self, events: &[EntryId]) {
        events.chunks(REQUEST_ITEMS).for_each(|some| self.forget(Parcel::ForgetEvents { events: some.to_vec() }));
    }

    fn forget(&mut self, parcel: Parcel) {
        // The wish is named after what it is about, so that it waits once.
        let about = match &parcel {
            Parcel::ForgetConversation { conversation, .. } => conversation.clone(),
            Parcel::ForgetEvents { events } => events.first().map(|e| e.as_str().to_owned()).unwrap_or_default(),
            _ => return,
        };
        let Some(id) = EntryId::new(format!("f-{}", &about[..about.len().min(60)])) else { return };
        if !self.waiting.iter().any(|w| w.id == id) {
            self.waiting.push(Waiting::new(id, parcel));
        }
    }

    /// Takes the lease and the next request, where there is one to be had.
    fn pump(&mut self, now: &Now, out: &mut Vec<Command>) {
        if self.waiting.is_empty() || !now.online {
            return;
        }
        // A clock that was set back makes no lease longer than it can be.
        if let Some((_, until)) = self.lease.filter(|(_, until)| (now.ms + 1..=now.ms + LEASE_MS).contains(until)) {
            out.push(Command::Wake(until));
            return;
        }
        self.lease = None;
        match self.next(now) {
            Some(request) => {
                self.lease = Some((now.tab, now.ms + LEASE_MS));
                out.push(Command::Prepare(request));
            }
            None => out.extend(self.allowed(now).map(|w| w.not_before_ms).min().map(Command::Wake)),
        }
    }

    /// What is to be sent next: wishes to forget before all else, events together.
    fn next(&self, now: &Now) -> Option<Request> {
        let is_ready = |w: &&Waiting| w.not_before_ms <= now.ms || w.not_before_ms > now.ms + DAY_MS;
        let wish = self.waiting.iter().filter(is_ready).find(|w| w.parcel.purpose().is_none());
        let first = wish.or_else(|| self.allowed(now).find(is_ready))?;
        if !matches!(first.parcel, Parcel::Event { .. }) {
            return Some(Request { ids: vec![first.id.clone()], parcels: vec![first.part()], signing: first.signing });
        }
        let purpose = first.parcel.purpose();
        let alike = self.waiting.iter().filter(is_ready).filter(|w| w.parcel.purpose() == purpose);
        let (ids, parcels) = alike.take(first.at_once).map(|w| (w.id.clone(), w.parcel.clone())).unzip();
        Some(Request { ids, parcels, signing: Signing::Session })
    }

    /// What may be sent as things are: what waits for another yes, or for a browser that says no to tracking, stays.
    fn allowed(&self, now: &Now) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter().filter(move |w| w.parcel.purpose().is_none_or(|p| self.choices.allows(now, p)))
    }

    fn prepared(&mut self, now: &Now, request: Request, bytes: usize, out: &mut Vec<Command>) {
        let allowed = request.purpose().is_none_or(|p| self.choices.allows(now, p));
        let is_here = request.ids.iter().all(|id| self.waiting.iter().any(|w| w.id == *id));
        if !allowed || !is_here {
            // The visitor has said no meanwhile, or another tab has delivered it.
            self.release(now);
            self.pump(now, out);
            return;
        }
        if bytes > REQUEST_BYTES && self.halve(&request) {
            self.release(now);
            self.pump(now, out);
            return;
        }
        for parcel in &request.parcels {
            match parcel {
                Parcel::Entries { conversation, key, .. } if !self.shared.iter().any(|k| k.conversation == *conversation) => {
                    self.shared.push(Known { conversation: conversation.clone(), key: key.clone() });
                }
                _ => {}
            }
        }
        let sent = match request.purpose() {
            Some(Purpose::Analytics) => Some(&mut self.counted),
            Some(Purpose::Improve) => Some(&mut self.learned),
            _ => None,
        };
        if let Some(sent) = sent {
            let new: Vec<EntryId> = request.ids.iter().filter(|id| !sent.contains(id)).cloned().collect();
            sent.extend(new);
        }
        self.lease = Some((now.tab, now.ms + LEASE_MS));
        out.push(Command::Send(request));
    }

    fn answered(&mut self, now: &Now, request: Request, answer: &Answer, out: &mut Vec<Command>) {
        self.release(now);
        match answer.verdict(&request) {
            Verdict::Delivered => {
                for (id, sent) in request.ids.iter().zip(&request.parcels) {
                    let Some(at) = self.waiting.iter().position(|w| w.id == *id) else { continue };
                    if self.waiting[at].arrived(sent) {
                        self.end(id, Outcome::Delivered, out);
                    }
                }
            }
            Verdict::Refused { closed } => {
                for (id, parcel) in request.ids.iter().zip(&request.parcels) {
                    if let Parcel::Entries { conversation, .. } = parcel
                        && closed
                    {
                        // What was sent before may still be there: a later no asks for its erasure all the same.
                        out.push(Command::Renew(conversation.clone()));
                    }
                    self.end(id, Outcome::Refused, out);
                }
            }
            Verdict::Held => {
                for (id, parcel) in request.ids.iter().zip(request.parcels) {
                    self.waiting.retain(|w| w.id != *id);
                    if !self.held.contains(&parcel) {
                        self.held.push(parcel);
                    }
                }
            }
            // A wish to forget is small: whoever finds it too large is not the edge.
            Verdict::TooLarge if request.purpose().is_none() => self.retry_later(now, &request, None, out),
            Verdict::TooLarge => {
                if !self.halve(&request) {
                    request.ids.iter().for_each(|id| self.end(id, Outcome::Refused, out));
                }
            }
            Verdict::Unsigned if request.signing != Signing::Unsigned => {
                for waits in self.waiting.iter_mut().filter(|w| request.ids.contains(&w.id)) {
                    waits.signing = if request.signing == Signing::Session { Signing::NewSession } else { Signing::Unsigned };
                }
            }
            Verdict::Unsigned | Verdict::Later => self.retry_later(now, &request, answer.retry_after_s(), out),
        }
        self.pump(now, out);
    }

    /// Takes it out of the outbox and says so, unless that was done before.
    fn end(&mut self, id: &EntryId, outcome: Outcome, out: &mut Vec<Command>) {
        if let Some(at) = self.waiting.iter().position(|w| w.id == *id) {
            self.waiting.remove(at);
            out.push(Command::Tell(id.clone(), outcome));
        }
    }

    /// Sends half as much next time; `false` where it is one thing already.
    fn halve(&mut self, request: &Request) -> bool {
        let sent = if let [one] = &request.parcels[..] { one.len() } else { request.parcels.len() };
        for waits in self.waiting.iter_mut().filter(|w| request.ids.contains(&w.id)) {
            waits.at_once = (sent / 2).max(1);
        }
        sent > 1
    }

    fn retry_later(&mut self, now: &Now, request: &Request, retry_after_s: Option<u32>, out: &mut Vec<Command>) {
        for waits in self.waiting.iter_mut().filter(|w| request.ids.contains(&w.id)) {
            let pause = (PAUSE_MS << waits.failures.min(6)).min(LONGEST_PAUSE_MS);
            let pause = pause / 2 + (now.jitter.clamp(0.0, 1.0) * pause as f64 / 2.0) as i64;
            let asked = i64::from(retry_after_s.unwrap_or(0)) * 1000;
            if waits.failures == 0 {
                out.push(Command::Waits(waits.id.clone()));
            }
            waits.failures = waits.failures.saturating_add(1);
            waits.not_before_ms = now.ms.saturating_add(pause.max(asked));
        }
    }

    fn release(&mut self, now: &Now) {
        if self.lease.is_some_and(|(tab, _)| tab == now.tab) {
            self.lease = None;
        }
    }
}
