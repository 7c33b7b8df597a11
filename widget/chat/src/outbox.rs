//! What the chat leaves for the gate, whose module comes when it is first needed, and what it hears of it.

use nearside_client::chat;
use nearside_client::gate::{Choices, Mail};
use nearside_conversation::{EntryId, Outcome, Purpose};
use nearside_protocol::RegionalConsent;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::host;
use crate::session::{Session, to_js};

/// The gate's state, as far as the chat shows it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct GateView {
    choices: Choices,
    waiting: Vec<IgnoredAny>,
    held: Vec<IgnoredAny>,
}

/// What lies there for the gate.
#[derive(Deserialize)]
struct MailView {
    #[serde(default)]
    agree: Option<(Purpose, bool)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeptView {
    gate: GateView,
    mail: Vec<MailView>,
}

/// What the visitor agreed to, and whether something waits or is held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consent {
    choices: Choices,
    regional: Vec<Purpose>,
    /// Whether a legal hold keeps something that the visitor wants forgotten.
    pub(crate) held: bool,
    waits: bool,
}

impl Consent {
    /// Yes, no, or not asked yet.
    pub(crate) fn to(&self, purpose: Purpose) -> Option<bool> {
        self.choices.to(purpose, host::signal(), &self.regional)
    }

    /// What the site's manifest counts as agreed in this browser's time zone.
    pub(crate) fn set_regions(&mut self, regions: &[RegionalConsent]) {
        let zone = host::zone();
        let own = regions.iter().find(|region| region.zones.iter().any(|z| zone.starts_with(z.as_str())));
        self.regional = own.map(|region| region.on.clone()).unwrap_or_default();
    }

    /// Whether something lies there for the gate.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// Takes over what is kept.
    pub(crate) fn read(&mut self, kept: &JsValue) {
        let KeptView { gate, mail } = serde_wasm_bindgen::from_value(kept.clone()).unwrap_or_default();
        self.choices = gate.choices;
        for (purpose, agreed) in mail.iter().filter_map(|mail| mail.agree) {
            self.choices.set(0, purpose, agreed);
        }
        self.held = !gate.held.is_empty();
        self.waits = self.held || !gate.waiting.is_empty() || !mail.is_empty();
    }
}

/// One of the fields is set.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    end: Option<(EntryId, Outcome)>,
    #[serde(default)]
    waits: Option<EntryId>,
    #[serde(default)]
    closed: Option<String>,
    #[serde(default)]
    identity: Option<String>,
}

#[derive(Serialize)]
struct Left {
    mail: Vec<Mail>,
}

#[derive(Serialize)]
struct IdentityRefused {
    error: String,
}

impl Session {
    /// Leaves something for the gate. Where its module cannot be had now, it lies there until it can.
    pub(crate) fn leave(self, mail: Mail) {
        let put = mail.put.as_ref().map(|(id, _)| id.clone());
        let left = to_js(&Left { mail: vec![mail] });
        let change = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |_| left.clone());
        spawn_local(async move {
            host::transact(&change).await;
            if !self.wake_gate("pump").await
                && let Some(id) = put
            {
                self.step(chat::Message::Waits(id));
            }
        });
    }

    /// Has the gate go on; `false` where its module cannot be had now.
    pub(crate) async fn wake_gate(self, how: &str) -> bool {
        // The region's consent comes with the core's start; without the core there is none.
        self.core_started().await;
        self.settle();
        host::gate(how, JsValue::UNDEFINED).await.is_ok()
    }

    /// What the gate is told before each call.
    fn settle(self) {
        let identity = self.identity.get_value();
        let subject = identity.as_deref().and_then(subject);
        host::settle(to_js(&(self.consent.with_untracked(|c| c.regional.clone()), identity, subject)));
    }

    /// The chat has begun, or the browser is online again: what waits may go, and a legal hold may have ended.
    pub(crate) async fn began(self) {
        if self.consent.with_untracked(Consent::waits) {
            self.wake_gate("began").await;
        }
    }

    /// The gate says something.
    pub(crate) fn told(self, what: JsValue) {
        let Ok(Told { end, waits, closed, identity }) = serde_wasm_bindgen::from_value(what) else { return };
        if let Some((id, outcome)) = end {
            self.step(chat::Message::Told(id, outcome));
        }
        if let Some(id) = waits {
            self.step(chat::Message::Waits(id));
        }
        if let Some(conversation) = closed {
            self.step(chat::Message::Closed(conversation));
        }
        if let Some(error) = identity {
            self.identity.set_value(None);
            self.settle();
            self.emit("identify", to_js(&IdentityRefused { error }));
        }
    }

    /// The visitor agrees to a purpose, or no longer does. What this tab shows does not wait for that to be stored.
    pub(crate) fn agree(self, purpose: Purpose, agreed: bool) {
        self.consent.update(|c| c.choices.set(0, purpose, agreed));
        self.leave(Mail { agree: Some((purpose, agreed)), put: None });
    }

    /// A token of the site's own server, or `None` where the visitor has signed out.
    pub(crate) fn identify(self, token: Option<String>) {
        let subject = token.as_deref().and_then(subject);
        self.identity.set_value(token);
        self.settle();
        self.step(chat::Message::Identified(subject));
    }
}

/// The `sub` of a token, which is read and not believed: the edge checks it.
fn subject(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?.replace('-', "+").replace('_', "/");
    let text = js_sys::global().unchecked_into::<web_sys::Window>().atob(&claims).ok()?;
    let claims = js_sys::JSON::parse(&text).ok()?;
    js_sys::Reflect::get(&claims, &"sub".into()).ok()?.as_string()
}
