//! What widget and edge say to each other.
//!
//! Every message carries [`VERSION`], a promise from here on: fields are only ever added, with a default, so that an older
//! widget understands a newer edge and the other way round. Deliberately absent: how messages travel.

use nearside_conversation::{Input, Tracker};
use serde::{Deserialize, Serialize};

mod entries;
mod rights;

pub use entries::{
    ConversationRecord, EntriesReceipt, EntriesRequest, HandoffRecord, Inbox, LoggedEntry, MAX_ENTRIES, MAX_ENTRY_CHARS, StoredEntry,
};
pub use rights::{
    CONSENT_VERSION, Consent, ConsentBy, Erased, ForgetRequest, OperatorRequest, RegionalConsent, Retention, Session, SessionRequest,
};

/// The protocol's version.
pub const VERSION: u32 = 1;

/// The most characters that a visitor's message may have.
pub const MAX_MESSAGE_CHARS: usize = 4000;
/// The most bytes that a request's body may have.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// The deepest nesting that a request's JSON may have.
pub const MAX_JSON_DEPTH: usize = 32;
/// The most events in one batch.
pub const MAX_EVENTS: usize = 100;

pub(crate) fn version() -> u32 {
    VERSION
}

/// Asks the edge to take a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TurnRequest {
    /// [`VERSION`].
    #[serde(default = "version")]
    pub v: u32,
    /// The site's id.
    pub site: String,
    /// The page's or browser's BCP 47 tag.
    #[serde(default)]
    pub locale: String,
    /// The state before the turn; a new conversation's where it is left out.
    #[serde(default)]
    pub state: Tracker,
    /// What the visitor did; text is masked before it is sent.
    pub input: Input,
    /// What the visitor agreed to; left out it is a no.
    #[serde(default)]
    pub consent: Consent,
}

/// Counted events, without a visitor's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EventBatch {
    /// [`VERSION`].
    #[serde(default = "version")]
    pub v: u32,
    /// The site's id.
    pub site: String,
    /// The events, at most 100.
    pub events: Vec<EventRecord>,
    /// What the visitor agreed to; left out it is a no.
    #[serde(default)]
    pub consent: Consent,
}

/// One counted event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EventRecord {
    /// Made by the client; a repeat with the same id changes nothing.
    pub id: String,
    /// `answered`, `clarified`, `unknown`, `handoff`, `helpful` or `unhelpful`.
    pub name: String,
    /// The article concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// When it happened, milliseconds since 1970-01-01 UTC.
    pub at_ms: f64,
    /// The masked question that had no answer or a poor one, where the visitor lets editors learn from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
}

/// The packs of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Manifest {
    /// [`VERSION`].
    #[serde(default = "version")]
    pub v: u32,
    /// The site's id.
    pub site: String,
    /// Origins whose pages may talk to the edge for this site; `*` allows all.
    pub origins: Vec<String>,
    /// One per language, the default one first.
    pub packs: Vec<PackRef>,
    /// What the edge understands with beyond the packs, where the site has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderRef>,
    /// What counts as agreed until the visitor says something, by time zone: the first entry that fits holds, and where
    /// none fits nothing is agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consent: Vec<RegionalConsent>,
    /// How long records are kept.
    #[serde(default)]
    pub retention: Retention,
}

/// A sentence encoder and the packs that were trained with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EncoderRef {
    /// Its name, as its packs have it too.
    pub name: String,
    /// SHA-256 of its files, hexadecimal: the folder in which they lie.
    pub hash: String,
    /// The packs; each takes the place of the other one of its language.
    pub packs: Vec<PackRef>,
    /// Whether browsers on a good connection may fetch it too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub browser: bool,
}

/// A pack's name and size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PackRef {
    /// Primary language subtag.
    pub language: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub hash: String,
    /// Its length in bytes.
    pub bytes: u32,
    /// The language's token vectors, where the pack ranks with them; until they are there it answers by words and n-grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<VectorsRef>,
}

/// The name and size of a language's token vectors, which all its packs share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VectorsRef {
    /// SHA-256 of the bytes, hexadecimal.
    pub hash: String,
    /// Their length in bytes.
    pub bytes: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wire shape: a change that breaks an older peer shows up here.
    #[test]
    fn messages_keep_their_shape() {
        let turn = r#"{"site":"demo","input":{"type":"text","text":"hi"}}"#;
        let parsed: TurnRequest = serde_json::from_str(turn).unwrap();
        assert_eq!((parsed.v, parsed.locale.as_str()), (1, ""));
        assert!(parsed.consent.purposes.is_empty());
        let newer = r#"{"v":2,"site":"demo","novel":1,"state":{"turns":3,"mood":"x"},"input":{"type":"request_person"}}"#;
        let parsed: TurnRequest = serde_json::from_str(newer).unwrap();
        assert_eq!(parsed.state.turns, 3);
        let event = EventRecord { id: "e".into(), name: "answered".into(), article: None, at_ms: 1.0, question: None };
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"id":"e","name":"answered","at_ms":1.0}"#);
        let before = r#"{"language":"en","hash":"ab","bytes":3}"#;
        let mut pack: PackRef = serde_json::from_str(before).unwrap();
        assert_eq!(serde_json::to_string(&pack).unwrap(), before);
        pack.vectors = Some(VectorsRef { hash: "cd".into(), bytes: 4 });
        let after = r#"{"language":"en","hash":"ab","bytes":3,"vectors":{"hash":"cd","bytes":4}}"#;
        assert_eq!(serde_json::to_string(&pack).unwrap(), after);
    }
}
