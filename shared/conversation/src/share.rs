use serde::{Deserialize, Serialize};

use crate::{Entry, EntryId, Event, Fact, HandoffReason};

/// Finds personal data in a text and puts placeholders in its place; the same value has the same placeholder in all texts
/// that one masker was given.
pub trait Mask {
    /// The text without it.
    fn mask(&mut self, text: &str) -> String;
}

/// Words that a masker has seen: the only ones that can leave a device, or be stored in the centre.
///
/// ```
/// use nearside_conversation::{Mask, Masked};
/// struct Stars;
/// impl Mask for Stars {
///     fn mask(&mut self, text: &str) -> String { "*".repeat(text.len()) }
/// }
/// assert_eq!(Masked::by(&mut Stars, "Ana").as_str(), "***");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Masked(String);

impl Masked {
    /// Masks a text.
    pub fn by(masker: &mut impl Mask, text: &str) -> Self {
        Self(masker.mask(text))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a visitor may agree to, beside answers on the device, which need no consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Purpose {
    /// A question is answered at the edge.
    Edge,
    /// People read the conversation.
    Person,
    /// Events are counted.
    Analytics,
    /// Editors learn from masked questions.
    Improve,
    /// A purpose that a newer program knows: nothing is agreed to by it here.
    #[serde(other)]
    Other,
}

impl Purpose {
    /// All that this program knows.
    pub const ALL: [Self; 4] = [Self::Edge, Self::Person, Self::Analytics, Self::Improve];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Person => "person",
            Self::Analytics => "analytics",
            Self::Improve => "improve",
            Self::Other => "other",
        }
    }
}

/// An entry as it is shared with people. `T` is [`Masked`] where it is sent or stored; what arrives is a `String`, which is
/// masked again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Shared<T> {
    /// The entry's name.
    pub id: EntryId,
    /// When, by the visitor's clock: milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    /// What.
    pub event: SharedEvent<T>,
}

/// What happened, as far as people see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum SharedEvent<T> {
    /// The visitor typed or chose something.
    Said {
        /// The words.
        text: T,
    },
    /// The assistant showed something.
    Replied {
        /// The words.
        text: T,
        /// The article that they come from.
        #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
        article: Option<String>,
        /// What the visitor could choose.
        #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
        choices: Vec<T>,
    },
    /// The visitor judged an answer.
    Judged {
        /// Its article.
        article: String,
        /// Thumbs up or down.
        helpful: bool,
    },
    /// A person is asked for.
    Requested {
        /// Why.
        reason: HandoffReason,
    },
}

/// The most characters of one text that is shared: an answer that is longer is cut, and refused nowhere.
pub const MAX_SHARED_CHARS: usize = 8000;

fn masked(masker: &mut impl Mask, text: &str) -> Masked {
    let Masked(mut text) = Masked::by(masker, text);
    if let Some((end, _)) = text.char_indices().nth(MAX_SHARED_CHARS) {
        text.truncate(end);
    }
    Masked(text)
}

/// What people see of an entry; `None` where that is nothing.
pub fn share(entry: &Entry, masker: &mut impl Mask) -> Option<Shared<Masked>> {
    let event = match &entry.event {
        Event::Said { text } => SharedEvent::Said { text: masked(masker, text) },
        Event::Chose { label, .. } => SharedEvent::Said { text: masked(masker, label) },
        Event::Replied { reply, .. } => SharedEvent::Replied {
            text: masked(masker, &reply.text),
            article: reply.source.as_ref().map(|source| source.article.clone()),
            choices: reply.quick_replies.iter().map(|choice| masked(masker, &choice.label)).collect(),
        },
        Event::Judged { article, helpful, .. } => SharedEvent::Judged { article: article.clone(), helpful: *helpful },
        Event::Turned { facts, .. } => facts.iter().find_map(|fact| match fact {
            Fact::HandoffRequested { reason } => Some(SharedEvent::Requested { reason: *reason }),
            _ => None,
        })?,
        _ => return None,
    };
    Some(Shared { id: entry.id.clone(), at_ms: entry.at_ms, event })
}
