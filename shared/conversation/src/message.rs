use serde::{Deserialize, Serialize};

/// What reaches the assistant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "crate::flat::FlatInput")]
pub enum Input {
    /// The visitor opened the chat.
    Open,
    /// The visitor typed something.
    Text {
        /// As typed.
        text: String,
    },
    /// The visitor chose an offered article.
    Choose {
        /// The article's id.
        article: String,
    },
    /// The visitor asked for a person by the button.
    RequestPerson,
    /// The visitor judged an answer.
    Feedback {
        /// The article's id.
        article: String,
        /// Thumbs up or down.
        helpful: bool,
    },
}

/// What the visitor sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What sort of message it is.
    pub kind: ReplyKind,
    /// An answer is in the small part of CommonMark that `nearside_text::rich` reads: a host makes nodes of it, or shows what
    /// `rich::plain` leaves of it; every other reply is plain text. Neither is ever given to a browser as markup.
    pub text: String,
    /// The article that the words come from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Source>,
    /// What the visitor may choose instead of typing.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub quick_replies: Vec<QuickReply>,
}

/// The sort of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    /// Greeting, thanks, good-bye.
    SmallTalk,
    /// An article's words.
    Answer,
    /// "Did you mean A or B?"
    Clarify,
    /// "I do not know."
    Unknown,
    /// A person will take over.
    Handoff,
    /// A sort that a newer edge knows and this code does not: its words are shown.
    #[serde(other)]
    Other,
}

/// Where an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The article's id.
    pub article: String,
    /// Its version.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// Where to read it; may be empty.
    pub url: String,
}

/// A button under a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReply {
    /// What the button says.
    pub label: String,
    /// What pressing it sends.
    pub input: Input,
}

/// Why a person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum HandoffReason {
    /// The visitor asked for one.
    Requested,
    /// Three turns went by without an answer.
    Unresolved,
}

/// What a host is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Effect {
    /// Bring a person in, once the visitor agreed. The entry that asks for it is the effect's name: it is done once.
    RequestHandoff {
        /// Why.
        reason: HandoffReason,
    },
    /// Something that a newer edge asks for and this code cannot do: left alone.
    #[serde(other)]
    Other,
}
