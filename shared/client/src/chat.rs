//! The conversation as the visitor has it: what is asked of whom, in which order, and what is written down.
//!
//! The ladder's upper half stands here: the browser's own core answers; where it cannot, or is unsure and the edge may know,
//! the edge does once the visitor agrees; a person can be asked for with neither. What always holds: nothing is claimed that
//! is not so (a request for a person counts as delivered when the gate says so); an answer to what is forgotten is dropped.

mod message;

use std::collections::VecDeque;

use nearside_conversation::{
    Author, Entry, EntryId, Event, Fact, HandoffReason, Handover, Input, Log, Note, Outcome, Purpose, Reply, ReplyKind, Rung, pending,
};
use nearside_protocol::MAX_MESSAGE_CHARS;

use crate::gate::Parcel;
pub use message::{Command, Conversation, Message, Question, Turn};

/// What a host knows at the moment of a step.
pub struct Now<'a> {
    /// Milliseconds since 1970-01-01 UTC.
    pub ms: i64,
    /// What the visitor agreed to: yes, no, or not asked yet.
    pub consent: &'a dyn Fn(Purpose) -> Option<bool>,
    /// Makes a name out of 128 random bits.
    pub name: &'a mut dyn FnMut() -> EntryId,
}

/// How far the first of the queue is.
#[derive(Clone, Debug)]
enum Stage {
    Core,
    /// With the browser's own answer, where there is one.
    Edge(Option<Turn>),
    AskedForEdge(Option<Turn>),
}

/// The chat's state in one tab.
#[derive(Clone, Debug)]
pub struct Chat {
    site: String,
    locale: String,
    greeting: String,
    /// Whether the site wants to count.
    counts: bool,
    conversation: Option<Conversation>,
    log: Log,
    queue: VecDeque<EntryId>,
    stage: Option<Stage>,
    question: Option<Question>,
    /// What this tab has given to the gate.
    given: Vec<EntryId>,
    /// What was done before it was known what is kept.
    early: Vec<Message>,
}

impl Chat {
    /// A chat that knows nothing yet: [`Message::Restored`] comes first, whatever else comes waits for it.
    /// `counts`: whether the site wants events counted, where the visitor agrees.
    pub fn new(site: &str, locale: &str, greeting: &str, counts: bool) -> Self {
        Self {
            site: site.to_owned(),
            locale: locale.to_owned(),
            greeting: greeting.to_owned(),
            counts,
            conversation: None,
            log: Log::default(),
            queue: VecDeque::new(),
            stage: None,
            question: None,
            given: Vec::new(),
            early: Vec::new(),
        }
    }

    /// Which conversation it is, once that is known.
    pub fn conversation(&self) -> Option<&Conversation> {
        self.conversation.as_ref()
    }

    /// What happened so far.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The question that stands in the chat.
    pub fn question(&self) -> Option<&Question> {
        self.question.as_ref()
    }

    /// Whether the visitor waits for an answer.
    pub fn is_busy(&self) -> bool {
        matches!(self.stage, Some(Stage::Core | Stage::Edge(_)))
    }

    /// Takes note of `message`; gives what is to be done then, in order.
    pub fn step(&mut self, now: &mut Now<'_>, message: Message) -> Vec<Command> {
        let mut out = Vec::new();
        if self.conversation.is_none() && !matches!(message, Message::Restored { .. }) {
            self.early.push(message);
            return out;
        }
        self.take(now, message, &mut out);
        self.question = self.open_question(now);
        out
    }

    /// What the visitor is to be asked, as things are: the edge for an answer that waits, else whether people may have what a
    /// person is asked for. What was decided on another tab is not asked again.
    fn open_question(&self, now: &Now<'_>) -> Option<Question> {
        if let Some(Stage::AskedForEdge(own)) = &self.stage {
            return Some(Question::Edge { alone: own.is_some() });
        }
        let effect = pending(self.log.entries()).last().map(|e| e.id.clone())?;
        let is_decided = (now.consent)(Purpose::Person) == Some(true) || self.given.contains(&effect);
        (!is_decided).then_some(Question::Person { effect })
    }

