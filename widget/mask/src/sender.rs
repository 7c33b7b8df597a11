//! The gate's host: performs what the gate wants done, and tells it what came of it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use nearside_client::gate::{Command, Gate, Mail, Message, Now, Parcel, Request, Signing};
use nearside_conversation::{EntryId, Input, Masked, Outcome, Purpose, Tracker, share};
use nearside_privacy::Masker;
use nearside_protocol::{EntriesRequest, EventBatch, EventRecord, ForgetRequest, SessionRequest, TurnRequest, VERSION};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, JsError, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

use crate::request::{CameBack, Noted, Prepared, to_js};

/// A session of the edge serves this long, of its fifteen minutes: by this device's own clock, however wrong that is.
const SESSION_MS: f64 = 13.0 * 60_000.0;

#[wasm_bindgen]
extern "C" {
    /// The verbs of `browser.js`.
    #[derive(Clone)]
    pub type Browser;
    #[wasm_bindgen(method)]
    async fn transact(this: &Browser, change: &Closure<dyn FnMut(JsValue) -> JsValue>) -> JsValue;
    #[wasm_bindgen(method)]
    async fn send(this: &Browser, url: &str, body: &str, purpose: &str) -> JsValue;
    #[wasm_bindgen(method, js_name = abortAll)]
    fn abort_all(this: &Browser, purpose: &str);
    #[wasm_bindgen(method)]
    fn wake(this: &Browser, ms: f64);
    #[wasm_bindgen(method, js_name = isOnline)]
    fn is_online(this: &Browser) -> bool;
    #[wasm_bindgen(method)]
    fn signal(this: &Browser) -> bool;
    /// Says something to the chat.
    #[wasm_bindgen(method)]
    fn told(this: &Browser, what: JsValue);
}

#[derive(Deserialize)]
struct Options {
    api: String,
    site: String,
    locale: String,
}

/// What is kept on the device, as far as it is read here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    gate: Gate,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    mail: JsValue,
}

#[derive(Default, Serialize)]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'a Gate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<[Mail; 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<[&'a Noted; 1]>,
}

/// What the chat is told; one of the fields is set.
#[derive(Default, Serialize)]
struct Told<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<(&'a EntryId, Outcome)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<&'a EntryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
}

/// A turn that the edge is asked for.
#[derive(Deserialize)]
struct AskedTurn {
    state: Tracker,
    input: Input,
    before: Vec<String>,
}

/// Who the site says the visitor is.
#[derive(Default)]
struct Signed {
    /// The site's token, in the page's memory only.
    identity: Option<String>,
    /// Its `sub`, as the chat has read it.
    subject: Option<String>,
    /// A session and when it was opened.
    session: Option<(String, f64)>,
}

struct Inner {
    browser: Browser,
    options: Options,
    tab: u64,
    regional: RefCell<Vec<Purpose>>,
    signed: RefCell<Signed>,
    requests: Cell<u64>,
    /// The gate as it was stored last.
    gate: RefCell<Gate>,
}

/// Sends what may be sent.
#[wasm_bindgen]
#[derive(Clone)]
pub struct Sender(Rc<Inner>);

#[wasm_bindgen]
impl Sender {
    /// `options`: `{api, site, locale}`.
    ///
    /// # Errors
    /// Where an option is missing, or the browser has no randomness.
    #[wasm_bindgen(constructor)]
    pub fn new(browser: Browser, options: JsValue) -> Result<Sender, JsError> {
        let tab = getrandom::u32().map_err(|e| JsError::new(&e.to_string()))?;
        Ok(Self(Rc::new(Inner {
            browser,
            options: serde_wasm_bindgen::from_value(options)?,
            tab: u64::from(tab),
            regional: RefCell::default(),
            signed: RefCell::default(),
            requests: Cell::default(),
            gate: RefCell::default(),
        })))
    }

    /// The chat has begun, or the browser is online again.
    pub fn began(&self) {
        self.clone().start(Message::Began);
    }

