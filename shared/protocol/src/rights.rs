//! Consent, erasure, identity: what a visitor may say about their data, and what operators do with it.

use nearside_conversation::Purpose;
use serde::{Deserialize, Serialize};

use crate::version;

/// The version of [`Consent`].
pub const CONSENT_VERSION: u32 = 1;
/// What a visitor agreed to, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Consent {
    /// [`CONSENT_VERSION`].
    pub v: u32,
    /// When, milliseconds since 1970-01-01 UTC.
    pub at_ms: f64,
    /// Who said so.
    pub by: ConsentBy,
    /// To what.
    pub purposes: Vec<Purpose>,
}

/// Who said yes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum ConsentBy {
    /// The visitor.
    Visitor,
    /// The site, where the region's default holds.
    #[default]
    Site,
    /// Somebody that a newer program knows: no consent here.
    #[serde(other)]
    Other,
}

/// Erases what a visitor sent. Knowing the key, or an event's id of 128 random bits, is the right to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ForgetRequest {
    /// [`VERSION`].
    #[serde(default = "version")]
    pub v: u32,
    /// The site's id.
    pub site: String,
    /// A conversation's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// The conversation's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Ids of events, at most 100.
    #[serde(default)]
    pub events: Vec<String>,
}

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Erased {
    /// [`VERSION`].
    #[serde(default = "version")]
    pub v: u32,
    /// Ids of the conversations that were there and are not any more.
    pub conversations: Vec<String>,
    /// How many entries went with them.
    pub entries: u32,
    /// How many events.
    pub events: u32,
    /// Whether there is more to erase: what asked for it asks again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// Changes a token of the site's server for a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SessionRequest {
    /// [`VERSION`].
    #[serde(default = "version")]
    pub v: u32,
    /// The site's id.
    pub site: String,
    /// A JSON Web Token (HS256) with `sub`, `aud` (the site's id) and `exp`; with `jti` it is taken once.
    pub identity: String,
}

/// A session: shows for a quarter of an hour who the visitor is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Session {
    /// [`VERSION`].
    #[serde(default = "version")]
    pub v: u32,
    /// What to send as `session` or as a bearer token.
    pub session: String,
    /// Until when, milliseconds since 1970-01-01 UTC.
    pub expires_ms: f64,
}

/// What operators ask for: who, why, and about what. Fields that a route does not read are ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OperatorRequest {
    /// [`VERSION`].
    #[serde(default = "version")]
    pub v: u32,
    /// The site's id.
    pub site: String,
    /// The person's name or initials, for the audit log.
    pub actor: String,
    /// Why, for the audit log.
    pub reason: String,
    /// A signed visitor's id (`sub`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// A conversation's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Whether a legal hold begins or ends.
    #[serde(default)]
    pub hold: bool,
}

/// A region's default, for a firm whose law allows one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RegionalConsent {
    /// Beginnings of IANA time zones (`America/`, `Asia/Tokyo`); an empty one fits all.
    pub zones: Vec<String>,
    /// What counts as agreed.
    pub on: Vec<Purpose>,
}

/// Days after which the daily job deletes a class of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Retention {
    /// Conversations that were shared with people, from their last entry on.
    pub conversations_days: u32,
    /// Masked questions that editors learn from.
    pub questions_days: u32,
    /// Counted events.
    pub events_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { conversations_days: 180, questions_days: 90, events_days: 400 }
    }
}
