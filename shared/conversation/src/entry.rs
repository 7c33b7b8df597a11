use serde::{Deserialize, Serialize};

use crate::{Fact, Input, Reply};

/// Names an entry: 8 to 64 letters, digits, `-` or `_`, made where it happened out of 128 random bits.
///
/// ```
/// use nearside_conversation::EntryId;
/// assert!(EntryId::new("e-0123456789abcdef").is_some());
/// assert!(EntryId::new("short").is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EntryId(String);

impl EntryId {
    /// The id, where the text can be one.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let id = Self(text.into());
        id.is_valid().then_some(id)
    }

    /// Whether it is one: what arrives over the wire is not until this was asked.
    pub fn is_valid(&self) -> bool {
        (8..=64).contains(&self.0.len()) && self.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub id: EntryId,
    /// When, by the clock of where it happened: milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    /// Who did it.
    pub by: Author,
    /// What.
    pub event: Event,
}

impl Entry {
    /// The words that people would see of it, in order.
    pub fn words(&self) -> Vec<&str> {
        match &self.event {
            Event::Said { text } => vec![text],
            Event::Chose { label, .. } => vec![label],
            Event::Replied { reply, .. } => {
                let choices = reply.quick_replies.iter().map(|choice| choice.label.as_str());
                std::iter::once(reply.text.as_str()).chain(choices).collect()
            }
            _ => vec![],
        }
    }
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Author {
    /// The visitor.
    Visitor,
    /// The assistant.
    Assistant,
    /// A person of the firm.
    Agent,
    /// The chat or the edge itself.
    System,
    /// Somebody that a newer program knows.
    #[serde(other)]
    Other,
}

/// Where a turn runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// The visitor's browser.
    Browser,
    /// A node near the visitor.
    Edge,
    /// A program on a developer's machine.
    Native,
}

/// What happened. A sort that a newer program wrote reads as [`Event::Other`]; since nobody writes an entry anew, nothing of
/// it is lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "crate::flat::FlatEvent")]
pub enum Event {
    /// The conversation began.
    Opened {
        /// The site's id.
        site: String,
        /// The page's or browser's BCP 47 tag.
        locale: String,
    },
    /// The visitor typed something.
    Said {
        /// As typed.
        text: String,
    },
    /// The visitor pressed a button.
    Chose {
        /// What the button said.
        label: String,
        /// What it does.
        input: Input,
    },
    /// The visitor judged a reply.
    Judged {
        /// The reply's entry.
        of: EntryId,
        /// The article that it showed.
        article: String,
        /// Thumbs up or down.
        helpful: bool,
    },
    /// A turn was taken.
    Turned {
        /// The visitor's entry that it answers.
        of: EntryId,
        /// Where.
        rung: Rung,
        /// What came of it, in order.
        facts: Vec<Fact>,
        /// How it came about, as JSON; it stays on the device.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        explanation: Option<String>,
    },
    /// The visitor was shown something.
    Replied {
        /// The visitor's entry that it answers; none of them for a greeting.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<EntryId>,
        /// What.
        reply: Reply,
    },
    /// An effect came to an end.
    Done {
        /// The entry that asked for it.
        effect: EntryId,
        /// How it ended.
        outcome: Outcome,
    },
    /// The chat told the visitor something of its own.
    Noted {
        /// What.
        note: Note,
    },
    /// Something that this program does not know.
    Other,
}

impl Event {
    /// What an entry of the visitor asks of the assistant.
    pub fn input(&self) -> Option<Input> {
        match self {
            Self::Said { text } => Some(Input::Text { text: text.clone() }),
            Self::Chose { input, .. } => Some(input.clone()),
            Self::Judged { article, helpful, .. } => Some(Input::Feedback { article: article.clone(), helpful: *helpful }),
            _ => None,
        }
    }
}

/// How an effect ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The server has it, and said so.
    Delivered,
    /// The visitor did not want it after all.
    Declined,
    /// The server will never take it.
    Refused,
    /// The visitor took it back after it was sent: its erasure is asked for.
    Withdrawn,
    /// An end that a newer program knows.
    #[serde(other)]
    Other,
}

/// What the chat says by itself; its words come from the visitor's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The message was too long to be read.
    TooLong,
    /// There is no answer: neither the browser nor the edge could compute one.
    Failed,
    /// What is to be sent waits for a connection.
    Waiting,
    /// Something that a newer program says.
    #[serde(other)]
    Other,
}
