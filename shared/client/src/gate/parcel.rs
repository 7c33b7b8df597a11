use nearside_conversation::{Entry, EntryId, Purpose};
use serde::{Deserialize, Serialize};

/// The most entries or events in one request.
pub(super) const REQUEST_ITEMS: usize = 100;

/// Something that waits to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its name: a repeat changes nothing.
    pub id: EntryId,
    /// What.
    pub parcel: Parcel,
    /// How often it has failed.
    #[serde(default)]
    pub(super) failures: u32,
    /// Not to be tried before, milliseconds since 1970-01-01 UTC.
    #[serde(default)]
    pub(super) not_before_ms: i64,
    /// How many of its entries the server has.
    #[serde(default)]
    pub(super) delivered: usize,
    /// The most entries to send at once; halved where they are too large.
    #[serde(default = "most")]
    pub(super) at_once: usize,
    /// How it is signed.
    #[serde(default)]
    pub(super) signing: Signing,
}

fn most() -> usize {
    REQUEST_ITEMS
}

/// With which session entries are sent, where the site says who its visitor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// The one that is there.
    #[default]
    Session,
    /// A new one: the one that was there was refused.
    NewSession,
    /// None: a new one was refused, too.
    Unsigned,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {
    /// Entries of a conversation, for people.
    Entries {
        /// The conversation's id.
        conversation: String,
        /// Its key, whose hash goes along.
        key: String,
        /// The visitor's language.
        locale: String,
        /// Who the site said the visitor was when it was left: nobody else's session goes with it.
        subject: Option<String>,
        /// What was said before them: gives values their placeholders, and is not sent.
        before: Vec<String>,
        /// As they happened; they are masked on the way.
        entries: Vec<Entry>,
    },
    /// Something to count.
    Event {
        /// `answered`, `clarified`, `unknown`, `handoff`, `helpful` or `unhelpful`.
        name: String,
        /// The article concerned.
        article: Option<String>,
        /// When, milliseconds since 1970-01-01 UTC.
        at_ms: i64,
        /// The question that editors may learn from; it is masked on the way.
        question: Option<String>,
    },
    /// A wish to have a conversation erased.
    ForgetConversation {
        /// Its id.
        conversation: String,
        /// Its key.
        key: String,
    },
    /// A wish to have events erased, at most 100.
    ForgetEvents {
        /// Their ids.
        events: Vec<EntryId>,
    },
}

impl Parcel {
    /// What has to be agreed to. Erasing needs no consent.
    pub fn purpose(&self) -> Option<Purpose> {
        match self {
            Self::Entries { .. } => Some(Purpose::Person),
            Self::Event { question: Some(_), .. } => Some(Purpose::Improve),
            Self::Event { .. } => Some(Purpose::Analytics),
            Self::ForgetConversation { .. } | Self::ForgetEvents { .. } => None,
        }
    }
}

/// One request: parcels of one kind, as far as they fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The names of what it carries.
    pub ids: Vec<EntryId>,
    /// What it carries.
    pub parcels: Vec<Parcel>,
    /// How it is signed.
    pub signing: Signing,
}

impl Request {
    /// What has to be agreed to.
    pub fn purpose(&self) -> Option<Purpose> {
        self.parcels.first().and_then(Parcel::purpose)
    }
}

impl Parcel {
    /// How many things the server is to name.
    pub(super) fn len(&self) -> usize {
        if let Self::Entries { entries, .. } = self { entries.len() } else { 1 }
    }
}

impl Waiting {
    /// New in the outbox.
    pub(super) fn new(id: EntryId, parcel: Parcel) -> Self {
        Self { id, parcel, failures: 0, not_before_ms: 0, delivered: 0, at_once: most(), signing: Signing::Session }
    }

    /// Takes note of what the server has; whether that is all of it.
    pub(super) fn arrived(&mut self, sent: &Parcel) -> bool {
        (self.failures, self.not_before_ms) = (0, 0);
        match (&self.parcel, sent) {
            (Parcel::Entries { entries, .. }, Parcel::Entries { entries: part, .. }) => {
                let last = part.last().and_then(|last| entries.iter().position(|e| e.id == last.id));
                self.delivered = self.delivered.max(last.map_or(0, |at| at + 1));
                self.delivered >= entries.len()
            }
            _ => true,
        }
    }

    /// The part of it that is sent next.
    pub(super) fn part(&self) -> Parcel {
        match &self.parcel {
            Parcel::Entries { conversation, key, locale, subject, before, entries } => {
                let said = entries.iter().take(self.delivered).flat_map(Entry::words);
                let before = before.iter().map(String::as_str).chain(said).map(str::to_owned).collect();
                let entries = entries.iter().skip(self.delivered).take(self.at_once).cloned().collect();
                Parcel::Entries {
                    conversation: conversation.clone(),
                    key: key.clone(),
                    locale: locale.clone(),
                    subject: subject.clone(),
                    before,
                    entries,
                }
            }
            other => other.clone(),
        }
    }
}
