//! The conversation: what happens when the visitor does something.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use leptos::prelude::*;
use leptos::task::spawn_local;
use nearside_dialogue::{Effect, Event, HandoffReason, Input};
use nearside_protocol::{MAX_MESSAGE_CHARS, TurnRequest, VERSION};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::host;
use crate::model::{Config, Consent, Conversation, From, Message, Sent, Turn};
use crate::texts::Texts;

thread_local! {
    static CORE: RefCell<Option<js_sys::Promise>> = const { RefCell::new(None) };
    static QUEUE: RefCell<VecDeque<Input>> = const { RefCell::new(VecDeque::new()) };
    static DIRTY: Cell<bool> = const { Cell::new(false) };
    /// How often the visitor has started over.
    static EPOCH: Cell<u32> = const { Cell::new(0) };
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    /// What was asked before the kept conversation was read; `None` once it has been.
    static EARLY: RefCell<Option<Vec<String>>> = const { RefCell::new(Some(Vec::new())) };
    static OUTSIDE: RefCell<Option<JsValue>> = const { RefCell::new(None) };
}

/// What the visitor is asked to agree to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// That the edge computes the answer; the queue waits. `alone` where the browser has one too, of which it is unsure.
    Edge { alone: bool },
    /// That a person reads the conversation.
    Person(HandoffReason),
}

/// Everything that the view shows and acts on.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    pub(crate) config: StoredValue<Config>,
    texts: StoredValue<&'static Texts>,
    pub(crate) conversation: RwSignal<Conversation>,
    pub(crate) open: RwSignal<bool>,
    pub(crate) busy: RwSignal<bool>,
    pub(crate) unread: RwSignal<u32>,
    pub(crate) online: RwSignal<bool>,
    pub(crate) suggestions: RwSignal<Vec<(String, String)>>,
    pub(crate) consent: RwSignal<Consent>,
    /// Set while the visitor is asked for consent, with what waits for it.
    pub(crate) question: RwSignal<Option<Question>>,
    /// Whether a legal hold keeps what the visitor wants forgotten.
    pub(crate) held: RwSignal<bool>,
    /// What left the device, while the visitor reads it.
    pub(crate) receipt: RwSignal<Option<Vec<Sent>>>,
}

impl Session {
    pub(crate) fn new(config: Config, outside: JsValue) -> Self {
        let texts = Texts::of(&js_sys::Reflect::get(&outside, &"texts".into()).unwrap_or_default());
        OUTSIDE.set(Some(outside));
        Self {
            config: StoredValue::new(config),
            texts: StoredValue::new(texts),
            conversation: RwSignal::new(Conversation::default()),
            open: RwSignal::new(false),
            busy: RwSignal::new(false),
            unread: RwSignal::new(0),
            online: RwSignal::new(host::is_online()),
            suggestions: RwSignal::new(vec![]),
            consent: RwSignal::new(Consent::default()),
            question: RwSignal::new(None),
            held: RwSignal::new(false),
            receipt: RwSignal::new(None),
        }
    }

