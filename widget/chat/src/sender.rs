//! The gate's host: performs what the gate wants done, and tells it what came of it.
//!
//! What always holds: a request with anything in it is made here and nowhere else, after the gate has allowed it in a
//! transaction that also writes it into the receipt; its words are [`Masked`](nearside_conversation::Masked).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use nearside_client::chat;
use nearside_client::gate::{Answer, Command, Gate, Message, Now, Parcel, Request, Signing};
use nearside_conversation::{Entry, EntryId, Input, Mask, Masked, Purpose, Tracker, share};
use nearside_protocol::{EntriesRequest, EventBatch, EventRecord, ForgetRequest, RegionalConsent, SessionRequest, TurnRequest, VERSION};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::host;
use crate::session::{CoreTurn, Session, to_js};

/// A session of the edge serves this long, of its fifteen minutes: by this device's own clock, however wrong that is.
const SESSION_MS: f64 = 13.0 * 60_000.0;

#[derive(Default)]
struct Signed {
    /// The site's token, in the page's memory only.
    identity: Option<String>,
    /// A session and when it was opened.
    session: Option<(String, f64)>,
}

thread_local! {
    static SIGNED: RefCell<Signed> = RefCell::default();
    static REGIONAL: RefCell<Vec<Purpose>> = const { RefCell::new(Vec::new()) };
    static TAB: u64 = u64::from(random_number());
    static WAKE: RefCell<Option<Closure<dyn Fn()>>> = const { RefCell::new(None) };
}

fn random_number() -> u32 {
    getrandom::u32().unwrap_or_else(|_| wasm_bindgen::throw_str("this browser has no randomness"))
}

/// What the gate knows of the moment.
pub(crate) fn moment() -> Now {
    Now {
        ms: js_sys::Date::now() as i64,
        tab: TAB.with(|tab| *tab),
        online: host::is_online(),
        signal: host::signal(),
        regional: REGIONAL.with_borrow(Clone::clone),
        jitter: f64::from(random_number()) / f64::from(u32::MAX),
    }
}

/// What the site's manifest counts as agreed in this browser's time zone.
pub(crate) fn set_regions(regions: &[RegionalConsent]) {
    let zone = host::zone();
    let own = regions.iter().find(|region| region.zones.iter().any(|z| zone.starts_with(z.as_str())));
    REGIONAL.set(own.map(|region| region.on.clone()).unwrap_or_default());
}

/// What is written into the receipt.
#[derive(Clone, Serialize)]
pub(crate) struct Noted {
    at: f64,
    purpose: &'static str,
    method: &'static str,
    url: String,
    fields: Vec<String>,
    bytes: usize,
    masked: usize,
}

/// A request as it would go.
#[derive(Clone)]
struct Prepared {
    url: String,
    body: String,
    noted: Noted,
}

#[derive(Deserialize)]
struct CameBack {
    status: u16,
    #[serde(default)]
    json: Option<Body>,
    retry_after: f64,
}

/// What the gate reads of an answer: a problem document's `type`, a receipt's entries, a session.
#[derive(Default, Deserialize)]
struct Body {
    #[serde(default, rename = "type")]
    problem: Option<String>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    v: Option<u32>,
    #[serde(default)]
    entries: Vec<Named>,
    #[serde(default)]
    session: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: EntryId,
}

#[derive(Deserialize)]
struct MaskedTexts {
    texts: VecDeque<String>,
    hash: String,
}

/// The masker, which is a module of its own: first it takes note of the texts, then it gives what the module made of them.
enum Masker {
    Wanted(Vec<String>),
    Came(VecDeque<String>),
}

impl Mask for Masker {
    fn mask(&mut self, text: &str) -> String {
        match self {
            Self::Wanted(texts) => {
                texts.push(text.to_owned());
                String::new()
            }
            // As many came as were wanted.
            Self::Came(texts) => texts.pop_front().unwrap_or_default(),
        }
    }
}

/// What `make` makes with a masker, and the hash of `key`. `before` gives values their placeholders and is not part of it.
/// `None` where masking did not load.
async fn masked<T>(before: Vec<String>, key: &str, make: impl Fn(&mut Masker) -> T) -> Option<(T, String)> {
    let first = before.len();
    let mut masker = Masker::Wanted(before);
    make(&mut masker);
    let Masker::Wanted(texts) = masker else { return None };
    let many = texts.len();
    let came: MaskedTexts = serde_wasm_bindgen::from_value(host::mask(texts, key).await.ok()?).ok()?;
    let mut texts = came.texts;
    (texts.len() == many).then(|| (make(&mut Masker::Came(texts.split_off(first))), came.hash))
}

