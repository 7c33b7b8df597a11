//! The chat's host: performs what the conversation wants done, and shows it.

use std::cell::{Cell, RefCell};

use leptos::prelude::*;
use leptos::task::spawn_local;
use nearside_client::chat::{Chat, Command, Conversation, Message, Now, Question, Turn};
use nearside_client::gate::Mail;
use nearside_conversation::{Author, Entry, EntryId, Fact, Input, Line, Reply, Rung, transcript};
use nearside_protocol::RegionalConsent;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::host;
use crate::outbox::Consent;
use crate::texts::Texts;

thread_local! {
    static CORE: RefCell<Option<js_sys::Promise>> = const { RefCell::new(None) };
    /// Whether the core was started anew after it had ended.
    static AGAIN: Cell<bool> = const { Cell::new(false) };
    static OUTSIDE: RefCell<Option<JsValue>> = const { RefCell::new(None) };
}

/// What the loader passes in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Config {
    pub(crate) api: String,
    pub(crate) site: String,
    pub(crate) locale: String,
    pub(crate) theme: String,
    pub(crate) analytics: bool,
    /// Whether answers show their images.
    pub(crate) images: bool,
}

/// A request that the chat made, as it was written down before.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) at: f64,
    /// `load`, `turn`, `entries`, `events`, `improve`, `session` or `forget`.
    pub(crate) purpose: String,
    pub(crate) url: String,
    pub(crate) fields: Vec<String>,
    /// Bytes of the body; of what came back where nothing was sent.
    pub(crate) bytes: u32,
    pub(crate) masked: u32,
}

/// What this device has kept.
#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    conversation: Option<Conversation>,
    #[serde(default = "JsValue::undefined", with = "serde_wasm_bindgen::preserve")]
    entries: JsValue,
}

/// What left the device.
#[derive(Default, Deserialize)]
struct Receipt {
    receipt: Vec<Sent>,
}

/// A turn as it crosses the border; its explanation is kept as it stands.
#[derive(Deserialize)]
pub(crate) struct CoreTurn {
    facts: Vec<Fact>,
    replies: Vec<Reply>,
    #[serde(default)]
    edge: bool,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    explanation: JsValue,
}

impl CoreTurn {
    pub(crate) fn into_turn(self) -> Turn {
        let explanation = js_sys::JSON::stringify(&self.explanation).ok().map(String::from);
        Turn { facts: self.facts, replies: self.replies, edge: self.edge, explanation }
    }
}

/// What the core answers to its start.
#[derive(Deserialize)]
struct Started {
    #[serde(default)]
    consent: Vec<RegionalConsent>,
}

#[derive(Serialize)]
struct Asked {
    state: nearside_conversation::Tracker,
    input: Input,
    at_ms: i64,
}

#[derive(Serialize)]
struct EdgeAsked {
    state: nearside_conversation::Tracker,
    input: Input,
    before: Vec<String>,
}

/// What is written at once.
#[derive(Default, Serialize)]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<&'a Conversation>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    clear: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    entries: &'a [Entry],
}

#[derive(Serialize)]
struct Typed<'a> {
    typed: &'a str,
    limit: u32,
}

/// Everything that the view shows and acts on.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    pub(crate) config: StoredValue<Config>,
    texts: StoredValue<&'static Texts>,
    pub(crate) chat: StoredValue<Chat>,
    /// What is to be seen.
    pub(crate) lines: RwSignal<Vec<Line>>,
    pub(crate) question: RwSignal<Option<Question>>,
    pub(crate) busy: RwSignal<bool>,
    pub(crate) open: RwSignal<bool>,
    pub(crate) unread: RwSignal<u32>,
    pub(crate) online: RwSignal<bool>,
    pub(crate) suggestions: RwSignal<Vec<(String, String)>>,
    pub(crate) consent: RwSignal<Consent>,
    /// A token of the site's own server, in the page's memory only.
    pub(crate) identity: StoredValue<Option<String>>,
    /// What left the device, while the visitor reads it.
    pub(crate) receipt: RwSignal<Option<Vec<Sent>>>,
}