    /// The chat has left something, time has passed, or another tab has changed what waits.
    pub fn pump(&self) {
        self.clone().start(Message::Pump);
    }

    /// What counts as agreed in the visitor's region, and who the site says the visitor is: `[purposes, token, sub]`.
    ///
    /// # Errors
    /// Where they have another shape.
    pub fn settle(&self, values: JsValue) -> Result<(), JsError> {
        let (regional, identity, subject): (Vec<Purpose>, Option<String>, Option<String>) = serde_wasm_bindgen::from_value(values)?;
        self.0.regional.replace(regional);
        if self.0.signed.borrow().identity != identity {
            self.0.signed.replace(Signed { identity, subject, session: None });
        }
        Ok(())
    }

    /// A turn at the edge: `{state, input, before}` in, the turn out, `undefined` where there is none. The edge keeps nothing
    /// of it, so that one whose answer was lost is asked once more.
    pub async fn turn(&self, asked: JsValue) -> JsValue {
        self.clone().edge_turn(asked).await.unwrap_or_default()
    }
}

impl Sender {
    fn start(self, message: Message) {
        spawn_local(async move { self.tell(message).await });
    }

    fn moment(&self) -> Now {
        Now {
            ms: js_sys::Date::now() as i64,
            tab: self.0.tab,
            online: self.0.browser.is_online(),
            signal: self.0.browser.signal(),
            regional: self.0.regional.borrow().clone(),
            jitter: js_sys::Math::random(),
        }
    }