/// What a step writes.
#[derive(Default, Serialize)]
pub(crate) struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conversation: Option<&'a chat::Conversation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gate: Option<&'a Gate>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) clear: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) entries: &'a [Entry],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<[&'a Noted; 1]>,
}

impl Session {
    /// Lets the gate take a step in a transaction, with `noted` written into the receipt where the request may go; gives what
    /// it wants done.
    async fn step_gate(self, message: Message, noted: Option<Noted>) -> Vec<Command> {
        let commands = Rc::new(RefCell::new(Vec::new()));
        let result = commands.clone();
        let change = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |kept: JsValue| {
            let mut state = stored_gate(&kept);
            let before = state.clone();
            let wanted = state.step(&moment(), message.clone());
            let goes = wanted.iter().any(|c| matches!(c, Command::Send(_) | Command::Go { allowed: true, .. }));
            let receipt = noted.as_ref().filter(|_| goes).map(|noted| [noted]);
            let written = to_js(&Change { gate: (state != before).then_some(&state), receipt, ..Change::default() });
            result.replace(wanted);
            self.gate.set(state);
            written
        });
        host::transact(&change).await;
        commands.take()
    }

    /// Tells the gate that something happened, and does what it wants done, until there is nothing more.
    pub(crate) fn tell_gate(self, message: Message) {
        spawn_local(self.tell(message));
    }

    pub(crate) async fn tell(self, message: Message) {
        let mut messages = VecDeque::from([(message, None)]);
        let mut prepared = None;
        while let Some((message, noted)) = messages.pop_front() {
            for command in self.step_gate(message, noted).await {
                match command {
                    Command::Prepare(request) => match self.prepare(&request).await {
                        Some(ready) => {
                            messages.push_back((Message::Prepared { request, bytes: ready.body.len() }, Some(ready.noted.clone())));
                            prepared = Some(ready);
                        }
                        None => messages.push_back((Message::Unprepared(request), None)),
                    },
                    Command::Send(request) => {
                        let Some(Prepared { url, body, .. }) = prepared.take() else { continue };
                        let purpose = request.purpose().map_or("", Purpose::name);
                        let came = sent(&url, &body, purpose).await;
                        messages.push_back((Message::Answered(request.clone(), came.answer(&request)), None));
                    }
                    Command::Abort(purpose) => host::abort_all(purpose.name()),
                    Command::Wake(at) => self.wake(at),
                    Command::Waits(id) => self.step(chat::Message::Waits(id)),
                    Command::Tell(id, outcome) => self.step(chat::Message::Told(id, outcome)),
                    Command::Renew(conversation) => self.step(chat::Message::Closed(conversation)),
                    Command::Go { .. } => {}
                }
            }
        }
    }

    fn wake(self, at: i64) {
        let pump = Closure::<dyn Fn()>::new(move || self.tell_gate(Message::Pump));
        host::wake((at as f64 - js_sys::Date::now()).max(0.0), &pump);
        WAKE.set(Some(pump));
    }

    fn address(self, path: &str) -> (String, String) {
        self.config.with_value(|c| (format!("{}{path}?site={}", c.api, c.site), c.site.clone()))
    }

    /// Whether a request that waits for nothing may go now; it is written down then.
    async fn may_go(self, purpose: Purpose, noted: Noted) -> bool {
        let commands = self.step_gate(Message::Ask { number: 0, purpose: Some(purpose) }, Some(noted)).await;
        commands.contains(&Command::Go { number: 0, allowed: true })
    }

    /// A turn at the edge. The edge keeps nothing of it, so that one whose answer was lost is asked once more.
    pub(crate) async fn edge_turn(self, state: Tracker, input: Input, before: Vec<String>) -> Option<chat::Turn> {
        let (url, site) = self.address("/v1/turn");
        let text = if let Input::Text { text } = &input { Some(text.clone()) } else { None };
        let input = match text {
            None => input,
            Some(text) => {
                let (text, _) = masked(before, "", |masker| Masked::by(masker, &text)).await?;
                Input::Text { text: text.as_str().to_owned() }
            }
        };
        let consent = self.gate.with_untracked(|gate| gate.choices().record(&moment()));
        let request = TurnRequest { v: VERSION, site, locale: self.locale(), state, input, consent };
        let ready = Prepared::new("turn", url, &request);
        for _ in 0..2 {
            if !self.may_go(Purpose::Edge, ready.noted.clone()).await {
                return None;
            }
            let came = host::send(&ready.url, &ready.body, Purpose::Edge.name()).await;
            let json = js_sys::Reflect::get(&came, &"json".into()).unwrap_or_default();
            let turn = serde_wasm_bindgen::from_value::<CoreTurn>(json).ok();
            if turn.is_some() {
                return turn.map(CoreTurn::into_turn);
            }
        }
        None
    }

    /// The body of a request, masked and signed; `None` where that cannot be had now.
    async fn prepare(self, request: &Request) -> Option<Prepared> {
        let consent = self.gate.with_untracked(|gate| gate.choices().record(&moment()));
        match request.parcels.first()? {
            Parcel::Entries { conversation, key, locale, entries } => {
                let (url, site) = self.address("/v1/entries");
                let before = self.said_before(entries.first()?);
                let make = |masker: &mut Masker| entries.iter().filter_map(|entry| share(entry, masker)).collect();
                let (entries, key_hash) = masked(before, key, make).await?;
                let session = self.session_for(request.signing).await;
                let (conversation, locale) = (conversation.clone(), locale.clone());
                let body = EntriesRequest { v: VERSION, site, conversation, locale, key_hash, consent, session, entries };
                Some(Prepared::new("entries", url, &body))
            }
            Parcel::Event { .. } => {
                let (url, site) = self.address("/v1/events");
                let make = |masker: &mut Masker| {
                    let event = |(id, parcel): (&EntryId, &Parcel)| match parcel {
                        Parcel::Event { name, article, at_ms, question } => Some(EventRecord {
                            id: id.as_str().to_owned(),
                            name: name.clone(),
                            article: article.clone(),
                            at_ms: *at_ms as f64,
                            question: question.as_ref().map(|q| Masked::by(masker, q).as_str().to_owned()),
                        }),
                        _ => None,
                    };
                    request.ids.iter().zip(&request.parcels).filter_map(event).collect::<Vec<_>>()
                };
                let learns = request.purpose() == Some(Purpose::Improve);
                let events = if learns { masked(vec![], "", make).await?.0 } else { make(&mut Masker::Wanted(vec![])) };
                Some(Prepared::new(if learns { "improve" } else { "events" }, url, &EventBatch { v: VERSION, site, events, consent }))
            }
            Parcel::ForgetConversation { conversation, key } => {
                let (url, site) = self.address("/v1/forget");
                let (conversation, key) = (Some(conversation.clone()), Some(key.clone()));
                Some(Prepared::new("forget", url, &ForgetRequest { v: VERSION, site, conversation, key, events: vec![] }))
            }
            Parcel::ForgetEvents { events } => {
                let (url, site) = self.address("/v1/forget");
                let events = events.iter().map(|id| id.as_str().to_owned()).collect();
                Some(Prepared::new("forget", url, &ForgetRequest { v: VERSION, site, conversation: None, key: None, events }))
            }
        }
    }

    /// What the conversation said before an entry: its values have their placeholders already.
    fn said_before(self, first: &Entry) -> Vec<String> {
        self.chat.with_value(|chat| {
            let mut texts = Masker::Wanted(vec![]);
            chat.log().entries().iter().take_while(|e| e.id != first.id).for_each(|entry| drop(share(entry, &mut texts)));
            if let Masker::Wanted(texts) = texts { texts } else { vec![] }
        })
    }

    /// A token of the site's own server, or `None` where the visitor has signed out.
    pub(crate) fn identify(self, token: Option<String>) {
        let subject = token.as_deref().and_then(subject);
        SIGNED.set(Signed { identity: token, session: None });
        self.step(chat::Message::Identified(subject));
    }

    /// A session that still lasts, or a new one. An identity that the edge refuses is dropped, and the page is told; where
    /// the edge cannot open one now, what is to be sent goes without.
    async fn session_for(self, signing: Signing) -> Option<String> {
        if signing == Signing::Unsigned {
            return None;
        }
        let (identity, session) = SIGNED.with_borrow(|s| (s.identity.clone(), s.session.clone()));
        let identity = identity?;
        let now = js_sys::Date::now();
        if let Some((session, opened)) = session
            && signing == Signing::Session
            && (0.0..SESSION_MS).contains(&(now - opened))
        {
            return Some(session);
        }
        let (url, site) = self.address("/v1/session");
        let ready = Prepared::new("session", url, &SessionRequest { v: VERSION, site, identity });
        if !self.may_go(Purpose::Person, ready.noted.clone()).await {
            return None;
        }
        let CameBack { status, json, .. } = sent(&ready.url, &ready.body, Purpose::Person.name()).await;
        let Body { session, problem, detail, .. } = json.unwrap_or_default();
        if let Some(session) = session {
            SIGNED.with_borrow_mut(|signed| signed.session = Some((session.clone(), now)));
            return Some(session);
        }
        if (400..500).contains(&status) && problem.is_some() {
            SIGNED.set(Signed::default());
            if let Ok(detail) = serde_wasm_bindgen::to_value(&IdentityRefused { error: detail.unwrap_or_default() }) {
                self.emit("identify", detail);
            }
        }
        None
    }
}

