use nearside_conversation::{Entry, EntryId, Fact, Input, Outcome, Purpose, Reply, Rung, Tracker};
use serde::{Deserialize, Serialize};

use crate::gate::Parcel;

/// What is stored of a conversation beside its entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Names the log on this device; another one is a conversation that was started over.
    pub log: EntryId,
    /// Its id at the edge.
    pub id: String,
    /// Who has it may have erased at the edge what was sent. It never leaves the device before that.
    pub key: String,
    /// Who the site says the visitor is.
    #[serde(default)]
    pub subject: Option<String>,
}

/// A turn as the core or the edge took it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Turn {
    /// What came of it.
    pub facts: Vec<Fact>,
    /// What the visitor sees.
    pub replies: Vec<Reply>,
    /// Whether the edge may know what was unsure here.
    #[serde(default)]
    pub edge: bool,
    /// How it came about, as JSON.
    #[serde(default)]
    pub explanation: Option<String>,
}

/// What the visitor is asked to agree to.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// That the edge computes the answer; `alone` where the browser has one too, of which it is unsure.
    Edge {
        /// Whether there is an answer without it.
        alone: bool,
    },
    /// That people read the conversation.
    Person {
        /// The entry that asks for one.
        effect: EntryId,
    },
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// What this device has kept, or another tab has written.
    Restored {
        /// `None` where nothing is kept.
        conversation: Option<Conversation>,
        /// The entries in their stored order.
        entries: Vec<Entry>,
    },
    /// The visitor, or the page, sent a text.
    Said(String),
    /// The visitor pressed a button.
    Chose {
        /// What it says.
        label: String,
        /// What it does.
        input: Input,
    },
    /// The visitor judged a reply.
    Judged {
        /// Its entry.
        reply: EntryId,
        /// Thumbs up or down.
        helpful: bool,
    },
    /// The core's turn for an entry; `None` where it could not take one.
    Core(EntryId, Option<Turn>),
    /// The edge's.
    Edge(EntryId, Option<Turn>),
    /// The visitor's answer to the question that stands in the chat.
    Answered(bool),
    /// Something that was put to the gate came to an end.
    Told(EntryId, Outcome),
    /// Something that was put to the gate waits.
    Waits(EntryId),
    /// A conversation is closed at the edge.
    Closed(String),
    /// The site says who the visitor is, or that they have signed out.
    Identified(Option<String>),
    /// The visitor starts over.
    StartedOver,
}

/// What the host is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Forget all entries and store this in their place.
    Begin(Conversation),
    /// Store this beside the entries.
    Keep(Conversation),
    /// Store entries, if this log is still the stored one.
    Append(Vec<Entry>),
    /// Let the core take a turn.
    Core {
        /// The entry to answer.
        of: EntryId,
        /// The state before.
        state: Tracker,
        /// What the visitor did.
        input: Input,
        /// When.
        at_ms: i64,
    },
    /// Let the edge take a turn.
    Edge {
        /// The entry to answer.
        of: EntryId,
        /// The state before.
        state: Tracker,
        /// What the visitor did.
        input: Input,
        /// What the visitor said before: gives values their placeholders.
        before: Vec<String>,
    },
    /// Write down what the visitor said about a purpose.
    Agree(Purpose, bool),
    /// Give it to the gate.
    Put(EntryId, Parcel),
    /// The page may want to know: an answer was shown, of this article, by this rung.
    Answer(Option<String>, Rung),
    /// The page may want to know: the visitor said something.
    Message,
    /// The page may want to know: a person is asked for.
    Handoff(EntryId),
}