    pub(crate) fn texts(self) -> &'static Texts {
        self.texts.with_value(|texts| *texts)
    }

    pub(crate) fn locale(self) -> String {
        self.config.with_value(|c| c.locale.clone())
    }

    /// Brings back what is kept, greets where nothing is, and starts the core meanwhile.
    pub(crate) fn begin(self) {
        CORE.set(Some(host::start_core()));
        spawn_local(async move {
            self.restore().await;
            if self.conversation.with_untracked(|c| c.messages.is_empty()) {
                self.greet();
            }
            self.emit("ready", JsValue::UNDEFINED);
            for text in EARLY.take().unwrap_or_default() {
                self.ask(&text);
            }
        });
    }

    /// Reads what another tab, or this page before a reload, has kept: the conversation and what was agreed to.
    pub(crate) async fn restore(self) {
        self.read_consent().await;
        if let Ok(kept) = serde_wasm_bindgen::from_value::<Conversation>(host::load().await) {
            self.conversation.set(kept);
        }
    }

    fn greet(self) {
        self.conversation.update(|c| {
            c.messages.push(Message::new(From::Assistant, self.texts().greeting));
            c.state = std::mem::take(&mut c.state).after(&Event::Introduced);
        });
        self.keep();
    }

    /// Writes the conversation down soon: once for all changes of a moment, since each writes the whole of it.
    pub(crate) fn keep(self) {
        if DIRTY.replace(true) {
            return;
        }
        let write = move || {
            DIRTY.set(false);
            if let Ok(value) = self.conversation.with_untracked(to_js) {
                spawn_local(host::save(value));
            }
        };
        set_timeout(write, std::time::Duration::from_millis(30));
    }

    pub(crate) fn say(self, from: From, text: &str) {
        self.conversation.update(|c| c.messages.push(Message::new(from, text)));
        if from != From::Visitor {
            self.count_unread();
        }
        self.keep();
    }

    fn count_unread(self) {
        if !self.open.get_untracked() {
            self.unread.update(|n| *n += 1);
            self.tell_launcher();
        }
    }

    /// The visitor sent a text; several in a burst are answered in order.
    pub(crate) fn ask(self, text: &str) {
        let text = text.trim();
        let early = EARLY.with_borrow_mut(|early| early.as_mut().map(|e| e.push(text.to_owned())).is_some());
        if text.is_empty() || early {
            return;
        }
        self.suggestions.set(vec![]);
        if text.chars().count() > MAX_MESSAGE_CHARS {
            let start: String = text.chars().take(200).collect();
            self.say(From::Visitor, &format!("{start}…"));
            self.say(From::Note, self.texts().too_long);
            return;
        }
        self.say(From::Visitor, text);
        self.emit("message", JsValue::from_str("visitor"));
        self.push(Input::Text { text: text.to_owned() });
    }

    /// The visitor chose a quick reply.
    pub(crate) fn choose(self, label: &str, input: Input) {
        self.say(From::Visitor, label);
        self.push(input);
    }

    /// The visitor judged the answer that stands at `at`.
    pub(crate) fn judge(self, at: usize, helpful: bool) {
        let article = self.conversation.try_update(|c| {
            let message = c.messages.get_mut(at)?;
            message.helpful = Some(helpful);
            message.source.as_ref().map(|s| s.article.clone())
        });
        if let Some(article) = article.flatten() {
            self.push(Input::Feedback { article, helpful });
        }
    }

    pub(crate) fn push(self, input: Input) {
        QUEUE.with_borrow_mut(|q| q.push_back(input));
        self.run_queue();
    }

    /// What waits is not answered any more.
    pub(crate) fn forget_queue(self) {
        QUEUE.with_borrow_mut(VecDeque::clear);
    }

    pub(crate) fn run_queue(self) {
        if RUNNING.replace(true) {
            return;
        }
        spawn_local(async move {
            while let Some(input) = QUEUE.with_borrow(|q| q.front().cloned()) {
                self.busy.set(true);
                let epoch = EPOCH.get();
                let outcome = self.turn(&input).await;
                if EPOCH.get() != epoch {
                    // The visitor has started over meanwhile: this is an answer to what is forgotten.
                    continue;
                }
                match outcome {
                    Outcome::Turn(turn) => self.apply(*turn),
                    Outcome::Person => self.ask_for_person(HandoffReason::Requested),
                    Outcome::Waiting => break,
                    Outcome::Failed => self.say(From::Note, self.texts().failed),
                }
                QUEUE.with_borrow_mut(VecDeque::pop_front);
            }
            self.busy.set(false);
            RUNNING.set(false);
        });
    }

    /// Browser first; the edge where the browser cannot compute, or is unsure and the edge understands more, and the visitor
    /// agrees; a person can be asked for with neither.
    async fn turn(self, input: &Input) -> Outcome {
        let state = self.conversation.with_untracked(|c| c.state.clone());
        let core = CORE.with_borrow(Clone::clone);
        let mut own = None;
        if let (Some(core), Ok(state), Ok(input)) = (core, to_js(&state), to_js(input))
            && JsFuture::from(core).await.is_ok()
        {
            match outcome(host::turn(state, input).await) {
                Outcome::Turn(turn) if turn.edge => own = Some(turn),
                done => return done,
            }
        } else if *input == Input::RequestPerson {
            return Outcome::Person;
        }
        let alone = own.is_some();
        let own = own.map_or(Outcome::Failed, Outcome::Turn);
        match self.consent.with_untracked(|c| c.to("edge")) {
            None => {
                self.question.set(Some(Question::Edge { alone }));
                Outcome::Waiting
            }
            Some(false) => own,
            Some(true) => match self.edge_turn(state, input).await {
                Outcome::Failed => own,
                answered => answered,
            },
        }
    }

    async fn edge_turn(self, state: nearside_dialogue::Tracker, input: &Input) -> Outcome {
        // `host.js` masks what it sends; what was said before gives values their placeholders.
        let before: Vec<String> = self.conversation.with_untracked(|c| {
            let said = c.messages.iter().filter(|m| m.from == From::Visitor);
            said.map(|m| m.text.clone()).collect()
        });
        let input = input.clone();
        let (site, locale) = (self.config.with_value(|c| c.site.clone()), self.locale());
        let request = TurnRequest { v: VERSION, site, locale, state, input, consent: None };
        let Ok(request) = to_js(&request) else { return Outcome::Failed };
        outcome(host::edge_turn(request, before).await)
    }

    fn apply(self, turn: Turn) {
        let rung = turn.explanation.rung;
        let source = turn.replies.iter().find_map(|r| r.source.as_ref().map(|s| s.article.clone()));
        self.conversation.update(|c| {
            c.state = turn.tracker;
            c.messages.extend(turn.replies.into_iter().map(Message::of));
        });
        self.keep();
        self.count_unread();
        for effect in turn.effects {
            match effect {
                Effect::RequestHandoff { reason } => self.ask_for_person(reason),
                Effect::Record { name, article } => self.record(name, article),
                Effect::Other => {}
            }
        }
        if let Ok(detail) = to_js(&Answered { article: source, rung }) {
            self.emit("answer", detail);
        }
    }

    /// Questions that the visitor may be typing.
    pub(crate) fn suggest(self, typed: String) {
        spawn_local(async move {
            let Some(core) = CORE.with_borrow(Clone::clone) else { return };
            if JsFuture::from(core).await.is_err() {
                return;
            }
            let found = host::suggest(&typed, 3).await.ok().and_then(|v| serde_wasm_bindgen::from_value(v).ok());
            self.suggestions.set(found.unwrap_or_default());
        });
    }

    /// Starts over; what was said is forgotten on this device.
    pub(crate) fn reset(self) {
        EPOCH.set(EPOCH.get() + 1);
        self.forget_queue();
        self.question.set(None);
        self.conversation.set(Conversation::default());
        self.greet();
    }

    pub(crate) fn transcript(self) -> String {
        let texts = self.texts();
        let locale = self.locale();
        self.conversation.with_untracked(|c| {
            let line = |m: &Message| {
                let who = if m.from == From::Visitor { texts.you } else { texts.assistant };
                let source = m.source.as_ref().map_or(String::new(), |s| format!(" ({}: {})", texts.source, s.title));
                format!("[{}] {who}: {}{source}\n", host::clock(m.at_ms, &locale), m.text)
            };
            c.messages.iter().map(line).collect()
        })
    }

    pub(crate) fn set_open(self, open: bool) {
        if self.open.get_untracked() != open {
            self.open.set(open);
            self.unread.set(0);
            self.tell_launcher();
            self.emit(if open { "open" } else { "close" }, JsValue::UNDEFINED);
        }
    }

    fn tell_launcher(self) {
        call_outside("launcher", &[self.open.get_untracked().into(), self.unread.get_untracked().into()]);
    }

    pub(crate) fn emit(self, event: &str, detail: JsValue) {
        call_outside("emit", &[event.into(), detail]);
    }
}

enum Outcome {
    Turn(Box<Turn>),
    /// A person is asked for where no core can say so.
    Person,
    /// The visitor is being asked first.
    Waiting,
    Failed,
}

fn outcome(turn: Result<JsValue, JsValue>) -> Outcome {
    turn.ok().and_then(|t| serde_wasm_bindgen::from_value(t).ok()).map_or(Outcome::Failed, |t| Outcome::Turn(Box::new(t)))
}

#[derive(Serialize)]
struct Answered {
    article: Option<String>,
    rung: String,
}

/// How often the visitor has started over: what was begun before belongs to what is forgotten.
pub(crate) fn epoch() -> u32 {
    EPOCH.get()
}

pub(crate) fn to_js(value: &impl Serialize) -> Result<JsValue, serde_wasm_bindgen::Error> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())
}

fn call_outside(name: &str, args: &[JsValue]) {
    OUTSIDE.with_borrow(|outside| {
        let function =
            outside.as_ref().and_then(|o| js_sys::Reflect::get(o, &name.into()).ok()).and_then(|f| f.dyn_into::<js_sys::Function>().ok());
        if let Some(function) = function {
            let _ = function.apply(&JsValue::NULL, &args.iter().collect());
        }
    });
}