impl Session {
    pub(crate) fn new(config: Config, outside: JsValue) -> Self {
        let texts = Texts::of(&js_sys::Reflect::get(&outside, &"texts".into()).unwrap_or_default());
        OUTSIDE.set(Some(outside));
        let chat = Chat::new(&config.site, &config.locale, texts.greeting, config.analytics);
        Self {
            config: StoredValue::new(config),
            texts: StoredValue::new(texts),
            chat: StoredValue::new(chat),
            lines: RwSignal::new(vec![]),
            question: RwSignal::new(None),
            busy: RwSignal::new(false),
            open: RwSignal::new(false),
            unread: RwSignal::new(0),
            online: RwSignal::new(host::is_online()),
            suggestions: RwSignal::new(vec![]),
            consent: RwSignal::new(Consent::default()),
            identity: StoredValue::new(None),
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
        CORE.set(Some(self.start_core()));
        spawn_local(async move {
            self.restore().await;
            self.emit("ready", JsValue::UNDEFINED);
            self.began().await;
        });
    }

    fn start_core(self) -> js_sys::Promise {
        let starting = host::start_core();
        let started = JsFuture::from(starting.clone());
        // Whoever waits for it later goes on after this.
        spawn_local(async move {
            let started = started.await.ok().and_then(|s| serde_wasm_bindgen::from_value(s).ok());
            if let Some(Started { consent }) = started {
                self.consent.update(|c| c.set_regions(&consent));
            }
        });
        starting
    }

    /// Reads what this page before a reload, or another tab, has kept.
    pub(crate) async fn restore(self) {
        let kept = host::load().await;
        self.consent.update(|c| c.read(&kept));
        let Ok(Kept { conversation, entries, .. }) = serde_wasm_bindgen::from_value(kept) else { return };
        // An entry that cannot be read is left where it is.
        let read = |entry: JsValue| serde_wasm_bindgen::from_value::<Entry>(entry).ok();
        let entries = js_sys::Array::from(&entries).iter().filter_map(read).collect();
        self.step(Message::Restored { conversation, entries });
    }

    /// When the core is there, or cannot be had.
    pub(crate) async fn core_started(self) {
        if let Some(core) = CORE.with_borrow(Clone::clone) {
            let _ = JsFuture::from(core).await;
        }
    }

    /// Something was written here, or in another tab.
    pub(crate) async fn changed(self, elsewhere: bool) {
        if elsewhere {
            self.restore().await;
            if self.consent.with_untracked(Consent::waits) {
                // Should that tab be closed over it, this one goes on.
                host::wake(60_000.0);
            }
        } else {
            let kept = host::load().await;
            self.consent.update(|c| c.read(&kept));
        }
    }

    /// Tells the conversation that something happened, and does what it wants done.
    pub(crate) fn step(self, message: Message) {
        let consent = |purpose| self.consent.with_untracked(|c| c.to(purpose));
        let mut name = || EntryId::new(random_id()).unwrap_or_default();
        let mut now = Now { ms: js_sys::Date::now() as i64, consent: &consent, name: &mut name };
        let commands = self.chat.try_update_value(|chat| chat.step(&mut now, message)).unwrap_or_default();
        self.show();
        for command in commands {
            self.perform(command);
        }
    }

    /// Brings what is seen up to date.
    fn show(self) {
        let (lines, question, busy) =
            self.chat.with_value(|chat| (transcript(chat.log().entries()), chat.question().cloned(), chat.is_busy()));
        let is_new = self.lines.with_untracked(|old| lines.len() > old.len() && lines.last().is_some_and(|l| l.by != Author::Visitor));
        // Of a line that stands, only its judgement changes.
        let differ = |(old, new): (&Line, &Line)| old.id != new.id || old.helpful != new.helpful;
        if self.lines.with_untracked(|old| old.len() != lines.len() || old.iter().zip(&lines).any(differ)) {
            self.lines.set(lines);
        }
        if self.question.with_untracked(|old| *old != question) {
            self.question.set(question);
        }
        if self.busy.get_untracked() != busy {
            self.busy.set(busy);
        }
        if is_new && !self.open.get_untracked() {
            self.unread.update(|n| *n += 1);
            self.tell_launcher();
        }
    }

    fn perform(self, command: Command) {
        match command {
            Command::Begin(conversation) => self.write(Some(conversation), true, vec![]),
            Command::Keep(conversation) => self.write(Some(conversation), false, vec![]),
            Command::Append(entries) => self.write(None, false, entries),
            Command::Core { of, state, input, at_ms } => spawn_local(async move {
                let turn = self.core_turn(Asked { state, input, at_ms }).await;
                self.step(Message::Core(of, turn));
            }),
            Command::Edge { of, state, input, before } => spawn_local(async move {
                let turn = self.edge_turn(EdgeAsked { state, input, before }).await;
                self.step(Message::Edge(of, turn));
            }),
            Command::Agree(purpose, agreed) => self.agree(purpose, agreed),
            Command::Put(id, parcel) => self.leave(Mail { put: Some((id, parcel)), agree: None }),
            Command::Answer(article, rung) => {
                if let Ok(detail) = serde_wasm_bindgen::to_value(&Answered { article, rung }) {
                    self.emit("answer", detail);
                }
            }
            Command::Message => self.emit("message", JsValue::from_str("visitor")),
            Command::Handoff(id) => self.emit("handoff", JsValue::from_str(id.as_str())),
        }
    }

    /// Stores entries, if their log is still the stored one; `conversation` where it changes.
    fn write(self, conversation: Option<Conversation>, clear: bool, entries: Vec<Entry>) {
        let own = self.chat.with_value(|chat| chat.conversation().map(|c| c.log.as_str().to_owned()));
        let change = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |kept: JsValue| {
            let stored = ["conversation", "log"].iter().try_fold(kept, |value, name| js_sys::Reflect::get(&value, &(*name).into()));
            let is_own = stored.ok().and_then(|log| log.as_string()) == own;
            if clear || is_own {
                to_js(&Change { conversation: conversation.as_ref(), clear, entries: &entries })
            } else {
                JsValue::UNDEFINED
            }
        });
        spawn_local(async move { host::transact(&change).await });
    }

