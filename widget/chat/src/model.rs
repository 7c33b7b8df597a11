//! What the chat remembers.

use nearside_dialogue::{Effect, QuickReply, Reply, Source, Tracker};
use serde::{Deserialize, Serialize};

/// One line of the transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) from: From,
    pub(crate) text: String,
    pub(crate) at_ms: f64,
    #[serde(default)]
    pub(crate) source: Option<Source>,
    #[serde(default)]
    pub(crate) choices: Vec<QuickReply>,
    /// The visitor's judgement of an answer.
    #[serde(default)]
    pub(crate) helpful: Option<bool>,
}

/// Whose line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum From {
    Visitor,
    Assistant,
    /// The chat itself: delivered, waiting, failed.
    Note,
}

impl Message {
    pub(crate) fn new(from: From, text: &str) -> Self {
        Self { from, text: text.to_owned(), at_ms: js_sys::Date::now(), source: None, choices: vec![], helpful: None }
    }

    pub(crate) fn of(reply: Reply) -> Self {
        Self { source: reply.source, choices: reply.quick_replies, ..Self::new(From::Assistant, &reply.text) }
    }
}

/// A conversation as IndexedDB keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) state: Tracker,
    pub(crate) messages: Vec<Message>,
    /// Who has it may have erased at the edge what was sent of this conversation. It never leaves the device before that.
    pub(crate) key: String,
}

impl Default for Conversation {
    fn default() -> Self {
        Self { id: random_id("c"), state: Tracker::default(), messages: vec![], key: random_id("k") }
    }
}

/// An id that nobody can guess: 128 random bits.
pub(crate) fn random_id(prefix: &str) -> String {
    let mut bytes = [0u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = (js_sys::Date::now() as u128).to_be_bytes();
    }
    bytes.iter().fold(format!("{prefix}-"), |id, b| id + &format!("{b:02x}"))
}

/// What the loader passes in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Config {
    pub(crate) site: String,
    pub(crate) locale: String,
    pub(crate) theme: String,
    pub(crate) analytics: bool,
    /// Whether answers show their images; a loader that is kept from before does not say.
    #[serde(default)]
    pub(crate) images: bool,
}

/// What the visitor agreed to, as `consent.js` reads it: a purpose in neither list was not asked about yet.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Consent {
    pub(crate) purposes: Vec<String>,
    pub(crate) refused: Vec<String>,
    /// Whether the browser says no to tracking.
    pub(crate) signal: bool,
}

impl Consent {
    /// Yes, no, or not asked yet.
    pub(crate) fn to(&self, purpose: &str) -> Option<bool> {
        let among = |list: &[String]| list.iter().any(|p| p == purpose);
        if among(&self.purposes) { Some(true) } else { among(&self.refused).then_some(false) }
    }
}

/// A request that the chat made, as `host.js` wrote it down before.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) at: f64,
    /// `load`, `turn`, `handoffs`, `events`, `improve`, `session` or `forget`.
    pub(crate) purpose: String,
    pub(crate) url: String,
    pub(crate) fields: Vec<String>,
    /// Bytes of the body; of what came back where nothing was sent.
    pub(crate) bytes: f64,
    pub(crate) masked: u32,
}

/// The parts of a turn that the chat acts on; what it does not read it need not be able to (40 KB of WASM).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Turn {
    pub(crate) tracker: Tracker,
    pub(crate) replies: Vec<Reply>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) explanation: Explanation,
    /// Set by `worker.js` where the edge may know what was unsure here.
    #[serde(default)]
    pub(crate) edge: bool,
}

/// Where a turn ran.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Explanation {
    pub(crate) rung: String,
}