#[derive(Serialize)]
struct IdentityRefused {
    error: String,
}

/// The gate as it is stored; a new one where none is.
pub(crate) fn stored_gate(kept: &JsValue) -> Gate {
    let stored = js_sys::Reflect::get(kept, &"gate".into()).unwrap_or_default();
    serde_wasm_bindgen::from_value(stored).unwrap_or_default()
}

/// The `sub` of a token, which is read and not believed: the edge checks it.
fn subject(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?.replace('-', "+").replace('_', "/");
    let text = js_sys::global().unchecked_into::<web_sys::Window>().atob(&claims).ok()?;
    let claims = js_sys::JSON::parse(&text).ok()?;
    js_sys::Reflect::get(&claims, &"sub".into()).ok()?.as_string()
}

async fn sent(url: &str, body: &str, purpose: &str) -> CameBack {
    let nothing = CameBack { status: 0, json: None, retry_after: 0.0 };
    serde_wasm_bindgen::from_value(host::send(url, body, purpose).await).unwrap_or(nothing)
}

impl CameBack {
    fn answer(self, request: &Request) -> Answer {
        let body = self.json.unwrap_or_default();
        // What is no receipt of the edge's (a portal's page, another service's answer) delivers nothing.
        let receipt = match request.parcels.first() {
            Some(Parcel::Entries { .. }) => Some(body.entries.into_iter().map(|e| e.id).collect()),
            Some(Parcel::Event { .. }) => (self.status == 204).then(Vec::new),
            _ => body.v.map(|_| Vec::new()),
        };
        Answer {
            status: (self.status > 0).then_some(self.status),
            problem: body.problem.and_then(|t| Some(t.strip_prefix("about:blank#")?.to_owned())),
            receipt,
            retry_after: (self.retry_after > 0.0).then_some(self.retry_after as u32),
        }
    }
}

impl Prepared {
    fn new(purpose: &'static str, url: String, body: &impl Serialize) -> Self {
        let value = to_js(body);
        let names = js_sys::Object::keys(&js_sys::Object::from(value.clone()));
        let body = js_sys::JSON::stringify(&value).map(String::from).unwrap_or_default();
        let noted = Noted {
            at: js_sys::Date::now(),
            purpose,
            method: "POST",
            url: url.clone(),
            fields: names.iter().filter_map(|name| name.as_string()).collect(),
            bytes: body.len(),
            masked: placeholders(&body),
        };
        Self { url, body, noted }
    }
}

/// How many placeholders such as `[EMAIL_1]` a text has.
fn placeholders(text: &str) -> usize {
    let is_one = |inner: &str| {
        inner.split_once('_').is_some_and(|(kind, number)| {
            !kind.is_empty()
                && kind.bytes().all(|b| b.is_ascii_uppercase())
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        })
    };
    text.split('[').skip(1).filter(|rest| rest.split_once(']').is_some_and(|(inner, _)| is_one(inner))).count()
}