    /// Lets the gate take in what the chat has left and then take a step, in a transaction, with `noted` written into the
    /// receipt where the request may go; gives what it wants done.
    async fn step(&self, message: Message, noted: Option<Noted>) -> Vec<Command> {
        let commands = Rc::new(RefCell::new(Vec::new()));
        let (result, own) = (commands.clone(), self.clone());
        let change = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |kept: JsValue| {
            // What cannot be read, of a version to come, is left as it is.
            let Ok(Kept { mut gate, mail }) = serde_wasm_bindgen::from_value(kept) else { return JsValue::UNDEFINED };
            // One by one: what cannot be read keeps nothing else from being taken in, a no least of all.
            let mail: Vec<Mail> = js_sys::Array::from(&mail).iter().filter_map(|one| serde_wasm_bindgen::from_value(one).ok()).collect();
            let (before, now) = (gate.clone(), own.moment());
            let had_mail = !mail.is_empty();
            let mut wanted = gate.take_in(&now, mail);
            wanted.extend(gate.step(&now, message.clone()));
            let goes = wanted.iter().any(|c| matches!(c, Command::Send(_) | Command::Go { allowed: true, .. }));
            let change = Change {
                gate: (gate != before).then_some(&gate),
                mail: had_mail.then_some([]),
                receipt: noted.as_ref().filter(|_| goes).map(|noted| [noted]),
            };
            let written = to_js(&change).unwrap_or_default();
            result.replace(wanted);
            own.0.gate.replace(gate);
            written
        });
        self.0.browser.transact(&change).await;
        commands.take()
    }

    /// Tells the gate that something happened, and does what it wants done, until there is nothing more.
    async fn tell(&self, message: Message) {
        let commands = self.step(message, None).await;
        self.perform(commands).await;
    }

    async fn perform(&self, commands: Vec<Command>) {
        let mut prepared: Vec<(Vec<EntryId>, Prepared)> = Vec::new();
        let mut messages = VecDeque::new();
        let mut commands = VecDeque::from(commands);
        loop {
            while let Some(command) = commands.pop_front() {
                match command {
                    Command::Prepare(request) => match self.prepare(&request).await {
                        Some(ready) => {
                            let noted = ready.noted.clone();
                            prepared.push((request.ids.clone(), ready));
                            let bytes = prepared.last().map_or(0, |(_, ready)| ready.body.len());
                            messages.push_back((Message::Prepared { request, bytes }, Some(noted)));
                        }
                        None => messages.push_back((Message::Unprepared(request), None)),
                    },
                    Command::Send(request) => {
                        // The body that was prepared for these, and for no others.
                        let Some(at) = prepared.iter().rposition(|(ids, _)| *ids == request.ids) else { continue };
                        let (_, ready) = prepared.remove(at);
                        let came = self.sent(&ready, request.purpose()).await;
                        messages.push_back((Message::Answered(request.clone(), came.answer(&request)), None));
                    }
                    Command::Abort(purpose) => self.0.browser.abort_all(purpose.name()),
                    Command::Wake(at) => self.0.browser.wake((at as f64 - js_sys::Date::now()).max(0.0)),
                    Command::Waits(id) => self.told(&Told { waits: Some(&id), ..Told::default() }),
                    Command::Tell(id, outcome) => self.told(&Told { end: Some((&id, outcome)), ..Told::default() }),
                    Command::Renew(conversation) => self.told(&Told { closed: Some(&conversation), ..Told::default() }),
                    Command::Go { .. } => {}
                }
            }
            let Some((message, noted)) = messages.pop_front() else { return };
            commands.extend(self.step(message, noted).await);
        }
    }

    fn told(&self, what: &Told<'_>) {
        self.0.browser.told(to_js(what).unwrap_or_default());
    }

    async fn sent(&self, ready: &Prepared, purpose: Option<Purpose>) -> CameBack {
        let came = self.0.browser.send(&ready.url, &ready.body, purpose.map_or("", Purpose::name)).await;
        serde_wasm_bindgen::from_value(came).unwrap_or_default()
    }

    fn address(&self, path: &str) -> (String, String) {
        let Options { api, site, .. } = &self.0.options;
        (format!("{api}{path}?site={site}"), site.clone())
    }

    /// Whether a request that waits for nothing may go now; it is written down then.
    async fn may_go(&self, purpose: Purpose, noted: Noted) -> bool {
        let number = self.0.requests.get() + 1;
        self.0.requests.set(number);
        let commands = self.step(Message::Ask { number, purpose: Some(purpose) }, Some(noted)).await;
        let allowed = commands.contains(&Command::Go { number, allowed: true });
        // What the chat had left was taken in as well.
        self.go_on(commands);
        allowed
    }

    fn go_on(&self, commands: Vec<Command>) {
        let own = self.clone();
        spawn_local(async move { own.perform(commands).await });
    }

    async fn edge_turn(self, asked: JsValue) -> Option<JsValue> {
        let AskedTurn { state, input, before } = serde_wasm_bindgen::from_value(asked).ok()?;
        // What the chat has left, a yes to this most of all, is taken in before.
        let commands = self.step(Message::Pump, None).await;
        self.go_on(commands);
        let (url, site) = self.address("/v1/turn");
        let mut masker = Masker::default();
        before.iter().for_each(|text| drop(masker.mask(text)));
        let input = match input {
            Input::Text { text } => Input::Text { text: Masked::by(&mut masker, &text).as_str().to_owned() },
            other => other,
        };
        let consent = self.0.gate.borrow().choices().record(&self.moment());
        let request = TurnRequest { v: VERSION, site, locale: self.0.options.locale.clone(), state, input, consent };
        let ready = Prepared::new("turn", url, &request)?;
        for _ in 0..2 {
            if !self.may_go(Purpose::Edge, ready.noted.clone()).await {
                return None;
            }
            let came = self.0.browser.send(&ready.url, &ready.body, Purpose::Edge.name()).await;
            let turn = js_sys::Reflect::get(&came, &"json".into()).unwrap_or_default();
            if js_sys::Reflect::get(&turn, &"replies".into()).is_ok_and(|replies| replies.is_object()) {
                return Some(turn);
            }
        }
        None
    }

    /// The body of a request, masked and signed; `None` where it cannot be made.
    async fn prepare(&self, request: &Request) -> Option<Prepared> {
        let consent = self.0.gate.borrow().choices().record(&self.moment());
        match request.parcels.first()? {
            Parcel::Entries { conversation, key, locale, subject, before, entries } => {
                let (url, site) = self.address("/v1/entries");
                let mut masker = Masker::default();
                before.iter().for_each(|text| drop(masker.mask(text)));
                let entries = entries.iter().filter_map(|entry| share(entry, &mut masker)).collect();
                let session = self.session_for(request.signing, subject.as_deref()).await;
                let (conversation, locale, key_hash) = (conversation.clone(), locale.clone(), sha256(key));
                let body = EntriesRequest { v: VERSION, site, conversation, locale, key_hash, consent, session, entries };
                Prepared::new("entries", url, &body)
            }
            Parcel::Event { .. } => {
                let (url, site) = self.address("/v1/events");
                let event = |(id, parcel): (&EntryId, &Parcel)| match parcel {
                    Parcel::Event { name, article, at_ms, question } => Some(EventRecord {
                        id: id.as_str().to_owned(),
                        name: name.clone(),
                        article: article.clone(),
                        at_ms: *at_ms as f64,
                        question: question.as_ref().map(|q| Masked::by(&mut Masker::default(), q).as_str().to_owned()),
                    }),
                    _ => None,
                };
                let events = request.ids.iter().zip(&request.parcels).filter_map(event).collect();
                let purpose = if request.purpose() == Some(Purpose::Improve) { "improve" } else { "events" };
                Prepared::new(purpose, url, &EventBatch { v: VERSION, site, events, consent })
            }
            Parcel::ForgetConversation { conversation, key } => {
                let (url, site) = self.address("/v1/forget");
                let (conversation, key) = (Some(conversation.clone()), Some(key.clone()));
                Prepared::new("forget", url, &ForgetRequest { v: VERSION, site, conversation, key, events: vec![] })
            }
            Parcel::ForgetEvents { events } => {
                let (url, site) = self.address("/v1/forget");
                let events = events.iter().map(|id| id.as_str().to_owned()).collect();
                Prepared::new("forget", url, &ForgetRequest { v: VERSION, site, conversation: None, key: None, events })
            }
        }
    }

    /// A session that still lasts, or a new one. An identity that the edge refuses is dropped, and the page is told; where
    /// the edge cannot open one now, what is to be sent goes without.
    /// Nobody else's goes with what a visitor of this device has left.
    async fn session_for(&self, signing: Signing, subject: Option<&str>) -> Option<String> {
        let (identity, session) = {
            let signed = self.0.signed.borrow();
            let is_own = signed.subject.as_deref() == subject;
            (signed.identity.clone().filter(|_| is_own)?, signed.session.clone())
        };
        let now = js_sys::Date::now();
        match (signing, session) {
            (Signing::Unsigned, _) => return None,
            (Signing::Session, Some((session, opened))) if (0.0..SESSION_MS).contains(&(now - opened)) => return Some(session),
            _ => {}
        }
        let (url, site) = self.address("/v1/session");
        let ready = Prepared::new("session", url, &SessionRequest { v: VERSION, site, identity: identity.clone() })?;
        if !self.may_go(Purpose::Person, ready.noted.clone()).await {
            return None;
        }
        let came = self.sent(&ready, Some(Purpose::Person)).await;
        let body = came.json.unwrap_or_default();
        if self.0.signed.borrow().identity.as_ref() != Some(&identity) {
            // Somebody else has signed in meanwhile.
            return None;
        }
        if let Some(session) = body.session {
            self.0.signed.borrow_mut().session = Some((session.clone(), now));
            return Some(session);
        }
        if (400..500).contains(&came.status) && body.problem.is_some() {
            self.0.signed.replace(Signed::default());
            self.told(&Told { identity: Some(body.detail.as_deref().unwrap_or_default()), ..Told::default() });
        }
        None
    }
}

fn sha256(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
