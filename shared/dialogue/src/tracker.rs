use serde::{Deserialize, Serialize};

use crate::message::HandoffReason;

/// The state of one conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tracker {
    /// Messages of the visitor so far.
    pub turns: u32,
    /// Turns in a row that ended without an answer.
    pub unresolved: u32,
    /// Whether "I am an assistant" has been said.
    pub introduced: bool,
    /// Whether a person has been asked for.
    pub handed_off: bool,
    /// The article shown last.
    pub last_article: Option<String>,
    /// Articles offered by the last clarifying question.
    pub offered: Vec<String>,
    /// The language that the conversation is in, by its primary subtag; empty before the first message.
    pub language: String,
}

/// What happened, in order; the only way a tracker changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The visitor said something.
    UserUttered,
    /// The conversation is in this language from here on.
    Speaks {
        /// Primary subtag.
        language: String,
    },
    /// The assistant introduced itself.
    Introduced,
    /// Small talk was answered.
    SmallTalked,
    /// An article was shown.
    Answered {
        /// Its id.
        article: String,
        /// Its version.
        version: u32,
    },
    /// The visitor was asked which article is meant.
    Clarified {
        /// Their ids.
        offered: Vec<String>,
    },
    /// The assistant said that it does not know.
    Unanswered,
    /// An answer was judged.
    Judged {
        /// Its article's id.
        article: String,
        /// Thumbs up or down.
        helpful: bool,
    },
    /// A person was asked for.
    HandedOff {
        /// Why.
        reason: HandoffReason,
    },
    /// The visitor did not let the conversation be shared: nobody has it.
    HandoffDeclined,
}

impl Tracker {
    /// The state after `event`.
    #[must_use]
    pub fn after(mut self, event: &Event) -> Self {
        match event {
            Event::UserUttered => self.turns = self.turns.saturating_add(1),
            Event::Speaks { language } => self.language.clone_from(language),
            Event::Introduced => self.introduced = true,
            Event::SmallTalked => {}
            Event::Answered { article, .. } => {
                self.unresolved = 0;
                self.last_article = Some(article.clone());
                self.offered.clear();
            }
            Event::Clarified { offered } => {
                self.unresolved = self.unresolved.saturating_add(1);
                self.offered.clone_from(offered);
            }
            Event::Unanswered => {
                self.unresolved = self.unresolved.saturating_add(1);
                self.offered.clear();
            }
            Event::Judged { helpful, .. } => {
                if !helpful {
                    self.unresolved = self.unresolved.saturating_add(1);
                }
            }
            Event::HandoffDeclined => self.handed_off = false,
            Event::HandedOff { .. } => {
                self.handed_off = true;
                self.unresolved = 0;
                self.offered.clear();
            }
        }
        self
    }
}