    fn take(&mut self, now: &mut Now<'_>, message: Message, out: &mut Vec<Command>) {
        match message {
            Message::Restored { conversation, entries } => self.restored(now, conversation, entries, out),
            Message::Said(text) => self.said(now, &text, out),
            Message::Chose { label, input } => {
                // A person can be asked for with neither core nor edge: what waited for a yes to the edge goes on without.
                if matches!(input, Input::RequestPerson)
                    && let Some(Stage::AskedForEdge(own)) = self.stage.take_if(|stage| matches!(stage, Stage::AskedForEdge(_)))
                {
                    self.finish(now, own.map(|turn| (turn, Rung::Browser)), out);
                }
                let of = self.append(now, Author::Visitor, Event::Chose { label, input }, out);
                self.ask(of, out);
            }
            Message::Judged { reply, helpful } => {
                let judged = self.log.get(&reply).and_then(|e| match &e.event {
                    Event::Replied { reply, .. } => reply.source.as_ref().map(|s| s.article.clone()),
                    _ => None,
                });
                if let Some(article) = judged {
                    let of = self.append(now, Author::Visitor, Event::Judged { of: reply, article, helpful }, out);
                    self.ask(of, out);
                }
            }
            Message::Core(of, turn) => self.core(now, &of, turn, out),
            Message::Edge(of, turn) => self.edge(now, &of, turn, out),
            Message::Answered(agreed) => self.answered(now, agreed, out),
            Message::Told(id, outcome) => self.told(now, &id, outcome, out),
            Message::Waits(id) => {
                if pending(self.log.entries()).iter().any(|e| e.id == id) {
                    self.append(now, Author::System, Event::Noted { note: Note::Waiting }, out);
                }
            }
            Message::Closed(id) => self.closed(now, &id, out),
            Message::Identified(subject) => self.identified(now, subject, out),
            // Who is signed in still is.
            Message::StartedOver => {
                let subject = self.conversation.as_ref().and_then(|c| c.subject.clone());
                self.start_over(now, subject, out);
            }
        }
    }

    fn restored(&mut self, now: &mut Now<'_>, kept: Option<Conversation>, entries: Vec<Entry>, out: &mut Vec<Command>) {
        let first = self.conversation.is_none();
        let own = self.conversation.as_ref().map(|c| c.log.clone());
        match kept {
            Some(kept) => {
                if own.is_some_and(|own| own != kept.log) {
                    // Another tab has started over: what is under way here belongs to what is forgotten.
                    self.log = Log::default();
                    self.queue.clear();
                    self.stage = None;
                }
                self.conversation = Some(kept);
                self.log.merge(entries);
            }
            None if first => self.start_over(now, None, out),
            None => {}
        }
        // Who the visitor is comes first: nothing of another one is taken up.
        let (whose, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.early).into_iter().partition(|m| matches!(m, Message::Identified(_)));
        for message in whose {
            out.extend(self.step(now, message));
        }
        if first {
            self.resume(now, out);
        }
        for message in others {
            out.extend(self.step(now, message));
        }
    }

    /// Takes up what was asked for before a reload and has not come to an end: a person, and the visitor's last words.
    fn resume(&mut self, now: &mut Now<'_>, out: &mut Vec<Command>) {
        if let Some(effect) = pending(self.log.entries()).last().map(|e| e.id.clone())
            && (now.consent)(Purpose::Person) == Some(true)
        {
            self.share(&effect, out);
        }
        let entries = self.log.entries();
        let last = entries.iter().rposition(|e| e.event.input().is_some());
        let unanswered = last.map(|at| &entries[at..]).filter(|since| {
            let ends = |e: &Entry| match &e.event {
                Event::Turned { of, .. } => *of == since[0].id,
                Event::Noted { .. } => true,
                _ => false,
            };
            !since.iter().any(ends)
        });
        if let Some(of) = unanswered.map(|since| since[0].id.clone()) {
            self.ask(of, out);
        }
    }

    fn start_over(&mut self, now: &mut Now<'_>, subject: Option<String>, out: &mut Vec<Command>) {
        let conversation =
            Conversation { log: (now.name)(), id: (now.name)().as_str().to_owned(), key: (now.name)().as_str().to_owned(), subject };
        self.log = Log::default();
        self.queue.clear();
        self.stage = None;
        out.push(Command::Begin(conversation.clone()));
        self.conversation = Some(conversation);
        self.append(now, Author::System, Event::Opened { site: self.site.clone(), locale: self.locale.clone() }, out);
        let reply = Reply { kind: ReplyKind::SmallTalk, text: self.greeting.clone(), source: None, quick_replies: vec![] };
        self.append(now, Author::System, Event::Replied { of: None, reply }, out);
    }

