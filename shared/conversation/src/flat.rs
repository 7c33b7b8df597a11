//! Reading tagged enums through one plain struct each.
//!
//! The JSON is serde's internally tagged form; reading it by serde's own way keeps every field in a buffer and has each type
//! compiled once more for it, which took 110 of 710 KB of the chat's code. What is not known reads as `Other`.

use serde::Deserialize;

use crate::{EntryId, Event, Fact, HandoffReason, Input, Note, Outcome, Reply, Rung};

/// Why something cannot be read.
#[derive(Debug)]
pub enum Unreadable {
    /// A field that a known sort of thing has to have, and had not.
    Missing(&'static str),
    /// A sort of thing that is not known here, where nothing can be made of it.
    Unknown(String),
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(field) => write!(f, "missing field `{field}`"),
            Self::Unknown(sort) => write!(f, "unknown type `{sort}`, expected one of open, text, choose, request_person, feedback"),
        }
    }
}

fn need<T>(field: Option<T>, name: &'static str) -> Result<T, Unreadable> {
    field.ok_or(Unreadable::Missing(name))
}

#[derive(Deserialize)]
pub(crate) struct FlatInput {
    r#type: String,
    text: Option<String>,
    article: Option<String>,
    helpful: Option<bool>,
}

impl TryFrom<FlatInput> for Input {
    type Error = Unreadable;

    fn try_from(flat: FlatInput) -> Result<Self, Unreadable> {
        Ok(match flat.r#type.as_str() {
            "open" => Self::Open,
            "text" => Self::Text { text: need(flat.text, "text")? },
            "choose" => Self::Choose { article: need(flat.article, "article")? },
            "request_person" => Self::RequestPerson,
            "feedback" => Self::Feedback { article: need(flat.article, "article")?, helpful: need(flat.helpful, "helpful")? },
            _ => return Err(Unreadable::Unknown(flat.r#type)),
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct FlatFact {
    r#type: String,
    language: Option<String>,
    article: Option<String>,
    version: Option<u32>,
    offered: Option<Vec<String>>,
    helpful: Option<bool>,
    reason: Option<HandoffReason>,
}

impl TryFrom<FlatFact> for Fact {
    type Error = Unreadable;

    fn try_from(flat: FlatFact) -> Result<Self, Unreadable> {
        Ok(match flat.r#type.as_str() {
            "user_uttered" => Self::UserUttered,
            "speaks" => Self::Speaks { language: need(flat.language, "language")? },
            "introduced" => Self::Introduced,
            "small_talked" => Self::SmallTalked,
            "answered" => Self::Answered { article: need(flat.article, "article")?, version: need(flat.version, "version")? },
            "clarified" => Self::Clarified { offered: need(flat.offered, "offered")? },
            "unanswered" => Self::Unanswered,
            "judged" => Self::Judged { article: need(flat.article, "article")?, helpful: need(flat.helpful, "helpful")? },
            "handoff_requested" => Self::HandoffRequested { reason: need(flat.reason, "reason")? },
            _ => Self::Other,
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct FlatEvent {
    r#type: String,
    site: Option<String>,
    locale: Option<String>,
    text: Option<String>,
    label: Option<String>,
    input: Option<Input>,
    reply: Option<Reply>,
    article: Option<String>,
    helpful: Option<bool>,
    of: Option<EntryId>,
    rung: Option<Rung>,
    facts: Option<Vec<Fact>>,
    explanation: Option<String>,
    effect: Option<EntryId>,
    outcome: Option<Outcome>,
    note: Option<Note>,
}

impl TryFrom<FlatEvent> for Event {
    type Error = Unreadable;

    fn try_from(flat: FlatEvent) -> Result<Self, Unreadable> {
        Ok(match flat.r#type.as_str() {
            "opened" => Self::Opened { site: need(flat.site, "site")?, locale: need(flat.locale, "locale")? },
            "said" => Self::Said { text: need(flat.text, "text")? },
            "chose" => Self::Chose { label: need(flat.label, "label")?, input: need(flat.input, "input")? },
            "judged" => {
                Self::Judged { of: need(flat.of, "of")?, article: need(flat.article, "article")?, helpful: need(flat.helpful, "helpful")? }
            }
            "turned" => Self::Turned {
                of: need(flat.of, "of")?,
                rung: need(flat.rung, "rung")?,
                facts: need(flat.facts, "facts")?,
                explanation: flat.explanation,
            },
            "replied" => Self::Replied { of: flat.of, reply: need(flat.reply, "reply")? },
            "done" => Self::Done { effect: need(flat.effect, "effect")?, outcome: need(flat.outcome, "outcome")? },
            "noted" => Self::Noted { note: need(flat.note, "note")? },
            _ => Self::Other,
        })
    }
}
