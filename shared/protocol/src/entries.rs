//! The conversation's log on its way to people: what a visitor's device adds, and what agents read.

use nearside_conversation::{EntryId, HandoffReason, Shared};
use serde::{Deserialize, Serialize};

use crate::{Consent, version};

/// The most entries in one request.
pub const MAX_ENTRIES: usize = 100;
/// The most characters of one entry's text; masking lengthens what a visitor typed.
pub const MAX_ENTRY_CHARS: usize = nearside_conversation::MAX_SHARED_CHARS;

/// Adds entries to a conversation's log at the edge. Those that it has already change nothing: a request whose answer was
/// lost is sent again.
///
/// `T` is [`Masked`](nearside_conversation::Masked) where it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EntriesRequest<T> {
    /// [`VERSION`](crate::VERSION).
    #[serde(default = "version")]
    pub v: u32,
    /// The site's id.
    pub site: String,
    /// The conversation's id, made by the client: 8 to 64 letters, digits, `-` or `_`.
    pub conversation: String,
    /// The visitor's language.
    #[serde(default)]
    pub locale: String,
    /// SHA-256 (64 hexadecimal digits in lower case) of a key that stays on the device: who shows the key may erase the
    /// conversation.
    pub key_hash: String,
    /// What the visitor agreed to; left out it is a no.
    #[serde(default)]
    pub consent: Consent,
    /// A session of `POST /v1/session`, where the site says who its visitor is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The entries in order, at most 100.
    pub entries: Vec<Shared<T>>,
}

/// What the edge answers to entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EntriesReceipt {
    /// [`VERSION`](crate::VERSION).
    #[serde(default = "version")]
    pub v: u32,
    /// The conversation's id.
    pub conversation: String,
    /// Every entry of the request, with its place in the log.
    pub entries: Vec<StoredEntry>,
}

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StoredEntry {
    /// Its id.
    pub id: EntryId,
    /// Its place, from 1.
    pub seq: u64,
}

/// A request for a person, as the inbox lists it: without words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandoffRecord {
    /// The entry that asked.
    pub id: EntryId,
    /// The site's id.
    pub site: String,
    /// The conversation's id; `GET /v1/conversations/{id}` has its words.
    pub conversation: String,
    /// Why.
    pub reason: HandoffReason,
    /// The visitor's language.
    pub locale: String,
    /// When it arrived, milliseconds since 1970-01-01 UTC.
    pub created_ms: f64,
}

/// A page of the inbox, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Inbox {
    /// [`VERSION`](crate::VERSION).
    #[serde(default = "version")]
    pub v: u32,
    /// Requests for a person.
    pub handoffs: Vec<HandoffRecord>,
    /// What to ask with as `before` for the next page; left out where this one is not full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An entry in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LoggedEntry {
    /// Its place, from 1.
    pub seq: u64,
    /// When it arrived, milliseconds since 1970-01-01 UTC.
    pub received_ms: f64,
    /// The entry, opened; `None` where it cannot be opened any more, which the log of the edge explains.
    pub entry: Option<Shared<String>>,
}

/// A conversation as agents, its visitor and exports see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConversationRecord {
    /// Its id.
    pub id: String,
    /// The site's id.
    pub site: String,
    /// The visitor's language.
    pub locale: String,
    /// When its first entry arrived, milliseconds since 1970-01-01 UTC.
    pub created_ms: f64,
    /// What the visitor had agreed to when the last entry arrived.
    pub consent: Consent,
    /// The log in order.
    pub entries: Vec<LoggedEntry>,
    /// What the visitor's words show, as hints for whoever takes over: `negative`, `anxious`, `angry`, `pleased`,
    /// `technical`, `offence`, `injection`, `gibberish`, `flooding`. Read when it is asked for, stored nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tone: Vec<String>,
}