    fn said(&mut self, now: &mut Now<'_>, text: &str, out: &mut Vec<Command>) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if text.chars().count() > MAX_MESSAGE_CHARS {
            let start: String = text.chars().take(200).collect();
            self.append(now, Author::Visitor, Event::Said { text: format!("{start}…") }, out);
            self.append(now, Author::System, Event::Noted { note: Note::TooLong }, out);
            return;
        }
        let of = self.append(now, Author::Visitor, Event::Said { text: text.to_owned() }, out);
        out.push(Command::Message);
        self.ask(of, out);
    }

    fn ask(&mut self, of: EntryId, out: &mut Vec<Command>) {
        self.queue.push_back(of);
        self.run(out);
    }

    fn wants_person(&self, of: &EntryId) -> bool {
        matches!(self.log.get(of).map(|e| &e.event), Some(Event::Chose { input: Input::RequestPerson, .. }))
    }

    /// The turn of a visitor who wants a person where nothing can compute one; one who asked before has asked.
    fn person(&self) -> Turn {
        let asks = self.log.tracker().handover == Handover::None;
        let facts = if asks { vec![Fact::HandoffRequested { reason: HandoffReason::Requested }] } else { vec![] };
        Turn { facts, replies: vec![], edge: false, explanation: None }
    }

    /// Begins with the first of the queue, where nothing is under way.
    fn run(&mut self, out: &mut Vec<Command>) {
        if self.stage.is_some() {
            return;
        }
        let Some(of) = self.queue.front().cloned() else { return };
        let Some((input, at_ms)) = self.log.get(&of).and_then(|e| Some((e.event.input()?, e.at_ms))) else { return };
        self.stage = Some(Stage::Core);
        out.push(Command::Core { of, state: self.log.tracker(), input, at_ms });
    }

    fn is_first(&self, of: &EntryId) -> bool {
        self.queue.front() == Some(of)
    }

    fn core(&mut self, now: &mut Now<'_>, of: &EntryId, turn: Option<Turn>, out: &mut Vec<Command>) {
        if !self.is_first(of) || !matches!(self.stage, Some(Stage::Core)) {
            return;
        }
        match turn {
            Some(turn) if !turn.edge => self.finish(now, Some((turn, Rung::Browser)), out),
            None if self.wants_person(of) => self.finish(now, Some((self.person(), Rung::Browser)), out),
            own => match (now.consent)(Purpose::Edge) {
                Some(true) => self.ask_edge(own, out),
                Some(false) => self.finish(now, own.map(|turn| (turn, Rung::Browser)), out),
                None => self.stage = Some(Stage::AskedForEdge(own)),
            },
        }
    }

    fn ask_edge(&mut self, own: Option<Turn>, out: &mut Vec<Command>) {
        let Some(of) = self.queue.front().cloned() else { return };
        let Some(input) = self.log.get(&of).and_then(|e| e.event.input()) else { return };
        let before = self.log.entries().iter().take_while(|e| e.id != of).filter_map(|e| match &e.event {
            Event::Said { text } => Some(text.clone()),
            _ => None,
        });
        let before = before.collect();
        out.push(Command::Edge { of, state: self.log.tracker(), input, before });
        self.stage = Some(Stage::Edge(own));
    }

    fn edge(&mut self, now: &mut Now<'_>, of: &EntryId, turn: Option<Turn>, out: &mut Vec<Command>) {
        if !self.is_first(of) {
            return;
        }
        let Some(Stage::Edge(own)) = self.stage.take_if(|stage| matches!(stage, Stage::Edge(_))) else { return };
        let taken = turn.map(|turn| (turn, Rung::Edge)).or_else(|| own.map(|turn| (turn, Rung::Browser)));
        self.finish(now, taken, out);
    }

    /// Writes down the turn for the first of the queue, and goes on with the next.
    fn finish(&mut self, now: &mut Now<'_>, taken: Option<(Turn, Rung)>, out: &mut Vec<Command>) {
        self.stage = None;
        let Some(of) = self.queue.pop_front() else { return };
        match taken {
            Some((turn, rung)) => self.apply(now, of, turn, rung, out),
            None => drop(self.append(now, Author::System, Event::Noted { note: Note::Failed }, out)),
        }
        self.run(out);
    }

    fn apply(&mut self, now: &mut Now<'_>, of: EntryId, turn: Turn, rung: Rung, out: &mut Vec<Command>) {
        let Turn { facts, replies, explanation, .. } = turn;
        let article = replies.iter().find_map(|r| r.source.as_ref().map(|s| s.article.clone()));
        for reply in replies {
            self.append(now, Author::Assistant, Event::Replied { of: Some(of.clone()), reply }, out);
        }
        let reason = facts.iter().find_map(|f| if let Fact::HandoffRequested { reason } = f { Some(*reason) } else { None });
        let asked = self.question_of(&of);
        facts.iter().for_each(|fact| self.count(now, fact, asked.as_deref(), out));
        let effect = self.append(now, Author::Assistant, Event::Turned { of, rung, facts, explanation }, out);
        out.push(Command::Answer(article, rung));
        if let Some(reason) = reason {
            self.ask_for_person(now, effect, reason, out);
        }
    }

    /// Hands over where the visitor agreed that people read the conversation, and asks where not: also after a no, if a
    /// person is asked for.
    fn ask_for_person(&mut self, now: &mut Now<'_>, effect: EntryId, reason: HandoffReason, out: &mut Vec<Command>) {
        match (now.consent)(Purpose::Person) {
            Some(true) => self.share(&effect, out),
            Some(false) if reason == HandoffReason::Unresolved => self.told(now, &effect, Outcome::Declined, out),
            // It is asked while the effect is pending.
            _ => {}
        }
    }

    fn share(&mut self, effect: &EntryId, out: &mut Vec<Command>) {
        self.given.push(effect.clone());
        let entries = self.log.entries().to_vec();
        self.put(effect, entries, out);
        out.push(Command::Handoff(effect.clone()));
    }

    fn put(&self, id: &EntryId, entries: Vec<Entry>, out: &mut Vec<Command>) {
        let shown = |e: &Entry| {
            matches!(e.event, Event::Said { .. } | Event::Chose { .. } | Event::Replied { .. } | Event::Judged { .. }) || asks_for_person(e)
        };
        let (Some(conversation), Some(first)) = (self.conversation.clone(), entries.first()) else { return };
        let Conversation { id: of, key, subject, .. } = conversation;
        let before = self.log.entries().iter().take_while(|e| e.id != first.id).flat_map(Entry::words).map(str::to_owned).collect();
        let entries: Vec<Entry> = entries.into_iter().filter(shown).collect();
        if entries.is_empty() {
            return;
        }
        out.push(Command::Put(
            id.clone(),
            Parcel::Entries { conversation: of, key, locale: self.locale.clone(), subject, before, entries },
        ));
    }

    fn told(&mut self, now: &mut Now<'_>, id: &EntryId, outcome: Outcome, out: &mut Vec<Command>) {
        if pending(self.log.entries()).iter().any(|e| e.id == *id) {
            if outcome == Outcome::Delivered {
                // What was said since it was asked for.
                let since = self.log.entries().iter().skip_while(|e| e.id != *id).skip(1).cloned().collect();
                self.put(&(now.name)(), since, out);
            }
            self.append(now, Author::System, Event::Done { effect: id.clone(), outcome }, out);
        } else if outcome == Outcome::Refused && self.log.get(id).is_some() {
            // A line after the handover that nobody will read.
            self.append(now, Author::System, Event::Noted { note: Note::Failed }, out);
        }
    }

    /// The visitor's answer to the question that stands in the chat.
    fn answered(&mut self, now: &mut Now<'_>, agreed: bool, out: &mut Vec<Command>) {
        match self.question.take() {
            Some(Question::Edge { alone }) => {
                out.push(Command::Agree(Purpose::Edge, agreed));
                let Some(Stage::AskedForEdge(own)) = self.stage.take() else { return };
                match own {
                    own if agreed => self.ask_edge(own, out),
                    Some(own) if alone => self.finish(now, Some((own, Rung::Browser)), out),
                    // Neither the browser nor the edge answers: a person can.
                    _ => self.finish(now, Some((self.person(), Rung::Browser)), out),
                }
            }
            Some(Question::Person { effect }) => {
                out.push(Command::Agree(Purpose::Person, agreed));
                if agreed {
                    self.share(&effect, out);
                } else {
                    self.told(now, &effect, Outcome::Declined, out);
                }
            }
            None => {}
        }
    }

    /// What is said from now on is another conversation at the edge: this one is erased there, or another visitor's.
    fn closed(&mut self, now: &mut Now<'_>, id: &str, out: &mut Vec<Command>) {
        let Some(conversation) = self.conversation.as_mut().filter(|c| c.id == id) else { return };
        conversation.id = (now.name)().as_str().to_owned();
        conversation.key = (now.name)().as_str().to_owned();
        out.push(Command::Keep(conversation.clone()));
        if let Some(effect) = self.log.entries().iter().rev().find(|e| asks_for_person(e)).map(|e| e.id.clone())
            && self.log.tracker().handover == Handover::Delivered
        {
            self.append(now, Author::System, Event::Done { effect, outcome: Outcome::Withdrawn }, out);
        }
    }

    /// Another visitor of the same device finds nothing of the one before.
    fn identified(&mut self, now: &mut Now<'_>, subject: Option<String>, out: &mut Vec<Command>) {
        let Some(conversation) = self.conversation.as_mut() else { return };
        match (&conversation.subject, subject) {
            (Some(was), Some(is)) if *was == is => {}
            (Some(_), subject) => self.start_over(now, subject, out),
            (None, Some(subject)) => {
                conversation.subject = Some(subject);
                out.push(Command::Keep(conversation.clone()));
            }
            (None, None) => {}
        }
    }

    /// The words that an entry of the visitor is about: its own, or those that a judged reply answers.
    fn question_of(&self, of: &EntryId) -> Option<String> {
        match &self.log.get(of)?.event {
            Event::Said { text } => Some(text.clone()),
            Event::Judged { of: reply, .. } => match &self.log.get(reply)?.event {
                Event::Replied { of: Some(of), .. } => self.question_of(of),
                _ => None,
            },
            _ => None,
        }
    }

    /// Counts what can be counted, where the visitor agreed; with the question, where editors may learn from it and it had no
    /// good answer.
    fn count(&self, now: &mut Now<'_>, fact: &Fact, question: Option<&str>, out: &mut Vec<Command>) {
        let (name, article) = match fact {
            Fact::Answered { article, .. } => ("answered", Some(article)),
            Fact::Clarified { offered } => ("clarified", offered.first()),
            Fact::Unanswered => ("unknown", None),
            Fact::HandoffRequested { .. } => ("handoff", None),
            Fact::Judged { article, helpful } => (if *helpful { "helpful" } else { "unhelpful" }, Some(article)),
            _ => return,
        };
        let learns = (now.consent)(Purpose::Improve) == Some(true) && ["unknown", "unhelpful"].contains(&name);
        let question = question.filter(|_| learns);
        if question.is_some() || self.counts && (now.consent)(Purpose::Analytics) == Some(true) {
            let question = question.map(str::to_owned);
            let event = Parcel::Event { name: name.to_owned(), article: article.cloned(), at_ms: now.ms, question };
            out.push(Command::Put((now.name)(), event));
        }
    }

    /// Writes an entry down; people who have the conversation get it, too.
    fn append(&mut self, now: &mut Now<'_>, by: Author, event: Event, out: &mut Vec<Command>) -> EntryId {
        let id = (now.name)();
        let entry = Entry { id: id.clone(), at_ms: now.ms, by, event };
        self.log.append(entry.clone());
        out.push(Command::Append(vec![entry.clone()]));
        if self.log.tracker().handover == Handover::Delivered && (now.consent)(Purpose::Person) == Some(true) {
            let is_shown = matches!(entry.event, Event::Said { .. } | Event::Chose { .. } | Event::Replied { .. } | Event::Judged { .. });
            if is_shown {
                self.put(&id, vec![entry], out);
            }
        }
        id
    }
}

fn asks_for_person(entry: &Entry) -> bool {
    matches!(&entry.event, Event::Turned { facts, .. } if facts.iter().any(|f| matches!(f, Fact::HandoffRequested { .. })))
}
