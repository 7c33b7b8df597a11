//! What the visitor agrees to, and what then leaves the conversation: handoffs, counted events, the receipt.

use leptos::prelude::*;
use leptos::task::spawn_local;
use nearside_dialogue::{Event, HandoffReason, Input};
use nearside_protocol::{EventBatch, EventRecord, HandoffRequest, MAX_TRANSCRIPT, TranscriptLine, VERSION};
use wasm_bindgen::JsValue;

use crate::host;
use crate::model::{Conversation, From, Message, random_id};
use crate::session::{Question, Session, epoch, to_js};

impl Session {
    pub(crate) async fn read_consent(self) {
        let read = serde_wasm_bindgen::from_value(host::read_consent().await).unwrap_or_default();
        self.consent.set(read);
    }

    /// The visitor agrees to a purpose, or no longer does: that stops, takes back and has erased what the purpose covered.
    pub(crate) async fn agree(self, purpose: &str, agreed: bool) {
        let revoked = host::agree(purpose, agreed).await.as_bool().unwrap_or(false);
        if revoked && purpose == "person" {
            // The old id is closed at the edge; what is said from now on is another conversation there.
            self.renew();
        }
        self.read_consent().await;
        if revoked {
            self.look_for_holds();
        }
    }

    /// Finds out whether a legal hold keeps what the visitor wants forgotten.
    fn look_for_holds(self) {
        spawn_local(async move { self.held.set(host::is_held().await.is_truthy()) });
    }

    fn renew(self) {
        let Conversation { id, key, .. } = Conversation::default();
        self.conversation.update(|c| (c.id, c.key) = (id, key));
        self.keep();
    }

    /// The visitor's answer to the question that stands in the chat.
    pub(crate) fn answer(self, agreed: bool) {
        let Some(question) = self.question.try_update(Option::take).flatten() else { return };
        spawn_local(async move {
            match question {
                Question::Edge { alone } => {
                    self.agree("edge", agreed).await;
                    if agreed || alone {
                        self.run_queue();
                    } else {
                        self.forget_queue();
                        self.push(Input::RequestPerson);
                    }
                }
                Question::Person(reason) => {
                    self.agree("person", agreed).await;
                    if agreed {
                        self.hand_off(reason);
                    } else {
                        self.decline();
                    }
                }
            }
        });
    }

    /// Hands over where the visitor agreed that people read the conversation, and asks where not: also after a no, if a
    /// person is asked for.
    pub(crate) fn ask_for_person(self, reason: HandoffReason) {
        match self.consent.with_untracked(|c| c.to("person")) {
            Some(true) => self.hand_off(reason),
            Some(false) if reason == HandoffReason::Unresolved => self.decline(),
            _ => self.question.set(Some(Question::Person(reason))),
        }
    }

    pub(crate) fn decline(self) {
        self.conversation.update(|c| c.state = std::mem::take(&mut c.state).after(&Event::HandoffDeclined));
        self.say(From::Note, self.texts().not_sent);
    }

    fn hand_off(self, reason: HandoffReason) {
        let key = self.conversation.with_untracked(|c| c.key.clone());
        let (conversation, transcript) = self.conversation.with_untracked(|c| {
            let first = c.messages.len().saturating_sub(MAX_TRANSCRIPT);
            let line = |m: &Message| TranscriptLine {
                from: if m.from == From::Visitor { "visitor" } else { "assistant" }.to_owned(),
                text: m.text.clone(),
                at_ms: m.at_ms,
            };
            (c.id.clone(), c.messages[first..].iter().filter(|m| m.from != From::Note).map(line).collect())
        });
        let request = HandoffRequest {
            v: VERSION,
            id: random_id("h"),
            site: self.config.with_value(|c| c.site.clone()),
            conversation,
            reason: match reason {
                HandoffReason::Requested => "requested",
                HandoffReason::Unresolved => "unresolved",
            }
            .to_owned(),
            locale: self.locale(),
            transcript,
            // `host.js` adds the key's hash, what was agreed to, and who the visitor is.
            key_hash: None,
            consent: None,
            session: None,
        };
        spawn_local(async move {
            let Ok(body) = to_js(&request) else { return };
            let begun = epoch();
            let outcome = host::hand_off(body, &key).await;
            if epoch() != begun {
                return;
            }
            let texts = self.texts();
            let note = match (outcome.as_bool(), outcome.as_string()) {
                (Some(true), _) => texts.delivered,
                (Some(false), _) => texts.waiting,
                (None, why) => {
                    // An operator erased the conversation: what is said from now on is another one.
                    if why.is_some_and(|w| w.ends_with("#erased")) {
                        self.renew();
                    }
                    texts.failed
                }
            };
            self.say(From::Note, note);
            self.emit("handoff", JsValue::from_str(&request.id));
        });
    }

    /// Counts an event if the site wants that and the visitor agreed; with the question, masked, where editors may learn
    /// from what had no good answer.
    pub(crate) fn record(self, name: String, article: Option<String>) {
        let (analytics, site) = self.config.with_value(|c| (c.analytics, c.site.clone()));
        let agreed = |purpose| self.consent.with_untracked(|c| c.to(purpose) == Some(true));
        let learns = agreed("improve") && ["unknown", "unhelpful"].contains(&name.as_str());
        if !(learns || analytics && agreed("analytics")) {
            return;
        }
        let last = |c: &Conversation| c.messages.iter().rev().find(|m| m.from == From::Visitor).map(|m| m.text.clone());
        let question = learns.then(|| self.conversation.with_untracked(last)).flatten();
        let purpose = if question.is_some() { "improve" } else { "analytics" };
        let event = EventRecord { id: random_id("e"), name, article, at_ms: js_sys::Date::now(), question };
        if let Ok(body) = to_js(&EventBatch { v: VERSION, site, events: vec![event], consent: None }) {
            spawn_local(async move {
                host::enqueue("/v1/events", body, purpose).await;
            });
        }
    }

    /// Shows what left the device, or hides it again.
    pub(crate) fn show_receipt(self, shown: bool) {
        self.receipt.set(None);
        if shown {
            spawn_local(async move {
                let sent = serde_wasm_bindgen::from_value(host::receipt().await).unwrap_or_default();
                self.receipt.set(Some(sent));
            });
            self.look_for_holds();
        }
    }

    /// The receipt as JSON, as the visitor may keep it.
    pub(crate) fn save_receipt(self) {
        spawn_local(async move {
            let text = js_sys::JSON::stringify_with_replacer_and_space(&host::receipt().await, &JsValue::NULL, &JsValue::from(2));
            host::download("nearside-receipt.json", &text.map(String::from).unwrap_or_default());
        });
    }
}