    /// The core's turn; a core that has ended is started once more.
    async fn core_turn(self, asked: Asked) -> Option<Turn> {
        let values = to_js(&asked);
        loop {
            let core = CORE.with_borrow(Clone::clone)?;
            if JsFuture::from(core).await.is_ok()
                && let Ok(turn) = host::ask("turn", values.clone()).await
            {
                AGAIN.set(false);
                return serde_wasm_bindgen::from_value::<CoreTurn>(turn).ok().map(CoreTurn::into_turn);
            }
            if AGAIN.replace(true) {
                return None;
            }
            CORE.set(Some(self.start_core()));
        }
    }

    /// The edge's turn, through the gate.
    async fn edge_turn(self, asked: EdgeAsked) -> Option<Turn> {
        if !self.wake_gate("pump").await {
            return None;
        }
        let turn = host::gate("turn", to_js(&asked)).await.ok()?;
        serde_wasm_bindgen::from_value::<CoreTurn>(turn).ok().map(CoreTurn::into_turn)
    }

    /// The visitor, or the page, sent a text.
    pub(crate) fn say(self, text: &str) {
        self.suggestions.set(vec![]);
        self.step(Message::Said(text.to_owned()));
    }

    /// Questions that the visitor may be typing.
    pub(crate) fn suggest(self, typed: String) {
        spawn_local(async move {
            let Some(core) = CORE.with_borrow(Clone::clone) else { return };
            if JsFuture::from(core).await.is_err() {
                return;
            }
            let found = host::ask("suggest", to_js(&Typed { typed: &typed, limit: 3 })).await;
            self.suggestions.set(found.ok().and_then(|v| serde_wasm_bindgen::from_value(v).ok()).unwrap_or_default());
        });
    }

    /// Shows what left the device, or hides it again.
    pub(crate) fn show_receipt(self, shown: bool) {
        self.receipt.set(None);
        if shown {
            spawn_local(async move {
                let Receipt { receipt } = serde_wasm_bindgen::from_value(host::load().await).unwrap_or_default();
                self.receipt.set(Some(receipt));
            });
        }
    }

    /// What left the device, and the conversation, as JSON that the visitor may keep: `{receipt, entries}`.
    pub(crate) fn save_all(self) {
        spawn_local(async move {
            host::save(&host::load().await);
        });
    }

    pub(crate) fn transcript(self) -> String {
        let texts = self.texts();
        let line = |line: &Line| {
            let who = if line.by == Author::Visitor { texts.you } else { texts.assistant };
            let source = line.source.as_ref().map_or(String::new(), |s| format!(" ({}: {})", texts.source, s.title));
            let choices: String = line.choices.iter().map(|c| format!("\n  - {}", c.label)).collect();
            format!("[{}] {who}: {}{source}{choices}\n", host::clock(line.at_ms as f64), texts.words(line))
        };
        self.lines.with_untracked(|lines| lines.iter().map(line).collect())
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

#[derive(Serialize)]
struct Answered {
    article: Option<String>,
    rung: Rung,
}

/// A name that nobody can guess: 128 random bits.
fn random_id() -> String {
    let mut bytes = [0u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        wasm_bindgen::throw_str("this browser has no randomness");
    }
    bytes.iter().fold(String::from("e-"), |id, b| id + &format!("{b:02x}"))
}

/// A value of ours as JavaScript has it; none of them has a shape that it could not have.
pub(crate) fn to_js(value: &impl Serialize) -> JsValue {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap_or_default()
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
